//! Products in five limbs with AVX-512 IFMA: 50 instructions of the multiplier, and 30 for a square.

use super::five::{Limbs, Multiplier};
use crate::level::Ifma;
use crate::vector::{Eight, Halves as _, Vector as _};

impl Multiplier for Ifma {
    #[inline(always)]
    fn times(self, a: &Limbs, b: &Limbs) -> Limbs {
        let v = self.vector();
        let mut columns = [v.splat(0); 10];
        for i in 0..5 {
            for j in 0..5 {
                columns[i + j + 1] = self.high(columns[i + j + 1], a[i], b[j]);
            }
        }
        for column in &mut columns[1..] {
            *column = v.add(*column, *column);
        }
        for i in 1..5 {
            for j in 5 - i..5 {
                columns[i + j] = self.low(columns[i + j], a[i], b[j]);
            }
        }
        let mut folded = fold(self, &columns);
        for i in 0..5 {
            for j in 0..5 - i {
                folded[i + j] = self.low(folded[i + j], a[i], b[j]);
            }
        }
        folded
    }

    /// Each product of two different limbs is made once and doubled with its column.
    #[inline(always)]
    fn squared(self, a: &Limbs) -> Limbs {
        let v = self.vector();
        let mut columns = [v.splat(0); 10];
        for i in 0..5 {
            for j in i + 1..5 {
                columns[i + j + 1] = self.high(columns[i + j + 1], a[i], a[j]);
            }
        }
        for column in &mut columns[2..9] {
            *column = v.add(*column, *column);
        }
        for i in 0..5 {
            columns[2 * i + 1] = self.high(columns[2 * i + 1], a[i], a[i]);
        }
        for i in 0..5 {
            for j in i + 1..5 {
                columns[i + j] = self.low(columns[i + j], a[i], a[j]);
            }
        }
        for column in &mut columns[1..] {
            *column = v.add(*column, *column);
        }
        for i in 0..5 {
            columns[2 * i] = self.low(columns[2 * i], a[i], a[i]);
        }
        fold(self, &columns)
    }

    #[inline(always)]
    fn plus_nineteen_times(self, sum: Eight, above: Eight) -> Eight {
        self.low(sum, above, self.vector().splat(19))
    }
}

/// Columns 5 to 9, below 14 · 2^52 each, counted 19 times into columns 0 to 4.
#[inline(always)]
fn fold(ifma: Ifma, columns: &[Eight; 10]) -> Limbs {
    let v = ifma.vector();
    let nineteen = v.splat(19);
    let mut folded = [nineteen; 5];
    for i in 0..5 {
        folded[i] = v.add(columns[i], v.product_of_64(columns[i + 5], nineteen));
    }
    folded
}
