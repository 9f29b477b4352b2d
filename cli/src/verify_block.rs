//! `pelton verify-block`.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use pelton_bench_harness::stateless::check_file;
use pelton_bench_harness::workloads::CHAIN_ID;

const EXAMPLES: &str = "\
Examples:
  pelton bench --witness block.witness
  pelton verify-block block.witness
  pelton verify-block block.witness --json

What it proves is described in docs/state.md.";

/// Arguments of `pelton verify-block`.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// A block with its witness.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Id of its chain.
    #[arg(long, value_name = "N", default_value_t = CHAIN_ID)]
    chain_id: u64,
    /// Print one JSON object in place of lines.
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub fn main(arguments: &Arguments) -> ExitCode {
    let checked = match check_file(&arguments.file, arguments.chain_id) {
        Ok(checked) => checked,
        Err(error) => {
            eprintln!("pelton: {}: {error}", arguments.file.display());
            return ExitCode::FAILURE;
        }
    };
    let text = match arguments.json {
        true => serde_json::to_string_pretty(&checked).expect("it has only plain fields") + "\n",
        false => checked.to_string(),
    };
    // Whoever closes the pipe has read enough; the exit code is the same.
    let _ = std::io::stdout().write_all(text.as_bytes());
    ExitCode::SUCCESS
}
