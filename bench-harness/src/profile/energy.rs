//! Joules, as the counters of processor and GPU tell them: software-read, not measured at the wall.
//!
//! ```text
//! RAPL                  every package, from its own counter
//! NVML energy counter   the GPU's counter, after minus before        two ways to know the same: where they differ by
//! NVML power over time  the GPU's figure of power, every 20 ms       more than a few percent, trust neither
//! ```

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::doctor::host::Host;
use crate::profile::gpu::{Gpu, Used, Watch};

const FOLDER: &str = "sys/class/powercap";
/// What is said of every figure that there is.
const LABEL: &str = "software-read, not wall";

/// What a run used.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Energy {
    /// Each counter with what it says.
    pub counters: Vec<Counter>,
    /// What slowed the GPU's clocks during the run; empty without a GPU.
    pub gpu_throttled: Vec<String>,
    /// The lowest and the highest clock of the GPU's multiprocessors during the run, in MHz; null without a GPU.
    pub gpu_clocks_mhz: Option<[u32; 2]>,
}

/// One counter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Counter {
    /// `RAPL packages`, `NVML energy counter` or `NVML power over time`.
    pub name: String,
    /// Joules; null if it does not tell.
    pub joules: Option<f64>,
    /// The same for each transaction that was executed.
    pub joules_per_transaction: Option<f64>,
    /// `software-read, not wall`, or `unavailable: reason`.
    pub source: String,
}

impl Counter {
    fn of(name: &str, joules: Result<f64, String>, transactions: u64) -> Counter {
        let source = joules.as_ref().err().map(|reason| format!("unavailable: {reason}"));
        let joules = joules.ok();
        Counter {
            name: name.to_owned(),
            joules,
            joules_per_transaction: joules
                .filter(|_| transactions > 0)
                .map(|joules| joules / transactions as f64),
            source: source.unwrap_or_else(|| LABEL.to_owned()),
        }
    }
}

impl Energy {
    /// Joules of the processor and of the GPU's counter together, of those that tell; none if neither does.
    pub fn joules_per_transaction(&self) -> Option<f64> {
        let different = self.counters.iter().take(2);
        different.filter_map(|counter| counter.joules_per_transaction).reduce(|sum, one| sum + one)
    }
}

/// All counters of this machine.
pub struct Meters {
    rapl: Rapl,
    gpu: Result<Gpu, String>,
}

impl Meters {
    /// Looks for counters that can be read.
    pub fn open(host: &Host) -> Meters {
        Meters { rapl: Rapl::open(host), gpu: Gpu::open() }
    }

    /// Each counter that there is not, and why.
    pub fn missing(&self) -> Vec<String> {
        let rapl = self.rapl.zones.as_ref().err().map(|reason| ("processor", reason));
        let gpu = self.gpu.as_ref().err().map(|reason| ("GPU", reason));
        let line = |(what, reason): (&str, &String)| format!("energy of the {what}: unavailable: {reason}");
        rapl.into_iter().chain(gpu).map(line).collect()
    }

    /// The GPU that they read.
    pub fn gpu(&self) -> Result<&Gpu, &str> {
        self.gpu.as_ref().map_err(String::as_str)
    }

    /// Begins to count.
    pub fn begin(&self) -> Begun {
        Begun { rapl: self.rapl.read(), gpu: self.gpu.as_ref().ok().map(Gpu::watch) }
    }

    /// Has counted.
    pub fn end(&self, begun: Begun) -> Counted {
        let joules = self.rapl.since(&begun.rapl);
        let used = match (begun.gpu, &self.gpu) {
            (Some(watch), _) => watch.end(),
            (None, Err(reason)) => Used::unavailable(reason),
            (None, Ok(_)) => Used::unavailable("nobody has begun to watch it"),
        };
        Counted { joules, used }
    }
}

/// Counters at the beginning of something.
pub struct Begun {
    rapl: Vec<(u64, u64)>,
    gpu: Option<Watch>,
}

