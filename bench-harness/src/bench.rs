//! `bench`: one workload, run, audited and reported.
//!
//! ```text
//! probe: a small workload on one thread ──> what each stage costs alone
//! workload file ──> run on all threads ──> audit ──> Report
//! ```

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use pelton_engine::executed::Outcome;
use pelton_engine::limits::Limits;
use pelton_kernels::Backend;
use pelton_pipeline::clock::Nanos;
use pelton_pipeline::meter::{Meter, Regime};
use pelton_pipeline::stages::load::Rate;
use pelton_pipeline::turn::Turnable;
use pelton_workloads::file::FileError;
use pelton_workloads::{CHAIN_ID, Name, Scheme, Spec, Workload, load_or_make};

use crate::audit::audit;
use crate::machine::Machine;
use crate::report::{
    Latency, Limit, Losses, RegimeSeconds, Report, SCHEMA, Service, StageReport, VerifyReport, WorkloadInfo,
};
use crate::run::{Outcomes, Plan, run};

/// Transactions in a probe: enough for several blocks, half a second of work.
const PROBE_TRANSACTIONS: u64 = 8_192;
/// Probes, of which the cheapest counts.
const PROBES: usize = 3;
/// A load that was blocked for less of its time than this was itself the limit.
const BLOCKED_SHARE_OF_A_LIMIT: f64 = 0.02;

/// How long a bench goes on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Length {
    /// Until so many transactions were offered.
    Transactions(u64),
    /// Until this many seconds have gone by.
    Seconds(f64),
}

/// What is to be run.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// Which workload.
    pub workload: Name,
    /// How it is signed.
    pub scheme: Scheme,
    /// How long.
    pub length: Length,
    /// How fast transactions are offered.
    pub rate: Rate,
    /// Accounts that take part.
    pub accounts: u32,
    /// What the workload follows from.
    pub seed: u64,
    /// Threads that turn stages and run jobs.
    pub threads: usize,
    /// Name of what verifies signatures, as `pelton_kernels::open` knows it.
    pub backend: String,
    /// Stage after which the pipeline is cut.
    pub until: Option<String>,
    /// Where workload files are kept.
    pub cache: PathBuf,
}

/// Why a bench could not be run. That is never about the transactions.
#[derive(Debug)]
pub enum BenchError {
    /// No threads, sockets or random numbers.
    System(io::Error),
    /// No such back-end, or it does not pass its self-test.
    Backend(String),
    /// The workload could not be kept.
    Workload(FileError),
}

impl std::fmt::Display for BenchError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            BenchError::System(error) => write!(f, "the system refused: {error}"),
            BenchError::Backend(error) => write!(f, "back-end: {error}"),
            BenchError::Workload(error) => {
                write!(f, "workload file: {error}; --cache DIR names another folder")
            }
        }
    }
}

impl std::error::Error for BenchError {}

/// What is told to whoever waits.
pub trait Progress: Sync {
    /// A new step begins, of so many transactions if that is known.
    fn step(&self, what: &str, transactions: Option<u64>);
    /// So many more are through.
    fn advance(&self, transactions: u64);
}

/// Runs a bench.
///
/// # Errors
/// [`BenchError`]. What is wrong with the run itself stands in the report.
pub fn bench(options: &Options, progress: &dyn Progress) -> Result<Report, BenchError> {
    let mut seed = [0; 32];
    rustix::rand::getrandom(&mut seed, rustix::rand::GetRandomFlags::empty())
        .map_err(|error| BenchError::System(error.into()))?;
    let backend = pelton_kernels::open(&options.backend, seed)
        .map_err(|error| BenchError::Backend(error.to_string()))?;
    pelton_kernels::self_test(backend.as_ref()).map_err(|fault| BenchError::Backend(fault.to_string()))?;
    let limits = Limits::standard(CHAIN_ID);

    let probe = probe(options, &limits, &backend, progress)?;
    let transactions = match (options.length, options.rate) {
        (Length::Transactions(transactions), _) => transactions,
        (Length::Seconds(seconds), Rate::PerSecond(rate)) => (seconds * rate).ceil() as u64,
        (Length::Seconds(seconds), Rate::Max) => {
            (seconds * probe.per_second(options.threads) * 1.2).ceil() as u64
        }
    };
    let workload = load(options, transactions.max(1), progress)?;
    let plan = Plan {
        threads: options.threads,
        rate: options.rate,
        offer_ns: match (options.length, options.rate) {
            (Length::Seconds(seconds), Rate::Max) => (seconds * 1e9) as Nanos,
            // As many as are due in the time, also if the last of them are late.
            _ => Nanos::MAX,
        },
        until: options.until.clone(),
        backend,
    };
    progress.step("running", None);
    let outcomes = run(&workload, &limits, &plan).map_err(BenchError::System)?;
    progress.step("auditing", None);
    Ok(report(options, &workload, &limits, &outcomes, &probe))
}

