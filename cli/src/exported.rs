//! What a node counts, given out under /metrics for as long as this is kept.

use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;

use pelton_bench_harness::bench::watch;
use pelton_bench_harness::exporter::Exporter;
use pelton_bench_harness::kernels::Choice;
use pelton_bench_harness::outside;
use pelton_bench_harness::pipeline::Board;

/// See the head of this file.
pub struct Exported {
    exporter: Option<Arc<Exporter>>,
    threads: usize,
    choice: Choice,
}

/// Begins to listen, if asked to, for a process with so many threads and what verifies in it.
///
/// # Errors
/// The exit code, where the address is not to be had. It has been said why.
pub fn begin(address: Option<SocketAddr>, threads: usize, choice: Choice) -> Result<Exported, ExitCode> {
    let exporter = address.map(watch).transpose().map_err(|error| {
        eprintln!("pelton: {error}");
        ExitCode::FAILURE
    })?;
    Ok(Exported { exporter, threads, choice })
}

impl Exported {
    /// Shows these counts there, with those of the process.
    pub fn show(&self, board: &Arc<Board>) {
        board.add(outside::process(self.threads));
        board.add(outside::device(&self.choice));
        if let Some(exporter) = &self.exporter {
            exporter.show(board.clone());
        }
    }
}
