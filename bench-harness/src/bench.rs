//! `bench`: one workload, run, audited and reported.
//!
//! ```text
//! probe: a small workload on one thread ──> what each stage costs alone
//! workload file ──> run on all threads ──> audit ──> Report
//! ```

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use hdrhistogram::Histogram;
use pelton_engine::limits::Limits;
use pelton_kernels::choice::ChoiceError;
use pelton_pipeline::clock::Nanos;
use pelton_pipeline::stages::load::Rate;
use pelton_pipeline::verifying::{ChooseError, choose};
use pelton_workloads::file::FileError;
use pelton_workloads::{CHAIN_ID, Pattern, Scheme, Spec, Workload, load_or_make};

use crate::around::Around;
use crate::durable::KeepError;
use crate::exporter::Exporter;
use crate::probe::probe;
use crate::report::Report;
use crate::run::{Plan, run};
use crate::stateless::{WitnessError, write_witness};
use crate::summary::summary;

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
    /// Which workload, with its parameters.
    pub workload: Pattern,
    /// How it is signed.
    pub scheme: Scheme,
    /// How long.
    pub length: Length,
    /// How fast transactions are offered.
    pub rate: Rate,
    /// Accounts that take part, at least as many as the workload needs.
    pub accounts: u32,
    /// What the workload follows from.
    pub seed: u64,
    /// Threads that turn stages and run jobs.
    pub threads: usize,
    /// Name of what verifies signatures, as `pelton_kernels::Choice` knows it.
    pub backend: String,
    /// Whether each transaction comes with its sender beside it, as from a client that says who it is.
    pub claim_senders: bool,
    /// Stage after which the pipeline is cut.
    pub until: Option<String>,
    /// Where workload files are kept.
    pub cache: PathBuf,
    /// Folder in which the chain is kept; none for memory only.
    pub data_dir: Option<PathBuf>,
    /// Where a block of the run is written with its witness.
    pub witness: Option<PathBuf>,
    /// Where the run can be watched; none for nowhere.
    pub metrics: Option<SocketAddr>,
}

/// Why a bench could not be run. That is never about the transactions.
#[derive(Debug)]
pub enum BenchError {
    /// No threads, sockets or random numbers.
    System(io::Error),
    /// There can be no metrics at this address.
    Metrics(SocketAddr, io::Error),
    /// What was asked to verify is not there.
    Unavailable(String),
    /// A back-end does not pass its self-test.
    Backend(String),
    /// The workload could not be kept.
    Workload(FileError),
    /// The chain could not be kept.
    Keep(KeepError),
    /// No block with its witness could be written.
    Witness(WitnessError),
}

impl std::fmt::Display for BenchError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            BenchError::System(error) => write!(f, "the system refused: {error}"),
            BenchError::Metrics(address, error) => write!(f, "--metrics {address}: {error}"),
            BenchError::Unavailable(reason) => f.write_str(reason),
            BenchError::Backend(error) => write!(f, "back-end: {error}"),
            BenchError::Workload(error) => {
                write!(f, "workload file: {error}; --cache DIR names another folder")
            }
            BenchError::Keep(error) => error.fmt(f),
            BenchError::Witness(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for BenchError {}

impl From<ChooseError> for BenchError {
    fn from(error: ChooseError) -> BenchError {
        match error {
            ChooseError::System(error) => BenchError::System(error),
            ChooseError::Choice(ChoiceError::Unavailable(reason)) => BenchError::Unavailable(reason),
            ChooseError::Choice(ChoiceError::Wrong(fault)) => BenchError::Backend(fault.to_string()),
        }
    }
}

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
    bench_within(options, progress, &Surroundings::default()).map(|ran| ran.report)
}

/// What is put around a bench; nothing unless given.
#[derive(Clone, Default)]
pub struct Surroundings {
    /// Around the runs that measure each stage alone.
    pub probe: Option<Arc<dyn Around>>,
    /// Around the run itself.
    pub run: Option<Arc<dyn Around>>,
    /// Told when the run itself begins and when it is over.
    pub edges: Option<Arc<dyn Fn(Edge) + Send + Sync>>,
    /// Whether the metrics stand in what comes of it, as they were in the end.
    pub metrics: bool,
}

/// Beginning or end of a run, without its preparation and its audit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edge {
    /// It begins now.
    Begins,
    /// It is over.
    Over,
}

