//! `Report`: what a bench of validators has shown.

use std::fmt;

use alloy_primitives::{B256, keccak256};
use foldhash::{HashMap, HashMapExt as _};
use pelton_workloads::Expectation;
use serde::Serialize;
use serde_json::Value;

use super::bench::{Options, Seen, Told};

/// Some latencies, in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Latencies {
    /// Half of all are at most this.
    pub p50: f64,
    /// 90 % are.
    pub p90: f64,
    /// 99 % are.
    pub p99: f64,
    /// All are.
    pub longest: f64,
}

impl Latencies {
    /// Of these, in nanoseconds.
    pub fn of(mut all_ns: Vec<u64>) -> Latencies {
        all_ns.sort_unstable();
        let at = |share: f64| {
            let index = ((all_ns.len() as f64 * share).ceil() as usize).saturating_sub(1);
            all_ns.get(index).map_or(0.0, |ns| *ns as f64 / 1e6)
        };
        Latencies { p50: at(0.5), p90: at(0.9), p99: at(0.99), longest: at(1.0) }
    }
}

/// What one validator did for it.
#[derive(Clone, Debug, Serialize)]
pub struct Share {
    /// Its public key.
    pub validator: String,
    /// CPU time that it took from the first transaction until the last was committed everywhere.
    pub cpu_ns: u64,
    /// What it counted from its start to its end, of its stages and its connections.
    pub totals: Value,
}

/// What a bench of validators has shown.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// How many validators, and threads of each one's pipeline.
    pub validators: u16,
    /// See there.
    pub threads: u16,
    /// The workload's name, scheme and seed, in words.
    pub workload: String,
    /// Transactions that were offered.
    pub offered: u64,
    /// Executed with success by every validator, final, under a state root.
    pub committed: u64,
    /// Executed and charged, without other effect.
    pub failed: u64,
    /// From when the first one was due until the last one was committed by the last validator.
    pub seconds: f64,
    /// Committed ones a second.
    pub committed_per_second: f64,
    /// From when a transaction was due until the validator that it was sent to had committed it.
    pub finality_ms: Latencies,
    /// From when a leader made a block with transactions until a validator had committed it; of all validators.
    pub block_ms: Latencies,
    /// Blocks, and those of them with transactions.
    pub blocks: u64,
    /// See there.
    pub blocks_with_transactions: u64,
    /// Bytes of the transactions' blocks.
    pub block_bytes: u64,
    /// Bytes that all validators have sent each other, for each of those bytes.
    pub sent_per_committed_byte: f64,
    /// CPU time of one validator for a committed transaction, on average, in microseconds.
    pub cpu_us_each: f64,
    /// What is wrong; nothing if all is well.
    pub findings: Vec<String>,
    /// What each validator did.
    pub shares: Vec<Share>,
}

impl Report {
    /// Puts together what was seen.
    pub fn of(
        options: &Options,
        start_ns: u64,
        seen: &Seen,
        places: &[(B256, u64)],
        finality_ms: Latencies,
        shares: Vec<Share>,
    ) -> Report {
        let first = &seen.0[0];
        let (committed, failed) =
            (first.iter().map(|told| told.counts[0]).sum(), first.iter().map(|told| told.counts[1]).sum());
        let full = |blocks: &'_ [Told]| -> Vec<(u64, u64)> {
            blocks
                .iter()
                .filter(|told| told.counts[0] + told.counts[1] > 0)
                .map(|told| told.times_ns)
                .collect()
        };
        let all: Vec<(u64, u64)> = seen.0.iter().flat_map(|blocks| full(blocks)).collect();
        let end_ns = all.iter().map(|times| times.1).max().unwrap_or(start_ns);
        let seconds = (end_ns.saturating_sub(start_ns) as f64 / 1e9).max(1e-9);
        let block_bytes =
            first.iter().filter(|told| told.counts[0] + told.counts[1] > 0).map(|told| told.bytes).sum();
        let sent = |name: &str| shares.iter().filter_map(|share| share.totals[name].as_u64()).sum::<u64>();
        let sent = sent("consensusBytesSent") + sent("passedOnBytes");
        let cpu_ns: u64 = shares.iter().map(|share| share.cpu_ns).sum();
        let spec = &options.workload.spec;
        Report {
            validators: options.validators,
            threads: options.threads,
            workload: format!(
                "{}, {}, {} accounts, seed {}",
                spec.pattern, spec.scheme, spec.accounts, spec.seed
            ),
            offered: options.workload.transactions.len() as u64,
            committed,
            failed,
            seconds,
            committed_per_second: committed as f64 / seconds,
            finality_ms,
            block_ms: Latencies::of(all.iter().map(|(made, told)| told.saturating_sub(*made)).collect()),
            blocks: first.len() as u64,
            blocks_with_transactions: full(first).len() as u64,
            block_bytes,
            sent_per_committed_byte: sent as f64 / (block_bytes as f64).max(1.0),
            cpu_us_each: cpu_ns as f64 / 1e3 / (committed as f64).max(1.0) / f64::from(options.validators),
            findings: findings(options, seen, places, &shares),
            shares,
        }
    }
}

