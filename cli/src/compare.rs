//! `pelton compare`.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use pelton_bench_harness::bench::Progress as _;
use pelton_bench_harness::compare::alternate::alternate;
use pelton_bench_harness::compare::interval::Pairing;
use pelton_bench_harness::compare::likeness::Allowed;
use pelton_bench_harness::compare::runs::{Run, read};
use pelton_bench_harness::compare::{Comparison, Set, Verdict, compare};

use crate::progress::Bar;
use crate::usage;

const EXAMPLES: &str = "\
Examples:
  for i in 1 2 3 4 5 6 7 8; do pelton bench --json > before/$i.json; done
  pelton compare before after
  pelton compare --run target/before/pelton target/release/pelton --pairs 10 -- --workload mix

A or B is a file of one run or several, or a folder of such files. Better or worse is what is beyond its floor and certain;
the exit code is 1 if anything is worse, 2 if the runs cannot be compared.";

/// Arguments of `pelton compare`.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// What is compared with: runs of `pelton bench --json`; with --run a pelton program.
    a: PathBuf,
    /// What is judged.
    b: PathBuf,
    /// A and B are programs: run `bench` of both in alternation.
    #[arg(long)]
    run: bool,
    /// How many pairs of runs.
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=1_000))]
    pairs: u16,
    /// Compare also what comes from different machines.
    #[arg(long)]
    unlike_machines: bool,
    /// Compare also runs of different workloads, or with different arguments.
    #[arg(long)]
    unlike_settings: bool,
    /// Print one JSON object, as docs/compare.schema.json describes it, in place of Markdown.
    #[arg(long)]
    json: bool,
    /// Arguments of each `bench` after `--`, with --run.
    #[arg(last = true, requires = "run", value_name = "BENCH ARGUMENTS")]
    bench: Vec<String>,
}

/// Runs the command.
pub fn main(arguments: &Arguments) -> ExitCode {
    let sets = if arguments.run { run(arguments) } else { both(arguments) };
    let (a, b) = match sets {
        Ok(sets) => sets,
        Err(what) => return usage::say_of("compare", &what),
    };
    let (name_a, name_b) = (arguments.a.display().to_string(), arguments.b.display().to_string());
    let pairing = if arguments.run { Pairing::Paired } else { Pairing::Independent };
    let allowed = Allowed { machines: arguments.unlike_machines, settings: arguments.unlike_settings };
    let (a, b) = (Set { name: &name_a, runs: &a }, Set { name: &name_b, runs: &b });
    match compare(a, b, pairing, allowed) {
        Ok(comparison) => finish(arguments, &comparison),
        Err(unlike) => usage::say_of("compare", &unlike.to_string()),
    }
}

fn both(arguments: &Arguments) -> Result<(Vec<Run>, Vec<Run>), String> {
    let of = |path: &Path| read(path).map_err(|error| error.to_string());
    Ok((of(&arguments.a)?, of(&arguments.b)?))
}

fn run(arguments: &Arguments) -> Result<(Vec<Run>, Vec<Run>), String> {
    let bar = Bar::new();
    let pairs = usize::from(arguments.pairs);
    bar.step("running A and B in alternation", Some(2 * pairs as u64 + 2));
    let ran = alternate(&arguments.a, &arguments.b, pairs, &arguments.bench, &|| bar.advance(1));
    bar.finish();
    ran.map_err(|error| error.to_string())
}

/// Prints the comparison; the exit code says whether anything got worse.
fn finish(arguments: &Arguments, comparison: &Comparison) -> ExitCode {
    let text = if arguments.json {
        serde_json::to_string_pretty(comparison).expect("a comparison has only plain fields") + "\n"
    } else {
        comparison.to_string()
    };
    // Whoever closes the pipe has read enough; the exit code is the same.
    let _ = std::io::stdout().write_all(text.as_bytes());
    match comparison.verdict {
        Verdict::Worse => ExitCode::FAILURE,
        Verdict::Better | Verdict::WithinNoise => ExitCode::SUCCESS,
        Verdict::Undecided => {
            eprintln!("pelton: undecided: there are too few runs to tell better from worse");
            ExitCode::SUCCESS
        }
    }
}
