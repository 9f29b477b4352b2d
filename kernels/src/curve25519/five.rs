//! Five limbs of 51 bits, for a multiplier of 52 bits.
//!
//! The multiplier takes two limbs and gives the low and the high 52 bits of their product. The high ones weigh 2^52, which
//! is twice the weight of the next limb. So column k of a product is
//!
//! ```text
//!   column k = Σ low(a_i b_j) over i + j = k  +  2 Σ high(a_i b_j) over i + j = k - 1
//! ```
//!
//! and column k + 5 counts 19 times in column k, since 2^255 = 19 modulo p. There are two such multipliers,
//! [`ifma`](super::ifma) and [`fused`](super::fused).
//!
//! | value | range of each limb |
//! | --- | --- |
//! | carried | below 2^51 + 2^18 from [`carry`](field::Wide::carry), below 2^51 + 2^44 from memory |
//! | turned | below 2^52, the bound of the multiplier |
//! | product | below 2^60.1: at most 14 terms below 2^52, 19 times, for operands below 2^52 |
//! | subtrahend | below 2^62 - 2^18 |
//! | sum or difference | below 2^64 |

use super::field::{self, LOW, Lanes, PRIME};
use crate::level::Avx512;
use crate::vector::{Eight, Halves, Vector as _, Work};

/// The limbs of a number in each lane.
pub(super) type Limbs = [Eight; 5];

/// Products of numbers with limbs below 2^52.
pub(crate) trait Multiplier: Halves {
    /// The product, with limbs below 2^60.1.
    fn times(self, a: &Limbs, b: &Limbs) -> Limbs;

    /// The square, with limbs below 2^60.1.
    fn squared(self, a: &Limbs) -> Limbs;

    /// `sum` plus 19 times `above`, which is below 2^32.
    fn plus_nineteen_times(self, sum: Eight, above: Eight) -> Eight;
}

/// Lanes with a multiplier of 52 bits.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Five<M>(pub M);

impl<M: Multiplier> Lanes for Five<M> {
    type Vector = Avx512;
    type Field = Field<M>;

    #[inline(always)]
    fn vector(self) -> Avx512 {
        self.0.vector()
    }

    #[inline(always)]
    fn call<W: Work>(self, work: W) -> W::Output {
        self.0.call(work)
    }

    #[inline(always)]
    fn field(self, limbs: Limbs) -> Field<M> {
        Field { multiplier: self.0, limbs }
    }
}

/// Numbers, ready to be multiplied.
#[derive(Clone, Copy)]
pub(super) struct Field<M> {
    multiplier: M,
    limbs: Limbs,
}

/// Numbers as products, sums and differences leave them.
#[derive(Clone, Copy)]
pub(super) struct Wide<M> {
    multiplier: M,
    pub(super) columns: Limbs,
}

/// 2^11 p, limb by limb: each limb is above 2^62 - 2^18.
pub(super) const MANY_PRIMES: [u64; 5] =
    [PRIME[0] << 11, PRIME[1] << 11, PRIME[2] << 11, PRIME[3] << 11, PRIME[4] << 11];

impl<M: Multiplier> field::Field for Field<M> {
    type Lanes = Five<M>;
    type Wide = Wide<M>;

    #[inline(always)]
    fn lanes(&self) -> Five<M> {
        Five(self.multiplier)
    }

    #[inline(always)]
    fn limbs(&self) -> Limbs {
        self.limbs
    }

    #[inline(always)]
    fn times(&self, other: &Self) -> Wide<M> {
        let columns = self.multiplier.times(&self.limbs, &other.limbs);
        Wide { columns, multiplier: self.multiplier }
    }

    #[inline(always)]
    fn squared(&self) -> Wide<M> {
        Wide { columns: self.multiplier.squared(&self.limbs), multiplier: self.multiplier }
    }

    #[inline(always)]
    fn wide(&self) -> Wide<M> {
        Wide { multiplier: self.multiplier, columns: self.limbs }
    }

    #[inline(always)]
    fn negated_if(&self, lanes: u8) -> Self {
        let v = self.multiplier.vector();
        let mut limbs = self.limbs;
        for (limb, prime) in limbs.iter_mut().zip(PRIME) {
            *limb = v.replaced_if(lanes, *limb, v.sub(v.splat(2 * prime), *limb));
        }
        Self { limbs, ..*self }
    }

    #[inline(always)]
    fn replaced_if(&self, lanes: u8, other: &Self) -> Self {
        let v = self.multiplier.vector();
        let mut limbs = self.limbs;
        for (limb, other) in limbs.iter_mut().zip(other.limbs) {
            *limb = v.replaced_if(lanes, *limb, other);
        }
        Self { limbs, ..*self }
    }

    #[inline(always)]
    fn arranged<const ORDER: i32>(&self, kept: u8) -> Self {
        Self { limbs: field::Wide::arranged::<ORDER>(&self.wide(), kept).columns, ..*self }
    }
}

impl<M: Multiplier> field::Wide for Wide<M> {
    type Field = Field<M>;

    #[inline(always)]
    fn plus(&self, other: &Self) -> Self {
        let v = self.multiplier.vector();
        let mut columns = self.columns;
        for (sum, other) in columns.iter_mut().zip(other.columns) {
            *sum = v.add(*sum, other);
        }
        Self { columns, ..*self }
    }

    #[inline(always)]
    fn minus(&self, other: &Self) -> Self {
        let v = self.multiplier.vector();
        let mut columns = self.columns;
        for i in 0..5 {
            columns[i] = v.sub(v.add(columns[i], v.splat(MANY_PRIMES[i])), other.columns[i]);
        }
        Self { columns, ..*self }
    }

    #[inline(always)]
    fn negated_if(&self, lanes: u8) -> Self {
        let v = self.multiplier.vector();
        let mut columns = self.columns;
        for (column, primes) in columns.iter_mut().zip(MANY_PRIMES) {
            *column = v.replaced_if(lanes, *column, v.sub(v.splat(primes), *column));
        }
        Self { columns, ..*self }
    }

    #[inline(always)]
    fn arranged<const ORDER: i32>(&self, kept: u8) -> Self {
        let mut columns = self.columns;
        for column in &mut columns {
            *column = self.multiplier.vector().arranged::<ORDER>(kept, *column);
        }
        Self { columns, ..*self }
    }

    /// Each limb gives what is above its 51 bits, less than 2^13, to the next, all at once, and the highest gives 19
    /// times as much to the lowest.
    #[inline(always)]
    fn carry(&self) -> Field<M> {
        let (multiplier, columns) = (self.multiplier, &self.columns);
        let v = multiplier.vector();
        let mut limbs = *columns;
        for limb in &mut limbs {
            *limb = v.and(*limb, v.splat(LOW));
        }
        limbs[0] = multiplier.plus_nineteen_times(limbs[0], v.shift_right(columns[4], 51));
        for i in 1..5 {
            limbs[i] = v.add(limbs[i], v.shift_right(columns[i - 1], 51));
        }
        Field { multiplier, limbs }
    }
}
