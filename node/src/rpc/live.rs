//! What a page or a terminal shows of a node that runs: figures of its stages, its newest blocks, what an account did.

use std::cmp::Reverse;

use alloy_primitives::{Address, B256, U64, U128};
use pelton_engine::prices::{Key, PriceList, Rule};
use pelton_engine::reject::Reject;
use serde_json::{Map, Value, json};

use super::Node;
use super::arguments::Arguments;
use super::failure::{Answer, Failure};
use crate::devnet::Way;
use crate::history::{Entry, Included};
use crate::json;

/// Keys whose prices are shown, the dearest first.
const HOT_KEYS_MAX: usize = 16;
/// Blocks in a list, unless told otherwise and at most.
const BLOCKS: u64 = 20;
const BLOCKS_MAX: u64 = 100;
/// Transactions of an account that are found at a time, and among how many they are looked for.
const FOUND_MAX: usize = 25;
const LOOKED_AT_MAX: usize = 1 << 16;
/// To read a block, which may be on disk and empty, counts as to look at so many transactions.
const BLOCK_WEIGHT: usize = 16;

/// Live figures of all stages and of the chain, and how often each limit of this server was hit.
pub(super) fn stages(node: &Node, _: &Arguments) -> Answer {
    let stages = node.way().map(|way| way.figures.all()).unwrap_or_default();
    let hit: Map<String, Value> = node.hits().map(|(name, count)| (name.to_owned(), json!(count))).collect();
    Ok(json!({
        "uptimeNs": node.way().map(|way| way.clock.now_ns()),
        "meanings": meanings(&stages),
        "stages": stages,
        "waitingAtDoor": node.way().map_or(0, |way| way.submitter.waiting()),
        "waiting": node.way().map_or(0, |way| way.mempool.len()),
        "latency": node.way().and_then(latency),
        "chain": chain(node),
        "limitsHit": hit,
    }))
}

/// What each reason means that a stage has given.
fn meanings(stages: &[Value]) -> Map<String, Value> {
    let is_given =
        |reason: &&Reject| stages.iter().any(|stage| stage["rejected"].get(reason.name()).is_some());
    let given = Reject::ALL.iter().filter(is_given);
    given
        .map(|reason| {
            let said = json!({ "meaning": reason.help(), "advice": super::pelton::advice(*reason) });
            (reason.name().to_owned(), said)
        })
        .collect()
}

/// Of the newest transactions that came through in the last ten seconds; none if none did.
fn latency(way: &Way) -> Option<Value> {
    let latencies = way.trail.latencies(way.clock.now_ns());
    // The value that this share of all does not exceed.
    let at = |share: f64| latencies.get(((latencies.len() as f64 * share).ceil() as usize).max(1) - 1);
    let (p50, p99) = (at(0.5)?, at(0.99)?);
    Some(json!({ "transactions": latencies.len(), "p50Ns": p50, "p99Ns": p99, "maxNs": latencies.last()? }))
}

fn chain(node: &Node) -> Value {
    let (newest, ran) = (node.history().newest(), node.history().ran());
    let next = &newest.next;
    let prices = PriceList::new(&next.table, next.base_fee, &Rule::new(node.chain_limits()));
    let mut hot: Vec<(Key, u128)> = prices.iter().collect();
    hot.sort_unstable_by_key(|(key, price)| (Reverse(*price), *key));
    let shown = hot.iter().take(HOT_KEYS_MAX).map(|(key, price)| {
        json!({
            "address": key.address,
            "slot": key.slot.map(B256::from),
            "excess": U64::from(next.table.excess(key)),
            "price": U128::from(*price),
        })
    });
    json!({
        "height": newest.number(),
        "committed": ran.committed,
        "failed": ran.failed,
        "gasUsed": ran.gas_used,
        "baseFee": U64::from(next.base_fee),
        "hotKeyCount": hot.len(),
        "hotKeys": shown.collect::<Value>(),
    })
}

/// Takes a block to begin with, the newest unless given, and how many at most; gives that one and those below it, in short.
pub(super) fn blocks(node: &Node, arguments: &Arguments) -> Answer {
    let count = arguments.quantity(1)?.unwrap_or(BLOCKS);
    if count > BLOCKS_MAX {
        return Err(Failure::params(format!("blocks: at most {BLOCKS_MAX}")));
    }
    let Some(first) = node.find(arguments.block(0)?)? else { return Ok(json!([])) };
    let mut shown = Vec::new();
    for height in (0..=first.number()).rev().take(count as usize) {
        let Some(entry) = node.history().block(height)? else { break };
        shown.push(in_short(&entry));
    }
    Ok(shown.into())
}

fn in_short(entry: &Entry) -> Value {
    json!({
        "number": U64::from(entry.number()),
        "hash": entry.hash,
        "timestamp": U64::from(entry.environment.timestamp),
        "transactions": U64::from(entry.transactions.len()),
        "failed": U64::from(entry.failed()),
        "gasUsed": U64::from(entry.gas_used()),
        "baseFeePerGas": U64::from(entry.environment.base_fee),
        "size": U64::from(entry.bytes),
    })
}

/// Takes an account, and where to begin: a block, the newest unless given, and below which index in it. Gives the newest
/// transactions from there on down that the account sent or received or was created by, and where to go on.
pub(super) fn account_transactions(node: &Node, arguments: &Arguments) -> Answer {
    let address: Address = arguments.required(0)?;
    let first = node.find(arguments.block(1)?)?.map(|entry| entry.number());
    let mut below = arguments.quantity(2)?.map(|index| usize::try_from(index).unwrap_or(usize::MAX));
    let (mut found, mut looked_at) = (Vec::new(), 0);
    for height in first.into_iter().flat_map(|first| (0..=first).rev()) {
        let Some(entry) = node.history().block(height)? else { break };
        let end = below.take().unwrap_or(usize::MAX).min(entry.transactions.len());
        let older =
            |below: usize| json!({ "blockNumber": U64::from(height), "belowIndex": U64::from(below) });
        if looked_at >= LOOKED_AT_MAX {
            return Ok(json!({ "transactions": found, "older": older(end) }));
        }
        looked_at += BLOCK_WEIGHT;
        for index in (0..end).rev() {
            if found.len() >= FOUND_MAX || looked_at >= LOOKED_AT_MAX {
                return Ok(json!({ "transactions": found, "older": older(index + 1) }));
            }
            looked_at += 1;
            let one = &entry.transactions[index];
            if is_of(one, address) {
                found.push(json!({
                    "hash": one.receipt.id,
                    "blockNumber": U64::from(height),
                    "transactionIndex": U64::from(index),
                    "success": one.receipt.success,
                }));
            }
        }
    }
    Ok(json!({ "transactions": found, "older": null }))
}

/// Whether an account sent or received a transaction, or was created by it.
fn is_of(one: &Included, address: Address) -> bool {
    // Most wires do not hold its bytes anywhere, and need not be decoded.
    let is_named = || one.wire.windows(20).any(|bytes| bytes == address.as_slice());
    one.sender == address
        || one.receipt.created == Some(address)
        || (is_named() && json::recipient(&one.wire) == Some(address))
}
