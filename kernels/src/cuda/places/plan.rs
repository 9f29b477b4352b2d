//! What is to be done with a batch.

use std::ops::Range;

use crate::cuda::sums::GROUP;

/// In place of a place, as in `cuda/verify.cu`.
pub const NOWHERE: u32 = u32::MAX;

/// Tasks whose sum is apart from all others, as in `cuda/scheme/ed25519_sums.cuh`: those whose answers are known.
pub const FIRST: usize = 4;

/// What a thread of a kernel does, as in `cuda/verify.cu`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Task {
    pub signature: u32,
    pub place: u32,
}

/// The tasks of a batch.
#[derive(Debug)]
pub struct Plan {
    /// One for each signature: first those whose key is known, then `first`, then those whose key is to be, then the others.
    pub tasks: Vec<Task>,
    pub known: usize,
    /// Those whose answers are known, and whose keys are not.
    pub first: usize,
    pub new: usize,
    /// Whether those whose key is not known are verified in sums.
    pub is_summed: bool,
    /// Of each task whose key is not known, in their order.
    pub strangers: Vec<Stranger>,
}

/// Whose signature it is that is verified without a known key, by hash.
#[derive(Clone, Copy, Debug)]
pub enum Stranger {
    Nobody,
    /// Of somebody whose key may be known one day.
    Passing(u64),
    /// Claimed to be of somebody whose key is known, when claims were not followed.
    Unfollowed(u64),
}

impl Plan {
    /// Nothing is known, and nothing is to be.
    pub fn without_keys(count: usize) -> Plan {
        let task = |signature| Task { signature: signature as u32, place: NOWHERE };
        let (tasks, strangers) = ((0..count).map(task).collect(), vec![Stranger::Nobody; count]);
        Plan { tasks, known: 0, first: 0, new: 0, is_summed: false, strangers }
    }

    /// Those whose key is to be known.
    pub fn new_tasks(&self) -> Range<usize> {
        let first = self.known + self.first;
        first..first + self.new
    }

    /// Those whose key is not known, in groups of which each may share a sum, without the first of them.
    pub fn groups(&self) -> impl Iterator<Item = &[Task]> {
        self.tasks[self.known..].get(FIRST..).unwrap_or_default().chunks(GROUP)
    }
}

/// Tasks of one kind, and whose signatures these are where that is not known by their place.
#[derive(Default)]
pub struct Kind {
    pub tasks: Vec<Task>,
    pub strangers: Vec<Stranger>,
}