/// All that must hold and does not.
fn findings(options: &Options, seen: &Seen, places: &[(B256, u64)], shares: &[Share]) -> Vec<String> {
    let mut findings = Vec::new();
    let least = seen.0.iter().map(Vec::len).min().unwrap_or_default();
    for height in 0..least {
        if seen.0.iter().any(|blocks| blocks[height].what != seen.0[0][height].what) {
            findings.push(format!("validators differ at height {}", height + 1));
        }
    }
    if (1..seen.0.len()).any(|of| seen.executed(of) != seen.executed(0)) {
        findings.push("some validators have executed more transactions than others".to_owned());
    }
    let mut times: HashMap<B256, u64> = HashMap::with_capacity(places.len());
    places.iter().for_each(|(id, _)| *times.entry(*id).or_default() += 1);
    let (mut lost, mut wrong) = (0, 0);
    for (wire, expected) in &options.workload.transactions {
        let is_bad = matches!(expected, Expectation::Reject(_));
        match times.remove(&keccak256(wire)) {
            Some(1) if !is_bad => {}
            None if is_bad => {}
            None => lost += 1,
            Some(_) => wrong += 1,
        }
    }
    let foreign = times.len();
    for (count, what) in [
        (lost, "good transactions are in no block"),
        (wrong, "transactions are in a block that should be in none, or in several"),
        (foreign, "transactions are in blocks that nobody has offered"),
        (
            shares.iter().filter(|share| share.totals.is_null()).count(),
            "validators did not end as they should",
        ),
    ] {
        if count > 0 {
            findings.push(format!("{count} {what}"));
        }
    }
    findings
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Report { validators, threads, workload, finality_ms: finality, block_ms: block, .. } = self;
        writeln!(
            f,
            "validators  {validators} processes on this machine, {threads} threads of each one's pipeline"
        )?;
        writeln!(f, "workload    {workload}\n")?;
        writeln!(f, "{:>12}  offered", self.offered)?;
        writeln!(
            f,
            "{:>12}  committed by all: executed with success, final, under a state root",
            self.committed
        )?;
        writeln!(f, "{:>12}  failed: executed, charged, no other effect\n", self.failed)?;
        writeln!(f, "{:>12.0}  committed a second, over {:.2} s", self.committed_per_second, self.seconds)?;
        let Latencies { p50, p90, p99, longest } = finality;
        writeln!(
            f,
            "{p50:>9.1} ms  median from when it was due until final; p90 {p90:.1} ms, p99 {p99:.1} ms, longest {longest:.1} ms"
        )?;
        let Latencies { p50, p90, p99, longest } = block;
        writeln!(
            f,
            "{p50:>9.1} ms  median from when a block was made until committed; p90 {p90:.1} ms, p99 {p99:.1} ms, longest {longest:.1} ms"
        )?;
        writeln!(f, "{:>9.1} µs  CPU time of a validator for a committed transaction", self.cpu_us_each)?;
        writeln!(
            f,
            "{:>12.2}  bytes sent among all for each byte of their blocks",
            self.sent_per_committed_byte
        )?;
        writeln!(f, "{:>12}  blocks, {} with transactions\n", self.blocks, self.blocks_with_transactions)?;
        for (index, share) in self.shares.iter().enumerate() {
            writeln!(f, "validator {index}: {:.2} s of CPU time", share.cpu_ns as f64 / 1e9)?;
            writeln!(
                f,
                "  {:<10}{:>12}{:>12}{:>10}{:>7}{:>12}",
                "stage", "taken", "passed", "rejected", "busy", "CPU each"
            )?;
            for stage in share.totals["stages"].as_array().into_iter().flatten() {
                let of = |name: &str| stage[name].as_u64().unwrap_or_default();
                let rejected: u64 = stage["rejected"]
                    .as_object()
                    .into_iter()
                    .flatten()
                    .filter_map(|(_, count)| count.as_u64())
                    .sum();
                let whole = (of("idleNs") + of("busyNs") + of("blockedNs")).max(1);
                let each = of("cpuNs") as f64 / 1e3 / (of("taken") as f64).max(1.0);
                writeln!(
                    f,
                    "  {:<10}{:>12}{:>12}{rejected:>10}{:>6}%{each:>9.1} µs",
                    stage["name"].as_str().unwrap_or_default(),
                    of("taken"),
                    of("passed"),
                    100 * of("busyNs") / whole,
                )?;
            }
        }
        match self.findings.is_empty() {
            true => writeln!(
                f,
                "\naudit       one chain, equal roots; every transaction as expected, in one block"
            ),
            false => self.findings.iter().try_for_each(|finding| writeln!(f, "\nwrong       {finding}")),
        }
    }
}
