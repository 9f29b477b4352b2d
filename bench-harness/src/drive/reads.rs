//! `Reads`: questions asked beside a load, at a steady pace, and how long their answers took.
//!
//! Each is due at its time, whether or not the one before has been answered: what waits behind a slow answer is slow too.

use std::sync::atomic::{AtomicBool, Ordering};

use alloy_primitives::Address;
use hdrhistogram::Histogram;
use pelton_pipeline::clock::{Clock, Nanos};
use pelton_workloads::Workload;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::lane::wait;
use super::report::Latency;
use crate::http::Connection;

/// How long the answers to one method took.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReadReport {
    /// The method.
    pub method: String,
    /// Questions.
    pub count: u64,
    /// From when each was due until its answer was there.
    pub latency_ms: Latency,
}

/// Asks by turns for a sender's balance and for what a call of a contract or another account gives, until told to stop.
pub(super) fn run(
    mut node: Connection,
    workload: &Workload,
    per_second: f64,
    clock: &dyn Clock,
    stop: &AtomicBool,
) -> Result<Vec<ReadReport>, String> {
    let accounts: Vec<&Address> = workload.genesis.accounts.keys().collect();
    let callee = workload.genesis.accounts.iter().find(|(_, account)| !account.code.is_empty());
    let callee = callee.map_or(accounts.first().copied(), |(address, _)| Some(address));
    let methods = ["eth_getBalance", "eth_call"];
    let histogram = || Histogram::<u64>::new_with_bounds(1, 1 << 42, 3).expect("the bounds are valid");
    let mut took = methods.map(|_| histogram());
    let began_ns = clock.now_ns();
    for at in 0_usize.. {
        if stop.load(Ordering::Relaxed) || accounts.is_empty() {
            break;
        }
        let due_ns = began_ns + (at as f64 * 1e9 / per_second) as Nanos;
        wait(Some(due_ns), clock);
        let account = accounts[at % accounts.len()];
        let params: Value = match methods[at % 2] {
            "eth_call" => json!([{ "from": account, "to": callee }, "latest"]),
            _ => json!([account, "latest"]),
        };
        // A call may well revert; that is an answer.
        match node.call(methods[at % 2], &params) {
            Err(words) if !words.starts_with("eth_call: ") => return Err(words),
            _ => took[at % 2].saturating_record(clock.now_ns().saturating_sub(due_ns).max(1)),
        }
    }
    let report = |(method, took): (&str, &Histogram<u64>)| ReadReport {
        method: method.to_owned(),
        count: took.len(),
        latency_ms: Latency::of(took),
    };
    Ok(methods.into_iter().zip(&took).map(report).collect())
}
