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
    /// Which of all batches that were looked up.
    pub batch: u64,
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

/// Whose signature it is that is verified without a known key, by hash; 0 if nobody's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stranger(u64);

impl Stranger {
    pub const NOBODY: Stranger = Stranger(0);
    const UNFOLLOWED: u64 = 2;
    const SEEN: u64 = 4;

    /// Of somebody whose key may be known one day; now, if it was seen before.
    pub fn passing(hash: u64, was_seen: bool) -> Stranger {
        Stranger(hash | if was_seen { Self::SEEN } else { 0 })
    }

    /// Claimed to be of somebody whose key is known, when claims are not followed.
    pub fn unfollowed(hash: u64) -> Stranger {
        Stranger(hash | Self::UNFOLLOWED)
    }

    /// The hash of who it is, if it is somebody.
    pub fn hash(self) -> Option<u64> {
        (self != Self::NOBODY).then_some(self.0 & !(Self::UNFOLLOWED | Self::SEEN))
    }

    pub fn is_unfollowed(self) -> bool {
        self.0 & Self::UNFOLLOWED != 0
    }

    pub fn was_seen(self) -> bool {
        self.0 & Self::SEEN != 0
    }
}

impl Plan {
    /// Nothing is known, and nothing is to be.
    pub fn without_keys(count: usize) -> Plan {
        let task = |signature| Task { signature: signature as u32, place: NOWHERE };
        let (tasks, strangers) = ((0..count).map(task).collect(), vec![Stranger::NOBODY; count]);
        Plan { batch: 0, tasks, known: 0, first: 0, new: 0, is_summed: false, strangers }
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
