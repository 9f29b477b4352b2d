//! What verifies in this process: chosen by name, found, tested and measured once, at the start.
//!
//! ```text
//!   name          device                                        who answers
//!   reference     is not looked for                             the plain back-end
//!   cpu           is not looked for                             the fast one
//!   cuda          has to be there and to know the known answers the device, and the CPU what it could not answer
//!   auto          is used if it is there, knows them, and is    both, each what it can do in the same time; or the CPU
//!                 sooner done than the CPU at some length
//! ```

use std::fmt;
use std::sync::Arc;

use crate::backend::{self, Backend};
use crate::crossover::{self, Crossover};
use crate::device::{self, Now, OnDevice, Open};
use crate::signatures::Scheme;
use crate::verifier::{Chunked, Fault, Reliable, Settings, Shared, Spawn, Verifier};

/// The names that can be chosen.
pub const CHOICES: [&str; 4] = ["auto", "cpu", "cuda", "reference"];

/// How a device is treated: a batch that takes longer than 5 s is a fault, and what was given up is tried again 10 s later.
const DEVICE: device::Settings = device::Settings { timeout_ns: 5_000_000_000, retry_ns: 10_000_000_000 };

/// When a batch is late: see [`Shared`].
const DEADLINE_NS: u64 = 250_000_000;

/// Devices of one kind on this machine, as far as their driver tells.
#[derive(Clone)]
pub struct Devices {
    /// Under which name they answer.
    pub backend: &'static str,
    /// Whether their driver is there.
    pub is_driver_present: bool,
    /// How many there are.
    pub count: usize,
    /// What the first one is called.
    pub name: Option<String>,
    /// Why there is none.
    pub missing: Option<String>,
    /// Opens the first one.
    pub open: Open,
}

/// What came of a device at the start.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// Whether the driver is there.
    pub is_driver_present: bool,
    /// How many devices it knows.
    pub count: usize,
    /// What the first one is called.
    pub name: Option<String>,
    /// Whether it knew the known answers; none if it could not be asked.
    pub knows: Option<bool>,
    /// What was measured of it, by scheme.
    pub measured: Vec<(Scheme, Crossover)>,
    /// Why it is not used, if it is not.
    pub unused: Option<String>,
}

/// See the module.
#[derive(Clone)]
pub struct Choice {
    backend: Arc<dyn Backend>,
    found: Option<Found>,
    device: Option<Used>,
}

#[derive(Clone)]
struct Used {
    name: &'static str,
    open: Open,
    /// Whether the CPU takes part, and not only where the device fails.
    is_shared: bool,
}

/// Why a choice cannot be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChoiceError {
    /// There is no such name, or no device where one was asked for.
    Unavailable(String),
    /// A back-end of the processor gives wrong answers to known signatures.
    Wrong(Fault),
}

impl fmt::Display for ChoiceError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ChoiceError::Unavailable(reason) => out.write_str(reason),
            ChoiceError::Wrong(fault) => write!(out, "{fault}"),
        }
    }
}

impl std::error::Error for ChoiceError {}

