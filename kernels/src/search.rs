//! Which equations of a batch are true, with as few sums as that takes, and never much more work than one by one.
//!
//! A random sum of equations that is zero settles all of them for the price of a few. One that is not says nothing of any
//! single one: at least one is false. Then halves are asked for, halves of halves, and at last a few are settled alone:
//!
//! ```text
//!   settle ── does a sum pay? ── yes ──> sum ── zero ──> all are true
//!     ^            │ no                   │ not zero
//!     │            v                      v
//!     └──────── do halves? ── yes ──> two halves
//!                  │ no
//!                  v
//!                alone
//! ```
//!
//! Whether something pays is asked of [`Price`] and of [`Trust`], which says how often equations proved false of late and
//! how much sums may still cost. Both change how long an answer takes, and no answer.

mod price;
#[cfg(test)]
mod tests;
mod trust;

use std::ops::Range;

pub(crate) use price::Price;
#[cfg(test)]
pub(crate) use trust::BUDGET_MAX;
pub(crate) use trust::{ALLOWANCE, Trust};
use trust::{Record, Share};

/// The equations of a batch, by number.
pub(crate) trait Equations {
    /// Whether the sum of those in `range` is zero; then they are true, and are noted as such.
    fn settle_sum(&mut self, range: Range<usize>) -> bool;

    /// Settles each of those in `range` alone. Gives how many are false.
    fn settle_alone(&mut self, range: Range<usize>) -> usize;
}

/// The search for the false equations of a batch.
pub(crate) struct Search<'a> {
    trust: &'a Trust,
    price: &'a Price,
    /// What the batches before this one showed, and what this one did so far.
    before: Record,
    found: Share,
}

impl<'a> Search<'a> {
    /// Begins a batch.
    pub fn new(trust: &'a Trust, price: &'a Price) -> Self {
        Self { trust, price, before: trust.record(), found: Share::default() }
    }

    /// The chance that the next equation is false.
    pub fn share_of_false(&self) -> f64 {
        self.before.plus(&self.found).of_false()
    }

    /// Settles the equations in `range`.
    pub fn settle(&mut self, equations: &mut impl Equations, range: Range<usize>) {
        self.settle_group(equations, range, false);
    }

    /// Notes that `settled` equations were settled alone, and how many were false. Gives whether all were true.
    pub fn note_alone(&mut self, settled: usize, found_false: usize) -> bool {
        let share = Share { settled: settled as f64, found_false: found_false as f64 };
        self.trust.earn(share.settled * ALLOWANCE);
        self.found = self.found.plus(&share);
        found_false == 0
    }

    /// Settles the equations in `range`, of whose sum it may be known that it `fails`. Gives whether all are true.
    fn settle_group(&mut self, equations: &mut impl Equations, range: Range<usize>, mut fails: bool) -> bool {
        let (len, share) = (range.len(), self.share_of_false());
        if len < self.price.group_min {
            return self.settle_alone(equations, range);
        }
        if !fails && self.price.sum_pays(len, share) {
            if !self.trust.spend(self.price.sum(len), 0.0) {
                return self.settle_alone(equations, range);
            }
            if equations.settle_sum(range.clone()) {
                self.trust.earn(len as f64);
                self.found.settled += len as f64;
                return true;
            }
            fails = true;
        }
        if self.price.expected_apart(len, share) >= self.price.alone(len) {
            return self.settle_alone(equations, range);
        }
        let middle = range.start + (len / 2).next_multiple_of(self.price.lanes);
        let first = self.settle_group(equations, range.start..middle, false);
        // If the whole fails and its first half does not, the second does, and asking would say so again.
        let second = self.settle_group(equations, middle..range.end, fails && first);
        first && second
    }

    fn settle_alone(&mut self, equations: &mut impl Equations, range: Range<usize>) -> bool {
        let settled = range.len();
        let found_false = equations.settle_alone(range);
        self.note_alone(settled, found_false)
    }
}

impl Drop for Search<'_> {
    /// Ends the batch: later ones know what it showed.
    fn drop(&mut self) {
        self.trust.learn(&self.found);
    }
}
