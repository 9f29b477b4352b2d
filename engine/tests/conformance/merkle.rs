//! Ethereum's commitments, which the project itself does not make: the root of a state, and the hash of logs.

use std::collections::BTreeMap;

use alloy_primitives::{Address, B256, Log, U256, keccak256};
use alloy_trie::TrieAccount;
use alloy_trie::root::{state_root_unhashed, storage_root_unhashed};
use pelton_engine::state::State;

/// The root of the Merkle-Patricia trie over all accounts, each with the root of its slots.
pub fn state_root(state: &State) -> B256 {
    let whole = state.writes();
    let mut slots: BTreeMap<Address, Vec<(B256, U256)>> = BTreeMap::new();
    for ((address, slot), value) in whole.slots {
        slots.entry(address).or_default().push((slot.into(), value));
    }
    let accounts = whole.accounts.into_iter().filter_map(|(address, account)| {
        let account = account?;
        let storage_root = storage_root_unhashed(slots.remove(&address).unwrap_or_default());
        let (nonce, balance, code_hash) = (account.nonce, account.balance, account.code_hash);
        Some((address, TrieAccount { nonce, balance, storage_root, code_hash }))
    });
    state_root_unhashed(accounts)
}

/// Keccak-256 of the logs as an RLP list.
pub fn logs_hash(logs: &[Log]) -> B256 {
    let mut encoded = Vec::new();
    alloy_rlp::encode_list(logs, &mut encoded);
    keccak256(encoded)
}
