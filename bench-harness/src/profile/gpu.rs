//! `Gpu`: what NVIDIA's management library (NVML) says of the first GPU: what it is, how fast it may run, what slows it, and
//! what it uses. The library comes with the driver and is loaded at run time; where there is none, that is the reason.

use std::fmt::Display;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use nvml_wrapper::Nvml;
use nvml_wrapper::bitmasks::device::ThrottleReasons;
use nvml_wrapper::enum_wrappers::device::{Clock as Domain, TemperatureSensor};
use nvml_wrapper::error::NvmlError;
use pelton_pipeline::clock::{Clock as _, WallClock};

/// How often power, clocks and what slows them are asked for while a run goes on.
const INTERVAL: Duration = Duration::from_millis(20);
/// The library as the driver installs it; the plain name is for who develops with it.
const LIBRARY: &str = "libnvidia-ml.so.1";

/// See the head of this file.
#[derive(Clone)]
pub struct Gpu(Arc<Nvml>);

/// What a GPU used and how it ran, from [`Gpu::watch`] to [`Watch::end`].
#[derive(Clone, Debug, PartialEq)]
pub struct Used {
    /// Joules by the difference of its counter of energy.
    pub counter_joules: Result<f64, String>,
    /// Joules by its figure of power, summed over time.
    pub power_joules: Result<f64, String>,
    /// What slowed its clocks at any time.
    pub throttled: Vec<String>,
    /// The lowest and the highest clock of its multiprocessors, in MHz.
    pub clocks_mhz: Option<[u32; 2]>,
}

impl Used {
    /// What is not known for this reason.
    pub fn unavailable(reason: &str) -> Used {
        let reason = || Err(reason.to_owned());
        Used { counter_joules: reason(), power_joules: reason(), throttled: Vec::new(), clocks_mhz: None }
    }
}

impl Gpu {
    /// Loads the library.
    ///
    /// # Errors
    /// Why it or the GPU is not there, for people.
    pub fn open() -> Result<Gpu, String> {
        let of_driver = Nvml::builder().lib_path(LIBRARY.as_ref()).init();
        let nvml = of_driver.or_else(|_| Nvml::init()).map_err(|error| match error {
            NvmlError::LibloadingError(_) => {
                format!("there is no NVML on this machine ({LIBRARY} is not found)")
            }
            other => in_words(other),
        })?;
        nvml.device_by_index(0).map_err(in_words)?;
        Ok(Gpu(Arc::new(nvml)))
    }

    /// What figures depend on, by name; what it does not tell, as the reason.
    pub fn facts(&self) -> Vec<(&'static str, String)> {
        let Gpu(nvml) = self;
        let device = match nvml.device_by_index(0) {
            Ok(device) => device,
            Err(error) => return vec![("GPU", told(Err(error)))],
        };
        let clocks = |domain| {
            let (now, most) = (device.clock_info(domain)?, device.max_clock_info(domain)?);
            Ok(format!("{now} MHz now, {most} MHz at most"))
        };
        let power = || {
            let (limit, standard) =
                (device.enforced_power_limit()?, device.power_management_limit_default()?);
            let now = device.power_usage()?;
            let watts = |milliwatts: u32| f64::from(milliwatts) / 1e3;
            Ok(format!("{:.0} W, {:.0} W by default; {:.1} W now", watts(limit), watts(standard), watts(now)))
        };
        let link = || {
            let (now, most) = (device.current_pcie_link_gen()?, device.max_pcie_link_gen()?);
            let (lanes, lanes_max) = (device.current_pcie_link_width()?, device.max_pcie_link_width()?);
            Ok(format!("generation {now} of {most}, {lanes} of {lanes_max} lanes"))
        };
        let memory = || {
            let memory = device.memory_info()?;
            let gib = |bytes: u64| bytes as f64 / (1u64 << 30) as f64;
            Ok(format!("{:.1} GiB, {:.1} GiB free", gib(memory.total), gib(memory.free)))
        };
        let errors = || Ok(if device.is_ecc_enabled()?.currently_enabled { "on" } else { "off" }.to_owned());
        vec![
            ("GPU", told(device.name())),
            ("GPU memory", told(memory())),
            ("GPU clock of multiprocessors", told(clocks(Domain::SM))),
            ("GPU clock of memory", told(clocks(Domain::Memory))),
            ("GPU power limit", told(power())),
            (
                "GPU temperature",
                told(device.temperature(TemperatureSensor::Gpu).map(|degrees| format!("{degrees} °C"))),
            ),
            (
                "GPU throttle reasons",
                told(device.current_throttle_reasons().map(|reasons| named(reasons).join(", "))),
            ),
            ("GPU error correction", told(errors())),
            ("GPU PCIe link", told(link())),
            ("NVIDIA driver", told(nvml.sys_driver_version())),
            ("NVML", told(nvml.sys_nvml_version())),
        ]
    }

