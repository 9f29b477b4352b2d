//! Ethereum's own commitment to a state: the root of its Merkle-Patricia tree, and proofs against it.
//!
//! ```text
//!   keccak(address) ──> rlp(nonce, balance, storage root, code hash)       keccak(slot) ──> rlp(value)
//!
//!   all of a state ──> Tree, built anew: for chains that are imported, and the oracle of the tests
//!   write set      ──> Accounts, made of the one before ──> Sidecar: beside a chain that grows ──> proofs, root
//! ```
//!
//! Pelton's own blocks commit to their states by another tree, `docs/state.md`. No header speaks of this one, and nothing waits
//! for it.

pub mod accounts;
pub mod patricia;
pub mod sidecar;

use std::collections::BTreeMap;

use alloy_primitives::{B256, U256, keccak256};
use alloy_trie::{EMPTY_ROOT_HASH, HashBuilder, Nibbles, TrieAccount};
use pelton_engine::writes::WriteSet;

/// A whole state under hashed keys.
pub struct Tree {
    accounts: BTreeMap<B256, TrieAccount>,
}

impl Tree {
    /// The tree of a state that is given as changes to the empty one.
    pub fn new(state: &WriteSet) -> Tree {
        let mut slots = BTreeMap::<B256, BTreeMap<B256, U256>>::new();
        for ((address, slot), value) in state.slots.iter().filter(|(_, value)| !value.is_zero()) {
            slots.entry(keccak256(address)).or_default().insert(keccak256(slot.to_be_bytes::<32>()), *value);
        }
        let accounts = state.accounts.iter().filter_map(|(address, account)| {
            let (key, account) = (keccak256(address), account.as_ref()?);
            let storage_root = slots.get(&key).map_or(EMPTY_ROOT_HASH, storage_root);
            let (nonce, balance, code_hash) = (account.nonce, account.balance, account.code_hash);
            Some((key, TrieAccount { nonce, balance, storage_root, code_hash }))
        });
        Tree { accounts: accounts.collect() }
    }

    /// The root of the whole state.
    pub fn root(&self) -> B256 {
        root(self.accounts.iter().map(|(key, account)| (*key, alloy_rlp::encode(account))))
    }
}

fn storage_root(slots: &BTreeMap<B256, U256>) -> B256 {
    root(slots.iter().map(|(key, value)| (*key, alloy_rlp::encode(value))))
}

/// The root of these leaves, in order of their keys.
fn root(leaves: impl Iterator<Item = (B256, Vec<u8>)>) -> B256 {
    let mut builder = HashBuilder::default();
    for (key, value) in leaves {
        builder.add_leaf(Nibbles::unpack(key), &value);
    }
    builder.root()
}

#[cfg(test)]
mod tests {
    use alloy_primitives::{Address, B256, U256};
    use alloy_trie::root::{state_root_unhashed, storage_root_unhashed};
    use pelton_engine::state::Account;
    use pelton_engine::writes::WriteSet;

    use super::Tree;

    pub(super) fn state(accounts: u8) -> WriteSet {
        let mut writes = WriteSet::default();
        for number in 0..accounts {
            let address = Address::with_last_byte(number);
            let account = Account { nonce: u64::from(number), balance: U256::from(7), ..Account::default() };
            writes.accounts.push((address, Some(account)));
            for slot in 0..number % 5 {
                writes.slots.push(((address, U256::from(slot)), U256::from(number)));
            }
        }
        writes
    }

    #[test]
    fn the_root_is_that_of_whoever_builds_it_from_all_leaves() {
        for count in [0, 1, 2, 17, 200] {
            let state = state(count);
            let expected = state_root_unhashed(state.accounts.iter().map(|(address, account)| {
                let slots = state.slots.iter().filter(|((of, _), _)| of == address);
                let account = account.expect("it is there");
                let trie_account = alloy_trie::TrieAccount {
                    nonce: account.nonce,
                    balance: account.balance,
                    storage_root: storage_root_unhashed(
                        slots.map(|((_, slot), value)| (B256::from(*slot), *value)),
                    ),
                    code_hash: account.code_hash,
                };
                (*address, trie_account)
            }));
            assert_eq!(Tree::new(&state).root(), expected, "{count} accounts");
        }
    }
}
