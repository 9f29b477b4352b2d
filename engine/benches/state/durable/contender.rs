//! What every contender must do.

use alloy_primitives::{Address, U256};
use pelton_engine::commitment::rules::Root;
use pelton_engine::state::Account;
use pelton_engine::writes::WriteSet;

/// Something that keeps accounts on disk.
pub trait Contender {
    fn name(&self) -> &'static str;

    fn threads(&self) -> usize;

    /// Makes the changes of a block, durably; gives the root of the state after it, if it has one.
    fn commit(&mut self, writes: &WriteSet) -> Option<Root>;

    fn account(&self, address: &Address) -> Option<Account>;

    /// The sum of the nonces and balances of all that are there: whoever answers has looked at each.
    fn nonces(&self, addresses: &[Address]) -> (u64, U256) {
        let found = addresses.iter().filter_map(|address| self.account(address));
        found.fold((0, U256::ZERO), |sum, account| (sum.0 + account.nonce, sum.1 + account.balance))
    }
}

/// An account as a database holds it: nonce and balance, 40 bytes; there is no code here.
pub fn value(account: Option<&Account>) -> [u8; 40] {
    let account = account.expect("no account is deleted here");
    let mut bytes = [0; 40];
    bytes[..8].copy_from_slice(&account.nonce.to_be_bytes());
    bytes[8..].copy_from_slice(&account.balance.to_be_bytes::<32>());
    bytes
}

/// The account of such a value, whatever follows.
pub fn account(value: &[u8]) -> Account {
    let (nonce, rest) = value.split_first_chunk().expect("forty bytes");
    let balance = rest.first_chunk::<32>().expect("forty bytes");
    Account {
        nonce: u64::from_be_bytes(*nonce),
        balance: U256::from_be_bytes(*balance),
        ..Account::default()
    }
}
