//! Signatures alone: every back-end and level, in batches of any length, on one thread: `crossover.csv`.

use pelton_kernels::backend::{Cpu, Reference};
use pelton_kernels::{Backend, Level, Scheme, samples};
use pelton_pipeline::clock::{Clock as _, WallClock};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Lengths of batches.
const LENGTHS: [usize; 7] = [1, 4, 16, 64, 256, 1_024, 4_096];
/// The longest in a quick profile.
const QUICK_MAX: usize = 1_024;
/// Signatures for each measurement, at least.
const SIGNATURES_MIN: usize = 256;
/// Measurements, of which the shortest counts: what disturbs one makes it longer.
const ROUNDS: usize = 3;

/// How fast one way of verifying is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct KernelSpeed {
    /// `secp256k1`, `secp256k1 claimed` (of known senders, claimed) or `ed25519`.
    pub scheme: String,
    /// `reference` or `cpu`.
    pub backend: String,
    /// Vector instructions that were used; `-` for the reference.
    pub level: String,
    /// Signatures in a batch.
    pub batch: usize,
    /// CPU time for each of them on one thread, in nanoseconds.
    pub ns_each: f64,
}

/// Measures everything that this machine has.
pub fn measure(quick: bool) -> Vec<KernelSpeed> {
    let schemes = [
        ("secp256k1", Scheme::Secp256k1, false),
        ("secp256k1 claimed", Scheme::Secp256k1, true),
        ("ed25519", Scheme::Ed25519, true),
    ];
    let lengths: Vec<usize> = LENGTHS.into_iter().filter(|length| !quick || *length <= QUICK_MAX).collect();
    let longest = *lengths.last().expect("there are lengths");
    let mut speeds = Vec::new();
    for (name, scheme, claimed) in schemes {
        let signatures = samples::valid(scheme, 0, longest, claimed);
        let mut one = |backend: &dyn Backend, level: &str| {
            for batch in &lengths {
                let ns_each = time(backend, &signatures, *batch);
                let (scheme, backend) = (name.to_owned(), backend.name().to_owned());
                speeds.push(KernelSpeed { scheme, backend, level: level.to_owned(), batch: *batch, ns_each });
            }
        };
        one(&Reference, "-");
        for level in Level::all() {
            one(&Cpu::with([7; 32], level, 1 << 16), level.name());
        }
    }
    speeds
}

/// CPU time of this thread for each signature, verified in batches of this length.
fn time(backend: &dyn Backend, signatures: &pelton_kernels::Signatures, batch: usize) -> f64 {
    let clock = WallClock::new();
    let count = batch.max(SIGNATURES_MIN).min(signatures.len()) / batch * batch;
    let mut verdicts = Vec::with_capacity(count);
    let mut once = || {
        verdicts.clear();
        let start_ns = clock.thread_cpu_ns();
        for first in (0..count).step_by(batch) {
            backend.verify(signatures, first..first + batch, &mut verdicts);
        }
        (clock.thread_cpu_ns() - start_ns) as f64 / count as f64
    };
    once();
    (0..ROUNDS).map(|_| once()).fold(f64::INFINITY, f64::min)
}
