//! Products and squares in ten parts.

use super::{Element, FOLD_260, Parts, Ten, Words, split};
use crate::vector::{Vector as _, Work};

/// The columns of a product of polynomials.
type Nine = [Words; 9];

/// [`Lanes::mul`](super::Lanes::mul), in a function of its own, as are the others: it is too long to be merged into others.
pub(super) struct Mul<'a>(pub Ten, pub &'a Element, pub &'a Element);

impl Work for Mul<'_> {
    type Output = Element;

    #[inline(always)]
    fn run(self) -> Element {
        let Self(lanes, a, b) = self;
        lanes.reduced(lanes.product_columns(a, b))
    }
}

/// [`Lanes::mul_sub`](super::Lanes::mul_sub).
pub(super) struct MulSub<'a>(pub Ten, pub [&'a Element; 4]);

impl Work for MulSub<'_> {
    type Output = Element;

    #[inline(always)]
    fn run(self) -> Element {
        let Self(lanes, [a, b, c, d]) = self;
        let mut columns = lanes.product_columns(a, b);
        let others = lanes.product_columns(c, &lanes.difference(&lanes.zero(), d, 2));
        for (column, other) in columns.iter_mut().zip(others) {
            *column = lanes.0.add(*column, other);
        }
        lanes.reduced(columns)
    }
}

/// [`Lanes::sqr`](super::Lanes::sqr).
pub(super) struct Sqr<'a>(pub Ten, pub &'a Element);

impl Work for Sqr<'_> {
    type Output = Element;

    #[inline(always)]
    fn run(self) -> Element {
        let Self(lanes, a) = self;
        let mut twice = a.low;
        for part in &mut twice {
            *part = lanes.0.add(*part, *part);
        }
        let middle = lanes.product(&twice, &a.high);
        lanes.reduced(lanes.columns(&lanes.square(&a.low), &middle, &lanes.square(&a.high)))
    }
}

impl Ten {
    /// The product of two polynomials.
    #[inline(always)]
    fn product(self, a: &Parts, b: &Parts) -> Nine {
        let v = self.0;
        let mut columns = [v.splat(0); 9];
        for i in 0..5 {
            for j in 0..5 {
                columns[i + j] = v.add(columns[i + j], v.multiply(a[i], b[j]));
            }
        }
        columns
    }

    /// The square of a polynomial.
    #[inline(always)]
    fn square(self, a: &Parts) -> Nine {
        let v = self.0;
        let mut columns = [v.splat(0); 9];
        for i in 0..5 {
            for j in i + 1..5 {
                columns[i + j] = v.add(columns[i + j], v.multiply(a[i], a[j]));
            }
        }
        for column in &mut columns {
            *column = v.add(*column, *column);
        }
        for i in 0..5 {
            columns[2 * i] = v.add(columns[2 * i], v.multiply(a[i], a[i]));
        }
        columns
    }

    /// Twenty columns of 26 bits: L, H and what stands between.
    #[inline(always)]
    fn columns(self, low: &Nine, middle: &Nine, high: &Nine) -> [Words; 20] {
        let v = self.0;
        let mut columns = [v.splat(0); 20];
        for k in 0..9 {
            columns[2 * k] = v.add(columns[2 * k], low[k]);
            columns[2 * k + 1] = middle[k];
            columns[2 * k + 2] = high[k];
        }
        columns
    }

    #[inline(always)]
    fn product_columns(self, a: &Element, b: &Element) -> [Words; 20] {
        let v = self.0;
        let (low, high) = (self.product(&a.low, &b.low), self.product(&a.high, &b.high));
        let (mut sum_a, mut sum_b) = (a.low, b.low);
        for i in 0..5 {
            (sum_a[i], sum_b[i]) = (v.add(a.low[i], a.high[i]), v.add(b.low[i], b.high[i]));
        }
        let mut middle = self.product(&sum_a, &sum_b);
        for k in 0..9 {
            middle[k] = v.sub(v.sub(middle[k], low[k]), high[k]);
        }
        self.columns(&low, &middle, &high)
    }

    /// The number that columns below 2^62.6 stand for, which is below 144 · 2^512, reduced.
    #[inline(always)]
    fn reduced(self, mut columns: [Words; 20]) -> Element {
        let v = self.0;
        // Column 19 ends below 144 · 2^18, all others from 9 on below 2^26.
        for place in 9..19 {
            self.carry(&mut columns, place);
        }
        let (lower, upper) = columns.split_at(10);
        let mut parts = *lower.first_chunk::<10>().expect("ten of twenty");
        let fold = v.splat(FOLD_260);
        for place in 0..10 {
            parts[place] = v.add(parts[place], v.multiply(upper[place], fold));
        }
        for place in 0..9 {
            parts[place + 1] = v.add(parts[place + 1], v.shift_left(upper[place], 10)); // 2^36
        }
        // 2^10 times part 10, folded once more.
        parts[0] = v.add(parts[0], v.multiply(upper[9], v.splat(FOLD_260 << 10)));
        parts[1] = v.add(parts[1], v.shift_left(upper[9], 20));
        for place in 0..9 {
            self.carry(&mut parts, place);
        }
        // Part 9 is below 2^41 now.
        self.fold_top(&mut parts);
        self.carry(&mut parts, 0);
        self.carry(&mut parts, 1);
        split(&parts)
    }
}
