//! Ten limbs of 26 and 25 bits, for the multiplier of 32 bits.
//!
//! Each limb of 51 bits is cut in two, a low part of 26 bits and a high part of 25:
//!
//! ```text
//!   number = L + 2^26 H       L = Σ low_i 2^(51 i)    H = Σ high_i 2^(51 i)      i = 0 to 4
//! ```
//!
//! The multiplier takes 32 bits of two words and gives all 64 of their product. L and H are polynomials in 2^51, whose
//! products are taken modulo 2^255 = 19: what wraps around counts 19 times, which one factor is multiplied by
//! beforehand. Three such products make one of numbers (Karatsuba's way), and three a square:
//!
//! ```text
//!   a b = La Lb + 2^52 Ha Hb + 2^26 ((La + Ha)(Lb + Hb) - La Lb - Ha Hb)
//!   a a = La La + 2^52 Ha Ha + 2^26 (La · 2 Ha)                               where 2^52 = 2 · 2^51
//! ```
//!
//! A product takes 87 instructions of the multiplier and about 90 additions, a square 61 and 60, and to carry 40 others:
//! well over twice as much for each number as [`five`](super::five) needs. The simple way of a product is 108 and 95.
//!
//! | value | range of each low part | of each high part |
//! | --- | --- | --- |
//! | carried | below 2^26 | below 2^25 + 2^18 |
//! | turned | below 2^27 | below 2^26 |
//! | product of carried numbers | below 2^59 | below 2^58.3 |
//! | product of turned numbers | below 2^61 | below 2^60.3 |
//! | subtrahend | at most 2^61 - 2^40 | at most 2^60 - 2^35 |
//! | sum or difference | below 2^63 | below 2^63 |
//!
//! A factor that is multiplied by 19 is the sum of a low and a high part, at most 3 · 2^26: 57 · 2^26 is below 2^32. A
//! column of the product of two such sums is at most 77 · 9 · 2^52, below 2^62.

mod product;

use product::{Mul, Squared, Times};

use super::field::{self, Lanes, PRIME};
use crate::level::Avx2;
use crate::vector::{Vector, Work};

/// A word in each lane.
type Words = <Avx2 as Vector>::Words;

/// Lanes with the multiplier that every kind of vectors has.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ten(pub Avx2);

impl Lanes for Ten {
    type Vector = Avx2;
    type Field = Field;

    #[inline(always)]
    fn vector(self) -> Avx2 {
        self.0
    }

    #[inline(always)]
    fn call<W: Work>(self, work: W) -> W::Output {
        self.0.call(work)
    }

    #[inline(always)]
    fn field(self, limbs: Parts) -> Field {
        let v = self.0;
        let (mut low, mut high) = (limbs, limbs);
        for i in 0..5 {
            low[i] = v.and(limbs[i], v.splat(LOW));
            high[i] = v.shift_right(limbs[i], LOW_BITS);
        }
        Field { vector: v, low, high }
    }
}

/// Bits of a low part, and of a high one.
const LOW_BITS: i32 = 26;
const HIGH_BITS: i32 = 25;
/// The bits of a low part, and of a high one.
const LOW: u64 = (1 << LOW_BITS) - 1;
const HIGH: u64 = (1 << HIGH_BITS) - 1;

/// What [`Wide`] adds where it subtracts, 2^35 p, in low and high parts.
pub(super) const MANY_PRIMES: ([u64; 5], [u64; 5]) = (primes(LOW, 0, 35), primes(HIGH, LOW_BITS, 35));
/// 2 p, in low and high parts.
const TWICE_PRIME: ([u64; 5], [u64; 5]) = (primes(LOW, 0, 1), primes(HIGH, LOW_BITS, 1));

/// Some bits of each limb of p, times a power of 2.
const fn primes(bits: u64, from: i32, power: i32) -> [u64; 5] {
    let mut parts = [0; 5];
    let mut i = 0;
    while i < 5 {
        parts[i] = (PRIME[i] >> from & bits) << power;
        i += 1;
    }
    parts
}

/// The low or the high parts of numbers.
type Parts = [Words; 5];

/// Numbers, ready to be multiplied.
#[derive(Clone, Copy)]
pub(super) struct Field {
    pub(super) vector: Avx2,
    pub(super) low: Parts,
    pub(super) high: Parts,
}

/// Numbers as products, sums and differences leave them.
#[derive(Clone, Copy)]
pub(super) struct Wide {
    pub(super) vector: Avx2,
    pub(super) low: Parts,
    pub(super) high: Parts,
}

impl field::Field for Field {
    type Lanes = Ten;
    type Wide = Wide;

    #[inline(always)]
    fn lanes(&self) -> Ten {
        Ten(self.vector)
    }

    #[inline(always)]
    fn limbs(&self) -> Parts {
        let v = self.vector;
        let mut limbs = self.low;
        for (limb, high) in limbs.iter_mut().zip(self.high) {
            *limb = v.add(*limb, v.shift_left(high, LOW_BITS));
        }
        limbs
    }

    #[inline(always)]
    fn times(&self, other: &Self) -> Wide {
        self.vector.call(Times(self, other))
    }

    #[inline(always)]
    fn squared(&self) -> Wide {
        self.vector.call(Squared(self))
    }

