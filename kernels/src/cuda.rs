//! NVIDIA GPUs: a [`Device`] over CUDA's driver, which is loaded at run time.
//!
//! ```text
//!   slot:  stream ── copy in ──> kernels ─> copy out ──> event        three of them, so that copies of one batch
//!          pinned memory, device memory, for both directions          run beside the kernel of another
//! ```
//!
//! The kernels are part of the program: `cuda/pelton.fatbin`, made by `cuda/build.sh` from the source beside it. So a machine
//! needs a driver (580 or newer) and nothing else, and one without is told so by [`open`].

pub mod ceilings;
mod input;
mod slot;

use std::fmt::Display;
use std::sync::{Arc, Mutex, PoisonError};

use cudarc::driver::{CudaContext, CudaModule};
use cudarc::nvrtc::Ptx;

use crate::choice::Devices;
use crate::device::{Answer, Device};
use crate::signatures::Signatures;
use slot::{Slot, Step};

/// The kernels, for every GPU that is supported.
static KERNELS: &[u8] = include_bytes!("../cuda/pelton.fatbin");

/// Batches that a GPU holds at a time.
const SLOTS: usize = 3;

/// GPUs that were given up while they worked on something. To free their memory would wait for that, and it may never end;
/// while it has not, no GPU is opened, so that there are never more of them than were open at a time.
static STUCK: Mutex<Vec<Cuda>> = Mutex::new(Vec::new());

/// An NVIDIA GPU.
pub struct Cuda {
    kernels: Kernels,
    slots: Vec<Slot>,
}

/// By scheme, as it is numbered.
type Kernels = [Vec<Step>; 2];

/// The kernels of each scheme in the order in which they run, and how many signatures a thread has: see `cuda/verify.cu`.
fn kernels(module: &Arc<CudaModule>) -> Result<Kernels, String> {
    let step = |name, shared| {
        let kernel = module.load_function(name).map_err(in_words)?;
        Ok::<_, String>(Step { kernel, shared })
    };
    let begin = step("pelton_secp256k1_begin", 16)?;
    let secp256k1 = vec![begin, step("pelton_secp256k1", 1)?, step("pelton_secp256k1_end", 16)?];
    Ok([secp256k1, vec![step("pelton_ed25519", 1)?]])
}

/// The first GPU, and what there is of others, as far as the driver tells.
pub fn devices() -> Devices {
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
        open: Arc::new(|| guarded(|| open(0))),
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
pub fn open(ordinal: usize) -> Result<Box<dyn Device>, String> {
    let devices = count()?;
    if ordinal >= devices {
        return Err(format!("there is no CUDA device {ordinal}; there are {devices}"));
    }
    let mut stuck = STUCK.lock().unwrap_or_else(PoisonError::into_inner);
    stuck.retain(Cuda::is_in_use);
    if !stuck.is_empty() {
        return Err("the CUDA device is not done with what it was given up for".to_owned());
    }
    drop(stuck);
    let context = CudaContext::new(ordinal).map_err(in_words)?;
    let module = context.load_module(Ptx::from_binary(KERNELS.to_vec())).map_err(in_words)?;
    let function = |name| module.load_function(name).map_err(in_words);
    let kernels = kernels(&module)?;
    slot::run_once(&context, &function("pelton_tables")?)?;
    let slots = (0..SLOTS).map(|_| Slot::new(&context)).collect::<Result<_, _>>()?;
    Ok(Box::new(Cuda { kernels, slots }))
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

    fn start(&mut self, slot: usize, known: &Signatures, batch: &Signatures) -> Result<(), String> {
        self.slots[slot].start(&self.kernels[batch.scheme() as usize], known, batch)
    }

    fn finish(&mut self, slot: usize) -> Result<Option<Vec<Answer>>, String> {
        self.slots[slot].finish()
    }

    fn abandon(self: Box<Self>) {
        if self.is_in_use() {
            STUCK.lock().unwrap_or_else(PoisonError::into_inner).push(*self);
        }
    }
}

impl Cuda {
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
        match super::open(usize::MAX) {
            Ok(_) => panic!("no machine has so many"),
            Err(reason) => assert!(reason.starts_with("there is no CUDA"), "{reason}"),
        }
        assert!(super::name(1_000).is_none());
    }
}
