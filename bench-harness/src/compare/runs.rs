//! Runs as `pelton bench --json` prints them, of this version or another: only what a comparison needs.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::machine::Machine;

/// What a comparison reads of a run.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Run {
    /// Shape of the object.
    pub schema: String,
    /// What was run.
    pub workload: RunWorkload,
    /// On what.
    pub machine: Machine,
    /// What was built.
    pub commit: String,
    /// Threads that turned stages and ran jobs.
    pub threads: usize,
    /// Where the pipeline was cut.
    pub until: Option<String>,
    /// Transactions offered a second.
    pub rate: Option<f64>,
    /// Executed with success.
    pub committed: u64,
    /// Executed without.
    pub failed: u64,
    /// Came out of a pipeline that was cut.
    pub passed: u64,
    /// `committed` divided by time.
    pub committed_per_second: f64,
    /// `passed` divided by time.
    pub passed_per_second: f64,
    /// From when a transaction was due to its commit.
    pub latency_ns: RunLatency,
    /// The stages in order.
    pub stages: Vec<RunStage>,
    /// Who verified.
    pub verify: RunVerify,
    /// What made the load; not in reports of older versions.
    #[serde(default)]
    pub load: Option<RunLoad>,
    /// Whether it was true.
    pub audit: Option<RunAudit>,
    /// What was kept on disk.
    #[serde(default)]
    pub durability: Option<serde_json::Value>,
}

/// What was run.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct RunWorkload {
    /// Its name with parameters.
    pub name: String,
    /// What it follows from.
    pub seed: u64,
    /// How it is signed.
    pub scheme: String,
    /// Who takes part.
    pub accounts: u32,
}

/// Quantiles of a time.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct RunLatency {
    /// Median.
    pub p50: u64,
    /// 99 %.
    pub p99: u64,
}

/// One stage.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct RunStage {
    /// Its name.
    pub name: String,
    /// Transactions that came in.
    pub taken: u64,
    /// CPU time for each of them.
    pub cpu_ns_per_transaction: f64,
    /// The same while nothing else disturbed; null of short runs, and not in reports of older versions.
    #[serde(default)]
    pub undisturbed_cpu_ns_per_transaction: Option<f64>,
}

/// Who verified.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct RunVerify {
    /// What was asked for.
    pub requested: String,
    /// Whether senders were named.
    pub senders_claimed: bool,
}

/// Who made the load.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct RunLoad {
    /// Whether it held the pipeline up.
    pub was_limit: bool,
}

/// Whether a run was true.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct RunAudit {
    /// What was wrong.
    pub findings: Vec<String>,
}

impl Run {
    /// CPU time of all stages for each transaction that came out, in nanoseconds.
    pub fn cpu_ns(&self) -> f64 {
        let whole: f64 =
            self.stages.iter().map(|stage| stage.cpu_ns_per_transaction * stage.taken as f64).sum();
        whole / (self.committed + self.failed + self.passed).max(1) as f64
    }

    /// Transactions a second that came out.
    pub fn per_second(&self) -> f64 {
        if self.until.is_some() { self.passed_per_second } else { self.committed_per_second }
    }
}

/// Why runs cannot be read.
#[derive(Debug)]
pub enum RunsError {
    /// A file or folder.
    File(PathBuf, io::Error),
    /// What is in a file is not a run, nor several.
    Content(PathBuf, serde_json::Error),
    /// There is nothing to read.
    Empty(PathBuf),
}

impl fmt::Display for RunsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RunsError::File(path, error) => write!(f, "{}: {error}", path.display()),
            RunsError::Content(path, error) => {
                write!(f, "{} is not what pelton bench --json prints: {error}", path.display())
            }
            RunsError::Empty(path) => write!(f, "{}: no result of pelton bench in it", path.display()),
        }
    }
}

impl std::error::Error for RunsError {}

/// Reads a file of one run or several, one after the other or in an array; or a folder of such files, or of folders as
/// `pelton bench --out` fills them. Files are taken in the order of their names.
///
/// # Errors
/// [`RunsError`]; a file that cannot be read is never left out.
pub fn read(path: &Path) -> Result<Vec<Run>, RunsError> {
    let mut runs = Vec::new();
    for file in files(path).map_err(|error| RunsError::File(path.to_owned(), error))? {
        let text = fs::read_to_string(&file).map_err(|error| RunsError::File(file.clone(), error))?;
        runs.extend(parse(&text).map_err(|error| RunsError::Content(file, error))?);
    }
    if runs.is_empty() { Err(RunsError::Empty(path.to_owned())) } else { Ok(runs) }
}

fn files(path: &Path) -> io::Result<Vec<PathBuf>> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut found = Vec::new();
    for entry in fs::read_dir(path)? {
        let entry = entry?.path();
        let report = entry.join("report.json");
        if entry.extension().is_some_and(|extension| extension == "json") {
            found.push(entry);
        } else if report.is_file() {
            found.push(report);
        }
    }
    found.sort();
    Ok(found)
}

/// Reads runs that stand one after the other, or in arrays.
///
/// # Errors
/// What is wrong with the JSON.
pub fn parse(text: &str) -> Result<Vec<Run>, serde_json::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Some {
        Many(Vec<serde_json::Value>),
        One(serde_json::Value),
    }
    let mut runs = Vec::new();
    for some in serde_json::Deserializer::from_str(text).into_iter::<Some>() {
        let values = match some? {
            Some::Many(values) => values,
            Some::One(value) => vec![value],
        };
        for value in values {
            runs.push(serde_json::from_value(value)?);
        }
    }
    Ok(runs)
}