/// What was used meanwhile.
#[derive(Clone, Debug)]
pub struct Counted {
    joules: Result<f64, String>,
    used: Used,
}

impl Counted {
    /// For so many transactions.
    pub fn energy(self, transactions: u64) -> Energy {
        let Counted { joules, used } = self;
        Energy {
            counters: vec![
                Counter::of("RAPL packages", joules, transactions),
                Counter::of("NVML energy counter", used.counter_joules, transactions),
                Counter::of("NVML power over time", used.power_joules, transactions),
            ],
            gpu_throttled: used.throttled,
            gpu_clocks_mhz: used.clocks_mhz,
        }
    }
}

/// The processor's own counters.
struct Rapl {
    host: Host,
    zones: Result<Vec<String>, String>,
}

impl Rapl {
    fn open(host: &Host) -> Rapl {
        let is_package = |name: &String| name.starts_with("intel-rapl:") && name.matches(':').count() == 1;
        let zones: Vec<String> = host.names(FOLDER).into_iter().filter(is_package).collect();
        let readable = |zone: &String| host.number(&format!("{FOLDER}/{zone}/energy_uj")).is_some();
        let zones = if zones.is_empty() {
            Err("no RAPL counters in /sys/class/powercap, as in most virtual machines".to_owned())
        } else if zones.iter().all(readable) {
            Ok(zones)
        } else {
            Err("RAPL counters need permission: chmod a+r /sys/class/powercap/intel-rapl:*/energy_uj"
                .to_owned())
        };
        Rapl { host: host.clone(), zones }
    }

    /// All counters now, in microjoules, each with the value at which it begins again.
    fn read(&self) -> Vec<(u64, u64)> {
        let of = |zone: &String| {
            let number = |what: &str| self.host.number(&format!("{FOLDER}/{zone}/{what}")).unwrap_or(0);
            (number("energy_uj"), number("max_energy_range_uj"))
        };
        self.zones.iter().flatten().map(of).collect()
    }

    fn since(&self, before: &[(u64, u64)]) -> Result<f64, String> {
        self.zones.as_ref().map_err(String::clone)?;
        let used = |((now, range), (before, _)): ((u64, u64), &(u64, u64))| {
            if now >= *before { now - before } else { (range - before).saturating_add(now) }
        };
        Ok(self.read().into_iter().zip(before).map(used).sum::<u64>() as f64 / 1e6)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::Meters;
    use crate::doctor::host::Host;

    fn plant(root: &Path, microjoules: u64) {
        let zone = root.join(super::FOLDER).join("intel-rapl:0");
        fs::create_dir_all(&zone).expect("a folder");
        fs::write(zone.join("energy_uj"), microjoules.to_string()).expect("a file");
        fs::write(zone.join("max_energy_range_uj"), "1000000000").expect("a file");
    }

    #[test]
    fn joules_are_counted_also_where_the_counter_begins_again_and_unavailable_without_one() {
        let folder = tempfile::tempdir().expect("a folder");
        let host = Host::at(folder.path());
        let none = Meters::open(&host);
        let energy = none.end(none.begin()).energy(1);
        assert!(energy.counters[0].source.starts_with("unavailable: no RAPL"), "{energy:?}");
        assert!(none.missing()[0].starts_with("energy of the processor: unavailable: "));
        plant(folder.path(), 999_000_000);
        let meters = Meters::open(&host);
        let begun = meters.begin();
        plant(folder.path(), 1_000_000);
        let energy = meters.end(begun).energy(4);
        let packages = &energy.counters[0];
        assert_eq!((packages.joules, packages.joules_per_transaction), (Some(2.0), Some(0.5)));
        assert_eq!(packages.source, "software-read, not wall");
        if meters.gpu().is_err() {
            assert!(energy.counters[1..].iter().all(|counter| counter.source.starts_with("unavailable: ")));
            assert_eq!(energy.joules_per_transaction(), Some(0.5));
        }
    }
}