fn load(options: &Options, transactions: u64, progress: &dyn Progress) -> Result<Workload, BenchError> {
    let Options { workload: name, scheme, accounts, seed, .. } = *options;
    let spec = Spec { name, scheme, accounts, transactions, seed };
    progress.step("signing", Some(transactions));
    load_or_make(&options.cache, &spec, &|count| progress.advance(count)).map_err(BenchError::Workload)
}

/// What each stage costs alone, on one thread.
struct Probe {
    /// CPU time for each transaction that came in, by stage.
    cpu_ns: BTreeMap<&'static str, f64>,
    /// CPU time of all stages for each transaction that came out.
    total_ns: f64,
}

impl Probe {
    /// What this run cost.
    fn of(outcomes: &Outcomes) -> Probe {
        let stages = inner(outcomes);
        let cpu_ns = stages.iter().map(|stage| (stage.name(), cpu_per_transaction(stage.meter()))).collect();
        let whole_ns = stages.iter().map(|stage| stage.meter().cpu_ns as f64).sum::<f64>();
        Probe { cpu_ns, total_ns: whole_ns / came_out(outcomes).max(1.0) }
    }

    /// Transactions a second that this many threads could do at best.
    fn per_second(&self, threads: usize) -> f64 {
        threads as f64 * 1e9 / self.total_ns
    }
}

fn probe(
    options: &Options,
    limits: &Limits,
    backend: &Arc<dyn Backend>,
    progress: &dyn Progress,
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
        until: options.until.clone(),
        backend: backend.clone(),
    };
    // What disturbs a probe makes it dearer, never cheaper: the cheapest of a few is the nearest to the truth.
    let mut best: Option<Probe> = None;
    for _ in 0..PROBES {
        let probe = Probe::of(&run(&workload, limits, &plan).map_err(BenchError::System)?);
        best = best.filter(|best| best.total_ns <= probe.total_ns).or(Some(probe));
    }
    Ok(best.expect("there is at least one probe"))
}

/// The stages between load and sink.
fn inner(outcomes: &Outcomes) -> &[Box<dyn Turnable>] {
    &outcomes.stages[1..outcomes.stages.len() - 1]
}

/// Transactions executed, or passed where the pipeline was cut.
fn came_out(outcomes: &Outcomes) -> f64 {
    let executed = |outcome: &&Outcome| outcome.receipt().is_some();
    let blocks = outcomes.blocks.iter();
    blocks.map(|block| block.outcomes.iter().filter(executed).count() as f64).sum::<f64>()
        + outcomes.passed as f64
}

fn cpu_per_transaction(meter: &Meter) -> f64 {
    meter.cpu_ns as f64 / meter.taken.max(1) as f64
}

