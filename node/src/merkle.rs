//! Ethereum's own commitment to a state: the root of its Merkle-Patricia tree, and proofs against it.
//!
//! ```text
//!   keccak(address) ──> rlp(nonce, balance, storage root, code hash)       keccak(slot) ──> rlp(value)
//! ```
//!
//! The whole tree is built anew each time it is asked for, from all accounts and slots. That is right for a chain of Ethereum's
//! that somebody looks into, and far too slow for Pelton's own blocks, which commit to their states by another tree
//! (`docs/state.md`).

use std::collections::BTreeMap;

use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use alloy_trie::proof::ProofRetainer;
use alloy_trie::{EMPTY_ROOT_HASH, HashBuilder, Nibbles, TrieAccount};
use pelton_engine::writes::WriteSet;

/// A whole state under hashed keys.
pub struct Tree {
    accounts: BTreeMap<B256, TrieAccount>,
    slots: BTreeMap<B256, BTreeMap<B256, U256>>,
}

/// What stands in a state under an address, and the nodes from the root to it.
pub struct Proof {
    /// The account; none proves that there is none.
    pub account: Option<TrieAccount>,
    /// Nodes, the root first.
    pub nodes: Vec<Bytes>,
    /// For each slot that was asked for, its value and its nodes below the account's storage root.
    pub slots: Vec<(U256, Vec<Bytes>)>,
}

impl Tree {
    /// The tree of a state that is given as changes to the empty one.
    pub fn new(state: &WriteSet) -> Tree {
        let mut slots = BTreeMap::<B256, BTreeMap<B256, U256>>::new();
        for ((address, slot), value) in state.slots.iter().filter(|(_, value)| !value.is_zero()) {
            slots.entry(keccak256(address)).or_default().insert(key_of(slot), *value);
        }
        let accounts = state.accounts.iter().filter_map(|(address, account)| {
            let (key, account) = (keccak256(address), account.as_ref()?);
            let storage_root = slots.get(&key).map_or(EMPTY_ROOT_HASH, storage_root);
            let (nonce, balance, code_hash) = (account.nonce, account.balance, account.code_hash);
            Some((key, TrieAccount { nonce, balance, storage_root, code_hash }))
        });
        Tree { accounts: accounts.collect(), slots }
    }

    /// The root of the whole state.
    pub fn root(&self) -> B256 {
        build(self.accounts.iter().map(|(key, account)| (*key, alloy_rlp::encode(account))), None).0
    }

    /// Proves what stands under an address, and under some of its slots.
    pub fn prove(&self, address: &Address, slots: &[U256]) -> Proof {
        let key = keccak256(address);
        let accounts = self.accounts.iter().map(|(key, account)| (*key, alloy_rlp::encode(account)));
        let (_, nodes) = build(accounts, Some(key));
        let none = BTreeMap::new();
        let stored = self.slots.get(&key).unwrap_or(&none);
        let prove_slot = |slot: &U256| {
            let key = key_of(slot);
            let encoded = stored.iter().map(|(key, value)| (*key, alloy_rlp::encode(value)));
            (stored.get(&key).copied().unwrap_or_default(), build(encoded, Some(key)).1)
        };
        Proof {
            account: self.accounts.get(&key).copied(),
            nodes,
            slots: slots.iter().map(prove_slot).collect(),
        }
    }
}

fn key_of(slot: &U256) -> B256 {
    keccak256(slot.to_be_bytes::<32>())
}

fn storage_root(slots: &BTreeMap<B256, U256>) -> B256 {
    build(slots.iter().map(|(key, value)| (*key, alloy_rlp::encode(value))), None).0
}

/// The root of these leaves, in order of their keys, and the nodes on the way to one key. An empty tree has no nodes.
fn build(leaves: impl Iterator<Item = (B256, Vec<u8>)>, target: Option<B256>) -> (B256, Vec<Bytes>) {
    let target = target.map(Nibbles::unpack);
    let retainer: ProofRetainer = target.into_iter().collect();
    let mut builder = HashBuilder::default().with_proof_retainer(retainer);
    let mut is_empty = true;
    for (key, value) in leaves {
        builder.add_leaf(Nibbles::unpack(key), &value);
        is_empty = false;
    }
    let root = builder.root();
    if is_empty {
        return (root, Vec::new());
    }
    let nodes = target.map(|target| builder.take_proof_nodes().matching_nodes_sorted(&target));
    (root, nodes.into_iter().flatten().map(|(_, node)| node).collect())
}

#[cfg(test)]
mod tests {
    use alloy_primitives::{Address, B256, U256, keccak256};
    use alloy_rlp::Encodable as _;
    use alloy_trie::Nibbles;
    use alloy_trie::proof::verify_proof;
    use alloy_trie::root::{state_root_unhashed, storage_root_unhashed};
    use pelton_engine::state::Account;
    use pelton_engine::writes::WriteSet;

    use super::Tree;

    fn state(accounts: u8) -> WriteSet {
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

    #[test]
    fn what_is_proven_verifies_and_what_is_not_there_is_proven_to_be_absent() {
        let tree = Tree::new(&state(60));
        for number in [0, 4, 9, 59, 60, 200] {
            let address = Address::with_last_byte(number);
            let proof = tree.prove(&address, &[U256::from(1), U256::from(100)]);
            assert_eq!(proof.account.is_some(), number < 60);
            let leaf = proof.account.map(alloy_rlp::encode);
            let key = Nibbles::unpack(keccak256(address));
            verify_proof(tree.root(), key, leaf, &proof.nodes).expect("the account's proof holds");
            let Some(account) = proof.account else { continue };
            for (slot, (value, nodes)) in [1, 100].into_iter().zip(&proof.slots) {
                let key = Nibbles::unpack(keccak256(U256::from(slot).to_be_bytes::<32>()));
                let mut leaf = Vec::new();
                value.encode(&mut leaf);
                let leaf = (!value.is_zero()).then_some(leaf);
                verify_proof(account.storage_root, key, leaf, nodes).expect("the slot's proof holds");
            }
        }
    }
}
