//! `profile`: what a machine can do with this engine, in a folder to send to whoever sells or buys it.
//!
//! ```text
//! offline   as fast as taken: threads 1..N, both schemes, workloads, back-ends ─┐
//! server    Poisson arrivals: the highest rate that holds p99                   ├─> result.json, csv, hlog, trace,
//! kernels   signatures in batches of 1..4096 on every level                     │   report.html, VERDICT.txt
//! energy    the package's own counters, around every run                        ┘
//! accuracy  every offline run: its root equals that of serial execution
//! ```
//!
//! The scenarios are named after MLPerf's: *offline* is maximum throughput, *server* independent clients under a bound of
//! latency. What the machine does not have is `unavailable`, with the reason; nothing is left out in silence.

pub mod ceilings;
pub mod energy;
pub mod environment;
mod files;
pub mod gpu;
pub mod kernels;
mod page;
mod plot;
pub mod scaling;
mod server;
mod sweep;
mod verdict;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use hdrhistogram::Histogram;
use pelton_kernels::cuda;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::bench::{BenchError, Progress};
use crate::doctor::host::Host;
use crate::doctor::{Diagnosis, diagnose};
use crate::profile::ceilings::Ceilings;
use crate::profile::energy::{Energy, Meters};
use crate::profile::environment::Environment;
use crate::profile::kernels::KernelSpeed;
use crate::profile::scaling::Scaling;
use crate::report::Report;

/// Name and version of the object's shape.
pub const SCHEMA: &str = "pelton-profile/1";
/// Begins the line that says why the GPU was not measured.
const CUDA: &str = "back-end cuda: ";

/// What is profiled.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How long it may take.
    pub size: Size,
    /// Where all goes.
    pub folder: PathBuf,
    /// Where workload files are kept.
    pub cache: PathBuf,
    /// Threads at most.
    pub threads: usize,
    /// The bound of p99 in the server scenario, in milliseconds.
    pub p99_ms: f64,
    /// What such a machine costs a month, in whatever money.
    pub node_cost_per_month: Option<f64>,
}

/// How long a profile may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    /// Some ten minutes on few cores.
    Whole,
    /// Fewer and shorter runs: less than two minutes.
    Quick,
    /// Seconds: too little to say anything of a machine, enough to see that all of it works.
    Small,
}

impl Size {
    /// Transactions of an offline run.
    pub fn transactions(self) -> u64 {
        match self {
            Size::Whole => 250_000,
            Size::Quick => 30_000,
            Size::Small => 600,
        }
    }
}

/// What was found: `result.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Profile {
    /// `pelton-profile/1`.
    pub schema: String,
    /// Commit that the program was built from.
    pub commit: String,
    /// Whether it was a quick one, whose figures are rougher.
    pub quick: bool,
    /// Every run of the pipeline.
    pub runs: Vec<ProfiledRun>,
    /// How throughput grows with threads, of the first scheme; null with fewer than two counts of threads.
    pub scaling: Option<Scaling>,
    /// The server scenario.
    pub server: Server,
    /// Signatures alone, by back-end, level and batch.
    pub kernels: Vec<KernelSpeed>,
    /// What stands in `latency.hlog`, for whoever reads it to compare.
    pub latency_log: LatencyLog,
    /// Whether every whole run ended with the root of serial execution.
    pub accuracy: Accuracy,
    /// What was achieved, beside what was measured to be possible.
    pub ceilings: Ceilings,
    /// Transactions for a unit of money; null unless the cost was given.
    pub cost: Option<Cost>,
    /// What was not measured, and why.
    pub unavailable: Vec<String>,
    /// In words: what limits, what is next, where a GPU starts to pay.
    pub verdict: Vec<String>,
}

/// One run of the pipeline.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ProfiledRun {
    /// `offline` or `server`.
    pub scenario: String,
    /// What the package used, software-read, not at the wall.
    pub energy: Energy,
    /// What it has shown.
    pub report: Report,
}

/// The server scenario: independent clients, and a bound of latency.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Server {
    /// The bound of p99, in milliseconds.
    pub p99_ms: f64,
    /// The highest rate that held it, of those tried; null if none did.
    pub per_second: Option<f64>,
    /// Each rate that was tried, and p99 under it in milliseconds.
    pub tried: Vec<(f64, f64)>,
}

/// Latencies of one offline run on all threads, in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LatencyLog {
    /// How many there are.
    pub count: u64,
    /// The median.
    pub p50_ns: u64,
    /// What one in a hundred exceeds.
    pub p99_ns: u64,
    /// What one in a thousand exceeds.
    pub p999_ns: u64,
    /// The longest.
    pub max_ns: u64,
}