    #[inline(always)]
    fn mul(&self, other: &Self) -> Self {
        self.vector.call(Mul(self, other))
    }

    #[inline(always)]
    fn square(&self) -> Self {
        field::Wide::carry(&Squared(self).run())
    }

    #[inline(always)]
    fn wide(&self) -> Wide {
        Wide { vector: self.vector, low: self.low, high: self.high }
    }

    #[inline(always)]
    fn negated_if(&self, lanes: u8) -> Self {
        let v = self.vector;
        let low = negated_if(v, lanes, &self.low, &TWICE_PRIME.0);
        Self { low, high: negated_if(v, lanes, &self.high, &TWICE_PRIME.1), vector: v }
    }

    #[inline(always)]
    fn replaced_if(&self, lanes: u8, other: &Self) -> Self {
        let v = self.vector;
        let mut chosen = *self;
        for i in 0..5 {
            chosen.low[i] = v.replaced_if(lanes, self.low[i], other.low[i]);
            chosen.high[i] = v.replaced_if(lanes, self.high[i], other.high[i]);
        }
        chosen
    }

    #[inline(always)]
    fn arranged<const ORDER: i32>(&self, kept: u8) -> Self {
        let Wide { vector, low, high } = field::Wide::arranged::<ORDER>(&self.wide(), kept);
        Self { vector, low, high }
    }
}

impl field::Wide for Wide {
    type Field = Field;

    #[inline(always)]
    fn plus(&self, other: &Self) -> Self {
        let v = self.vector;
        Self { vector: v, low: sum(v, &self.low, &other.low), high: sum(v, &self.high, &other.high) }
    }

    #[inline(always)]
    fn minus(&self, other: &Self) -> Self {
        let v = self.vector;
        let mut difference = *self;
        for i in 0..5 {
            difference.low[i] = v.sub(v.add(self.low[i], v.splat(MANY_PRIMES.0[i])), other.low[i]);
            difference.high[i] = v.sub(v.add(self.high[i], v.splat(MANY_PRIMES.1[i])), other.high[i]);
        }
        difference
    }

    #[inline(always)]
    fn negated_if(&self, lanes: u8) -> Self {
        let v = self.vector;
        let low = negated_if(v, lanes, &self.low, &MANY_PRIMES.0);
        Self { low, high: negated_if(v, lanes, &self.high, &MANY_PRIMES.1), vector: v }
    }

    #[inline(always)]
    fn arranged<const ORDER: i32>(&self, kept: u8) -> Self {
        let v = self.vector;
        let mut arranged = *self;
        for i in 0..5 {
            arranged.low[i] = v.arranged::<ORDER>(kept, self.low[i]);
            arranged.high[i] = v.arranged::<ORDER>(kept, self.high[i]);
        }
        arranged
    }

    /// One part after the other, in two sequences half a number apart that do not wait for each other:
    ///
    /// ```text
    ///   low 0 ─> high 0 ─> low 1 ─> high 1 ─> low 2 ─> high 2 |
    ///   low 2 ─> high 2 ─> low 3 ─> high 3 ─> low 4 ─> high 4 ─ 19 times ─> low 0 ─> high 0 |
    /// ```
    #[inline(always)]
    fn carry(&self) -> Field {
        let mut wide = *self;
        wide.low_to_high(0);
        wide.low_to_high(2);
        wide.high_to_low(0);
        wide.high_to_low(2);
        wide.low_to_high(1);
        wide.low_to_high(3);
        wide.high_to_low(1);
        wide.high_to_low(3);
        wide.low_to_high(2);
        wide.low_to_high(4);
        wide.high_to_low(4);
        wide.low_to_high(0);
        let Self { vector, low, high } = wide;
        Field { vector, low, high }
    }
}

impl Wide {
    /// Carries what low part i has above its bits to the high part.
    #[inline(always)]
    fn low_to_high(&mut self, i: usize) {
        let v = self.vector;
        self.high[i] = v.add(self.high[i], v.shift_right(self.low[i], LOW_BITS));
        self.low[i] = v.and(self.low[i], v.splat(LOW));
    }

    /// Carries what high part i has above its bits to the next low part, from the last one 19 times to the first.
    #[inline(always)]
    fn high_to_low(&mut self, i: usize) {
        let v = self.vector;
        let above = v.shift_right(self.high[i], HIGH_BITS);
        self.high[i] = v.and(self.high[i], v.splat(HIGH));
        if i < 4 {
            self.low[i + 1] = v.add(self.low[i + 1], above);
        } else {
            let thrice = v.add(above, v.shift_left(above, 1));
            self.low[0] = v.add(self.low[0], v.add(thrice, v.shift_left(above, 4)));
        }
    }
}

#[inline(always)]
fn sum(v: Avx2, a: &Parts, b: &Parts) -> Parts {
    let mut sum = *a;
    for (sum, b) in sum.iter_mut().zip(b) {
        *sum = v.add(*sum, *b);
    }
    sum
}

/// `primes` less the parts in `lanes`, the parts in the others.
#[inline(always)]
fn negated_if(v: Avx2, lanes: u8, parts: &Parts, primes: &[u64; 5]) -> Parts {
    let mut turned = *parts;
    for (part, prime) in turned.iter_mut().zip(primes) {
        *part = v.replaced_if(lanes, *part, v.sub(v.splat(*prime), *part));
    }
    turned
}
