//! What only those outside of a pipeline know of it: the program, its process, and the device that was looked for.

use pelton_kernels::{Choice, Scheme};
use pelton_pipeline::metrics::board::Source;
use pelton_pipeline::metrics::{
    BUILD_INFO, CROSSOVER, DEVICE_IN_USE, PROCESS_CPU, PROCESS_RESIDENT, THREADS,
};

use crate::run::process_cpu_ns;

/// Says what the program and its process are, on so many threads of a pipeline.
pub fn process(threads: usize) -> Source {
    Box::new(move |samples| {
        samples.count(&BUILD_INFO, [env!("CARGO_PKG_VERSION"), env!("PELTON_COMMIT")], 1);
        samples.count(&THREADS, [], threads as u64);
        samples.number(&PROCESS_CPU, [], process_cpu_ns() as f64 / 1e9);
        if let Some(bytes) = resident_bytes() {
            samples.count(&PROCESS_RESIDENT, [], bytes);
        }
    })
}

/// Says what came of the device that was looked for.
pub fn device(choice: &Choice) -> Source {
    let is_on_device = choice.is_on_device();
    let measured = choice.found().map(|found| found.measured.clone()).unwrap_or_default();
    Box::new(move |samples| {
        samples.count(&DEVICE_IN_USE, [], u64::from(is_on_device));
        for (scheme, crossover) in &measured {
            let name = match scheme {
                Scheme::Secp256k1 => "secp256k1",
                Scheme::Ed25519 => "ed25519",
            };
            if let Some(signatures) = crossover.signatures {
                samples.count(&CROSSOVER, [name], signatures as u64);
            }
        }
    })
}

/// Memory in use; none where the kernel does not tell.
pub(crate) fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(1_024 * kibibytes)
}
