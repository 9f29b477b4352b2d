//! `pelton bench`.

#[cfg(feature = "node")]
mod validators;

use std::fs;
use std::io::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use clap::builder::PossibleValuesParser;
use pelton_bench_harness::around::Around;
use pelton_bench_harness::bench::{BenchError, Length, Options, Surroundings, bench_within};
use pelton_bench_harness::kernels::CHOICES;
use pelton_bench_harness::pipeline::{Rate, STAGES};
use pelton_bench_harness::report::Report;
use pelton_bench_harness::table::Table;
use pelton_bench_harness::trace::Recorder;
use pelton_bench_harness::workloads::{ACCOUNTS_MIN, Pattern, Scheme};

use crate::progress::Bar;
use crate::usage;

const TRANSACTIONS: u64 = 250_000;
const EXAMPLES: &str = "\
Examples:
  pelton bench
  pelton bench --workload mix --scheme ed25519 --seconds 10
  pelton bench --workload erc20:zipf=0.9,undeclared=0.05
  pelton bench --claim-senders
  pelton bench --rate 20000 --seconds 30 --json > result.json
  pelton bench --data-dir /var/tmp/pelton
  pelton bench --witness block.witness
  pelton bench --seconds 60 --metrics 127.0.0.1:9464
  pelton bench --until verify
  pelton bench --validators 4 --rate 2000 --seconds 10";

/// Arguments of `pelton bench`.
#[derive(Args)]
#[command(after_help = after_help())]
pub struct Arguments {
    /// What the transactions do: a name, or NAME:parameter=value,... from the lists below.
    #[arg(long, value_name = "NAME", default_value = "transfers", value_parser = str::parse::<Pattern>)]
    workload: Pattern,
    /// How they are signed.
    #[arg(long, value_name = "SCHEME", default_value = "secp256k1", value_parser = PossibleValuesParser::new(Scheme::ALL.map(|scheme| scheme.as_str())))]
    scheme: String,
    /// How many are offered (250,000 unless --seconds is given).
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=100_000_000), conflicts_with = "seconds")]
    transactions: Option<u64>,
    /// For how long they are offered.
    #[arg(long, value_name = "S", value_parser = seconds)]
    seconds: Option<f64>,
    /// Transactions offered a second, or `max` for as fast as they are taken.
    #[arg(long, value_name = "R", default_value = "max", value_parser = rate)]
    rate: Rate,
    /// Accounts that take part.
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(i64::from(ACCOUNTS_MIN)..=10_000_000))]
    accounts: u32,
    /// What the workload follows from.
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
    /// Threads, all cores unless given.
    #[arg(long, value_name = "T", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// What verifies signatures: whatever is there, each part of it as much as it can do in the same time; the CPU; a
    /// GPU, without which this is an error; or plain code that decides what is right.
    #[arg(long, value_name = "NAME", default_value = "auto", value_parser = PossibleValuesParser::new(CHOICES))]
    backend: String,
    /// Send each transaction with its sender beside it, as a client or a peer may: secp256k1 keys that are known need no
    /// recovery then. It is not believed, and without it the bytes of the transaction are all there is.
    #[arg(long)]
    claim_senders: bool,
    /// Cut the pipeline after this stage, to see what the stages up to it cost.
    #[arg(long, value_name = "STAGE", value_parser = PossibleValuesParser::new(STAGES))]
    until: Option<String>,
    /// Keep the chain in this folder: a block counts as committed once it is on the disk. The folder is made if it is not
    /// there, and must have no chain yet. In memory only unless given.
    #[arg(long, value_name = "DIR", conflicts_with = "until")]
    data_dir: Option<PathBuf>,
    /// Write a block of the run with its witness to this file, for pelton verify-block: the newest one that has as many
    /// blocks above it as it takes until a header speaks of its root, or the last one.
    #[arg(long, value_name = "FILE", conflicts_with = "until")]
    witness: Option<PathBuf>,
    /// Let the run be watched at this address, as 127.0.0.1:9464: by Prometheus, at /metrics, or by pelton top.
    #[arg(long, value_name = "ADDRESS")]
    metrics: Option<SocketAddr>,
    /// Run so many validators instead, each a process of its own, over loopback: how fast do they agree, and at what cost?
    /// Offers 50,000 transactions unless told otherwise, and gives each validator one thread.
    #[cfg(feature = "node")]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=64), conflicts_with_all = ["until", "data_dir", "witness", "metrics", "trace"])]
    validators: Option<u16>,
    /// Milliseconds between the blocks of validators, at least.
    #[cfg(feature = "node")]
    #[arg(long, value_name = "MS", requires = "validators", value_parser = clap::value_parser!(u64).range(..=10_000))]
    block_time: Option<u64>,
    /// Print one JSON object, as docs/bench.schema.json describes it, in place of the table.
    #[arg(long)]
    json: bool,
    /// Write report.json and report.txt there too.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Write there what every thread did when: a Chrome trace, one span for each batch; compressed if it ends in .gz.
    #[arg(long, value_name = "FILE")]
    trace: Option<PathBuf>,
    /// Where workload files are kept (the user's cache folder unless given).
    #[arg(long, value_name = "DIR")]
    cache: Option<PathBuf>,
}

