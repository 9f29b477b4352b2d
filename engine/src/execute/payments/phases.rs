//! `Phases`: two rounds of as many jobs, the second of which begins when all of the first are through.
//!
//! ```text
//!  workers ──> slices, each once ──the last one through calls the others──> shards, each once ──> the last one knows
//! ```
//!
//! Who finds no job leaves, and neither spins nor sleeps.

use crate::sync::{AtomicUsize, Ordering};

/// See the head of this file.
#[derive(Debug)]
pub(super) struct Phases {
    parts: usize,
    slices: Round,
    shards: Round,
}

/// Jobs by number.
#[derive(Debug)]
struct Round {
    next: AtomicUsize,
    through: AtomicUsize,
}

impl Phases {
    /// Two rounds of so many jobs.
    pub(super) fn new(parts: usize) -> Phases {
        Phases { parts, slices: Round::new(), shards: Round::new() }
    }

    /// How many jobs a round has.
    pub(super) fn parts(&self) -> usize {
        self.parts
    }

    /// Whether all jobs of both rounds are through.
    pub(super) fn are_through(&self) -> bool {
        self.parts > 0 && self.shards.through.load(Ordering::Acquire) == self.parts
    }

    /// Does jobs as long as there are any. Calls `wake` when the second round begins; true for whoever ends it.
    pub(super) fn work(&self, slice: impl Fn(usize), shard: impl Fn(usize), wake: impl FnOnce()) -> bool {
        if self.slices.work(self.parts, slice) {
            wake();
        }
        // What all slices wrote is seen here, as each one's end is released and all ends are acquired.
        self.slices.through.load(Ordering::Acquire) == self.parts && self.shards.work(self.parts, shard)
    }
}

impl Round {
    fn new() -> Round {
        Round { next: AtomicUsize::new(0), through: AtomicUsize::new(0) }
    }

    /// Whether the last job of the round was done here.
    fn work(&self, parts: usize, job: impl Fn(usize)) -> bool {
        loop {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            if number >= parts {
                return false;
            }
            job(number);
            if self.through.fetch_add(1, Ordering::AcqRel) + 1 == parts {
                return true;
            }
        }
    }
}
