//! `Zipf`: ranks of which the first comes up most often, the r-th 1 / r^s times as often.
//!
//! The tables are made of additions, multiplications, divisions and square roots, which IEEE 754 rounds in one way alone,
//! so that they are equal on every machine. A logarithm need not be.

use crate::dice::Dice;
use crate::parameter::ONE;

/// Binary places of an exponent's fraction, which leave an error far below what a table of 2^64 parts shows.
const PLACES: u32 = 40;
const PARTS: f64 = 18_446_744_073_709_551_616.0;

/// Where each rank's part of all 64-bit numbers ends.
pub(crate) struct Zipf {
    ends: Vec<u64>,
}

impl Zipf {
    /// So many ranks, at least one, under an exponent in thousandths.
    pub(crate) fn new(ranks: u32, exponent: u32) -> Zipf {
        assert!(ranks > 0, "somebody must come up");
        let mut sums = Vec::with_capacity(ranks as usize);
        let mut sum = 0.0;
        for rank in 1..=ranks {
            sum += 1.0 / power(rank.into(), exponent);
            sums.push(sum);
        }
        Zipf { ends: sums.into_iter().map(|end| (end / sum * PARTS) as u64).collect() }
    }

    /// A rank, from 0 on.
    pub(crate) fn throw(&self, dice: &mut Dice) -> u32 {
        let thrown = dice.throw();
        let rank = self.ends.partition_point(|end| *end <= thrown);
        rank.min(self.ends.len() - 1) as u32
    }
}

/// A number, at least 1, to the power of an exponent in thousandths.
fn power(base: f64, exponent: u32) -> f64 {
    let mut result = (0..exponent / ONE).fold(1.0, |product, _| product * base);
    let (mut root, mut rest) = (base, exponent % ONE);
    for _ in 0..PLACES {
        root = root.sqrt();
        rest *= 2;
        if rest >= ONE {
            rest -= ONE;
            result *= root;
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn powers_are_those_of_the_standard_library() {
        for base in [1.0, 2.0, 3.0, 10.0, 99_999.0, 1e7] {
            for exponent in [0, 1, 500, 900, 999, 1_000, 1_500, 3_000] {
                let expected = f64::powf(base, f64::from(exponent) / f64::from(ONE));
                let found = power(base, exponent);
                assert!((found / expected - 1.0).abs() < 1e-9, "{base}^{exponent}: {found}, {expected}");
            }
        }
    }

    #[test]
    fn ranks_come_up_as_often_as_they_should() {
        let (zipf, mut dice) = (Zipf::new(100, 900), Dice::new(5));
        let mut counts = [0.0; 100];
        (0..200_000).for_each(|_| counts[zipf.throw(&mut dice) as usize] += 1.0);
        let whole: f64 = (1..=100).map(|rank| f64::powf(rank.into(), -0.9)).sum();
        for (rank, count) in (1..).zip(counts) {
            let expected = 200_000.0 * f64::powf(rank.into(), -0.9) / whole;
            assert!((count - expected).abs() < 6.0 * expected.sqrt(), "{rank}: {count}, {expected}");
        }
    }

    #[test]
    fn every_number_that_can_be_thrown_is_a_rank() {
        for ranks in [1, 2, 3, 1_000] {
            for exponent in [0, 900, 3_000] {
                let ends = Zipf::new(ranks, exponent).ends;
                assert!(ends.is_sorted() && ends.last() == Some(&u64::MAX));
            }
        }
    }
}
