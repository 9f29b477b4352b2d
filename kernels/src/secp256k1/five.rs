//! Numbers modulo p, eight at once, with a multiplier of 52 bits.
//!
//! ```text
//!   value of a lane = Σ limbs[i] 2^(52 i)        one vector of eight 64-bit words for each i
//! ```
//!
//! The multiplier takes 52 bits and no more, so that limbs are always below 2^52 and every sum and difference is carried
//! through. The value is therefore below 2^260, sixteen times 2^256, and that bounds the magnitudes of [`Lanes`]: the
//! greatest result is 12 of the left operand, or a bias of 8 with it, below 16.

use super::field::{FOLD_256, FOLD_260};
use super::lanes::{Entry, Lanes, Packed, Pick};
use super::packed::{self, LIMB, TOP};
use crate::vector::{Eight, Halves, Vector as _};

/// Five limbs, each below 2^52.
type Limbs = [Eight; 5];

/// Ten columns of a product.
type Columns = [Eight; 10];

/// Lanes with a multiplier of 52 bits.
#[derive(Clone, Copy, Debug)]
pub(super) struct Five<H>(pub H);

impl<H: Halves> Five<H> {
    #[inline(always)]
    fn splat(self, word: u64) -> Eight {
        self.0.vector().splat(word)
    }

    /// Carries signed limbs, each of an absolute value below 2^62, whose sum is neither negative nor 2^260 or more.
    #[inline(always)]
    fn carry(self, mut limbs: Limbs) -> Limbs {
        let v = self.0.vector();
        for place in 0..4 {
            limbs[place + 1] = v.add(limbs[place + 1], v.shift_right_signed(limbs[place], 52));
            limbs[place] = v.and(limbs[place], v.splat(LIMB));
        }
        limbs
    }

    #[inline(always)]
    fn factors(self, limbs: &Limbs) -> [H::Factor; 5] {
        let [l0, l1, l2, l3, l4] = *limbs;
        let h = self.0;
        [h.factor(l0), h.factor(l1), h.factor(l2), h.factor(l3), h.factor(l4)]
    }

    /// Takes off what the multiplier adds beside low and high halves, so many of each to a column.
    #[inline(always)]
    fn take_off(self, columns: &mut [Eight], lows: &[u64], highs: &[u64]) {
        let v = self.0.vector();
        for (place, column) in columns.iter_mut().enumerate() {
            let beside = H::LOW.wrapping_mul(lows[place]).wrapping_add(H::HIGH.wrapping_mul(highs[place]));
            *column = v.sub(*column, v.splat(beside));
        }
    }

    /// Turns the ten columns of a product below 2^520, each below 2^57, into a number below 2^256 + 2^215.
    #[inline(always)]
    fn reduce(self, mut c: Columns) -> Limbs {
        let (h, v) = (self.0, self.0.vector());
        // The product is below 2^520, so the last column keeps below 2^52.
        for place in 5..9 {
            c[place + 1] = v.add(c[place + 1], v.shift_right(c[place], 52));
            c[place] = v.and(c[place], v.splat(LIMB));
        }
        let fold = h.factor(v.splat(FOLD_260));
        let above = h.factor(c[9]);
        for place in 0..4 {
            let above = h.factor(c[place + 5]);
            let (low, high) = c.split_at_mut(place + 1);
            h.add_product(&mut low[place], &mut high[0], above, fold);
        }
        let mut over = v.splat(0);
        h.add_product(&mut c[4], &mut over, above, fold);
        self.take_off(&mut c[..5], &[1; 5], &[0, 1, 1, 1, 1]);
        self.take_off(std::slice::from_mut(&mut over), &[0], &[1]);
        // What is above 2^256: below 2^37 · 2^4 + 2^10.
        let over = v.add(v.shift_left(over, 4), v.shift_right(c[4], 48));
        c[4] = v.and(c[4], v.splat(TOP));
        let (low, high) = c.split_at_mut(1);
        h.add_product(&mut low[0], &mut high[0], h.factor(over), h.factor(v.splat(FOLD_256)));
        self.take_off(&mut c[..2], &[1, 0], &[0, 1]);
        self.carry([c[0], c[1], c[2], c[3], c[4]])
    }

    /// Adds the products of all pairs of limbs, each half of them to its column.
    #[inline(always)]
    fn add_product(self, columns: &mut Columns, a: &Limbs, b: &Limbs) {
        let (a, b) = (self.factors(a), self.factors(b));
        for i in 0..5 {
            for j in 0..5 {
                let (low, high) = columns.split_at_mut(i + j + 1);
                self.0.add_product(&mut low[i + j], &mut high[0], a[i], b[j]);
            }
        }
        self.take_off(columns, &[1, 2, 3, 4, 5, 4, 3, 2, 1, 0], &[0, 1, 2, 3, 4, 5, 4, 3, 2, 1]);
    }

    /// a - b + bias p; p = 2^256 - c.
    #[inline(always)]
    fn difference(self, a: &Limbs, b: &Limbs, bias: u64) -> Limbs {
        let v = self.0.vector();
        let mut limbs = *a;
        for (limb, b) in limbs.iter_mut().zip(b) {
            *limb = v.sub(*limb, *b);
        }
        limbs[0] = v.sub(limbs[0], v.splat(bias * FOLD_256));
        limbs[4] = v.add(limbs[4], v.splat(bias << 48));
        self.carry(limbs)
    }
}

