//! Products in five limbs with AVX-512's floating-point numbers: 75 operations on them, and about as many on words. Ten limbs
//! and the 32-bit multiplier take half as many again.

use super::five::{Limbs, Multiplier};
use crate::vector::{Eight, Fused, Halves, Vector as _};

/// How many products of limbs have column k, of 9.
const TERMS: [u64; 9] = [1, 2, 3, 4, 5, 4, 3, 2, 1];

/// What is in each limb of a product beside it: [`Halves::LOW`] for each low half, and [`Halves::HIGH`] twice for each
/// high half.
const BESIDE: [u64; 5] = beside();

const fn beside() -> [u64; 5] {
    let mut columns = [0_u64; 10];
    let mut k = 0;
    while k < 9 {
        columns[k] = columns[k].wrapping_add(Fused::LOW.wrapping_mul(TERMS[k]));
        columns[k + 1] = columns[k + 1].wrapping_add(Fused::HIGH.wrapping_mul(2 * TERMS[k]));
        k += 1;
    }
    let mut limbs = [0; 5];
    let mut i = 0;
    while i < 5 {
        limbs[i] = columns[i].wrapping_add(columns[i + 5].wrapping_mul(19));
        i += 1;
    }
    limbs
}

impl Multiplier for Fused {
    #[inline(always)]
    fn times(self, a: &Limbs, b: &Limbs) -> Limbs {
        let (a, b) = (self.factors(a), self.factors(b));
        let [mut lows, mut highs] = [[self.vector().splat(0); 9]; 2];
        for i in 0..5 {
            for j in 0..5 {
                self.add_product(&mut lows[i + j], &mut highs[i + j], a[i], b[j]);
            }
        }
        self.folded(&lows, &highs)
    }

    /// Each product of two different limbs is made once and doubled with its column.
    #[inline(always)]
    fn squared(self, a: &Limbs) -> Limbs {
        let v = self.vector();
        let a = self.factors(a);
        let [mut lows, mut highs] = [[v.splat(0); 9]; 2];
        for i in 0..5 {
            for j in i + 1..5 {
                self.add_product(&mut lows[i + j], &mut highs[i + j], a[i], a[j]);
            }
        }
        for k in 1..8 {
            lows[k] = v.add(lows[k], lows[k]);
            highs[k] = v.add(highs[k], highs[k]);
        }
        for i in 0..5 {
            self.add_product(&mut lows[2 * i], &mut highs[2 * i], a[i], a[i]);
        }
        self.folded(&lows, &highs)
    }

    #[inline(always)]
    fn plus_nineteen_times(self, sum: Eight, above: Eight) -> Eight {
        let v = self.vector();
        v.add(sum, v.nineteen_times(above))
    }
}

impl Fused {
    #[inline(always)]
    fn factors(self, limbs: &Limbs) -> [<Self as Halves>::Factor; 5] {
        let [l0, l1, l2, l3, l4] = *limbs;
        [self.factor(l0), self.factor(l1), self.factor(l2), self.factor(l3), self.factor(l4)]
    }

    /// Columns of low and of high halves as five limbs: a high half counts twice in the next column, and column k + 5
    /// counts 19 times in column k.
    #[inline(always)]
    fn folded(self, lows: &[Eight; 9], highs: &[Eight; 9]) -> Limbs {
        let v = self.vector();
        let mut columns = [lows[0]; 10];
        for k in 1..9 {
            columns[k] = v.add(lows[k], v.add(highs[k - 1], highs[k - 1]));
        }
        columns[9] = v.add(highs[8], highs[8]);
        let mut limbs = [lows[0]; 5];
        for i in 0..5 {
            let around = v.product_of_64(columns[i + 5], v.splat(19));
            limbs[i] = v.sub(v.add(columns[i], around), v.splat(BESIDE[i]));
        }
        limbs
    }
}