/// What came of a bench.
pub struct Ran {
    /// What it has shown.
    pub report: Report,
    /// Every latency, from when a transaction was due until it came out, in nanoseconds.
    pub latency_ns: Histogram<u64>,
    /// The metrics at the end, as text for Prometheus, if that was asked for.
    pub metrics: Option<String>,
}

/// Runs a bench with something around it.
///
/// # Errors
/// As [`bench()`].
pub fn bench_within(
    options: &Options,
    progress: &dyn Progress,
    surroundings: &Surroundings,
) -> Result<Ran, BenchError> {
    let exporter = options.metrics.map(watch).transpose()?;
    progress.step("looking for what verifies signatures", None);
    let choice = choose(&options.backend, options.threads)?;
    let limits = Limits::standard(CHAIN_ID);

    let probe = probe(options, &limits, &choice, progress, surroundings.probe.as_ref())?;
    let transactions = match (options.length, options.rate) {
        (Length::Transactions(transactions), _) => transactions,
        (Length::Seconds(seconds), Rate::PerSecond(rate) | Rate::Poisson { per_second: rate, .. }) => {
            (seconds * rate).ceil() as u64
        }
        (Length::Seconds(seconds), Rate::Max) => {
            round_up((seconds * probe.per_second(options.threads) * 1.2).ceil() as u64)
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
        claim_senders: options.claim_senders,
        until: options.until.clone(),
        choice,
        log: |line| eprintln!("pelton: {line}"),
        data_dir: options.data_dir.clone(),
        around: around(surroundings.run.clone()),
        exporter,
        keeps_metrics: surroundings.metrics,
    };
    progress.step("running", None);
    let edge = |edge| surroundings.edges.iter().for_each(|told| told(edge));
    edge(Edge::Begins);
    let outcomes = run(&workload, &limits, &plan);
    edge(Edge::Over);
    let mut outcomes = outcomes?;
    if let Some(path) = &options.witness {
        progress.step("writing a witness", None);
        write_witness(path, &workload, &limits, &outcomes.blocks).map_err(BenchError::Witness)?;
    }
    progress.step("auditing", None);
    let report = summary(options, &workload, &limits, &outcomes, &probe, plan.choice.found());
    let metrics = outcomes.metrics.take();
    Ok(Ran { report, latency_ns: outcomes.latency_ns, metrics })
}

/// What is put around the run: what was asked for, and with the feature `nvtx` ranges for profilers.
fn around(asked: Option<Arc<dyn Around>>) -> Option<Arc<dyn Around>> {
    #[cfg(feature = "nvtx")]
    let asked = crate::ranged::Ranged::around(asked);
    asked
}

/// Begins to listen before anything else, so that an address that is taken is known at once; says where, for port 0.
///
/// # Errors
/// [`BenchError::Metrics`].
pub fn watch(address: SocketAddr) -> Result<Arc<Exporter>, BenchError> {
    let exporter = Exporter::start(address).map_err(|error| BenchError::Metrics(address, error))?;
    eprintln!("pelton: metrics on http://{}/metrics; watch with: pelton top {0}", exporter.address());
    Ok(Arc::new(exporter))
}

/// The next number of one digit and a half: what is measured a little differently each time shall not fill the cache with
/// workloads of every length.
fn round_up(transactions: u64) -> u64 {
    let step = (10_u64.pow(transactions.max(1).ilog10()) / 2).max(1);
    transactions.next_multiple_of(step)
}

/// The workload of these options with so many transactions, from its file if there is one.
pub(crate) fn load(
    options: &Options,
    transactions: u64,
    progress: &dyn Progress,
) -> Result<Workload, BenchError> {
    let Options { workload: pattern, scheme, accounts, seed, .. } = *options;
    let spec = Spec { pattern, scheme, accounts, transactions, seed };
    progress.step("signing", Some(transactions));
    load_or_make(&options.cache, &spec, &|count| progress.advance(count)).map_err(BenchError::Workload)
}

#[cfg(test)]
mod tests {
    use super::round_up;

    #[test]
    fn lengths_are_rounded_up_to_few_values() {
        assert_eq!(
            [1, 9, 10, 11, 149, 150, 151, 427_123].map(round_up),
            [1, 9, 10, 15, 150, 150, 200, 450_000]
        );
    }
}
