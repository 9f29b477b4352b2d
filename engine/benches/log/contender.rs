//! What every contender must do.

use alloy_primitives::{Address, U256};
use pelton_engine::state::Account;
use pelton_engine::writes::WriteSet;

use crate::accounts;

/// Something that keeps accounts on disk.
pub trait Contender {
    fn name(&self) -> &'static str;
    /// Makes the changes of a block, durably.
    fn append(&mut self, writes: &WriteSet);
    fn account(&self, address: &Address) -> Option<Account>;

    /// A few accounts, to be compared.
    fn sample(&self) -> Vec<Option<Account>> {
        (0..500).map(|number| self.account(&accounts::address(number))).collect()
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

/// The account of such a value.
pub fn account(value: &[u8]) -> Account {
    let (nonce, balance) = value.split_first_chunk().expect("forty bytes");
    let balance = U256::from_be_slice(balance);
    Account { nonce: u64::from_be_bytes(*nonce), balance, ..Account::default() }
}
