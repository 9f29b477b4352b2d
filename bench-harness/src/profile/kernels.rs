//! Signatures alone: every back-end and level, in batches of any length: `crossover.csv`.
//!
//! What runs on the processor is measured in CPU time of one thread, what runs on a device in time that goes by from a batch
//! being handed over until its answers are there, copies included, with nothing else in hand. A device overlaps batches where it
//! has several, so that this is its latency, not its throughput; the offline runs show that.

use std::sync::Arc;

use pelton_kernels::backend::{Cpu, Reference};
use pelton_kernels::choice::Devices;
use pelton_kernels::device::{self, Device};
use pelton_kernels::{Backend, Level, Scheme, Signatures, samples};
use pelton_pipeline::clock::{Clock as _, WallClock};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::profile::Size;

/// Lengths of batches on the processor.
const LENGTHS: [usize; 7] = [1, 4, 16, 64, 256, 1_024, 4_096];
/// Those for a device, too.
const DEVICE_LENGTHS: [usize; 3] = [16_384, 65_536, 131_072];
/// Signatures for each measurement, at least.
const SIGNATURES_MIN: usize = 256;
/// Signatures that differ; longer batches repeat them.
const DIFFERENT: usize = 4_096;
/// Measurements, of which the shortest counts: what disturbs one makes it longer.
const ROUNDS: usize = 3;
/// A device that answers nothing for so long is given up.
const PATIENCE_NS: u64 = 10_000_000_000;

/// How fast one way of verifying is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct KernelSpeed {
    /// `secp256k1`, `secp256k1 claimed` (of known senders, claimed) or `ed25519`.
    pub scheme: String,
    /// `reference`, `cpu` or that of a device.
    pub backend: String,
    /// Vector instructions that were used; `-` for the reference and for a device.
    pub level: String,
    /// Signatures in a batch.
    pub batch: usize,
    /// Time for each of them, in nanoseconds.
    pub ns_each: f64,
    /// What time that is: `CPU time of one thread`, or `time gone by` on a device.
    pub time: String,
}

impl KernelSpeed {
    /// Whether it was measured on the processor.
    pub fn is_on_cpu(&self) -> bool {
        ["reference", "cpu"].contains(&self.backend.as_str())
    }
}

const SCHEMES: [(&str, Scheme, bool); 3] = [
    ("secp256k1", Scheme::Secp256k1, false),
    ("secp256k1 claimed", Scheme::Secp256k1, true),
    ("ed25519", Scheme::Ed25519, true),
];

/// Lengths that are measured on the processor.
fn lengths(size: Size) -> impl Iterator<Item = usize> {
    let most = match size {
        Size::Whole => usize::MAX,
        Size::Quick => 1_024,
        Size::Small => 16,
    };
    LENGTHS.into_iter().filter(move |length| *length <= most)
}

/// Measures everything that this machine's processor has.
pub fn measure(size: Size) -> Vec<KernelSpeed> {
    let longest = lengths(size).max().expect("there are lengths");
    let mut speeds = Vec::new();
    for (name, scheme, claimed) in SCHEMES {
        let signatures = samples::valid(scheme, 0, longest, claimed);
        let mut one = |backend: &dyn Backend, level: &str| {
            speeds.extend(lengths(size).map(|batch| KernelSpeed {
                scheme: name.to_owned(),
                backend: backend.name().to_owned(),
                level: level.to_owned(),
                batch,
                ns_each: time(backend, &signatures, batch),
                time: "CPU time of one thread".to_owned(),
            }));
        };
        one(&Reference, "-");
        for level in Level::all() {
            one(&Cpu::with([7; 32], level, 1 << 16), level.name());
        }
    }
    speeds
}

