//! Numbers modulo p, four at once, with the multiplier of 32 bits that AVX2 has.
//!
//! ```text
//!   value of a lane = L + 2^26 H       L = Σ low[i] 2^(52 i)    H = Σ high[i] 2^(52 i)      i = 0 to 4
//! ```
//!
//! Sums and differences are not carried. A number is of *magnitude* m if all parts are at most m (2^26 + 2), and the
//! highest at most m (2^22 + 12). Operands are at most of magnitude 12. L and H are polynomials in 2^52; three of their
//! products, of 25 products of parts each, make one of numbers (Karatsuba's way), and three a square:
//!
//! ```text
//!   a b = La Lb + 2^52 Ha Hb + 2^26 ((La + Ha)(Lb + Hb) - La Lb - Ha Hb)
//!   a a = La La + 2^52 Ha Ha + 2^26 (2 La · Ha)
//! ```
//!
//! A sum of two parts is at most 24 (2^26 + 2), and a column of five products of such sums below 2^63.5. A column of the
//! product itself is half of that.

mod product;

use product::{Mul, MulSub, Sqr};

use super::lanes::{Entry, Lanes, Packed, Pick};
use super::packed::{self, Four};
use crate::level::Avx2;
use crate::vector::Vector;

/// A word in each lane.
type Words = <Avx2 as Vector>::Words;

/// The low or the high parts of a number in each lane.
type Parts = [Words; 5];

/// Bits of a part.
const BITS: i32 = 26;
/// The bits of a part.
const PART: u64 = (1 << BITS) - 1;
/// The bits of the highest part: 256 less nine times 26.
const TOP_BITS: i32 = 22;
const TOP: u64 = (1 << TOP_BITS) - 1;
/// c = 2^256 mod p is 2^32 and this.
const FOLD: u64 = 977;
/// 2^260 mod p is 2^36 and this.
const FOLD_260: u64 = FOLD << 4;
/// The parts of p = 2^256 - 2^32 - 977.
const PRIME: [[u64; 5]; 2] =
    [[PART + 1 - FOLD, PART, PART, PART, PART], [PART - (1 << 6), PART, PART, PART, TOP]];

/// Lanes with the multiplier of 32 bits.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ten(pub Avx2);

/// A number in each lane.
#[derive(Clone, Copy)]
pub(super) struct Element {
    low: Parts,
    high: Parts,
}

impl Ten {
    /// Parts out of limbs of 52 bits.
    #[inline(always)]
    fn element(self, words: &Four<Avx2>) -> Element {
        let v = self.0;
        let mut low = packed::limbs(v, words);
        let mut high = low;
        for (low, high) in low.iter_mut().zip(&mut high) {
            *high = v.shift_right(*low, BITS);
            *low = v.and(*low, v.splat(PART));
        }
        Element { low, high }
    }

    /// The words of a number, below p.
    #[inline(always)]
    fn words(self, element: &Element) -> Four<Avx2> {
        let v = self.0;
        let Element { low, high } = self.reduce(element);
        let mut limbs = low;
        for (limb, high) in limbs.iter_mut().zip(high) {
            *limb = v.add(*limb, v.shift_left(high, BITS));
        }
        packed::words(v, &limbs)
    }

    /// a + times p - b, part by part.
    #[inline(always)]
    fn difference(self, a: &Element, b: &Element, times: u64) -> Element {
        let v = self.0;
        let mut out = *a;
        for ((out, b), prime) in out.low.iter_mut().zip(b.low).zip(PRIME[0]) {
            *out = v.sub(v.add(*out, v.splat(times * prime)), b);
        }
        for ((out, b), prime) in out.high.iter_mut().zip(b.high).zip(PRIME[1]) {
            *out = v.sub(v.add(*out, v.splat(times * prime)), b);
        }
        out
    }

    #[inline(always)]
    fn zero(self) -> Element {
        Element { low: [self.0.splat(0); 5], high: [self.0.splat(0); 5] }
    }

    /// Carries from part `place` of ten to the next.
    #[inline(always)]
    fn carry(self, parts: &mut [Words], place: usize) {
        let v = self.0;
        parts[place + 1] = v.add(parts[place + 1], v.shift_right(parts[place], BITS));
        parts[place] = v.and(parts[place], v.splat(PART));
    }

    /// Folds what is above 2^256, less than 2^19 times that, into the lowest parts.
    #[inline(always)]
    fn fold_top(self, parts: &mut [Words; 10]) {
        let v = self.0;
        let over = v.shift_right(parts[9], TOP_BITS);
        parts[9] = v.and(parts[9], v.splat(TOP));
        parts[0] = v.add(parts[0], v.multiply(over, v.splat(FOLD)));
        parts[1] = v.add(parts[1], v.shift_left(over, 6)); // 2^32 is 2^6 times the weight of part 1
    }
}

