//! NVIDIA GPUs: a [`Device`] over CUDA's driver, which is loaded at run time.
//!
//! ```text
//!   slot:  stream ── copy in ──> kernels ─> copy out ──> event        three of them, so that copies of one batch
//!          pinned memory, device memory, for both directions          run beside the kernel of another
//! ```
//!
//! The kernels are part of the program: `cuda/pelton.fatbin`, made by `cuda/build.sh` from the source beside it. So a machine
//! needs a driver (580 or newer) and nothing else, and one without is told so by [`open`].

pub mod bls;
pub mod ceilings;
pub mod feed;
mod hasher;
mod input;
mod packing;
mod places;
#[cfg(feature = "nvtx")]
pub mod ranges;
mod slot;
mod steps;
mod stuck;
mod sums;

use std::fmt::Display;
use std::sync::Arc;

use cudarc::driver::CudaContext;
use cudarc::nvrtc::Ptx;

use crate::choice::Devices;
use crate::device::{Answer, Device};
use crate::signatures::{Scheme, Signatures};
use crate::verifier::Job;
pub use hasher::Hasher;
use places::Places;
use slot::Slot;
use steps::Steps;
use stuck::{Busy, Stuck};
use sums::Sums;

/// The kernels, for every GPU that is supported.
static KERNELS: &[u8] = include_bytes!("../cuda/pelton.fatbin");

/// Batches that a GPU holds at a time.
const SLOTS: usize = 3;

static STUCK: Stuck<Cuda> = Stuck::new();

/// An NVIDIA GPU.
pub struct Cuda {
    slots: Vec<Slot>,
    /// By scheme, as it is numbered.
    steps: [Steps; 2],
    places: [Places; 2],
    sums: Sums,
    /// Of which scheme the batch of each slot is, and its number among those that were looked up.
    held: [(Scheme, u64); SLOTS],
    part_min: usize,
}

/// What one process chooses of a GPU. No verdict depends on it.
#[derive(Clone, Copy)]
pub struct Settings {
    /// Makes sums random. It is secret and comes from the operating system in production, since whoever knows it could
    /// make invalid signatures that a random sum does not see.
    pub secret: [u8; 32],
    /// How many keys of each scheme are known at most, each of which takes 6.2 kB of the GPU's memory.
    pub keys_max: usize,
    /// From how many ed25519 signatures on, whose keys are not known, sums are made.
    pub sums_min: usize,
    /// Signatures of a part of a batch that one thread packs, at least. Shorter batches are one.
    pub part_min: usize,
    /// Whether short batches are sent as CUDA graphs, each by one call: see `cuda/slot/graphs.rs`.
    pub has_graphs: bool,
}

impl Settings {
    /// 400 MB of keys for each scheme, sums where a batch is long enough to keep a GPU busy without them, and parts that
    /// take a thread some 100 µs.
    pub fn new(secret: [u8; 32]) -> Settings {
        Settings { secret, keys_max: 1 << 16, sums_min: 4_096, part_min: 4_096, has_graphs: true }
    }
}

/// The first GPU, and what there is of others, as far as the driver tells. The secret is that of [`Settings`].
pub fn devices(secret: [u8; 32]) -> Devices {
    let reason = match count() {
        Ok(0) => Some("there is no CUDA device on this machine".to_owned()),
        Ok(_) => None,
        Err(reason) => Some(reason),
    };
    Devices {
        backend: "cuda",
        is_driver_present: slot::is_driver_present(),
        count: count().unwrap_or(0),
        name: name(0),
        missing: reason,
        open: Arc::new(move || guarded(|| open(0, Settings::new(secret)))),
    }
}

/// How many GPUs there are.
///
/// # Errors
/// Why nobody knows, for people.
pub fn count() -> Result<usize, String> {
    if !slot::is_driver_present() {
        return Err("there is no CUDA driver on this machine (libcuda is not found)".to_owned());
    }
    let devices = guarded(|| CudaContext::device_count().map_err(in_words))?;
    usize::try_from(devices).map_err(in_words)
}

/// Asks the driver. One that is older than what it is asked for ends in a panic, which is a fault like any other.
fn guarded<T>(ask: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    let answer = std::panic::catch_unwind(std::panic::AssertUnwindSafe(ask));
    answer.unwrap_or_else(|_| Err("the CUDA driver lacks what is asked of it: it is too old".to_owned()))
}

