//! From how many signatures on a device is sooner done than the CPU: measured, not assumed.
//!
//! ```text
//!   time
//!    │            CPU ╱
//!    │              ╱          the device needs a while for any batch, and little for each signature more;
//!    │ device ────╳────        the CPU begins at once and needs more for each
//!    │          ╱ │
//!    └─────────────────> signatures
//!           crossover
//! ```

use crate::samples;
use crate::signatures::{Scheme, Signatures};
use crate::verifier::{Fault, Verifier};

/// Lengths of the batches that are measured, in signatures.
const LENGTHS: [usize; 5] = [64, 256, 1_024, 4_096, 16_384];

/// Signatures that differ in what is measured; longer batches repeat them.
const DIFFERENT: usize = 256;

/// Times that each length is measured on each side, of which the shortest counts; the longest, which takes longest and is
/// disturbed least, once.
const ROUNDS: usize = 3;

/// How long a batch takes: a part that is the same for any, and one for each signature.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Speed {
    /// Nanoseconds for any batch.
    pub fixed_ns: f64,
    /// Nanoseconds for each signature of it.
    pub each_ns: f64,
}

impl Speed {
    /// Nanoseconds for a batch of so many.
    pub fn ns(&self, count: usize) -> f64 {
        self.fixed_ns + self.each_ns * count as f64
    }

    /// The straight line through the first and the last of the times of these lengths, which falls nowhere and begins at 0 or
    /// above.
    fn through(lengths: &[usize], times_ns: &[f64]) -> Speed {
        let (first, last) = (lengths[0] as f64, lengths[lengths.len() - 1] as f64);
        let (first_ns, last_ns) = (times_ns[0], times_ns[times_ns.len() - 1]);
        // Never 0: others divide by it.
        let each_ns = ((last_ns - first_ns) / (last - first)).max(0.01);
        Speed { fixed_ns: (first_ns - each_ns * first).max(0.0), each_ns }
    }
}

/// What was measured of a device and of the CPU beside it, for one scheme.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Crossover {
    /// The device.
    pub device: Speed,
    /// The CPU, on all threads that the measurement was given.
    pub cpu: Speed,
    /// From so many signatures on the device is sooner done; none if it never was.
    pub signatures: Option<usize>,
}

impl Crossover {
    /// Of the times that batches of these lengths took, of which there are two at least, in rising order.
    pub(crate) fn of(lengths: &[usize], device_ns: &[f64], cpu_ns: &[f64]) -> Crossover {
        let (device, cpu) = (Speed::through(lengths, device_ns), Speed::through(lengths, cpu_ns));
        // The shortest length from which on the device is always sooner done.
        let slower = (0..lengths.len()).rev().find(|index| device_ns[*index] >= cpu_ns[*index]);
        let signatures = match slower {
            None => Some(lengths[0]),
            Some(last) if last + 1 == lengths.len() => None,
            Some(last) => {
                // Where the two lines between this length and the next one meet.
                let (behind, ahead) =
                    (device_ns[last] - cpu_ns[last], cpu_ns[last + 1] - device_ns[last + 1]);
                let part = behind / (behind + ahead);
                Some(lengths[last] + ((lengths[last + 1] - lengths[last]) as f64 * part).ceil() as usize)
            }
        };
        Crossover { device, cpu, signatures }
    }
}

/// Measures a device and the CPU, each alone. Both are empty before and afterwards.
///
/// # Errors
/// The fault of whoever did not answer.
pub fn measure(
    device: &mut dyn Verifier,
    cpu: &mut dyn Verifier,
    scheme: Scheme,
    now: &dyn Fn() -> u64,
) -> Result<Crossover, Fault> {
    let different = samples::valid(scheme, 0, DIFFERENT, false);
    let (mut device_ns, mut cpu_ns) = ([f64::INFINITY; LENGTHS.len()], [f64::INFINITY; LENGTHS.len()]);
    let mut batch = Signatures::new(scheme);
    for (index, length) in LENGTHS.into_iter().enumerate() {
        while batch.len() < length {
            let mut more = different.clone();
            let missing = (length - batch.len()).min(DIFFERENT);
            drop(more.split_off(missing));
            batch.append(&more);
        }
        for _ in 0..ROUNDS.min(LENGTHS[LENGTHS.len() - 1] / length) {
            let (back, on_device_ns) = time(device, batch, now)?;
            let (back, on_cpu_ns) = time(cpu, back, now)?;
            batch = back;
            device_ns[index] = device_ns[index].min(on_device_ns);
            cpu_ns[index] = cpu_ns[index].min(on_cpu_ns);
        }
    }
    Ok(Crossover::of(&LENGTHS, &device_ns, &cpu_ns))
}

/// How long a verifier that has nothing else to do needs for a batch.
fn time(
    verifier: &mut dyn Verifier,
    batch: Signatures,
    now: &dyn Fn() -> u64,
) -> Result<(Signatures, f64), Fault> {
    let started_ns = now();
    verifier.submit(batch).unwrap_or_else(|_| panic!("a verifier that is empty takes a batch"));
    let completed = loop {
        match verifier.poll() {
            Some(completed) => break completed,
            // The batch is with other threads, or with a device.
            None => std::thread::yield_now(),
        }
    };
    completed.outcome?;
    Ok((completed.signatures, now().saturating_sub(started_ns) as f64))
}

#[cfg(test)]
mod tests {
    use super::{Crossover, LENGTHS, Speed};

    fn crossover(device: Speed, cpu: Speed) -> Crossover {
        Crossover::of(
            &LENGTHS,
            &LENGTHS.map(|length| device.ns(length)),
            &LENGTHS.map(|length| cpu.ns(length)),
        )
    }

    #[test]
    fn the_crossover_is_where_the_two_lines_meet() {
        let (device, cpu) =
            (Speed { fixed_ns: 1e6, each_ns: 50.0 }, Speed { fixed_ns: 0.0, each_ns: 2_050.0 });
        let measured = crossover(device, cpu);
        assert_eq!(measured.signatures, Some(500));
        assert!(
            (measured.device.each_ns - 50.0).abs() < 0.1 && (measured.device.fixed_ns - 1e6).abs() < 10.0
        );
        assert!((measured.cpu.each_ns - 2_050.0).abs() < 0.1 && measured.cpu.fixed_ns < 10.0);
    }

    #[test]
    fn a_device_that_is_always_slower_has_no_crossover_and_one_that_never_is_the_least() {
        let (slow, fast) =
            (Speed { fixed_ns: 1e6, each_ns: 5_000.0 }, Speed { fixed_ns: 10.0, each_ns: 5.0 });
        assert_eq!(crossover(slow, fast).signatures, None);
        assert_eq!(crossover(fast, slow).signatures, Some(LENGTHS[0]));
        assert_eq!(crossover(fast, fast).signatures, None, "a device that is no better is not asked");
    }
}
