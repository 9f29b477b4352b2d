//! A device that verifies batches beside the CPU: what it is given, and what it answers.
//!
//! ```text
//!                  cuts, expands, draws                  start            finish
//!   DeviceVerification ──────────────> Work (and Plan) ──────> Device ──────────────> Answers ──> verdicts
//!          │   ^                                                  │   known ones right?
//!          v   └── a fault, or a batch that is too short: the CPU ┘   no: a fault
//!   BatchVerification
//! ```
//!
//! The device decodes signatures (rules 1 to 3), hashes messages to points, adds up, and pairs (rule 6). The CPU has decoded and
//! checked the keys when they were registered, and expands messages, which is a few hashes. Sums have the coefficients of the CPU and so are as sound. They are
//! small, so that one that does not hold is resolved at once, each of its signatures by itself: see `plan`.
//!
//! With each batch go a few signatures whose answers are known, in sums of their own. Whatever is wrong with these is a fault
//! of all that the device said, and a fault is never a verdict.

mod answers;
mod known;
mod measure;
mod plan;
mod verification;
mod work;

pub use measure::measure;
pub(crate) use plan::Plan;
pub use verification::{DeviceVerification, Least, Open};
pub use work::Work;

/// What a device says of a batch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answers {
    /// Of each signature: 1 if it is valid, 0 if not.
    pub signatures: Vec<u8>,
    /// Of each sum that was tried: 1 if it held, 0 if not.
    pub sums: Vec<u8>,
}

/// Verifies batches in slots, each of which has memory of its own.
pub trait Device: Send {
    /// The name under which it is reported.
    fn name(&self) -> &'static str;

    /// How many batches it can hold.
    fn slots(&self) -> usize;

    /// How many signatures a slot has room for.
    fn signatures_max(&self) -> usize;

    /// Copies what it needs of `work` and begins with it in a slot that is empty. Does not wait.
    ///
    /// # Errors
    /// What went wrong, for people.
    fn start(&mut self, slot: usize, work: &Work) -> Result<(), String>;

    /// The answers of a slot in which something was begun, once they are there; the slot is empty then. Does not wait.
    ///
    /// # Errors
    /// What went wrong, for people.
    fn finish(&mut self, slot: usize) -> Result<Option<Answers>, String>;

    /// Gives the device up without waiting for it. Memory that it may still write to is not used again.
    fn abandon(self: Box<Self>);
}
