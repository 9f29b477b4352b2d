//! Keccak-256 of many messages on a GPU.

use cudarc::nvrtc::Ptx;

use super::input::Layout;
use super::slot::Slot;
use super::steps::Steps;
use super::stuck::{Busy, Stuck};
use super::{KERNELS, context, guarded, in_words};
use crate::hash::keccak256;

static STUCK: Stuck<Hasher> = Stuck::new();

/// A GPU that hashes, one batch at a time and without waiting for it.
///
/// With each batch goes a message whose hash is known. Whatever goes wrong is an error, and no hash is given
/// then: the GPU is to be abandoned, and the CPU asked.
pub struct Hasher {
    slot: Slot,
    steps: Steps,
    /// Of no bytes, which are hashed before all others.
    known: [u8; 32],
}

impl Hasher {
    /// Opens the GPU of this number, counted from 0.
    ///
    /// # Errors
    /// Why there is none that can be used, for people.
    pub fn open(ordinal: usize) -> Result<Hasher, String> {
        guarded(|| Hasher::open_unguarded(ordinal))
    }

    fn open_unguarded(ordinal: usize) -> Result<Hasher, String> {
        let context = context(ordinal, &STUCK)?;
        let module = context.load_module(Ptx::from_binary(KERNELS.to_vec())).map_err(in_words)?;
        let steps = Steps::hashing(&context, &module)?;
        Ok(Hasher { slot: Slot::new(&context, true)?, steps, known: keccak256(b"") })
    }

    /// Whether there is room for these messages, of which each ends where `ends` says, in bytes.
    pub fn fits(messages: &[u8], ends: &[u32]) -> bool {
        Slot::has_room(&Layout::of_messages(messages.len(), ends.len() + 1))
    }

    /// Begins to hash messages, one behind the other and each up to where `ends` says.
    ///
    /// # Errors
    /// What the driver says, for people.
    ///
    /// # Panics
    /// If they do not fit, or others are in hand.
    pub fn start(&mut self, messages: &[u8], ends: &[u32]) -> Result<(), String> {
        // The message that is known is empty, so that the others end where they would without it.
        self.slot.start_hashes(&self.steps, messages, &[&[0], ends].concat())
    }

    /// The hash of each message, once they are there. Does not wait.
    ///
    /// # Errors
    /// What the driver says, or that the known hash is wrong, for people.
    pub fn finish(&mut self) -> Result<Option<Vec<[u8; 32]>>, String> {
        let Some((mut hashes, _)) = self.slot.finish()? else { return Ok(None) };
        if hashes.remove(0) != self.known {
            return Err("it gave a wrong hash of a known message".to_owned());
        }
        Ok(Some(hashes))
    }

    /// Gives the GPU up without waiting for it. Memory that it may still write to is not used again.
    pub fn abandon(self) {
        STUCK.give_up(self);
    }
}

impl Busy for Hasher {
    fn is_in_use(&self) -> bool {
        self.slot.is_in_use()
    }
}
