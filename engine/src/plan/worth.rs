//! How many threads a block is worth.
//!
//! What one thread hands to another travels between their caches, and waking a thread takes as long as some hundred
//! transfers. So a block of little work is done soonest, and with the least of everybody's time, by one thread in block
//! order; so is one in which nearly everything waits for what is before it.

use super::{Class, Plan};

/// How many transfers weigh as much as a call.
pub(crate) const CALL: u32 = 16;
/// Less work than this, counted in transfers, is not shared with one more thread: some hundred microseconds.
const SHARE_MIN: u64 = 4_096;

/// Fewer payments than this are not shared with one more thread.
const PAYMENTS_MIN: usize = 1_024;

impl Class {
    /// Counted in transfers.
    pub(crate) fn weight(self) -> u32 {
        if self == Class::Transfer { 1 } else { CALL }
    }
}

impl Plan {
    /// How many workers are of use, at most so many: as many as the work suffices for, and as could be kept busy if all that
    /// waits for something else ran one after the other. One means that nobody should run beside anybody.
    pub fn workers(&self, most: usize) -> usize {
        if self.is_payments {
            return most.min(self.transactions.len() / PAYMENTS_MIN).max(1);
        }
        let total: u64 = self.classes.iter().map(|class| u64::from(class.weight())).sum();
        let by_work = most.min((total / SHARE_MIN) as usize);
        if by_work < 2 {
            return 1;
        }
        by_work.min((total / self.longest_chain().max(1)) as usize).max(1)
    }

    /// The weight of the heaviest chain of transactions each of which waits for the one before it.
    fn longest_chain(&self) -> u64 {
        let mut before = vec![0u64; self.classes.len()];
        let mut longest = 0;
        for (position, class) in (0..).zip(&self.classes) {
            let through = before[position as usize] + u64::from(class.weight());
            longest = longest.max(through);
            for successor in self.graph.successors.row(position) {
                let before = &mut before[*successor as usize];
                *before = through.max(*before);
            }
        }
        longest
    }
}