impl Choice {
    /// Finds, tests and, for `auto` and `cuda`, measures what this name stands for. `find` is asked, with the seed, only
    /// where a device may be used, jobs on `spawn` measure the CPU, and `seed` is as in [`backend::open`].
    ///
    /// # Errors
    /// [`ChoiceError`]. `auto` is always available.
    pub fn open(
        name: &str,
        seed: [u8; 32],
        find: impl FnOnce([u8; 32]) -> Devices,
        spawn: Arc<dyn Spawn>,
        now: Now,
    ) -> Result<Choice, ChoiceError> {
        let plain = if name == "cuda" { "cpu" } else { name };
        let backend =
            backend::open(plain, seed).map_err(|unknown| ChoiceError::Unavailable(unknown.to_string()))?;
        crate::self_test(backend.as_ref()).map_err(ChoiceError::Wrong)?;
        if !["auto", "cuda"].contains(&name) {
            return Ok(Choice::from(backend));
        }
        let devices = find(seed);
        let mut found = Found::nothing_yet(&devices);
        let looked = look(&devices, &backend, spawn, now, &mut found);
        if let (Err(reason), "cuda") = (&looked, name) {
            return Err(ChoiceError::Unavailable(format!("--backend cuda: {reason}")));
        }
        found.unused = looked.err();
        let helps = found.measured.iter().any(|(_, measured)| measured.signatures.is_some());
        if name == "auto" && found.unused.is_none() && !helps {
            found.unused = Some("it is nowhere sooner done than the CPU".to_owned());
        }
        let used = Used { name: devices.backend, open: devices.open, is_shared: name == "auto" };
        let device = found.unused.is_none().then_some(used);
        Ok(Choice { backend, found: Some(found), device })
    }

    /// What came of a device, where one was looked for.
    pub fn found(&self) -> Option<&Found> {
        self.found.as_ref()
    }

    /// Whether a device is used.
    pub fn is_on_device(&self) -> bool {
        self.device.is_some()
    }

    /// Its part that needs no device.
    pub fn on_cpu(&self) -> Choice {
        Choice::from(self.backend.clone())
    }

    /// A verifier that has `spawn` run what is for the CPU, and opens the device anew. Where that fails, it is a fault
    /// like any other, and the CPU answers.
    pub fn verifier(&self, spawn: Arc<dyn Spawn>, now: Now, settings: Settings) -> Box<dyn Verifier> {
        let cpu = Box::new(Chunked::new(self.backend.clone(), spawn.clone(), settings));
        let Some(Used { name, open, is_shared }) = &self.device else { return cpu };
        let device = OnDevice::opened(name, open.clone(), spawn, now.clone(), DEVICE);
        if !is_shared {
            return Box::new(Reliable::new(Box::new(device), cpu));
        }
        let measured = self.found.iter().flat_map(|found| &found.measured);
        let of = |scheme| {
            let mut measured = measured.clone();
            measured.find(|(of, _)| *of == scheme).expect("both schemes were measured").1
        };
        Box::new(Shared::new(device, cpu, now, &of, DEADLINE_NS))
    }
}

impl fmt::Debug for Choice {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let device = self.device.as_ref().map(|used| used.name);
        out.debug_struct("Choice").field("cpu", &self.backend.name()).field("device", &device).finish()
    }
}

impl From<Arc<dyn Backend>> for Choice {
    /// A back-end that stands open, and no device.
    fn from(backend: Arc<dyn Backend>) -> Choice {
        Choice { backend, found: None, device: None }
    }
}

impl Found {
    fn nothing_yet(devices: &Devices) -> Found {
        Found {
            is_driver_present: devices.is_driver_present,
            count: devices.count,
            name: devices.name.clone(),
            knows: None,
            measured: Vec::new(),
            unused: None,
        }
    }
}

/// Opens the first device, asks it what is known, and measures it.
fn look(
    devices: &Devices,
    backend: &Arc<dyn Backend>,
    spawn: Arc<dyn Spawn>,
    now: Now,
    found: &mut Found,
) -> Result<(), String> {
    if let Some(missing) = &devices.missing {
        return Err(missing.clone());
    }
    let device = (devices.open)()?;
    let device = OnDevice::new(device, devices.open.clone(), spawn.clone(), now.clone(), DEVICE);
    found.knows = Some(device.is_ok());
    let mut device = device.map_err(|fault| fault.to_string())?;
    let mut cpu = Chunked::new(backend.clone(), spawn, Settings::default());
    for scheme in [Scheme::Secp256k1, Scheme::Ed25519] {
        let measured = crossover::measure(&mut device, &mut cpu, scheme, &*now);
        found.measured.push((scheme, measured.map_err(|fault| fault.to_string())?));
    }
    Ok(())
}
