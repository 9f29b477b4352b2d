//! `pelton doctor`.

use std::io::Write;
use std::process::ExitCode;

use clap::Args;
use pelton_bench_harness::doctor::diagnose;
use pelton_bench_harness::doctor::host::Host;

const EXAMPLES: &str = "\
Examples:
  pelton doctor
  pelton doctor --json";

/// Arguments of `pelton doctor`.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// Print one JSON object, as docs/doctor.schema.json describes it, in place of the list.
    #[arg(long)]
    json: bool,
}

/// Runs the command. Nothing that it finds is an error: everything runs all the same.
pub fn main(arguments: &Arguments) -> ExitCode {
    let diagnosis = diagnose(&Host::here());
    let text = if arguments.json {
        serde_json::to_string_pretty(&diagnosis).expect("a diagnosis has only plain fields") + "\n"
    } else {
        diagnosis.to_string()
    };
    // Whoever closes the pipe has read enough.
    let _ = std::io::stdout().write_all(text.as_bytes());
    ExitCode::SUCCESS
}