/// CPU time of this thread for each signature, verified in batches of this length.
fn time(backend: &dyn Backend, signatures: &Signatures, batch: usize) -> f64 {
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

/// Measures the first device, of which secp256k1 claims are no different: it recovers all.
///
/// # Errors
/// Why there is none that can be measured, for people.
pub fn measure_device(size: Size, devices: &Devices) -> Result<Vec<KernelSpeed>, String> {
    devices.missing.clone().map_or(Ok(()), Err)?;
    let mut device = (devices.open)()?;
    let mut speeds = Vec::new();
    for (name, scheme, _) in
        SCHEMES.into_iter().filter(|(_, scheme, claimed)| *scheme == Scheme::Ed25519 || !claimed)
    {
        let different = samples::valid(scheme, 0, lengths(size).max().unwrap_or(1).min(DIFFERENT), false);
        let longer = DEVICE_LENGTHS.into_iter().filter(|_| size != Size::Small);
        for batch in lengths(size).chain(longer) {
            let mut signatures = Signatures::new(scheme);
            while signatures.len() < batch {
                let mut more = different.clone();
                drop(more.split_off((batch - signatures.len()).min(different.len())));
                signatures.append(&more);
            }
            if !device.fits(&Signatures::new(scheme), &signatures) {
                break;
            }
            speeds.push(KernelSpeed {
                scheme: name.to_owned(),
                backend: devices.backend.to_owned(),
                level: "-".to_owned(),
                batch,
                ns_each: time_on(device.as_mut(), &signatures)? / batch as f64,
                time: "time gone by".to_owned(),
            });
        }
    }
    Ok(speeds)
}

/// Time that goes by for one batch, every answer of which has to be right.
fn time_on(device: &mut dyn Device, signatures: &Signatures) -> Result<f64, String> {
    let (clock, known) = (WallClock::new(), Arc::new(Signatures::new(signatures.scheme())));
    let signatures = Arc::new(signatures.clone());
    let mut once = || {
        let start_ns = clock.now_ns();
        device::begin(device, 0, &known, &signatures)?;
        let answers = loop {
            if let Some(answers) = device.finish(0)? {
                break answers;
            }
            if clock.now_ns() - start_ns > PATIENCE_NS {
                return Err("it did not answer in time".to_owned());
            }
        };
        let is_right = answers.len() == signatures.len() && answers.iter().all(|answer| answer[0] == 1);
        let ns = (clock.now_ns() - start_ns) as f64;
        is_right.then_some(ns).ok_or_else(|| "it refused a valid signature".to_owned())
    };
    once()?;
    (0..ROUNDS).try_fold(f64::INFINITY, |least, _| Ok(once()?.min(least)))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use pelton_kernels::choice::Devices;
    use pelton_kernels::device::{Answer, Device};
    use pelton_kernels::{Signatures, Verdict, backend};

    use super::{Size, measure_device};

    /// A device that asks the plain back-end, or refuses all.
    struct Fake {
        is_right: bool,
        answers: Option<Vec<Answer>>,
    }

    impl Device for Fake {
        fn name(&self) -> &'static str {
            "fake"
        }

        fn slots(&self) -> usize {
            1
        }

        fn fits(&self, _: &Signatures, batch: &Signatures) -> bool {
            batch.len() <= 4
        }

        fn start(&mut self, _: usize, _: &Signatures, batch: &Signatures) -> Result<(), String> {
            let mut verdicts = Vec::new();
            let plain = backend::open("reference", [0; 32]).expect("it is always there");
            plain.verify(batch, 0..batch.len(), &mut verdicts);
            let answer = |verdict: &Verdict| {
                let mut answer = [0; 32];
                answer[0] = u8::from(self.is_right && matches!(verdict, Verdict::Valid { .. }));
                answer
            };
            self.answers = Some(verdicts.iter().map(answer).collect());
            Ok(())
        }

        fn finish(&mut self, _: usize) -> Result<Option<Vec<Answer>>, String> {
            Ok(self.answers.take())
        }

        fn abandon(self: Box<Self>) {}
    }

    fn devices(is_right: bool, missing: Option<&str>) -> Devices {
        Devices {
            backend: "fake",
            is_driver_present: true,
            count: 1,
            name: Some("a device".to_owned()),
            missing: missing.map(str::to_owned),
            open: Arc::new(move || Ok(Box::new(Fake { is_right, answers: None }) as Box<dyn Device>)),
        }
    }

    #[test]
    fn a_device_is_measured_as_long_as_batches_fit_and_only_if_its_answers_are_right() {
        let speeds = measure_device(Size::Small, &devices(true, None)).expect("it answers");
        let rows: Vec<(&str, usize)> = speeds.iter().map(|one| (one.scheme.as_str(), one.batch)).collect();
        assert_eq!(rows, [("secp256k1", 1), ("secp256k1", 4), ("ed25519", 1), ("ed25519", 4)]);
        assert!(speeds.iter().all(|one| one.ns_each > 0.0 && !one.is_on_cpu()));
        let wrong = measure_device(Size::Small, &devices(false, None));
        assert_eq!(wrong, Err("it refused a valid signature".to_owned()));
        let none = measure_device(Size::Small, &devices(true, Some("there is none")));
        assert_eq!(none, Err("there is none".to_owned()));
    }
}
