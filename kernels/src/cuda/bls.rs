//! BLS signatures on NVIDIA GPUs: a [`Device`] over CUDA's driver and the kernels of `cuda/bls.cu`.
//!
//! ```text
//!   slot:  copy in ──> decode, hash ──> sums and joins ──> check ──> copy out ──> each of what is in a sum that fails ──> copy out
//! ```
//!
//! Several slots, since the check of sums takes few threads for long: beside it there is room for what other slots do.

mod asked;
mod kernels;
mod layout;
mod slot;

use std::sync::Arc;

use cudarc::nvrtc::Ptx;

use super::stuck::{Busy, Stuck};
use super::{context, guarded, in_words};
use crate::bls12381::SignedMessage;
use crate::bls12381::device::{Answers, Device, Work};
use kernels::Kernels;
use slot::Slot;

/// The kernels, for every GPU that is supported.
static KERNELS: &[u8] = include_bytes!("../../cuda/bls.fatbin");

/// Batches that a GPU holds at a time.
const SLOTS: usize = 4;

/// Products of two words that a signature takes, in whole thousands: on a GPU, one instruction each. Of one by itself, and of
/// one among many of one message.
pub const PRODUCTS: [u64; 2] = [6_983_000, 1_009_000];

static STUCK: Stuck<Cuda> = Stuck::new();

/// An NVIDIA GPU.
struct Cuda {
    slots: Vec<Slot>,
}

/// How long the kernels take for a batch that fits a slot, in sums or each signature by itself, so many times: in
/// nanoseconds by the GPU's own clock. All signatures are valid. For measurements alone.
///
/// # Errors
/// What the driver says, or that a signature was refused, for people.
pub fn time(signed: &[SignedMessage], is_in_sums: bool, times: usize) -> Result<Vec<f64>, String> {
    let mut slot = guarded(|| slots(0, 1))?.remove(0);
    let work = Work::sample(signed, is_in_sums);
    slot.start(&work)?;
    let answers = loop {
        if let Some(answers) = slot.finish()? {
            break answers;
        }
        std::hint::spin_loop();
    };
    if !answers.signatures.ends_with(&vec![1; signed.len()]) {
        return Err("a valid signature was refused".to_owned());
    }
    (0..times).map(|_| slot.time(&work)).collect()
}

fn slots(ordinal: usize, count: usize) -> Result<Vec<Slot>, String> {
    let context = context(ordinal, &STUCK)?;
    let module = context.load_module(Ptx::from_binary(KERNELS.to_vec())).map_err(in_words)?;
    let kernels = Arc::new(Kernels::of(&module)?);
    (0..count).map(|_| Slot::new(&context, &kernels)).collect()
}

/// Opens the GPU of this number, counted from 0.
///
/// # Errors
/// Why there is none that can be used, for people.
pub fn open(ordinal: usize) -> Result<Box<dyn Device>, String> {
    let slots = guarded(|| slots(ordinal, SLOTS))?;
    Ok(Box::new(Cuda { slots }))
}

impl Device for Cuda {
    fn name(&self) -> &'static str {
        "cuda"
    }

    fn slots(&self) -> usize {
        self.slots.len()
    }

    fn signatures_max(&self) -> usize {
        layout::COUNT_MAX
    }

    fn start(&mut self, slot: usize, work: &Work) -> Result<(), String> {
        self.slots[slot].start(work)
    }

    fn finish(&mut self, slot: usize) -> Result<Option<Answers>, String> {
        self.slots[slot].finish()
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