/// Ten parts in their order, as low and high ones.
#[inline(always)]
fn split(parts: &[Words; 10]) -> Element {
    let [l0, h0, l1, h1, l2, h2, l3, h3, l4, h4] = *parts;
    Element { low: [l0, l1, l2, l3, l4], high: [h0, h1, h2, h3, h4] }
}

impl Lanes for Ten {
    type Element = Element;
    const WIDTH: usize = 4;

    #[inline(always)]
    fn load(self, words: &[Packed]) -> Element {
        self.element(&packed::load(self.0, words))
    }

    #[inline(always)]
    fn store(self, element: &Element, words: &mut [Packed]) {
        packed::store(self.0, &self.words(element), words);
    }

    #[inline(always)]
    fn gather(self, entries: &[Entry], picks: &[Pick]) -> (Element, Element) {
        let (x, y) = packed::gather(self.0, entries, picks);
        (self.element(&x), self.element(&y))
    }

    #[inline(always)]
    fn scatter(self, [x, turned, third]: [&Element; 3], y: &Element, entries: &mut [Entry]) {
        let numbers = [self.words(x), self.words(turned), self.words(third), self.words(y)];
        packed::scatter(self.0, &numbers, entries);
    }

    #[inline(always)]
    fn mul(self, a: &Element, b: &Element) -> Element {
        self.0.call(Mul(self, a, b))
    }

    #[inline(always)]
    fn mul_sub(self, a: &Element, b: &Element, c: &Element, d: &Element) -> Element {
        self.0.call(MulSub(self, [a, b, c, d]))
    }

    #[inline(always)]
    fn sqr(self, a: &Element) -> Element {
        self.0.call(Sqr(self, a))
    }

    #[inline(always)]
    fn add(self, a: &Element, b: &Element) -> Element {
        let v = self.0;
        let mut sum = *a;
        for i in 0..5 {
            sum.low[i] = v.add(a.low[i], b.low[i]);
            sum.high[i] = v.add(a.high[i], b.high[i]);
        }
        sum
    }

    /// No part falls below zero: BIAS p has parts above those of a number of magnitude BIAS - 1.
    #[inline(always)]
    fn sub<const BIAS: u64>(self, a: &Element, b: &Element) -> Element {
        self.difference(a, b, BIAS)
    }

    #[inline(always)]
    fn sub_signed(self, negative: u8, a: &Element, b: &Element) -> Element {
        let v = self.0;
        let mut signed = *a;
        for part in signed.low.iter_mut().chain(&mut signed.high) {
            *part = v.replaced_if(negative, *part, v.sub(v.splat(0), *part));
        }
        self.difference(&signed, b, 5)
    }

    #[inline(always)]
    fn sub_thrice(self, a: &Element, b: &Element, c: &Element) -> Element {
        self.difference(a, &self.add(b, &self.add(c, c)), 4)
    }

    #[inline(always)]
    fn reduce(self, a: &Element) -> Element {
        let [[l0, l1, l2, l3, l4], [h0, h1, h2, h3, h4]] = [a.low, a.high];
        let mut parts = [l0, h0, l1, h1, l2, h2, l3, h3, l4, h4];
        self.fold_top(&mut parts);
        for place in 0..9 {
            self.carry(&mut parts, place);
        }
        split(&parts)
    }

    #[inline(always)]
    fn three_halves(self, a: &Element) -> Element {
        let v = self.0;
        let one = v.splat(1);
        let odd = !v.zero_lanes(v.and(a.low[0], one));
        let mut thrice = self.add(a, &self.add(a, a));
        let with_prime = self.difference(&thrice, &self.zero(), 1);
        thrice = self.select(odd, &with_prime, &thrice);
        let mut half = thrice;
        for i in 0..5 {
            let next = thrice.low.get(i + 1).map_or(v.splat(0), |next| v.and(*next, one));
            let bit = v.shift_left(v.and(thrice.high[i], one), BITS - 1);
            half.low[i] = v.add(v.shift_right(thrice.low[i], 1), bit);
            half.high[i] = v.add(v.shift_right(thrice.high[i], 1), v.shift_left(next, BITS - 1));
        }
        half
    }

    #[inline(always)]
    fn select(self, mask: u8, a: &Element, b: &Element) -> Element {
        let v = self.0;
        let mut out = *b;
        for i in 0..5 {
            out.low[i] = v.replaced_if(mask, b.low[i], a.low[i]);
            out.high[i] = v.replaced_if(mask, b.high[i], a.high[i]);
        }
        out
    }
}
