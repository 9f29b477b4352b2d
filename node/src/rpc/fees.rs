//! What a transaction should offer.

use alloy_primitives::{U64, U128, U256};
use serde_json::{Value, json};

use super::Node;
use super::arguments::Arguments;
use super::failure::{Answer, Failure, answer};
use crate::history::Entry;

/// Wei per gas for the producer that is proposed, and the least that histories tell of own blocks. Clients that read zero
/// offer 1 wei, are told of that in turn, and stay there.
const TIP: u64 = 1_000_000;
/// Blocks of one history.
const BLOCKS_MAX: u64 = 1_024;
/// Percentiles of one history.
const PERCENTILES_MAX: usize = 100;

/// What a legacy transaction should offer for each gas.
pub(super) fn gas_price(node: &Node, _: &Arguments) -> Answer {
    answer(U64::from(node.history().newest().next.base_fee.saturating_add(TIP)))
}

pub(super) fn tip(_: &Node, _: &Arguments) -> Answer {
    answer(U64::from(TIP))
}

pub(super) fn base_fee(node: &Node, _: &Arguments) -> Answer {
    answer(U64::from(node.history().newest().next.base_fee))
}

/// Wei for each gas of the next block's blobs. In Pelton's own blocks they have nowhere to go, so that price never moves.
pub(super) fn blob_base_fee(node: &Node, _: &Arguments) -> Answer {
    answer(U128::from(node.next_blob_fee(&node.history().newest())))
}

impl Node {
    /// Wei for each gas of a block's blobs; zero where there were none yet.
    fn blob_fee(&self, entry: &Entry) -> u128 {
        let blobs = self.schedule().timed_at(entry.environment.timestamp).and_then(|timed| timed.blobs);
        blobs.map_or(0, |blobs| blobs.calc_blob_fee(entry.environment.blob_excess_gas))
    }

    /// The same for the block after this one.
    fn next_blob_fee(&self, entry: &Entry) -> u128 {
        let Some(blobs) = self.schedule().timed_at(entry.environment.timestamp).and_then(|timed| timed.blobs)
        else {
            return 0;
        };
        blobs.calc_blob_fee(self.schedule().next_blob_excess(entry.header(), entry.environment.timestamp))
    }

    /// The share of a block's room for blobs that was used.
    fn blob_ratio(&self, entry: &Entry) -> f64 {
        let blobs = self.schedule().timed_at(entry.environment.timestamp).and_then(|timed| timed.blobs);
        let most = blobs.map_or(0, |blobs| blobs.max_blob_gas_per_block());
        if most == 0 { 0.0 } else { entry.header().blob_gas_used.unwrap_or(0) as f64 / most as f64 }
    }
}

pub(super) fn history(node: &Node, arguments: &Arguments) -> Answer {
    let count =
        arguments.quantity(0)?.ok_or_else(|| Failure::params("missing value for required argument 0"))?;
    let _: Value = arguments.required(1)?;
    let percentiles: Vec<f64> = arguments.optional(2)?.unwrap_or_default();
    if percentiles.len() > PERCENTILES_MAX {
        let words = format!("invalid reward percentile: over the query limit {PERCENTILES_MAX}");
        return Err(Failure::server(words));
    }
    if let Some(wrong) = percentiles.iter().find(|one| !(0.0..=100.0).contains(*one)) {
        return Err(Failure::server(format!("invalid reward percentile: {wrong}")));
    }
    if !percentiles.is_sorted() {
        return Err(Failure::server("invalid reward percentile: they must not fall"));
    }
    let newest = node.find(arguments.block(1)?)?;
    let newest = newest.ok_or_else(|| Failure::server("request beyond head block"))?;
    let first = (newest.number() + 1).saturating_sub(count.min(BLOCKS_MAX)).max(node.history().oldest());
    let blocks = (first..=newest.number()).map(|height| node.history().block(height));
    let blocks: Vec<_> = blocks.filter_map(Result::transpose).collect::<Result<_, _>>()?;
    if count == 0 || blocks.is_empty() {
        return Ok(json!({ "oldestBlock": "0x0", "gasUsedRatio": null }));
    }
    let base_fees = blocks.iter().map(|entry| entry.environment.base_fee).chain([newest.next.base_fee]);
    let ratios = blocks.iter().map(|entry| entry.gas_used() as f64 / entry.environment.gas_limit as f64);
    let blob_fees = blocks.iter().map(|entry| node.blob_fee(entry)).chain([node.next_blob_fee(&newest)]);
    let blob_ratios = blocks.iter().map(|entry| node.blob_ratio(entry));
    let mut history = json!({
        "oldestBlock": U64::from(first),
        "baseFeePerGas": base_fees.map(U64::from).collect::<Vec<_>>(),
        "gasUsedRatio": ratios.collect::<Vec<_>>(),
        "baseFeePerBlobGas": blob_fees.map(U128::from).collect::<Vec<_>>(),
        "blobGasUsedRatio": blob_ratios.collect::<Vec<_>>(),
    });
    if !percentiles.is_empty() {
        let floor = if node.way().is_some() { u128::from(TIP) } else { 0 };
        let of = |entry: &std::sync::Arc<Entry>| rewards(entry, &percentiles, floor);
        history["reward"] = blocks.iter().map(of).collect();
    }
    Ok(history)
}

/// The tips below which these shares of a block's gas were bought.
fn rewards(entry: &Entry, percentiles: &[f64], floor: u128) -> Value {
    let base_fee = entry.environment.base_fee;
    let paid = |one: &crate::history::Included| {
        let (tip, gas) = (one.receipt.tip(base_fee), one.receipt.gas_used);
        ((tip / U256::from(gas.max(1))).saturating_to::<u128>(), gas)
    };
    let mut tips: Vec<(u128, u64)> = entry.transactions.iter().map(paid).collect();
    tips.sort_unstable();
    let mut rewards = Vec::with_capacity(percentiles.len());
    let (mut at, mut below) = (0, tips.first().map_or(0, |(_, gas)| *gas));
    for percentile in percentiles {
        let wanted = (entry.gas_used() as f64 * percentile / 100.0) as u64;
        while below < wanted && at + 1 < tips.len() {
            at += 1;
            below += tips[at].1;
        }
        let tip = tips.get(at).map_or(0, |(tip, _)| *tip);
        rewards.push(U128::from(tip.max(floor)));
    }
    json!(rewards)
}
