//! `eth_config` (EIP-7910) and `eth_capabilities`: by which rules this chain runs, and how far back it is known.

use alloy_primitives::{Address, B256, U64};
use serde_json::{Map, Value, json};

use super::Node;
use super::arguments::Arguments;
use super::failure::Answer;
use crate::import::{SYSTEM_CONTRACTS, Timed};
use pelton_engine::environment::Fork;

/// Where the precompiles are, by the names that EIP-7910 gives them, with the fork that brought each.
const PRECOMPILES: [(&str, u16, Fork); 18] = [
    ("ECREC", 0x01, Fork::Frontier),
    ("SHA256", 0x02, Fork::Frontier),
    ("RIPEMD160", 0x03, Fork::Frontier),
    ("ID", 0x04, Fork::Frontier),
    ("MODEXP", 0x05, Fork::Byzantium),
    ("BN254_ADD", 0x06, Fork::Byzantium),
    ("BN254_MUL", 0x07, Fork::Byzantium),
    ("BN254_PAIRING", 0x08, Fork::Byzantium),
    ("BLAKE2F", 0x09, Fork::Istanbul),
    ("KZG_POINT_EVALUATION", 0x0a, Fork::Cancun),
    ("BLS12_G1ADD", 0x0b, Fork::Prague),
    ("BLS12_G1MSM", 0x0c, Fork::Prague),
    ("BLS12_G2ADD", 0x0d, Fork::Prague),
    ("BLS12_G2MSM", 0x0e, Fork::Prague),
    ("BLS12_PAIRING_CHECK", 0x0f, Fork::Prague),
    ("BLS12_MAP_FP_TO_G1", 0x10, Fork::Prague),
    ("BLS12_MAP_FP2_TO_G2", 0x11, Fork::Prague),
    ("P256VERIFY", 0x100, Fork::Osaka),
];

pub(super) fn config(node: &Node, _: &Arguments) -> Answer {
    let timed = node.schedule().timed();
    let newest = node.history().newest().environment.timestamp;
    let next = timed.iter().position(|fork| fork.time > newest).unwrap_or(timed.len());
    let genesis = node.history().block(0)?.map_or(B256::ZERO, |entry| entry.hash);
    let shown = |at| shown(node, genesis, &timed, at);
    let current = next.checked_sub(1).map(shown);
    let later = timed.get(next).map(|_| shown(next));
    let last = timed.get(next).map(|_| shown(timed.len() - 1));
    Ok(json!({ "current": current, "next": later, "last": last }))
}

/// One fork of these.
fn shown(node: &Node, genesis: B256, timed: &[Timed], at: usize) -> Value {
    let Timed { time, fork, blobs } = timed[at];
    let there = PRECOMPILES.iter().filter(|(_, _, since)| *since <= fork);
    let precompiles: Map<String, Value> =
        there.map(|(name, number, _)| ((*name).to_owned(), json!(precompile(*number)))).collect();
    let blobs = blobs.map(|blobs| {
        let fraction = blobs.update_fraction as u64;
        json!({ "target": blobs.target_blob_count, "max": blobs.max_blob_count, "baseFeeUpdateFraction": fraction })
    });
    json!({
        "activationTime": time,
        "blobSchedule": blobs,
        "chainId": U64::from(node.schedule().config.chain_id),
        "forkId": alloy_primitives::Bytes::from(node.schedule().fork_id(genesis, time).to_be_bytes().to_vec()),
        "precompiles": precompiles,
        "systemContracts": system_contracts(node, fork),
    })
}

fn precompile(number: u16) -> Address {
    Address::left_padding_from(&number.to_be_bytes())
}

/// What blocks call by themselves. Pelton's own call nothing.
fn system_contracts(node: &Node, fork: Fork) -> Map<String, Value> {
    if node.is_own() {
        return Map::new();
    }
    let there = SYSTEM_CONTRACTS.iter().filter(|(_, _, since)| *since <= fork);
    let mut contracts: Map<String, Value> =
        there.map(|(name, address, _)| ((*name).to_owned(), json!(address))).collect();
    if let Some(deposits) = node.schedule().config.deposit_contract_address.filter(|_| fork >= Fork::Prague) {
        contracts.insert("DEPOSIT_CONTRACT_ADDRESS".into(), json!(deposits));
    }
    contracts
}

/// How far back blocks and states are known.
pub(super) fn capabilities(node: &Node, _: &Arguments) -> Answer {
    let newest = node.history().newest();
    let known = json!({ "disabled": false, "oldestBlock": U64::from(node.history().oldest()) });
    let states = json!({ "disabled": false, "oldestBlock": U64::from(node.history().oldest_state()) });
    let mut logs = known.clone();
    logs["deleteStrategy"] =
        json!({ "type": "window", "retentionBlocks": U64::from(node.history().blocks_max()) });
    Ok(json!({
        "head": { "number": U64::from(newest.number()), "hash": newest.hash },
        "state": states,
        "tx": known,
        "logs": logs,
        "receipts": known,
        "blocks": known,
        "stateproofs": states,
    }))
}
