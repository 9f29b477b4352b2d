//! An account and some of its slots, with what proves them.
//!
//! `eth_getProof` gives the nodes of Ethereum's tree. Where blocks are Pelton's own, their headers commit to another tree; the
//! answer then names the root that its proofs lead to. `pelton_getProof` gives a witness of that other tree, which is proof
//! for whoever knows the root from a later header.
//!
//! Ethereum's tree is there where a [sidecar](crate::merkle::sidecar) keeps it. Where there is none, and for the other tree, it
//! is built from the whole state each time, so only states of limited size are proven.

use std::sync::Arc;
use std::time::Duration;

use alloy_primitives::{Address, B256, Bytes, U64, U256};
use alloy_trie::{EMPTY_ROOT_HASH, KECCAK_EMPTY, TrieAccount};
use pelton_engine::commitment::rules::SCHEME;
use pelton_engine::evm::call::Reads as _;
use pelton_engine::state::Account;
use pelton_engine::trie::Trie;
use pelton_engine::writes::{WriteSet, account_key, slot_key};
use serde_json::{Value, json};

use super::arguments::{Arguments, BlockName, slot};
use super::failure::{Answer, Failure};
use super::limits::Limit;
use super::{Node, Plain};
use crate::merkle::accounts::Accounts;

/// How long a request waits for the sidecar to come to its block.
const PATIENCE: Duration = Duration::from_secs(2);
/// Slots that one request may ask for.
const SLOTS_MAX: usize = 1_024;

impl Node {
    /// Ethereum's tree over the state after the block at this height.
    ///
    /// # Errors
    /// If it is not kept, and that state is too large to build it.
    fn tree(&self, height: u64) -> Result<Accounts, Failure> {
        if let Some(tree) = self.sidecar().and_then(|sidecar| sidecar.tree(height)) {
            return Ok(tree);
        }
        let built = self.everything(height).map(|state| Accounts::default().after(&state));
        built.map_err(|failure| match self.sidecar() {
            Some(sidecar) => {
                let standing = sidecar.standing();
                let kept = sidecar.heights().map_or_else(
                    || "it has none yet".to_owned(),
                    |(oldest, newest)| format!("it has those of blocks {oldest} to {newest}"),
                );
                let lag = standing.lag;
                Failure {
                    message: format!(
                        "the sidecar has no tree of block {height}: {kept}, {lag} blocks behind"
                    ),
                    ..failure
                }
            }
            None => failure,
        })
    }

    /// Runs this when the sidecar has come to the block that the parameter at this index names, or is given up.
    async fn run_at(self: &Arc<Node>, run: Plain, arguments: Arguments, index: usize) -> Answer {
        if let Some(sidecar) = self.sidecar() {
            let newest = self.history().newest().number();
            let height = match arguments.block(index)? {
                BlockName::Earliest => 0,
                BlockName::Height(height) => height.min(newest),
                BlockName::Newest | BlockName::Hash(_) => newest,
            };
            // Whatever comes of it, the answer says.
            let _ = tokio::time::timeout(PATIENCE, sidecar.reached(height)).await;
        }
        self.run_heavy(run, arguments).await
    }

    /// The state after the block at this height, as changes to the empty one.
    fn everything(&self, height: u64) -> Result<WriteSet, Failure> {
        let max = self.limits().proof_keys_max;
        let state = self.history().at(height).everything(max);
        state.ok_or_else(|| {
            let words =
                format!("the state has more than {max} accounts and slots, too many to prove one of them");
            self.hit(Limit::Proof, words)
        })
    }
}

/// The slots that a request names, as it names them and as numbers.
fn slots(arguments: &Arguments) -> Result<(Vec<String>, Vec<U256>), Failure> {
    let keys: Vec<String> = arguments.required(1)?;
    if keys.len() > SLOTS_MAX {
        return Err(Failure::params(format!("too many slots (max {SLOTS_MAX})")));
    }
    let slots = keys.iter().map(|key| slot(key)).collect::<Result<Vec<_>, _>>()?;
    Ok((keys, slots))
}

pub(super) async fn proof(node: &Arc<Node>, arguments: Arguments) -> Answer {
    node.run_at(prove, arguments, 2).await
}

/// The root of Ethereum's tree, and how the sidecar stands.
pub(super) async fn merkle_root(node: &Arc<Node>, arguments: Arguments) -> Answer {
    node.run_at(root_of, arguments, 0).await
}

fn root_of(node: &Node, arguments: &Arguments) -> Answer {
    let entry = node.find_state(arguments.block(0)?)?;
    let tree = node.tree(entry.number())?;
    let sidecar = node.sidecar().map(|sidecar| {
        let standing = sidecar.standing();
        let (oldest, newest) = sidecar.heights().unzip();
        json!({
            "oldest": oldest.map(U64::from),
            "newest": newest.map(U64::from),
            "lag": U64::from(standing.lag),
            "rebuilds": U64::from(standing.rebuilds),
        })
    });
    Ok(json!({
        "blockNumber": U64::from(entry.number()),
        "blockHash": entry.hash,
        "root": tree.root(),
        "sidecar": sidecar,
    }))
}

fn prove(node: &Node, arguments: &Arguments) -> Answer {
    let address: Address = arguments.required(0)?;
    let (keys, slots) = slots(arguments)?;
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

pub(super) fn own_proof(node: &Node, arguments: &Arguments) -> Answer {
    let address: Address = arguments.required(0)?;
    let (given, slots) = slots(arguments)?;
    let entry = node.find_state(arguments.block(2)?)?;
    if !node.is_own() {
        return Err(Failure::server("the headers of this chain commit to Ethereum's tree: see eth_getProof"));
    }
    let mut trie = Trie::new();
    trie.apply(&node.everything(entry.number())?.trie_updates());
    let of_slots = slots.iter().map(|slot| slot_key(&address, slot));
    let mut keys: Vec<_> = [account_key(&address)].into_iter().chain(of_slots).collect();
    keys.sort_unstable();
    keys.dedup();
    let state = node.history().at(entry.number());
    let account = state.account(&address).map(|Account { nonce, balance, code_hash }| {
        json!({ "nonce": U64::from(nonce), "balance": balance, "codeHash": code_hash })
    });
    let values = given.iter().zip(slots);
    let values = values
        .map(|(given, slot)| json!({ "key": shown(given, slot), "value": state.slot(&address, &slot) }));
    Ok(json!({
        "address": address,
        "account": account,
        "storage": values.collect::<Value>(),
        "blockNumber": U64::from(entry.number()),
        "blockHash": entry.hash,
        "root": B256::from(trie.root()),
        "scheme": SCHEME,
        "witness": Bytes::from(trie.witness(&keys)),
    }))
}

/// A key as it was given: in full, or as a number.
fn shown(given: &str, slot: U256) -> Value {
    if given.trim_start_matches("0x").len() == 64 { json!(B256::from(slot)) } else { json!(slot) }
}
