//! Rule 5 for many signatures: random sums of their equations, and each alone where a sum fails.
//!
//! If all equations of a sum hold, so does the sum. If one does not, the sum holds with a chance of 2^-128 for who cannot
//! foresee the coefficients. A part of a batch keeps the coefficients that it has in the whole: they are drawn from
//! everything that is in the whole, and a forger learns nothing of them between one sum and the next.

use std::ops::Range;

use super::coefficients;
use crate::search::{self, Price, Search, Trust};

/// Who computes on the curve.
pub(super) trait Arithmetic {
    /// What one signature has to obey.
    type Equation;

    /// What sums cost.
    fn price(&self) -> Price;

    /// The challenge and the S of an equation.
    fn scalars(equation: &Self::Equation) -> ([u8; 32], [u8; 32]);

    /// Whether 8 Σ z (k A + R - S B) is neutral, with one z of `coefficients` for each of `equations`.
    fn sum_is_neutral(&self, equations: &[Self::Equation], coefficients: &[u128]) -> bool;

    /// Whether each equation holds, in order.
    fn hold(&self, equations: &[Self::Equation]) -> Vec<bool>;
}

/// Whether each equation holds, in order, with sums as far as `trust` allows. The secret `seed` makes them random.
pub(super) fn hold<A: Arithmetic>(
    arithmetic: &A,
    seed: &[u8; 32],
    trust: &Trust,
    equations: &[A::Equation],
) -> Vec<bool> {
    let hold = vec![false; equations.len()];
    let mut batch = Batch { arithmetic, seed, equations, coefficients: None, hold };
    Search::new(trust, &arithmetic.price()).settle(&mut batch, 0..equations.len());
    batch.hold
}

struct Batch<'a, A: Arithmetic> {
    arithmetic: &'a A,
    seed: &'a [u8; 32],
    equations: &'a [A::Equation],
    /// Drawn with the first sum.
    coefficients: Option<Vec<u128>>,
    hold: Vec<bool>,
}

impl<A: Arithmetic> search::Equations for Batch<'_, A> {
    fn settle_sum(&mut self, range: Range<usize>) -> bool {
        let (seed, equations) = (self.seed, self.equations);
        let draw = || coefficients::draw(seed, equations.iter().map(A::scalars));
        let coefficients = self.coefficients.get_or_insert_with(draw);
        let holds = self.arithmetic.sum_is_neutral(&equations[range.clone()], &coefficients[range.clone()]);
        if holds {
            self.hold[range].fill(true);
        }
        holds
    }

    fn settle_alone(&mut self, range: Range<usize>) -> usize {
        let hold = self.arithmetic.hold(&self.equations[range.clone()]);
        self.hold[range].copy_from_slice(&hold);
        hold.iter().filter(|holds| !**holds).count()
    }
}
