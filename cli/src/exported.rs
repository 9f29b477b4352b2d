//! What a node counts, given out under /metrics for as long as this is kept.

use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;

use pelton_bench_harness::bench::watch;
use pelton_bench_harness::exporter::Exporter;
use pelton_bench_harness::outside;
use pelton_bench_harness::pipeline::Board;

/// See the head of this file.
pub struct Exported {
    exporter: Option<Arc<Exporter>>,
    threads: usize,
}

/// Begins to listen, if asked to, for a process with so many threads.
///
/// # Errors
/// The exit code, where the address is not to be had. It has been said why.
pub fn begin(address: Option<SocketAddr>, threads: usize) -> Result<Exported, ExitCode> {
    let exporter = address.map(watch).transpose().map_err(|error| {
        eprintln!("pelton: {error}");
        ExitCode::FAILURE
    })?;
    Ok(Exported { exporter, threads })
}

impl Exported {
    /// Shows these counts there, with those of the process.
    pub fn show(&self, board: &Arc<Board>) {
        board.add(outside::process(self.threads));
        if let Some(exporter) = &self.exporter {
            exporter.show(board.clone());
        }
    }
}