fn after_help() -> String {
    format!(
        "Workloads, with their parameters as they are unless given:\n{}\nParameters:\n{}\n{EXAMPLES}",
        Pattern::help(),
        Pattern::parameter_help()
    )
}

/// Runs the command.
pub fn main(arguments: &Arguments) -> ExitCode {
    let options = match options(arguments) {
        Ok(options) => options,
        Err(what) => return usage::say_of("bench", &what),
    };
    #[cfg(feature = "node")]
    if let Some(count) = arguments.validators {
        return validators::run(arguments, &options, count);
    }
    let bar = Bar::new();
    let recorder = arguments.trace.as_ref().map(|_| Recorder::default());
    let around = recorder.clone().map(|recorder| Arc::new(recorder) as Arc<dyn Around>);
    let outcome = bench_within(&options, &bar, &Surroundings { run: around, ..Surroundings::default() });
    bar.finish();
    match outcome {
        Ok(ran) => traced(arguments, recorder.as_ref()).unwrap_or_else(|| finish(arguments, &ran.report)),
        Err(BenchError::Unavailable(reason)) => usage::say_of("bench", &reason),
        Err(error) => {
            eprintln!("pelton: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Writes the trace if one was asked for; gives the exit code if it cannot be written.
fn traced(arguments: &Arguments, recorder: Option<&Recorder>) -> Option<ExitCode> {
    let (path, recorder) = arguments.trace.as_ref().zip(recorder)?;
    let error = recorder.save(path).err()?;
    eprintln!("pelton: {} cannot be written: {error}", path.display());
    Some(ExitCode::FAILURE)
}

fn options(arguments: &Arguments) -> Result<Options, String> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let length = match arguments.seconds {
        Some(seconds) => Length::Seconds(seconds),
        None => Length::Transactions(arguments.transactions.unwrap_or(TRANSACTIONS)),
    };
    let cache = arguments.cache.clone().or_else(cache_folder);
    let workload = arguments.workload;
    if arguments.accounts < workload.accounts_min() {
        return Err(format!("--workload {workload} needs at least {} --accounts", workload.accounts_min()));
    }
    Ok(Options {
        workload,
        scheme: arguments.scheme.parse().map_err(|error| format!("--scheme: {error}"))?,
        length,
        rate: arguments.rate,
        accounts: arguments.accounts,
        seed: arguments.seed,
        threads: arguments.threads.map_or(cores, usize::from),
        backend: arguments.backend.clone(),
        claim_senders: arguments.claim_senders,
        // The last stage is where the whole pipeline ends anyway.
        until: arguments.until.clone().filter(|stage| Some(stage.as_str()) != STAGES.last().copied()),
        data_dir: arguments.data_dir.clone(),
        witness: arguments.witness.clone(),
        metrics: arguments.metrics,
        cache: cache.ok_or("there is no home folder to keep workloads in: give --cache DIR")?,
    })
}

/// Prints the report, and says by the exit code whether all of it was true.
fn finish(arguments: &Arguments, report: &Report) -> ExitCode {
    let json = serde_json::to_string_pretty(report).expect("a report has only plain fields");
    let table = Table(report).to_string();
    let text = if arguments.json { json.clone() + "\n" } else { table.clone() };
    // Whoever closes the pipe has read enough; the exit code is the same.
    let _ = std::io::stdout().write_all(text.as_bytes());
    if let Some(folder) = &arguments.out
        && let Err(error) = write(folder, &json, &table)
    {
        eprintln!("pelton: {} cannot be written: {error}", folder.display());
        return ExitCode::FAILURE;
    }
    if report.is_good() {
        return ExitCode::SUCCESS;
    }
    let findings = report.audit.iter().flat_map(|audit| &audit.findings);
    findings.for_each(|finding| eprintln!("pelton: wrong: {finding}"));
    if report.load.was_limit {
        eprintln!("pelton: invalid: what made the load was the limit");
    }
    if !report.adds_up() {
        eprintln!("pelton: wrong: offered is not committed + failed + passed + rejected");
    }
    ExitCode::FAILURE
}

fn write(folder: &Path, json: &str, table: &str) -> std::io::Result<()> {
    fs::create_dir_all(folder)?;
    fs::write(folder.join("report.json"), json)?;
    fs::write(folder.join("report.txt"), table)
}

/// `$XDG_CACHE_HOME/pelton/workloads`, or below `~/.cache`.
#[expect(clippy::disallowed_methods, reason = "where the user's cache is, only the environment tells")]
pub fn cache_folder() -> Option<PathBuf> {
    let home = || Some(PathBuf::from(std::env::var("HOME").ok()?).join(".cache"));
    let cache = std::env::var("XDG_CACHE_HOME").ok().filter(|path| !path.is_empty()).map(PathBuf::from);
    Some(cache.or_else(home)?.join("pelton").join("workloads"))
}

fn seconds(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(seconds) if seconds > 0.0 && seconds <= 86_400.0 => Ok(seconds),
        _ => Err("give a number of seconds above 0, up to 86400".to_owned()),
    }
}

fn rate(text: &str) -> Result<Rate, String> {
    if text == "max" {
        return Ok(Rate::Max);
    }
    match text.parse::<f64>() {
        Ok(rate) if (0.001..=1e9).contains(&rate) => Ok(Rate::PerSecond(rate)),
        _ => Err("give transactions a second above 0, or max".to_owned()),
    }
}
