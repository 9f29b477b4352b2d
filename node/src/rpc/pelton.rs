//! `pelton_*`: what other chains have no words for.

use alloy_primitives::{U64, U256};
use pelton_engine::evm::call::Reads as _;
use pelton_engine::prices::Claim;
use pelton_engine::prices::quote::{Market, Quote};
use pelton_engine::reject::Reject;
use pelton_engine::transaction::{Kind, Verified};
use serde_json::{Value, json};

use super::Node;
use super::arguments::Arguments;
use super::failure::Answer;
use crate::devnet::Way;
use crate::history::Entry;
use crate::trail::{Passage, Timeline};

/// Where a transaction is, or why it is not.
pub(super) fn status(node: &Node, arguments: &Arguments) -> Answer {
    let id = arguments.hash(0)?;
    if let Some((entry, index)) = node.history().transaction(&id)? {
        let success = entry.transactions[index].receipt.success;
        let number = U64::from(entry.number());
        let advice = if success {
            "nothing: it is final"
        } else {
            "read its receipt; it was charged, and did nothing else"
        };
        let (height, count) = (entry.number(), entry.transactions.len());
        return Ok(json!({
            "status": if success { "committed" } else { "failed" },
            "stage": "commit",
            "blockNumber": number,
            "transactionIndex": U64::from(index),
            "timeline": node.way().and_then(|way| Some(timeline(way, &way.trail.of_included(height, index, count)?))),
            "advice": advice,
        }));
    }
    let Some(way) = node.way() else { return Ok(json!({ "status": "unknown" })) };
    if let Some(waiting) = way.mempool.transaction(&id) {
        let mut status = waiting_status(node, &waiting);
        let arrival_ns = way.mempool.arrival_ns(&id);
        status["timeline"] =
            json!(arrival_ns.map(|arrival_ns| timeline(way, &way.trail.of_waiting(arrival_ns))));
        return Ok(status);
    }
    if let Some(rejection) = way.ledger.rejection(&id) {
        return Ok(json!({
            "status": "rejected",
            "stage": rejection.stage,
            "reason": rejection.reason.name(),
            "meaning": rejection.reason.help(),
            "advice": advice(rejection.reason),
        }));
    }
    if way.mempool.is_being_checked(&id) {
        return Ok(json!({ "status": "checking", "stage": "verify", "advice": "ask again in a moment" }));
    }
    let advice = "it never came, or it was turned away long ago; send it";
    Ok(json!({ "status": "unknown", "advice": advice }))
}

fn waiting_status(node: &Node, waiting: &Verified) -> Value {
    let (sender, fields) = (waiting.sender(), waiting.fields());
    let newest = node.history().newest();
    let account = node.history().at(newest.number()).account(&sender).unwrap_or_default();
    let next = node.way().map_or(account.nonce, |way| way.mempool.next_nonce(&sender, account.nonce));
    let (reason, advice) = if fields.nonce >= next {
        (Some("NonceGap"), format!("send the transaction with nonce {next} first"))
    } else if fields.tip(newest.next.base_fee).is_none() {
        (Some("FeeTooLow"), "wait for the base fee to fall, or replace it with one that offers more".into())
    } else if let Some(words) = too_little_for_hot_keys(node, &newest, waiting) {
        (Some("ContentionFeeTooLow"), words)
    } else if fields.cost_max().is_none_or(|cost| cost > account.balance) {
        (Some("InsufficientFunds"), "pay the sender, or let its earlier transactions come through".into())
    } else {
        (None, "nothing: a block will take it".into())
    };
    json!({ "status": "waiting", "stage": "schedule", "reason": reason, "nonce": U64::from(fields.nonce), "advice": advice })
}

/// What a transaction would have to offer for the hot keys that it claims, if it offers less.
fn too_little_for_hot_keys(node: &Node, newest: &Entry, waiting: &Verified) -> Option<String> {
    let (fields, next) = (waiting.fields(), &newest.next);
    let market = Market::new(&next.table, next.base_fee, 1, node.chain_limits());
    let claims = Claim::of(fields, waiting.sender(), waiting.access());
    let quote = Quote::new(&market, claims, fields.gas_limit);
    let is_declared = fields.kind == Kind::Declared;
    let above_base_fee = fields.max_fee_per_gas.saturating_sub(next.base_fee.into());
    match is_declared {
        true if quote.fee_max() > U256::from(fields.max_contention_fee) => Some(format!(
            "sign it again with a maxContentionFee of at least {}; pelton_quoteAccess says more",
            quote.fee_max()
        )),
        false if quote.rate.per_gas() > above_base_fee => {
            let least = u128::from(next.base_fee).saturating_add(quote.rate.per_gas());
            Some(format!(
                "replace it with one whose maxFeePerGas is at least {least}; pelton_quoteAccess says more"
            ))
        }
        _ => None,
    }
}

/// When it came in, and for each stage that it has passed how much later that was.
fn timeline(way: &Way, timeline: &Timeline) -> Value {
    let Timeline { arrival_ns, passages } = timeline;
    let ago_ms = way.clock.now_ns().saturating_sub(*arrival_ns) / 1_000_000;
    let stage = |(stage, done_ns): &Passage| json!({ "stage": stage, "doneNs": done_ns.map(|done_ns| done_ns.saturating_sub(*arrival_ns)) });
    json!({
        "arrivedUnixMs": way.clock.unix_ms().saturating_sub(ago_ms),
        "stages": passages.iter().map(stage).collect::<Value>(),
    })
}

/// What to do about a rejection.
pub(super) fn advice(reason: Reject) -> &'static str {
    match reason {
        Reject::StaleNonce => "sign it again with the next nonce",
        Reject::NonceGap => "send the earlier nonces first, then this one again",
        Reject::InsufficientFunds => "pay the sender, then send it again",
        Reject::ReplacementUnderpriced => "offer at least 10 % more in both fees",
        Reject::FeeTooLow => "offer more for each gas",
        Reject::ContentionFeeTooLow => "ask pelton_quoteAccess what its hot keys cost, and offer that",
        Reject::Replaced => "nothing: another one with its nonce paid more",
        Reject::IntrinsicGas => "give it more gas",
        Reject::GasLimitTooHigh => "give it less gas, or split it",
        Reject::WrongChain | Reject::Unprotected => "sign it for this chain's id",
        Reject::PoolFull | Reject::SenderFull => "send it again later",
        Reject::UnknownType => "use type 0, 1, 2, 4 or 0x65",
        _ => "look at how it is made and signed",
    }
}
