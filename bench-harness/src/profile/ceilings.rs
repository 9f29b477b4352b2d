//! What was achieved, beside what was measured to be possible: `roofline.csv`.

use pelton_pipeline::clock::{Clock as _, WallClock};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::profile::ProfiledRun;
use crate::profile::kernels::KernelSpeed;

/// More than the largest cache of most machines.
const COPY_BYTES: usize = 128 << 20;

/// Peaks, and how near the best run came.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Ceilings {
    /// Transactions a second of the best offline run.
    pub achieved: f64,
    /// Its signatures alone, on as many threads, in the best batch of the best level.
    pub signatures_alone: f64,
    /// All its stages at the cost that they have alone, on as many threads.
    pub stages_alone: f64,
    /// Bytes a second that one thread copies in main memory, read and written counted.
    pub copied_bytes_per_second: f64,
    /// Bytes of memory traffic that one thread could afford for each transaction: if stages moved more, memory were the limit.
    pub affordable_bytes_per_transaction: f64,
}

/// Measures the peaks.
pub fn measure(best: &ProfiledRun, kernels: &[KernelSpeed], threads: usize) -> Ceilings {
    let report = &best.report;
    let claimed = report.verify.senders_claimed && report.workload.scheme == "secp256k1";
    let scheme = if claimed { "secp256k1 claimed" } else { report.workload.scheme.as_str() };
    let fastest = kernels.iter().filter(|speed| speed.scheme == scheme).map(|speed| speed.ns_each);
    let alone_ns: f64 = report.stages.iter().filter_map(|stage| stage.isolated_cpu_ns_per_transaction).sum();
    let copied = copied_bytes_per_second();
    let per_thread = report.committed_per_second / threads.max(1) as f64;
    Ceilings {
        achieved: report.committed_per_second,
        signatures_alone: report.threads as f64 * 1e9 / fastest.fold(f64::INFINITY, f64::min),
        stages_alone: report.threads as f64 * 1e9 / alone_ns.max(1.0),
        copied_bytes_per_second: copied,
        affordable_bytes_per_transaction: copied / per_thread.max(1.0),
    }
}

fn copied_bytes_per_second() -> f64 {
    let clock = WallClock::new();
    let from = vec![1_u8; COPY_BYTES];
    let mut to = vec![0_u8; COPY_BYTES];
    let mut once = || {
        let start_ns = clock.now_ns();
        to.copy_from_slice(std::hint::black_box(&from));
        std::hint::black_box(&mut to);
        2.0 * COPY_BYTES as f64 * 1e9 / (clock.now_ns() - start_ns).max(1) as f64
    };
    (0..4).map(|_| once()).fold(0.0, f64::max)
}
