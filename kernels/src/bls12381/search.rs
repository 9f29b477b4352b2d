//! Which equations of a batch hold, with as few sums as that takes, and never much more work than one by one.
//!
//! A sum of equations that holds answers all of them for the price of a few; one that fails has answered nothing. So
//! sums are paid for with *credit*:
//!
//! ```text
//!   a sum of n holds    earns   the price of n equations by themselves, less its own price
//!   a sum of n fails    costs   its own price
//!   one by itself       earns   a tenth of its price
//! ```
//!
//! A sum is made only if the credit covers its price, and credit has an upper bound. So the time spent on sums in vain is
//! at most a tenth of what one by one would take, plus what the bound allows once, plus what true sums spared; whoever
//! chooses what comes in cannot make the whole slower than that. A sum that fails is cut in halves, of which one must fail.

use std::ops::Range;

/// Equations that can be summed up.
pub(super) trait Sums {
    /// What it takes to say whether the equations in `range` hold, in microseconds of some processor.
    fn price(&self, range: Range<usize>) -> u64;

    /// Whether all equations in `range` hold.
    fn hold(&self, range: Range<usize>) -> bool;
}

/// Enough for a full batch whose messages all differ to fail, at the prices of any processor.
const CREDIT_MAX: u64 = 150_000;

/// What may be spent on sums that could fail, in the unit of [`Sums::price`].
#[derive(Clone, Debug)]
pub(super) struct Credit {
    amount: u64,
    most: u64,
}

impl Default for Credit {
    fn default() -> Self {
        Self::new(CREDIT_MAX)
    }
}

impl Credit {
    /// As much as there ever is.
    pub fn new(most: u64) -> Self {
        Self { amount: most, most }
    }

    pub fn covers(&self, price: u64) -> bool {
        price <= self.amount
    }

    pub fn earn(&mut self, amount: u64) {
        self.amount = self.most.min(self.amount + amount);
    }

    /// What is not there is not paid: who looked before whether it is covered pays all.
    pub fn pay(&mut self, price: u64) {
        self.amount = self.amount.saturating_sub(price);
    }
}

/// Writes whether each equation in `range` holds to its place in `verdicts`, all of which are false beforehand.
pub(super) fn settle(sums: &impl Sums, credit: &mut Credit, range: Range<usize>, verdicts: &mut [bool]) {
    Search { sums, credit, verdicts }.settle(range, false);
}

struct Search<'a, S> {
    sums: &'a S,
    credit: &'a mut Credit,
    verdicts: &'a mut [bool],
}

impl<S: Sums> Search<'_, S> {
    /// Settles the equations in `range`, of which one is known not to hold if it `fails`. Gives whether all hold.
    fn settle(&mut self, range: Range<usize>, mut fails: bool) -> bool {
        match range.len() {
            0 => return true,
            1 => return !fails && self.settle_one(range.start),
            _ => {}
        }
        if !fails && self.credit.covers(self.sums.price(range.clone())) {
            if self.settle_sum(range.clone()) {
                return true;
            }
            fails = true;
        }
        let middle = range.start + range.len() / 2;
        let first = self.settle(range.start..middle, false);
        // If the whole fails and its first half does not, the second does, and asking would say so again.
        let second = self.settle(middle..range.end, fails && first);
        first && second
    }

    /// Whether all of at least two equations hold, as their sum says; then they are answered.
    fn settle_sum(&mut self, range: Range<usize>) -> bool {
        let price = self.sums.price(range.clone());
        let holds = self.sums.hold(range.clone());
        if holds {
            let alone: u64 = range.clone().map(|index| self.sums.price(index..index + 1)).sum();
            self.credit.earn(alone.saturating_sub(price));
            self.verdicts[range].fill(true);
        } else {
            self.credit.pay(price);
        }
        holds
    }

    fn settle_one(&mut self, index: usize) -> bool {
        self.credit.earn(self.sums.price(index..index + 1) / 10);
        self.verdicts[index] = self.sums.hold(index..index + 1);
        self.verdicts[index]
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::ops::Range;

    use super::{CREDIT_MAX, Credit, Sums, settle};

    const ALONE: u64 = 765;

    /// Equations of which some do not hold, and what was paid to find out.
    struct Paid {
        good: Vec<bool>,
        paid: Cell<u64>,
    }

    impl Sums for Paid {
        fn price(&self, range: Range<usize>) -> u64 {
            if range.len() == 1 { ALONE } else { 520 + 260 * range.len() as u64 }
        }

        fn hold(&self, range: Range<usize>) -> bool {
            self.paid.set(self.paid.get() + self.price(range.clone()));
            self.good[range].iter().all(|good| *good)
        }
    }

    /// Finds the right verdicts; gives what that took.
    fn price(credit: &mut Credit, good: Vec<bool>) -> u64 {
        let sums = Paid { good, paid: Cell::new(0) };
        let mut verdicts = vec![false; sums.good.len()];
        settle(&sums, credit, 0..verdicts.len(), &mut verdicts);
        assert_eq!(verdicts, sums.good);
        sums.paid.get()
    }

    #[test]
    fn nobody_makes_many_batches_more_than_a_tenth_dearer_than_one_by_one() {
        for len in [2, 3, 64, 100, 512] {
            for one_bad_in in [1, 2, 3, 4, 5, 8, 15, 16, 40, 63] {
                for good_batches_between in [0, 1, 5] {
                    let (mut credit, mut paid, mut one_by_one) = (Credit::default(), 0, 0);
                    for round in 0..100 {
                        let spoils = round % (good_batches_between + 1) == 0;
                        let good = |index| !spoils || (index + round) % one_bad_in != 0;
                        paid += price(&mut credit, (0..len).map(good).collect());
                        one_by_one += ALONE * len as u64;
                    }
                    let bound = one_by_one + one_by_one / 10 + CREDIT_MAX;
                    assert!(paid <= bound, "{paid} > {bound}: {len}, {one_bad_in}, {good_batches_between}");
                }
            }
        }
    }

    #[test]
    fn valid_batches_are_one_sum_and_a_single_bad_one_is_found_by_few() {
        let mut credit = Credit::default();
        for len in [2, 64, 512] {
            assert_eq!(price(&mut credit, vec![true; len]), 520 + 260 * len as u64);
        }
        let mut good = vec![true; 64];
        good[37] = false;
        let half = ALONE * 64 / 2 + 520 + 260 * 64;
        assert!(price(&mut credit, good) < half + 10 * 520);
    }

    #[test]
    fn sums_are_tried_again_after_they_were_given_up() {
        let mut credit = Credit::default();
        for _ in 0..50 {
            price(&mut credit, vec![false; 64]);
        }
        let one_sum = 520 + 260 * 64;
        assert!(price(&mut credit, vec![true; 64]) > one_sum, "the credit is not enough for all at once");
        for _ in 0..5 {
            price(&mut credit, vec![true; 64]);
        }
        assert_eq!(price(&mut credit, vec![true; 64]), one_sum);
    }
}