fn report(
    options: &Options,
    workload: &Workload,
    limits: &Limits,
    outcomes: &Outcomes,
    probe: &Probe,
) -> Report {
    let offered = outcomes.stages[0].meter().passed;
    let receipts = || outcomes.blocks.iter().flat_map(|block| &block.outcomes).filter_map(Outcome::receipt);
    let committed = receipts().filter(|receipt| receipt.success).count() as u64;
    let seconds = outcomes.elapsed_ns as f64 / 1e9;
    let mut rejected = BTreeMap::new();
    for (reason, count) in inner(outcomes).iter().flat_map(|stage| &stage.meter().rejected) {
        *rejected.entry(reason.name().to_owned()).or_default() += count;
    }
    Report {
        schema: SCHEMA.to_owned(),
        workload: WorkloadInfo {
            name: options.workload.to_string(),
            seed: options.seed,
            digest: workload.digest.to_string(),
            transactions: workload.transactions.len() as u64,
            scheme: options.scheme.to_string(),
            accounts: options.accounts,
        },
        machine: Machine::detect(),
        commit: env!("PELTON_COMMIT").to_owned(),
        threads: options.threads,
        until: options.until.clone(),
        rate: match options.rate {
            Rate::Max => None,
            Rate::PerSecond(rate) => Some(rate),
        },
        offered,
        committed,
        failed: receipts().count() as u64 - committed,
        passed: outcomes.passed,
        rejected,
        seconds,
        committed_per_second: committed as f64 / seconds,
        passed_per_second: outcomes.passed as f64 / seconds,
        latency_ns: latency(outcomes),
        stages: inner(outcomes).iter().map(|stage| stage_report(stage.as_ref(), probe)).collect(),
        limit: limit(options, outcomes),
        verify: VerifyReport {
            requested: options.backend.clone(),
            backends: outcomes
                .verify
                .answered
                .iter()
                .map(|(name, count)| ((*name).to_owned(), *count))
                .collect(),
            crossover_signatures: None,
        },
        efficiency: Some(came_out(outcomes) / seconds * probe.total_ns / 1e9 / options.threads as f64),
        losses: Some(losses(options, outcomes, probe)),
        audit: options.until.is_none().then(|| audit(workload, limits, outcomes, offered)),
    }
}

fn latency(outcomes: &Outcomes) -> Latency {
    let histogram = &outcomes.latency_ns;
    let at = |quantile| histogram.value_at_quantile(quantile);
    Latency { p50: at(0.5), p90: at(0.9), p99: at(0.99), p999: at(0.999), max: histogram.max() }
}

fn stage_report(stage: &dyn Turnable, probe: &Probe) -> StageReport {
    let meter = stage.meter();
    let seconds = |regime| meter.time_in(regime) as f64 / 1e9;
    StageReport {
        name: stage.name().to_owned(),
        taken: meter.taken,
        passed: meter.passed,
        rejected: meter.rejected_total(),
        held: meter.held,
        regime_seconds: RegimeSeconds {
            idle: seconds(Regime::Idle),
            busy: seconds(Regime::Busy),
            blocked: seconds(Regime::Blocked),
        },
        cpu_ns_per_transaction: cpu_per_transaction(meter),
        isolated_cpu_ns_per_transaction: probe.cpu_ns.get(stage.name()).copied(),
        service_ns: Service {
            p50: meter.service_ns.value_at_quantile(0.5),
            p99: meter.service_ns.value_at_quantile(0.99),
        },
        queue_max: stage.queue_max(),
    }
}

fn share(meter: &Meter, regime: Regime) -> f64 {
    meter.time_in(regime) as f64 / meter.regime_ns.iter().sum::<Nanos>().max(1) as f64
}

fn limit(options: &Options, outcomes: &Outcomes) -> Limit {
    let busiest = inner(outcomes)
        .iter()
        .map(|stage| (stage.name(), share(stage.meter(), Regime::Busy)))
        .max_by(|(_, a), (_, b)| a.total_cmp(b))
        .expect("a pipeline has a stage");
    let load = outcomes.stages[0].meter();
    let waited_for_load = share(load, Regime::Blocked) < BLOCKED_SHARE_OF_A_LIMIT;
    let stage = if options.rate != Rate::Max && waited_for_load { "load" } else { busiest.0 };
    Limit { stage: stage.to_owned(), busy_share: busiest.1 }
}

fn losses(options: &Options, outcomes: &Outcomes, probe: &Probe) -> Losses {
    let whole_ns = outcomes.driven_ns as f64 * options.threads as f64;
    let stages_ns = outcomes.stages.iter().map(|stage| stage.meter().cpu_ns as f64).sum::<f64>();
    let alone_ns = came_out(outcomes) * probe.total_ns;
    let process_ns = outcomes.process_cpu_ns as f64;
    let starved_ns = outcomes.starved_ns as f64;
    Losses {
        starved: starved_ns / whole_ns,
        waiting: (whole_ns - process_ns - starved_ns).max(0.0) / whole_ns,
        driving: (process_ns - stages_ns) / whole_ns,
        interference: (stages_ns - alone_ns) / whole_ns,
    }
}
