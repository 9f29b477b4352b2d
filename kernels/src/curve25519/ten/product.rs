//! Products and squares in ten limbs.

use super::{Field, Parts, Wide, Words, sum};
use crate::curve25519::field;
use crate::level::Avx2;
use crate::vector::{Vector as _, Work};

/// The product of two polynomials modulo x^5 - 19.
#[inline(always)]
fn product(v: Avx2, a: &Parts, b: &Parts) -> Parts {
    let mut around = *b;
    for part in &mut around[1..] {
        *part = v.nineteen_times(*part);
    }
    let mut columns = *b;
    for k in 0..5 {
        columns[k] = v.multiply(a[0], b[k]);
    }
    for i in 1..5 {
        for k in 0..5 {
            let factor = if i <= k { b[k - i] } else { around[k + 5 - i] };
            columns[k] = v.add(columns[k], v.multiply(a[i], factor));
        }
    }
    columns
}

/// The square of a polynomial modulo x^5 - 19.
#[inline(always)]
fn square(v: Avx2, a: &Parts) -> Parts {
    let [a0, a1, a2, a3, a4] = *a;
    let (b0, b1, b2, b3) = (v.add(a0, a0), v.add(a1, a1), v.add(a2, a2), v.add(a3, a3));
    let (c3, c4) = (v.nineteen_times(a3), v.nineteen_times(a4));
    [
        three(v, [a0, b1, b2], [a0, c4, c3]),
        three(v, [b0, b2, a3], [a1, c4, c3]),
        three(v, [b0, a1, b3], [a2, a1, c4]),
        three(v, [b0, b1, a4], [a3, a2, c4]),
        three(v, [b0, b1, a2], [a4, a3, a2]),
    ]
}

/// The sum of three products.
#[inline(always)]
fn three(v: Avx2, a: [Words; 3], b: [Words; 3]) -> Words {
    v.add(v.add(v.multiply(a[0], b[0]), v.multiply(a[1], b[1])), v.multiply(a[2], b[2]))
}

/// L + 2 x H: 2^52 is twice the weight of a limb.
#[inline(always)]
fn joined(v: Avx2, low: &Parts, high: &Parts) -> Parts {
    let mut joined = *low;
    for i in 1..5 {
        joined[i] = v.add(low[i], v.add(high[i - 1], high[i - 1]));
    }
    let twice = v.add(high[4], high[4]);
    let thrice = v.add(high[4], twice);
    // 38 times: 2 · 3 and 2 · 16.
    joined[0] = v.add(low[0], v.add(v.add(thrice, thrice), v.shift_left(high[4], 5)));
    joined
}

/// [`field::Field::times`], in a function of its own: it is too long to be merged into others.
pub(super) struct Times<'a>(pub &'a Field, pub &'a Field);

impl Work for Times<'_> {
    type Output = Wide;

    #[inline(always)]
    fn run(self) -> Wide {
        let Self(a, b) = self;
        let v = a.vector;
        let low = product(v, &a.low, &b.low);
        let high = product(v, &a.high, &b.high);
        let mut middle = product(v, &sum(v, &a.low, &a.high), &sum(v, &b.low, &b.high));
        for i in 0..5 {
            middle[i] = v.sub(v.sub(middle[i], low[i]), high[i]);
        }
        Wide { vector: v, low: joined(v, &low, &high), high: middle }
    }
}

/// [`field::Field::squared`].
pub(super) struct Squared<'a>(pub &'a Field);

impl Work for Squared<'_> {
    type Output = Wide;

    #[inline(always)]
    fn run(self) -> Wide {
        let Self(a) = self;
        let v = a.vector;
        let middle = product(v, &sum(v, &a.low, &a.low), &a.high);
        Wide { vector: v, low: joined(v, &square(v, &a.low), &square(v, &a.high)), high: middle }
    }
}

/// [`field::Field::mul`].
pub(super) struct Mul<'a>(pub &'a Field, pub &'a Field);

impl Work for Mul<'_> {
    type Output = Field;

    #[inline(always)]
    fn run(self) -> Field {
        field::Wide::carry(&Times(self.0, self.1).run())
    }
}
