//! What came of a device that was looked for at the start.

use std::collections::BTreeMap;

use pelton_kernels::Scheme;
use pelton_kernels::choice::Found;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What was found, tested and measured before the run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DeviceReport {
    /// Whether its driver is there.
    pub driver_present: bool,
    /// How many devices the driver knows.
    pub count: usize,
    /// What the first one is called; null if there is none.
    pub name: Option<String>,
    /// Whether it knew the answers to known signatures; null if it could not be asked.
    pub self_test_passed: Option<bool>,
    /// What was measured of it, by scheme; empty if it could not be.
    pub crossovers: BTreeMap<String, CrossoverReport>,
    /// Why it was not used; null if it was.
    pub unused: Option<String>,
}

/// How long a device and the CPU take for a batch: so much for any, and so much for each signature.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CrossoverReport {
    /// From how many signatures on the device is sooner done than the CPU; null if it never is.
    pub signatures: Option<usize>,
    /// Nanoseconds that the device takes for any batch, copies included.
    pub device_fixed_ns: f64,
    /// Nanoseconds that it takes for each signature more.
    pub device_each_ns: f64,
    /// Nanoseconds that the CPU takes for any batch.
    pub cpu_fixed_ns: f64,
    /// Nanoseconds that it takes for each signature more, on all threads.
    pub cpu_each_ns: f64,
}

impl DeviceReport {
    /// What was found.
    pub fn of(found: &Found) -> DeviceReport {
        let crossover = |(scheme, measured): &(Scheme, pelton_kernels::crossover::Crossover)| {
            let name = match scheme {
                Scheme::Secp256k1 => "secp256k1",
                Scheme::Ed25519 => "ed25519",
            };
            let report = CrossoverReport {
                signatures: measured.signatures,
                device_fixed_ns: measured.device.fixed_ns,
                device_each_ns: measured.device.each_ns,
                cpu_fixed_ns: measured.cpu.fixed_ns,
                cpu_each_ns: measured.cpu.each_ns,
            };
            (name.to_owned(), report)
        };
        DeviceReport {
            driver_present: found.is_driver_present,
            count: found.count,
            name: found.name.clone(),
            self_test_passed: found.knows,
            crossovers: found.measured.iter().map(crossover).collect(),
            unused: found.unused.clone(),
        }
    }

    /// In one line, for people.
    pub fn line(&self) -> String {
        let Some(name) = &self.name else {
            return format!("none: {}", self.unused.as_deref().unwrap_or("nobody knows why"));
        };
        let known = match self.self_test_passed {
            Some(true) => ", knows the known answers",
            Some(false) => ", does not know the known answers",
            None => "",
        };
        let crossover = |(scheme, measured): (&String, &CrossoverReport)| match measured.signatures {
            Some(signatures) => format!(", sooner done from {signatures} {scheme} on"),
            None => format!(", never sooner done with {scheme}"),
        };
        let crossovers: String = self.crossovers.iter().map(crossover).collect();
        let unused = self.unused.as_ref().map_or(String::new(), |reason| format!("; not used: {reason}"));
        format!("{name}, the first of {}{known}{crossovers}{unused}", self.count)
    }
}
