//! A place to send batches of signatures and fetch verdicts from, without ever waiting.
//!
//! ```text
//!             submit                                poll
//!   caller ─────────────> in flight (bounded) ─────────────> caller: verdicts, or a fault
//!      ^        full          │ threads or a device              │
//!      └──────── batch <──────┘                                  └─ the memory of the batch, to fill again
//! ```
//!
//! Invariants: every accepted batch comes back exactly once, with its ticket, in any order; a batch that is refused
//! comes back at once and unchanged; a verdict is only ever an answer of a back-end, and what was not answered is a
//! [`Fault`].

mod chunked;
mod reliable;
mod shared;

use std::fmt;

pub use chunked::{Chunked, Job, Settings, Spawn};
pub use reliable::Reliable;
pub use shared::Shared;

use crate::backend::Verdict;
use crate::signatures::Signatures;

/// Takes batches and gives them back with verdicts, some polls later.
pub trait Verifier: Send {
    /// Takes `batch`, never waits. The error is no fault: as many batches are in flight as are allowed, and the batch is
    /// handed back to be offered again after a [`Verifier::poll`].
    #[expect(clippy::result_large_err, reason = "what a refusal hands back is the batch itself, not a copy")]
    fn submit(&mut self, batch: Signatures) -> Result<Ticket, Signatures>;

    /// One completed batch, if there is one, never waits. To be called until it gives none.
    fn poll(&mut self) -> Option<Completed>;

    /// How many batches were accepted and not yet given back.
    fn in_flight(&self) -> usize;

    /// Who answered how much since the start.
    fn report(&self) -> Report;
}

/// Names a batch within its verifier, from its submission to its completion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(pub u64);

/// A batch on its way back.
#[derive(Debug)]
pub struct Completed {
    /// What [`Verifier::submit`] gave for it.
    pub ticket: Ticket,
    /// The batch, unchanged.
    pub signatures: Signatures,
    /// One verdict for each signature, in order; or why there is none.
    pub outcome: Result<Verdicts, Fault>,
}

/// One verdict for each signature of a batch, in order.
pub type Verdicts = Vec<Verdict>;

/// A device could not answer. This says nothing about any signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The back-end that could not answer.
    pub device: &'static str,
    /// What went wrong, for people.
    pub reason: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}", self.device, self.reason)
    }
}

impl std::error::Error for Fault {}

/// Which back-ends really ran.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Back-end and how many signatures it answered; each name once.
    pub answered: Vec<(&'static str, u64)>,
    /// How many batches came back from a back-end with a fault.
    pub faults: u64,
    /// The last of those faults.
    pub last_fault: Option<Fault>,
}

impl Report {
    /// What two verifiers did together; the last fault is that of the second, if it had one.
    pub fn and(self, second: Report) -> Report {
        let mut answered = self.answered;
        for (name, count) in second.answered {
            match answered.iter_mut().find(|(known, _)| *known == name) {
                Some((_, known_count)) => *known_count += count,
                None => answered.push((name, count)),
            }
        }
        Report {
            answered,
            faults: self.faults + second.faults,
            last_fault: second.last_fault.or(self.last_fault),
        }
    }

    /// How many signatures the back-end `name` answered.
    pub fn answered_by(&self, name: &str) -> u64 {
        self.answered.iter().filter(|(known, _)| *known == name).map(|(_, count)| count).sum()
    }
}
