//! What verifies the signatures of a node: found, tested and measured before it starts.

use std::process::ExitCode;

use pelton_bench_harness::bench::BenchError;
use pelton_bench_harness::device::DeviceReport;
use pelton_bench_harness::kernels::Choice;
use pelton_bench_harness::pipeline::choose;

use crate::usage;

/// What this name stands for, on a pipeline of so many threads. Where a device was found, a line on standard error says which.
///
/// # Errors
/// The exit code, where there is nothing of that name. It has been said why.
pub fn chosen(command: &str, name: &str, threads: usize) -> Result<Choice, ExitCode> {
    let choice = choose(name, threads).map_err(|error| match BenchError::from(error) {
        BenchError::Unavailable(reason) => usage::say_of(command, &reason),
        error => {
            eprintln!("pelton: {error}");
            ExitCode::FAILURE
        }
    })?;
    if let Some(found) = choice.found().filter(|found| found.count > 0) {
        eprintln!("pelton: GPU: {}", DeviceReport::of(found).line());
    }
    Ok(choice)
}
