//! Energy, as NVIDIA's management library reads it in software: its counter of energy, and its figure of power, summed up
//! over time by a thread that asks every 20 ms.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use nvml_wrapper::Nvml;
use nvml_wrapper::error::NvmlError;

/// How often power is asked for.
const INTERVAL: Duration = Duration::from_millis(20);

/// Counts from [`Energy::start`] to [`Energy::joules`].
pub struct Energy {
    is_over: Arc<AtomicBool>,
    summing: JoinHandle<Result<[f64; 2], NvmlError>>,
}

impl Energy {
    /// Begins to count.
    #[expect(
        clippy::disallowed_methods,
        reason = "power has to be read while others work, and the thread is joined"
    )]
    pub fn start() -> Energy {
        let is_over = Arc::new(AtomicBool::new(false));
        let is_it = is_over.clone();
        Energy { is_over, summing: std::thread::spawn(move || sum(&is_it)) }
    }

    /// What both counters say, by name, or why they say nothing.
    pub fn joules(self) -> [(&'static str, Result<f64, String>); 2] {
        self.is_over.store(true, Ordering::Relaxed);
        let summed = self.summing.join().expect("it does not panic").map_err(|error| error.to_string());
        let of = |index: usize| summed.clone().map(|joules| joules[index]);
        [("the counter", of(0)), ("power over time", of(1))]
    }
}

#[expect(clippy::disallowed_methods, reason = "this measures")]
fn sum(is_over: &AtomicBool) -> Result<[f64; 2], NvmlError> {
    let nvml = Nvml::init()?;
    let device = nvml.device_by_index(0)?;
    let before_mj = device.total_energy_consumption()?;
    let (mut last, mut joules) = (Instant::now(), 0.0);
    while !is_over.load(Ordering::Relaxed) {
        std::thread::sleep(INTERVAL);
        let watts = f64::from(device.power_usage()?) / 1e3;
        joules += watts * last.elapsed().as_secs_f64();
        last = Instant::now();
    }
    let counted_mj = device.total_energy_consumption()? - before_mj;
    Ok([counted_mj as f64 / 1e3, joules])
}
