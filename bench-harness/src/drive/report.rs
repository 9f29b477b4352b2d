//! `Report`: what a node did with a workload.

use std::collections::BTreeMap;
use std::fmt::{self, Display, Formatter};

use hdrhistogram::Histogram;
use pelton_pipeline::clock::Nanos;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::end::Ended;
use super::reads::ReadReport;
use super::{Ran, Side};

/// What a node did with a workload.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Where the node answers.
    pub node: String,
    /// Name of the workload, with its parameters.
    pub workload: String,
    /// How it is signed.
    pub scheme: String,
    /// Accounts that take part.
    pub accounts: u32,
    /// What the workload follows from.
    pub seed: u64,
    /// BLAKE3 of the transactions.
    pub digest: String,
    /// Transactions due a second; none for as fast as they were taken.
    pub rate: Option<f64>,
    /// Most transactions that were handed over together.
    pub batch: usize,
    /// Ways into the node, side by side.
    pub lanes: usize,
    /// Transactions sent.
    pub sent: u64,
    /// Executed with success, in a block.
    pub committed: u64,
    /// Executed and failed, in a block.
    pub failed: u64,
    /// In no block, by the node's words.
    pub rejected: BTreeMap<String, u64>,
    /// Transactions of which something else became than the workload expects.
    pub unexpected: u64,
    /// Whether some were waited for in vain.
    pub is_cut_short: bool,
    /// Blocks in which they are.
    pub blocks: u64,
    /// From when the first was sent until the last was seen in a block.
    pub seconds: f64,
    /// Executed with success, a second.
    pub committed_per_second: f64,
    /// From when a transaction was due, or sent, until its block was seen.
    pub latency_ms: Latency,
    /// What was asked meanwhile, and how long the answers took.
    pub reads: Vec<ReadReport>,
    /// CPU time that sending and looking took here, for each transaction sent.
    pub driver_cpu_ns: u64,
}

/// Times in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Latency {
    /// Half were quicker.
    pub p50: f64,
    /// Nine in ten were.
    pub p90: f64,
    /// All but one in a hundred were.
    pub p99: f64,
    /// The slowest.
    pub max: f64,
}

impl Latency {
    /// Of times in nanoseconds.
    pub(super) fn of(times_ns: &Histogram<u64>) -> Latency {
        let ms = |quantile| times_ns.value_at_quantile(quantile) as f64 / 1e6;
        Latency { p50: ms(0.5), p90: ms(0.9), p99: ms(0.99), max: ms(1.0) }
    }
}

impl Display for Latency {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Latency { p50, p90, p99, max } = self;
        write!(f, "p50 {p50:.2} ms, p90 {p90:.2} ms, p99 {p99:.2} ms, longest {max:.2} ms")
    }
}

impl Report {
    /// Whether each transaction became what it must.
    pub fn is_good(&self) -> bool {
        self.unexpected == 0 && !self.is_cut_short && self.sent == self.accounted()
    }

    fn accounted(&self) -> u64 {
        self.committed + self.failed + self.rejected.values().sum::<u64>()
    }
}

/// Puts a report together.
pub(super) fn report(side: &Side<'_>, ran: &Ran, ended: &Ended, driver_cpu_ns: Nanos) -> Report {
    let Side { options, workload, began_ns, .. } = *side;
    let mut latency = Histogram::<u64>::new_with_bounds(1, 1 << 42, 3).expect("the bounds are valid");
    let (mut count, mut last_ns) = (0, began_ns);
    for (at, from_ns) in ran.sent.iter().flat_map(|lane| &lane.from) {
        count += 1;
        if let Some(seen_ns) = ended.seen_ns[*at] {
            latency.saturating_record(seen_ns.saturating_sub(*from_ns).max(1));
            last_ns = last_ns.max(seen_ns);
        }
    }
    let seconds = last_ns.saturating_sub(began_ns).max(1) as f64 / 1e9;
    Report {
        node: options.node.to_string(),
        workload: options.spec.pattern.to_string(),
        scheme: options.spec.scheme.to_string(),
        accounts: options.spec.accounts,
        seed: options.spec.seed,
        digest: workload.digest.to_string(),
        rate: options.rate,
        batch: options.batch,
        lanes: ran.sent.len(),
        sent: count,
        committed: ended.committed,
        failed: ended.failed,
        rejected: ended.rejected.clone(),
        unexpected: ended.unexpected,
        is_cut_short: ended.is_cut_short,
        blocks: ended.blocks,
        seconds,
        committed_per_second: ended.committed as f64 / seconds,
        latency_ms: Latency::of(&latency),
        reads: ran.reads.clone(),
        driver_cpu_ns: driver_cpu_ns / count.max(1),
    }
}

impl Display for Report {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Report { workload, scheme, accounts, seed, digest, lanes, batch, latency_ms, .. } = self;
        let offered = match self.rate {
            Some(rate) => format!("{rate} due a second"),
            None => "as fast as they are taken".to_owned(),
        };
        writeln!(
            f,
            "node      {}, {lanes} ways in, at most {batch} transactions together, {offered}",
            self.node
        )?;
        writeln!(
            f,
            "workload  {workload}, {scheme}, {accounts} accounts, seed {seed}, digest {}\n",
            &digest[..10]
        )?;
        writeln!(f, "{:>12}  sent", self.sent)?;
        writeln!(f, "{:>12}  committed: executed with success, in {} blocks", self.committed, self.blocks)?;
        writeln!(f, "{:>12}  failed: executed, charged, no other effect", self.failed)?;
        writeln!(f, "{:>12}  in no block", self.rejected.values().sum::<u64>())?;
        for (words, count) in &self.rejected {
            writeln!(f, "{count:>16}  {words}")?;
        }
        if self.unexpected > 0 {
            writeln!(f, "{:>12}  became something else than the workload expects", self.unexpected)?;
        }
        let (rate, seconds) = (self.committed_per_second, self.seconds);
        writeln!(f, "\n{rate:>12.0}  committed a second, over {seconds:.2} s")?;
        writeln!(f, "     latency  {latency_ms}")?;
        for ReadReport { method, count, latency_ms } in &self.reads {
            writeln!(f, "{count:>12}  {method}: {latency_ms}")?;
        }
        writeln!(
            f,
            "{:>9} ns  of CPU time for each transaction, to send it and to look for it",
            self.driver_cpu_ns
        )
    }
}
