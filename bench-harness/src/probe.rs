//! `Probe`: what each stage costs alone, measured by a small run on one thread.

use std::collections::BTreeMap;
use std::sync::Arc;

use pelton_engine::limits::Limits;
use pelton_kernels::Choice;
use pelton_pipeline::clock::Nanos;
use pelton_pipeline::stages::load::Rate;

use crate::around::Around;
use crate::bench::{BenchError, Length, Options, Progress, load};
use crate::run::{Outcomes, Plan, run};

/// Transactions in a probe: enough for several blocks, half a second of work.
const PROBE_TRANSACTIONS: u64 = 8_192;
/// Probes, of which the cheapest counts.
const PROBES: usize = 3;

/// What each stage costs alone, on one thread.
pub struct Probe {
    /// CPU time for each transaction that came in, by stage.
    pub cpu_ns: BTreeMap<&'static str, f64>,
    /// CPU time of all stages for each transaction that came out.
    pub total_ns: f64,
}

impl Probe {
    /// What this run cost.
    fn of(outcomes: &Outcomes) -> Probe {
        let stages = outcomes.inner();
        let cpu_ns =
            stages.iter().map(|stage| (stage.name(), stage.meter().cpu_ns_per_transaction())).collect();
        let whole_ns = stages.iter().map(|stage| stage.meter().cpu_ns as f64).sum::<f64>();
        Probe { cpu_ns, total_ns: whole_ns / outcomes.came_out().max(1.0) }
    }

    /// Transactions a second that this many threads could do at best.
    pub fn per_second(&self, threads: usize) -> f64 {
        threads as f64 * 1e9 / self.total_ns
    }
}

/// Runs the workload of these options, cut as they say, in small.
pub fn probe(
    options: &Options,
    limits: &Limits,
    choice: &Choice,
    progress: &dyn Progress,
    around: Option<&Arc<dyn Around>>,
) -> Result<Probe, BenchError> {
    let transactions = match options.length {
        Length::Transactions(transactions) => transactions.min(PROBE_TRANSACTIONS),
        Length::Seconds(_) => PROBE_TRANSACTIONS,
    };
    let workload = load(options, transactions, progress)?;
    progress.step("measuring each stage alone", None);
    let plan = Plan {
        threads: 1,
        rate: Rate::Max,
        offer_ns: Nanos::MAX,
        claim_senders: options.claim_senders,
        until: options.until.clone(),
        choice: choice.clone(),
        log: |_| {},
        data_dir: None,
        around: around.cloned(),
        exporter: None,
        keeps_metrics: false,
    };
    // What disturbs a probe makes it dearer, never cheaper: the cheapest of a few is the nearest to the truth.
    let mut best: Option<Probe> = None;
    for _ in 0..PROBES {
        let probe = Probe::of(&run(&workload, limits, &plan)?);
        best = best.filter(|best| best.total_ns <= probe.total_ns).or(Some(probe));
    }
    Ok(best.expect("there is at least one probe"))
}
