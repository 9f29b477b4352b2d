//! `Ended`: what became of each transaction, as blocks and receipts say afterwards.

use std::collections::BTreeMap;

use alloy_primitives::map::HashMap;
use alloy_primitives::{B256, keccak256};
use pelton_pipeline::clock::Nanos;
use pelton_workloads::{Expectation, Workload};
use serde_json::Value;

use super::heads::{End, Heads};
use super::lane::Refused;

/// Transactions that were taken and not found, of which the node is asked what became of them.
const ASKED_MAX: usize = 10_000;

/// What is said of those that were sent before.
const COPY: &str = "a copy of one that was sent before";
/// What is said of those of which the node says nothing.
const NOWHERE: &str = "in no block";

/// What became of all transactions.
pub(super) struct Ended {
    /// Of each that is in a block: when that was seen.
    pub(super) seen_ns: Vec<Option<Nanos>>,
    /// Blocks since the first was sent.
    pub(super) blocks: u64,
    /// Executed with success.
    pub(super) committed: u64,
    /// Executed and failed.
    pub(super) failed: u64,
    /// Not in a block, by the node's words.
    pub(super) rejected: BTreeMap<String, u64>,
    /// Transactions of which something else became than the workload expects.
    pub(super) unexpected: u64,
    /// Whether some were waited for in vain, and nobody turned them away.
    pub(super) is_cut_short: bool,
}

impl Ended {
    /// Looks through the blocks.
    pub(super) fn find<'a>(
        heads: &mut Heads,
        workload: &Workload,
        refused: impl Iterator<Item = &'a Refused>,
        end: End,
    ) -> Result<Ended, String> {
        let ids: Vec<B256> = workload.transactions.iter().map(|(wire, _)| keccak256(wire)).collect();
        let mut places: HashMap<B256, usize> = HashMap::default();
        for (at, id) in ids.iter().enumerate() {
            places.entry(*id).or_insert(at);
        }
        let found = found(heads, &places)?;
        let mut ended = Ended {
            seen_ns: vec![None; ids.len()],
            blocks: heads.count(),
            committed: 0,
            failed: 0,
            rejected: BTreeMap::new(),
            unexpected: 0,
            is_cut_short: false,
        };
        let mut words: HashMap<usize, &str> = HashMap::default();
        words.extend(refused.map(|(at, said)| (*at, said.as_str())));
        let mut missing = Vec::new();
        for (at, (_, expectation)) in workload.transactions.iter().enumerate() {
            let result = found.get(at).copied().flatten();
            ended.unexpected += u64::from(!is_expected(*expectation, result.map(|(_, success)| success)));
            match (result, words.get(&at)) {
                (Some((seen_ns, success)), _) => {
                    ended.seen_ns[at] = Some(seen_ns);
                    *(if success { &mut ended.committed } else { &mut ended.failed }) += 1;
                }
                (None, Some(said)) => ended.reject(said, 1),
                (None, None) if places[&ids[at]] != at => ended.reject(COPY, 1),
                (None, None) => missing.push(ids[at]),
            }
        }
        let all_told = ended.explain(heads, &missing);
        ended.is_cut_short = end == End::Quiet && !all_told;
        Ok(ended)
    }

    /// Asks what became of those that nobody refused and that are in no block; gives whether all of them were turned away.
    fn explain(&mut self, heads: &mut Heads, missing: &[B256]) -> bool {
        let (asked, rest) = missing.split_at(missing.len().min(ASKED_MAX));
        let statuses = heads.statuses(asked);
        let mut all_told = rest.is_empty();
        for at in 0..asked.len() {
            let status = statuses.get(at).unwrap_or(&Value::Null);
            let words = status["reason"].as_str().or(status["status"].as_str()).unwrap_or(NOWHERE);
            all_told &= status["status"] == "rejected";
            self.reject(words, 1);
        }
        if !rest.is_empty() {
            self.reject(NOWHERE, rest.len() as u64);
        }
        all_told
    }

    /// Counts some that are in no block, by words; those that differ by figures alone are counted together.
    fn reject(&mut self, words: &str, count: u64) {
        let mut shown = String::with_capacity(words.len());
        for letter in words.chars() {
            let letter = if letter.is_ascii_digit() { '#' } else { letter };
            if letter != '#' || !shown.ends_with('#') {
                shown.push(letter);
            }
        }
        *self.rejected.entry(shown).or_default() += count;
    }
}

fn is_expected(expectation: Expectation, success: Option<bool>) -> bool {
    match expectation {
        Expectation::Commit => success == Some(true),
        Expectation::Fail => success == Some(false),
        Expectation::Contested(_) => success.is_some(),
        Expectation::Reject(_) => success.is_none(),
    }
}

/// When and how well each transaction ran, at its place.
fn found(heads: &mut Heads, places: &HashMap<B256, usize>) -> Result<Vec<Option<(Nanos, bool)>>, String> {
    let last = places.values().max().map_or(0, |last| last + 1);
    let mut found = vec![None; last];
    for block in heads.receipts() {
        let (seen_ns, receipts) = block?;
        for receipt in receipts {
            let id = receipt["transactionHash"].as_str().and_then(|id| id.parse::<B256>().ok());
            let Some((id, at)) = id.and_then(|id| places.get_key_value(&id)) else { continue };
            let before = found[*at].replace((seen_ns, receipt["status"] == "0x1"));
            if before.is_some() {
                return Err(format!("the node has {id} in two blocks"));
            }
        }
    }
    Ok(found)
}
