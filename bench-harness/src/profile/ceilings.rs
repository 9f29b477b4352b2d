//! What was achieved, beside what was measured to be possible: `roofline.csv`.

use pelton_kernels::cuda::ceilings::{CEILINGS, FLOORS, Gpu};
use pelton_pipeline::clock::{Clock as _, WallClock};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::profile::kernels::KernelSpeed;
use crate::profile::{ProfiledRun, Size};

/// More than the largest cache of most machines, for each thread.
const COPY_BYTES: usize = 128 << 20;
/// Blocks for each multiprocessor of a GPU: 2,048 threads of it.
const BLOCKS: u32 = 8;
/// Rounds of a kernel that does one thing only, and times that it runs.
const ROUNDS: u32 = 1_024;
const TIMES: usize = 3;
/// Bytes copied to a GPU and back.
const TO_GPU_BYTES: usize = 50_000_000;
const FROM_GPU_BYTES: usize = 4_000_000;

/// Peaks, and how near the best run came.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Ceilings {
    /// Transactions a second of the best offline run.
    pub achieved: f64,
    /// Its signatures alone, on as many threads, in the best batch of the best level.
    pub signatures_alone: f64,
    /// All its stages at the cost that they have alone, on as many threads.
    pub stages_alone: f64,
    /// Bytes a second that one thread copies in main memory, read and written counted.
    pub copied_bytes_per_second: f64,
    /// The same of all threads at a time.
    pub copied_bytes_per_second_by_all: f64,
    /// Bytes of memory traffic that each transaction could have: if stages moved more, memory were the limit.
    pub affordable_bytes_per_transaction: f64,
    /// What the GPU can do at most, by measurement; empty without one.
    pub gpu: Vec<GpuCeiling>,
    /// Why that is empty; null if it is not.
    pub gpu_unavailable: Option<String>,
}

/// One thing that a GPU does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GpuCeiling {
    /// What it is.
    pub what: String,
    /// How much of it a second.
    pub per_second: f64,
}

/// Measures the peaks.
pub fn measure(best: &ProfiledRun, kernels: &[KernelSpeed], threads: usize, size: Size) -> Ceilings {
    let report = &best.report;
    let claimed = report.verify.senders_claimed && report.workload.scheme == "secp256k1";
    let scheme = if claimed { "secp256k1 claimed" } else { report.workload.scheme.as_str() };
    let fastest = kernels.iter().filter(|speed| speed.scheme == scheme && speed.is_on_cpu());
    let fastest = fastest.map(|speed| speed.ns_each).fold(f64::INFINITY, f64::min);
    let alone_ns: f64 = report.stages.iter().filter_map(|stage| stage.isolated_cpu_ns_per_transaction).sum();
    let bytes = if size == Size::Small { COPY_BYTES / 16 } else { COPY_BYTES };
    let by_all = copied_bytes_per_second(threads, bytes);
    let (gpu, gpu_unavailable) = match gpu() {
        Ok(found) => (found, None),
        Err(reason) => (Vec::new(), Some(reason)),
    };
    Ceilings {
        achieved: report.committed_per_second,
        signatures_alone: report.threads as f64 * 1e9 / fastest,
        stages_alone: report.threads as f64 * 1e9 / alone_ns.max(1.0),
        copied_bytes_per_second: copied_bytes_per_second(1, bytes),
        copied_bytes_per_second_by_all: by_all,
        affordable_bytes_per_transaction: by_all / report.committed_per_second.max(1.0),
        gpu,
        gpu_unavailable,
    }
}

/// How much so many threads copy together, each in memory of its own; the best of a few times.
fn copied_bytes_per_second(threads: usize, bytes: usize) -> f64 {
    let clock = WallClock::new();
    let mut own: Vec<(Vec<u8>, Vec<u8>)> = (0..threads).map(|_| (vec![1; bytes], vec![0; bytes])).collect();
    let mut once = || {
        let start_ns = clock.now_ns();
        std::thread::scope(|scope| {
            for (from, to) in &mut own {
                scope.spawn(move || {
                    to.copy_from_slice(std::hint::black_box(&*from));
                    std::hint::black_box(to);
                });
            }
        });
        2.0 * (threads * bytes) as f64 * 1e9 / (clock.now_ns() - start_ns).max(1) as f64
    };
    (0..4).map(|_| once()).fold(0.0, f64::max)
}

/// Instructions, copies, and what follows from them for signatures.
fn gpu() -> Result<Vec<GpuCeiling>, String> {
    let mut gpu = Gpu::open(0)?;
    let blocks = BLOCKS * gpu.about()?.multiprocessors;
    let mut found = Vec::new();
    for ceiling in &CEILINGS {
        let rates = (0..TIMES).map(|_| gpu.rate(ceiling, blocks, ROUNDS)).collect::<Result<Vec<_>, _>>()?;
        let per_second = rates.into_iter().fold(0.0, f64::max);
        found.push(GpuCeiling { what: ceiling.name.to_owned(), per_second });
    }
    let products = found[0].per_second;
    found.extend(FLOORS.iter().map(|floor| GpuCeiling {
        what: format!("{}, if it were products alone", floor.name),
        per_second: products / floor.products as f64,
    }));
    for (is_in, bytes, what) in [
        (true, TO_GPU_BYTES, "bytes copied to the GPU"),
        (false, FROM_GPU_BYTES, "bytes copied from the GPU"),
    ] {
        let times = (0..TIMES).map(|_| gpu.copy_ns(is_in, bytes)).collect::<Result<Vec<_>, _>>()?;
        let per_second = bytes as f64 * 1e9 / times.into_iter().fold(f64::INFINITY, f64::min);
        found.push(GpuCeiling { what: what.to_owned(), per_second });
    }
    Ok(found)
}