impl<H: Halves> Lanes for Five<H> {
    type Element = Limbs;
    const WIDTH: usize = 8;

    #[inline(always)]
    fn load(self, words: &[Packed]) -> Limbs {
        let v = self.0.vector();
        packed::limbs(v, &packed::load(v, words))
    }

    #[inline(always)]
    fn store(self, element: &Limbs, words: &mut [Packed]) {
        let v = self.0.vector();
        packed::store(v, &packed::words(v, element), words);
    }

    #[inline(always)]
    fn gather(self, entries: &[Entry], picks: &[Pick]) -> (Limbs, Limbs) {
        let v = self.0.vector();
        let (x, y) = packed::gather(v, entries, picks);
        (packed::limbs(v, &x), packed::limbs(v, &y))
    }

    #[inline(always)]
    fn scatter(self, [x, turned, third]: [&Limbs; 3], y: &Limbs, entries: &mut [Entry]) {
        let v = self.0.vector();
        let words =
            [packed::words(v, x), packed::words(v, turned), packed::words(v, third), packed::words(v, y)];
        packed::scatter(v, &words, entries);
    }

    #[inline(always)]
    fn mul(self, a: &Limbs, b: &Limbs) -> Limbs {
        let mut columns = [self.splat(0); 10];
        self.add_product(&mut columns, a, b);
        self.reduce(columns)
    }

    /// Of magnitude 49 + 5 · 3 together before the reduction, so below 2^520 as a single product is.
    #[inline(always)]
    fn mul_sub(self, a: &Limbs, b: &Limbs, c: &Limbs, d: &Limbs) -> Limbs {
        let mut columns = [self.splat(0); 10];
        self.add_product(&mut columns, a, b);
        self.add_product(&mut columns, c, &self.difference(&[self.splat(0); 5], d, 2));
        self.reduce(columns)
    }

    #[inline(always)]
    fn sqr(self, a: &Limbs) -> Limbs {
        let v = self.0.vector();
        let a = self.factors(a);
        let mut columns = [self.splat(0); 10];
        for i in 0..5 {
            for j in i + 1..5 {
                let (low, high) = columns.split_at_mut(i + j + 1);
                self.0.add_product(&mut low[i + j], &mut high[0], a[i], a[j]);
            }
        }
        // A doubled operand might have 53 bits; a doubled column has room.
        for column in &mut columns {
            *column = v.add(*column, *column);
        }
        for i in 0..5 {
            let (low, high) = columns.split_at_mut(2 * i + 1);
            self.0.add_product(&mut low[2 * i], &mut high[0], a[i], a[i]);
        }
        self.take_off(&mut columns, &[1, 2, 3, 4, 5, 4, 3, 2, 1, 0], &[0, 1, 2, 3, 4, 5, 4, 3, 2, 1]);
        self.reduce(columns)
    }

    #[inline(always)]
    fn add(self, a: &Limbs, b: &Limbs) -> Limbs {
        let v = self.0.vector();
        let mut limbs = *a;
        for (limb, b) in limbs.iter_mut().zip(b) {
            *limb = v.add(*limb, *b);
        }
        self.carry(limbs)
    }

    #[inline(always)]
    fn sub<const BIAS: u64>(self, a: &Limbs, b: &Limbs) -> Limbs {
        self.difference(a, b, BIAS)
    }

    #[inline(always)]
    fn sub_signed(self, negative: u8, a: &Limbs, b: &Limbs) -> Limbs {
        let v = self.0.vector();
        let mut signed = *a;
        for limb in &mut signed {
            *limb = v.replaced_if(negative, *limb, v.sub(v.splat(0), *limb));
        }
        self.difference(&signed, b, 5)
    }

    #[inline(always)]
    fn sub_thrice(self, a: &Limbs, b: &Limbs, c: &Limbs) -> Limbs {
        let v = self.0.vector();
        let mut limbs = *a;
        for (limb, c) in limbs.iter_mut().zip(c) {
            *limb = v.sub(*limb, v.add(*c, *c));
        }
        self.difference(&limbs, b, 4)
    }

    #[inline(always)]
    fn reduce(self, a: &Limbs) -> Limbs {
        packed::fold(self.0.vector(), a)
    }

    #[inline(always)]
    fn three_halves(self, a: &Limbs) -> Limbs {
        let v = self.0.vector();
        let one = v.splat(1);
        let odd = !v.zero_lanes(v.and(a[0], one));
        let mut limbs = *a;
        for limb in &mut limbs {
            *limb = v.add(*limb, v.add(*limb, *limb));
        }
        // Plus p where the number is odd.
        limbs[0] = v.replaced_if(odd, limbs[0], v.sub(limbs[0], v.splat(FOLD_256)));
        limbs[4] = v.replaced_if(odd, limbs[4], v.add(limbs[4], v.splat(1 << 48)));
        let even = self.carry(limbs);
        let mut halves = even;
        for place in 0..4 {
            let bit = v.shift_left(v.and(even[place + 1], one), 51);
            halves[place] = v.or(v.shift_right(even[place], 1), bit);
        }
        halves[4] = v.shift_right(even[4], 1);
        halves
    }

    #[inline(always)]
    fn select(self, mask: u8, a: &Limbs, b: &Limbs) -> Limbs {
        let v = self.0.vector();
        let mut out = *b;
        for (out, a) in out.iter_mut().zip(a) {
            *out = v.replaced_if(mask, *out, *a);
        }
        out
    }
}
