//! Joules, as the processor's own counters tell them (RAPL): software-read, not measured at the wall.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::doctor::host::Host;

const FOLDER: &str = "sys/class/powercap";

/// What the packages used during a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Energy {
    /// Joules of all packages; null if they do not tell.
    pub package_joules: Option<f64>,
    /// The same for each transaction that was executed.
    pub joules_per_transaction: Option<f64>,
    /// `software-read, not wall`, or `unavailable: reason`.
    pub source: String,
}

/// The counters of this machine.
pub struct Joules {
    host: Host,
    zones: Result<Vec<String>, String>,
}

impl Joules {
    /// Looks for counters that can be read.
    pub fn open(host: &Host) -> Joules {
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
        Joules { host: host.clone(), zones }
    }

    /// Why there are none.
    pub fn missing(&self) -> Option<&str> {
        self.zones.as_ref().err().map(String::as_str)
    }

    /// All counters now, in microjoules, each with the value at which it begins again.
    pub fn read(&self) -> Vec<(u64, u64)> {
        let of = |zone: &String| {
            let number = |what: &str| self.host.number(&format!("{FOLDER}/{zone}/{what}")).unwrap_or(0);
            (number("energy_uj"), number("max_energy_range_uj"))
        };
        self.zones.iter().flatten().map(of).collect()
    }

    /// What was used since, for so many transactions.
    pub fn since(&self, before: &[(u64, u64)], transactions: u64) -> Energy {
        if let Err(reason) = &self.zones {
            let source = format!("unavailable: {reason}");
            return Energy { package_joules: None, joules_per_transaction: None, source };
        }
        let used = |((now, range), (before, _)): ((u64, u64), &(u64, u64))| {
            if now >= *before { now - before } else { (range - before).saturating_add(now) }
        };
        let joules = self.read().into_iter().zip(before).map(used).sum::<u64>() as f64 / 1e6;
        Energy {
            package_joules: Some(joules),
            joules_per_transaction: (transactions > 0).then(|| joules / transactions as f64),
            source: "software-read, not wall".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::Joules;
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
        assert!(Joules::open(&host).since(&[], 1).source.starts_with("unavailable: no RAPL"));
        plant(folder.path(), 999_000_000);
        let joules = Joules::open(&host);
        let before = joules.read();
        plant(folder.path(), 1_000_000);
        let energy = joules.since(&before, 4);
        assert_eq!((energy.package_joules, energy.joules_per_transaction), (Some(2.0), Some(0.5)));
        assert_eq!(energy.source, "software-read, not wall");
    }
}