    /// Begins to watch.
    ///
    /// # Panics
    /// If the system gives no thread.
    pub fn watch(&self) -> Watch {
        let (nvml, over) = (self.0.clone(), Arc::new(AtomicBool::new(false)));
        let is_over = over.clone();
        let thread = std::thread::Builder::new().name("pelton-gpu".to_owned());
        let thread = thread.spawn(move || watched(&nvml, &is_over)).expect("the system gives a thread");
        Watch { over, thread }
    }
}

/// A GPU that is watched.
pub struct Watch {
    over: Arc<AtomicBool>,
    thread: JoinHandle<Used>,
}

impl Watch {
    /// What came of it.
    pub fn end(self) -> Used {
        self.over.store(true, Ordering::Relaxed);
        self.thread.join().expect("the thread that watches does not panic")
    }
}

#[expect(clippy::disallowed_methods, reason = "power has to be looked at now and then, beside what runs")]
fn watched(nvml: &Nvml, over: &AtomicBool) -> Used {
    let device = match nvml.device_by_index(0).map_err(in_words) {
        Ok(device) => device,
        Err(reason) => return Used::unavailable(&reason),
    };
    let clock = WallClock::new();
    let before_mj = device.total_energy_consumption().map_err(in_words);
    let mut power_joules = Ok(0.0);
    let (mut last_ns, mut throttled, mut clocks_mhz) = (clock.now_ns(), ThrottleReasons::empty(), None);
    while !over.load(Ordering::Relaxed) {
        std::thread::sleep(INTERVAL);
        let now_ns = clock.now_ns();
        let seconds = (now_ns - last_ns) as f64 / 1e9;
        last_ns = now_ns;
        let watts = device.power_usage().map(|milliwatts| f64::from(milliwatts) / 1e3).map_err(in_words);
        power_joules = power_joules.and_then(|joules: f64| Ok(joules + watts? * seconds));
        throttled |= device.current_throttle_reasons().unwrap_or(ThrottleReasons::empty());
        if let Ok(now) = device.clock_info(Domain::SM) {
            let [least, most] = clocks_mhz.unwrap_or([now, now]);
            clocks_mhz = Some([now.min(least), now.max(most)]);
        }
    }
    let after_mj = device.total_energy_consumption().map_err(in_words);
    let counter_joules = before_mj.and_then(|before| Ok(after_mj?.saturating_sub(before) as f64 / 1e3));
    Used { counter_joules, power_joules, throttled: named(throttled), clocks_mhz }
}

/// The names of what slows clocks; `none` if nothing does.
fn named(reasons: ThrottleReasons) -> Vec<String> {
    let names: Vec<String> =
        reasons.iter_names().map(|(name, _)| name.to_lowercase().replace('_', " ")).collect();
    if names.is_empty() { vec!["none".to_owned()] } else { names }
}

fn told(value: Result<String, NvmlError>) -> String {
    value.unwrap_or_else(|error| format!("unavailable: {error}"))
}

fn in_words(error: impl Display) -> String {
    error.to_string()
}

#[cfg(test)]
mod tests {
    use super::{Gpu, ThrottleReasons, named};

    #[test]
    fn a_machine_without_a_gpu_is_told_so_and_one_with_one_tells_what_it_is_and_uses() {
        let gpu = match Gpu::open() {
            Err(reason) => return assert!(!reason.is_empty()),
            Ok(gpu) => gpu,
        };
        assert!(gpu.facts().iter().any(|(name, value)| *name == "GPU" && !value.starts_with("unavailable")));
        let used = gpu.watch().end();
        assert!(used.power_joules.is_ok_and(|joules| joules >= 0.0), "{:?}", used.counter_joules);
    }

    #[test]
    fn what_slows_clocks_has_names() {
        assert_eq!(named(ThrottleReasons::empty()), ["none"]);
        let both = ThrottleReasons::SW_POWER_CAP | ThrottleReasons::HW_THERMAL_SLOWDOWN;
        assert_eq!(named(both), ["sw power cap", "hw thermal slowdown"]);
    }
}
