//! Which equations of a batch hold, with as few sums as that takes, and never much more work than one by one.
//!
//! A sum of equations that holds answers all of them for the price of a few; one that fails has answered nothing. So
//! sums are paid for with *credit*:
//!
//! ```text
//!   a sum of n holds    earns   n times the price of one equation, less its own price
//!   a sum of n fails    costs   its own price
//!   one by itself       earns   a tenth of its price
//! ```
//!
//! A sum is made only if the credit covers its price, and credit has an upper bound. So the time spent on sums in vain is
//! at most a tenth of what one by one would take, plus what the bound allows once, plus what true sums spared; whoever
//! chooses what comes in cannot make the whole slower than that. A sum that fails is cut in halves, of which one must fail.

use std::ops::Range;

use super::equations::Equations;

/// Prices in microseconds of one core of 2023; only their ratios matter.
mod price {
    /// A final exponentiation, and the pairing of the sum of signatures.
    pub const SUM: u64 = 520;
    /// A message's pairing.
    pub const MESSAGE: u64 = 210;
    /// What a signature adds to the sums of keys and of signatures.
    pub const SIGNATURE: u64 = 50;
    /// An equation by itself.
    pub const ALONE: u64 = SUM + MESSAGE;
}

/// Enough for a full batch whose messages all differ to fail.
const CREDIT_MAX: u64 = 512 * (price::MESSAGE + price::SIGNATURE) + price::SUM;

/// What may be spent on sums that could fail.
#[derive(Clone, Debug)]
pub(super) struct Credit(u64);

impl Default for Credit {
    fn default() -> Self {
        Self(CREDIT_MAX)
    }
}

impl Credit {
    fn earn(&mut self, amount: u64) {
        self.0 = CREDIT_MAX.min(self.0 + amount);
    }
}

/// The search of one batch.
pub(super) struct Search<'a> {
    equations: &'a Equations,
    credit: &'a mut Credit,
    verdicts: &'a mut [bool],
}

impl<'a> Search<'a> {
    /// `verdicts` are those of the batch that the equations come from, all of them false.
    pub fn new(equations: &'a Equations, credit: &'a mut Credit, verdicts: &'a mut [bool]) -> Self {
        Self { equations, credit, verdicts }
    }

    /// Writes the verdicts on the equations in `range`.
    pub fn settle(&mut self, range: Range<usize>) {
        self.settle_part(range, false);
    }

    /// Writes the verdicts on the equations in `range`, of which one is known not to hold if it `fails`. Gives whether all
    /// hold.
    fn settle_part(&mut self, range: Range<usize>, mut fails: bool) -> bool {
        match range.len() {
            0 => return true,
            1 => return !fails && self.settle_one(range.start),
            _ => {}
        }
        if !fails && self.price(range.clone()) <= self.credit.0 {
            if self.settle_sum(range.clone()) {
                return true;
            }
            fails = true;
        }
        let middle = range.start + range.len() / 2;
        let first = self.settle_part(range.start..middle, false);
        // If the whole fails and its first half does not, the second does, and asking would say so again.
        let second = self.settle_part(middle..range.end, fails && first);
        first && second
    }

    fn price(&self, range: Range<usize>) -> u64 {
        let signatures = range.len() as u64;
        price::SUM + price::MESSAGE * self.equations.messages(range) as u64 + price::SIGNATURE * signatures
    }

    /// Whether all of at least two equations hold, as their sum says; then they are answered.
    fn settle_sum(&mut self, range: Range<usize>) -> bool {
        let price = self.price(range.clone());
        let holds = self.equations.hold(range.clone());
        if holds {
            self.credit.earn((range.len() as u64 * price::ALONE).saturating_sub(price));
            range.for_each(|index| self.verdicts[self.equations.place(index)] = true);
        } else {
            self.credit.0 -= price;
        }
        holds
    }

    fn settle_one(&mut self, index: usize) -> bool {
        self.credit.earn(price::ALONE / 10);
        let holds = self.equations.hold(index..index + 1);
        self.verdicts[self.equations.place(index)] = holds;
        holds
    }
}
