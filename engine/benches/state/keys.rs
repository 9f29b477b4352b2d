//! From a block's writes to sorted updates of hashed keys, one item for each account.

use alloy_primitives::{Address, B256, U256};
use pelton_engine::state::Account;
use pelton_engine::trie::Update;
use pelton_engine::writes::{WriteSet, account_key, account_value};

use crate::Size;
use crate::accounts::spread;
use crate::meter::{Figure, Meter};

pub fn measure(size: Size) -> Vec<Figure> {
    let mut meters = [Meter::default(), Meter::default()];
    let mut result = blake3::Hasher::new();
    for turn in 0..size.batches as u64 {
        let writes = writes(size.batch as u64, turn);
        let plain = meters[0].take(writes.len(), || one_by_one(&writes));
        let lanes = meters[1].take(writes.len(), || writes.trie_updates());
        assert_eq!(plain, lanes);
        result.update(lanes.iter().map(|(key, _)| *key).collect::<Vec<_>>().as_flattened());
    }
    let result = result.finalize();
    let [plain, lanes] = meters;
    vec![
        plain.figure("hashed one by one, sorted", 1, result.as_bytes()),
        lanes.figure("WriteSet::trie_updates", 1, result.as_bytes()),
    ]
}

fn one_by_one(writes: &WriteSet) -> Vec<Update> {
    let update = |(address, account): &(Address, Option<Account>)| {
        (account_key(address), account.as_ref().map(account_value))
    };
    let mut updates: Vec<Update> = writes.accounts.iter().map(update).collect();
    updates.sort_unstable();
    updates
}

fn writes(accounts: u64, turn: u64) -> WriteSet {
    let account = |number: u64| {
        let account = Account { nonce: turn, balance: U256::from(number), code_hash: B256::repeat_byte(7) };
        (Address::from_word(B256::from(U256::from(spread(number)))), Some(account))
    };
    let mut accounts: Vec<_> = (0..accounts).map(account).collect();
    accounts.sort_unstable_by_key(|entry| entry.0);
    WriteSet { accounts, ..WriteSet::default() }
}
