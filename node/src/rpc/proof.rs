//! `eth_getProof`: an account and some of its slots, with the nodes of Ethereum's own tree that prove them.
//!
//! The tree is built from the whole state each time, so only states of limited size are proven. Where blocks are Pelton's
//! own, their headers commit to another tree; the answer then names the root that its proofs lead to.

use alloy_primitives::{Address, B256, U64, U256};
use alloy_trie::{EMPTY_ROOT_HASH, KECCAK_EMPTY, TrieAccount};
use serde_json::{Value, json};

use super::Node;
use super::arguments::{Arguments, slot};
use super::failure::{Answer, Failure};
use super::limits::Limit;
use crate::merkle::Tree;

/// Slots that one request may ask for.
const SLOTS_MAX: usize = 1_024;

impl Node {
    /// Ethereum's tree over the state after the block at this height.
    ///
    /// # Errors
    /// If that state is too large for it.
    pub(super) fn tree(&self, height: u64) -> Result<Tree, Failure> {
        let max = self.limits().proof_keys_max;
        let state = self.history().at(height).everything(max);
        let state = state.ok_or_else(|| {
            let words =
                format!("the state has more than {max} accounts and slots, too many to prove one of them");
            self.hit(Limit::Proof, words)
        })?;
        Ok(Tree::new(&state))
    }
}

pub(super) fn proof(node: &Node, arguments: &Arguments) -> Answer {
    let address: Address = arguments.required(0)?;
    let keys: Vec<String> = arguments.required(1)?;
    if keys.len() > SLOTS_MAX {
        return Err(Failure::params(format!("too many slots (max {SLOTS_MAX})")));
    }
    let slots = keys.iter().map(|key| slot(key)).collect::<Result<Vec<_>, _>>()?;
    let entry = node.find_state(arguments.block(2)?)?;
    let tree = node.tree(entry.number())?;
    let proof = tree.prove(&address, &slots);
    let none =
        TrieAccount { storage_root: EMPTY_ROOT_HASH, code_hash: KECCAK_EMPTY, ..TrieAccount::default() };
    let account = proof.account.unwrap_or(none);
    let proven = keys.iter().zip(slots).zip(&proof.slots);
    let proven = proven.map(
        |((key, slot), (value, nodes))| json!({ "key": shown(key, slot), "value": value, "proof": nodes }),
    );
    let mut answer = json!({
        "address": address,
        "accountProof": proof.nodes,
        "balance": account.balance,
        "codeHash": account.code_hash,
        "nonce": U64::from(account.nonce),
        "storageHash": account.storage_root,
        "storageProof": proven.collect::<Value>(),
    });
    if node.is_own() {
        answer["merkleRoot"] = json!(tree.root());
    }
    Ok(answer)
}

/// A key as it was given: in full, or as a number.
fn shown(given: &str, slot: U256) -> Value {
    if given.trim_start_matches("0x").len() == 64 { json!(B256::from(slot)) } else { json!(slot) }
}