impl LatencyLog {
    fn of(histogram: &Histogram<u64>) -> LatencyLog {
        let at = |quantile| histogram.value_at_quantile(quantile);
        let (p50_ns, p99_ns, p999_ns) = (at(0.5), at(0.99), at(0.999));
        LatencyLog { count: histogram.len(), p50_ns, p99_ns, p999_ns, max_ns: histogram.max() }
    }
}

/// Whether results were right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Accuracy {
    /// Whole runs.
    pub runs: u64,
    /// Those whose every root and outcome equals serial execution, and that are right otherwise.
    pub right: u64,
}

/// Transactions for money.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Cost {
    /// What the machine costs a month.
    pub per_month: f64,
    /// Transactions for one unit of it, at the best offline rate held all month.
    pub transactions_per_unit_offline: f64,
    /// At the server rate; null if no rate held the bound.
    pub transactions_per_unit_server: Option<f64>,
}

/// Why a profile could not be made.
#[derive(Debug)]
pub enum ProfileError {
    /// A run.
    Bench(BenchError),
    /// A file of the folder.
    File(PathBuf, io::Error),
}

impl std::fmt::Display for ProfileError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            ProfileError::Bench(error) => error.fmt(f),
            ProfileError::File(path, error) => write!(f, "{}: {error}", path.display()),
        }
    }
}

impl std::error::Error for ProfileError {}

/// All that a profile consists of.
struct Whole<'a> {
    profile: &'a Profile,
    environment: &'a Environment,
    diagnosis: &'a Diagnosis,
    swept: &'a sweep::Swept,
}

/// Profiles this machine, and fills the folder.
///
/// # Errors
/// [`ProfileError`]. What is wrong with a run stands in the profile.
pub fn profile(settings: &Settings, progress: &dyn Progress) -> Result<Profile, ProfileError> {
    files::prepare(&settings.folder)?;
    let host = Host::here();
    let meters = Arc::new(Meters::open(&host));
    progress.step("looking at the machine", None);
    let (environment, diagnosis) = (Environment::detect(&host, &meters, settings), diagnose(&host));
    progress.step("signatures alone", None);
    let mut kernels = kernels::measure(settings.size);
    // Nothing is verified on what is found here, so that no secret is needed.
    let device = kernels::measure_device(settings.size, &cuda::devices([0; 32]));
    kernels.extend(device.iter().flatten().cloned());
    let swept = sweep::sweep(settings, device.is_ok(), &meters, progress).map_err(ProfileError::Bench)?;
    let (server, served) =
        server::search(settings, swept.best(), &meters, progress).map_err(ProfileError::Bench)?;
    let runs: Vec<ProfiledRun> = swept.runs.iter().cloned().chain(served).collect();
    progress.step("memory and devices alone", None);
    let ceilings = ceilings::measure(swept.best(), &kernels, settings.threads, settings.size);
    let no_device = device.err().map(|reason| format!("{CUDA}unavailable: {reason}"));
    let mut profile = Profile {
        schema: SCHEMA.to_owned(),
        commit: env!("PELTON_COMMIT").to_owned(),
        quick: settings.size != Size::Whole,
        scaling: scaling::fit(&swept.by_threads()),
        latency_log: LatencyLog::of(&swept.latency_ns),
        accuracy: accuracy(&runs),
        cost: settings.node_cost_per_month.map(|per_month| cost(per_month, swept.best(), &server)),
        unavailable: meters.missing().into_iter().chain(no_device).collect(),
        runs,
        server,
        kernels,
        ceilings,
        verdict: Vec::new(),
    };
    profile.verdict = verdict::verdict(&profile, &diagnosis);
    let whole = Whole { profile: &profile, environment: &environment, diagnosis: &diagnosis, swept: &swept };
    files::write(&settings.folder, &whole)?;
    Ok(profile)
}

fn accuracy(runs: &[ProfiledRun]) -> Accuracy {
    let right = runs.iter().filter(|run| run.report.is_good() && run.report.audit.is_some());
    Accuracy { runs: runs.len() as u64, right: right.count() as u64 }
}

fn cost(per_month: f64, best: &ProfiledRun, server: &Server) -> Cost {
    const SECONDS_PER_MONTH: f64 = 30.0 * 86_400.0;
    let of = |per_second: f64| per_second * SECONDS_PER_MONTH / per_month;
    Cost {
        per_month,
        transactions_per_unit_offline: of(best.report.committed_per_second),
        transactions_per_unit_server: server.per_second.map(of),
    }
}

/// The JSON Schema of [`Profile`].
pub fn schema() -> schemars::Schema {
    schemars::schema_for!(Profile)
}
