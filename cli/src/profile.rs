//! `pelton profile`.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use pelton_bench_harness::profile::{Settings, Size, profile};

use crate::bench::cache_folder;
use crate::progress::Bar;
use crate::usage;

const EXAMPLES: &str = "\
Examples:
  pelton profile --quick
  pelton profile --out machine-a --node-cost-per-month 250

It leaves a folder: report.html to look at, VERDICT.txt to read, result.json and env.json (docs/profile.schema.json,
docs/environment.schema.json), tables as CSV, latency.hlog for HdrHistogram's tools, trace.json.gz for ui.perfetto.dev.";

/// Arguments of `pelton profile`.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// Fewer and shorter runs: within two minutes.
    #[arg(long)]
    quick: bool,
    /// Folder that is filled.
    #[arg(long, value_name = "DIR", default_value = "pelton-profile")]
    out: PathBuf,
    /// Threads at most, all cores unless given.
    #[arg(long, value_name = "T", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// Bound of the 99th percentile of latency in the server scenario.
    #[arg(long, value_name = "MS", default_value_t = 200.0, value_parser = positive)]
    p99_ms: f64,
    /// What this machine costs a month, in whatever money: adds transactions for a unit of it.
    #[arg(long, value_name = "COST", value_parser = positive)]
    node_cost_per_month: Option<f64>,
    /// Print result.json too, in place of the verdict.
    #[arg(long)]
    json: bool,
    /// Where workload files are kept (the user's cache folder unless given).
    #[arg(long, value_name = "DIR")]
    cache: Option<PathBuf>,
}

/// Runs the command.
pub fn main(arguments: &Arguments) -> ExitCode {
    let Some(cache) = arguments.cache.clone().or_else(cache_folder) else {
        return usage::say_of("profile", "there is no home folder to keep workloads in: give --cache DIR");
    };
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let settings = Settings {
        size: if arguments.quick { Size::Quick } else { Size::Whole },
        folder: arguments.out.clone(),
        cache,
        threads: arguments.threads.map_or(cores, usize::from),
        p99_ms: arguments.p99_ms,
        node_cost_per_month: arguments.node_cost_per_month,
    };
    let bar = Bar::new();
    let profiled = profile(&settings, &bar);
    bar.finish();
    let profile = match profiled {
        Ok(profile) => profile,
        Err(error) => {
            eprintln!("pelton: {error}");
            return ExitCode::FAILURE;
        }
    };
    let text = if arguments.json {
        serde_json::to_string_pretty(&profile).expect("a profile has only plain fields") + "\n"
    } else {
        profile.verdict.join("\n") + "\n"
    };
    // Whoever closes the pipe has read enough; the exit code is the same.
    let _ = std::io::stdout().write_all(text.as_bytes());
    eprintln!("pelton: {} is filled; open report.html", settings.folder.display());
    let accuracy = profile.accuracy;
    if accuracy.right == accuracy.runs { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn positive(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(number) if number > 0.0 && number.is_finite() => Ok(number),
        _ => Err("give a number above 0".to_owned()),
    }
}