/// Opens the GPU of this number, counted from 0.
///
/// # Errors
/// Why there is none that can be used, for people.
pub fn open(ordinal: usize, settings: Settings) -> Result<Box<dyn Device>, String> {
    let context = context(ordinal, &STUCK)?;
    let module = context.load_module(Ptx::from_binary(KERNELS.to_vec())).map_err(in_words)?;
    let function = |name| module.load_function(name).map_err(in_words);
    slot::run_once(&context, &function("pelton_tables")?)?;
    let steps = [
        Steps::of(Scheme::Secp256k1, &context, &module, settings.keys_max)?,
        Steps::of(Scheme::Ed25519, &context, &module, settings.keys_max)?,
    ];
    let places = [Scheme::Secp256k1, Scheme::Ed25519].map(|scheme| Places::new(scheme, settings.keys_max));
    let slots = (0..SLOTS).map(|_| Slot::new(&context, settings.has_graphs)).collect::<Result<_, _>>()?;
    let sums = Sums::new(settings.secret, settings.sums_min);
    let held = [(Scheme::Ed25519, 0); SLOTS];
    Ok(Box::new(Cuda { slots, steps, places, sums, held, part_min: settings.part_min.max(1) }))
}

/// The GPU of this number, which works on nothing of this kind that was given up.
fn context<T: Busy>(ordinal: usize, stuck: &Stuck<T>) -> Result<Arc<CudaContext>, String> {
    let devices = count()?;
    if ordinal >= devices {
        return Err(format!("there is no CUDA device {ordinal}; there are {devices}"));
    }
    stuck.none_is_left()?;
    let context = guarded(|| CudaContext::new(ordinal).map_err(in_words))?;
    slot::track_nothing(&context);
    Ok(context)
}

/// The name of the GPU of this number, if there is one.
pub fn name(ordinal: usize) -> Option<String> {
    let name = || CudaContext::new(ordinal).and_then(|context| context.name()).map_err(in_words);
    count().ok().filter(|count| ordinal < *count).and_then(|_| guarded(name).ok())
}

impl Device for Cuda {
    fn name(&self) -> &'static str {
        "cuda"
    }

    fn slots(&self) -> usize {
        self.slots.len()
    }

    fn fits(&self, known: &Signatures, batch: &Signatures) -> bool {
        Slot::fits(known, batch)
    }

    fn pack(
        &mut self,
        slot: usize,
        known: &Arc<Signatures>,
        batch: &Arc<Signatures>,
    ) -> Result<Vec<Job>, String> {
        let scheme = batch.scheme();
        let look = self.places[scheme as usize].look();
        self.held[slot] = (scheme, look.batch);
        self.slots[slot].pack(known, batch, &look, self.part_min)
    }

    fn start(&mut self, slot: usize, known: &Signatures, _batch: &Signatures) -> Result<(), String> {
        let (scheme, number) = self.held[slot];
        let found = self.slots[slot].found();
        let mut plan = self.places[scheme as usize].plan(number, known.len(), found);
        plan.is_summed = scheme == Scheme::Ed25519 && self.sums.pays(plan.tasks.len() - plan.known);
        let secret = self.sums.next_secret();
        self.slots[slot].start(&self.steps[scheme as usize], plan, &secret)
    }

    fn finish(&mut self, slot: usize) -> Result<Option<Vec<Answer>>, String> {
        let Some((answers, plan)) = self.slots[slot].finish()? else { return Ok(None) };
        let (scheme, _) = self.held[slot];
        self.places[scheme as usize].learn(&plan, &answers);
        if scheme == Scheme::Ed25519 {
            self.sums.learn(&plan, &answers);
        }
        Ok(Some(answers))
    }

    fn recycle(&mut self, slot: usize, answers: Vec<Answer>) {
        self.slots[slot].recycle(answers);
    }

    fn abandon(self: Box<Self>) {
        STUCK.give_up(*self);
    }
}

impl Busy for Cuda {
    fn is_in_use(&self) -> bool {
        self.slots.iter().any(Slot::is_in_use)
    }
}

/// What the driver says, for people.
fn in_words(error: impl Display) -> String {
    error.to_string()
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_machine_without_a_gpu_is_told_so_and_nothing_panics() {
        match super::open(usize::MAX, super::Settings::new([0; 32])) {
            Ok(_) => panic!("no machine has so many"),
            Err(reason) => assert!(reason.starts_with("there is no CUDA"), "{reason}"),
        }
        assert!(super::name(1_000).is_none());
    }
}
