//! What a node counts, given out under /metrics.

use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;

use pelton_bench_harness::bench::watch;
use pelton_bench_harness::outside;
use pelton_bench_harness::pipeline::Board;

/// Begins to listen, if asked to; gives what shows the counts there, with those of a process with so many threads.
///
/// # Errors
/// The exit code, where the address is not to be had. It has been said why.
pub fn begin(address: Option<SocketAddr>, threads: usize) -> Result<impl FnOnce(&Arc<Board>), ExitCode> {
    let exporter = address.map(watch).transpose().map_err(|error| {
        eprintln!("pelton: {error}");
        ExitCode::FAILURE
    })?;
    Ok(move |board: &Arc<Board>| {
        board.add(outside::process(threads));
        if let Some(exporter) = &exporter {
            exporter.show(board.clone());
        }
    })
}
