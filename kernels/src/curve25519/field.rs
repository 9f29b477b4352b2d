//! Numbers modulo p = 2^255 - 19, one in each lane of a vector.
//!
//! A number is five *limbs* of 51 bits wherever it is kept, and limb i weighs 2^(51 i):
//!
//! ```text
//!               lane 0   lane 1   ...
//!   limb 0    [ a0       b0       ... ]        one vector
//!   ...
//!   limb 4    [ a4       b4       ... ]
//! ```
//!
//! How it is multiplied depends on the multiplier: [`five`](super::five) has one of 52 bits and uses the limbs as they
//! are, [`ten`](super::ten) has one of 32 bits and halves each. All else is written once, over the traits here.
//!
//! Two types keep the ranges apart, so that what is added or subtracted is carried once, and not twice:
//!
//! ```text
//!              times, squared                carry
//!   Field  ──────────────────────>  Wide  ───────────>  Field
//!          <────── wide ────────>   plus, minus
//! ```
//!
//! | value | what it promises, and each implementation states in numbers |
//! | --- | --- |
//! | carried | made by [`Wide::carry`] or [`Lanes::field`]; its limbs are below 2^51 + 2^44 |
//! | turned | made by [`Field::negated_if`], which takes a carried one |
//! | product | made by [`Field::times`] or [`Field::squared`] of carried or turned numbers |
//! | subtrahend | carried, or up to two products of carried numbers, or one with a turned factor |
//! | sum or difference | of up to four products and one subtrahend; can be carried |

use crate::vector::{Vector, Work};

/// The low 51 bits.
pub(super) const LOW: u64 = (1 << 51) - 1;

/// The limbs of p.
pub(super) const PRIME: [u64; 5] = [LOW - 18, LOW, LOW, LOW, LOW];

/// d of the curve -x² + y² = 1 + d x² y².
pub(super) const D: [u64; 5] = limbs("a3785913ca4deb75abd841414d0a700098e879777940c78c73fe6f2bee6c0352");
/// 2 d.
pub(super) const TWICE_D: [u64; 5] =
    limbs("59f1b226949bd6eb56b183829a14e00030d1f3eef2808e19e7fcdf56dcd90624");
/// A square root of -1.
pub(super) const ROOT_OF_MINUS_ONE: [u64; 5] =
    limbs("b0a00e4a271beec478e42fad0618432fa7d7fb3d99004d2b0bdfc14f8024832b");

/// The limbs of a number below 2^255 given as bytes, least significant first.
const fn limbs(text: &str) -> [u64; 5] {
    let bytes: [u8; 32] = crate::hex::bytes(text);
    let (words, _) = bytes.as_chunks();
    let (w0, w1) = (u64::from_le_bytes(words[0]), u64::from_le_bytes(words[1]));
    let (w2, w3) = (u64::from_le_bytes(words[2]), u64::from_le_bytes(words[3]));
    [
        w0 & LOW,
        (w0 >> 51 | w1 << 13) & LOW,
        (w1 >> 38 | w2 << 26) & LOW,
        (w2 >> 25 | w3 << 39) & LOW,
        w3 >> 12 & LOW,
    ]
}

/// A word in each lane.
pub(super) type Words<L> = <<L as Lanes>::Vector as Vector>::Words;

/// The limbs of a number in each lane.
pub(super) type Limbs<L> = [Words<L>; 5];

/// Some lanes and a multiplier. A value of an implementing type proves that the processor has the instructions.
pub(super) trait Lanes: Copy {
    /// What holds a word of each lane.
    type Vector: Vector;
    /// A number in each lane.
    type Field: Field<Lanes = Self>;
    /// How many lanes there are.
    const WIDTH: usize = Self::Vector::WIDTH;

    /// The proof for what is done to words.
    fn vector(self) -> Self::Vector;

    /// Does `work` with all of these instructions.
    fn call<W: Work>(self, work: W) -> W::Output;

    /// Numbers from limbs below 2^51 + 2^44.
    fn field(self, limbs: Limbs<Self>) -> Self::Field;

    /// The same number in each lane.
    #[inline(always)]
    fn splat(self, limbs: &[u64; 5]) -> Self::Field {
        let [l0, l1, l2, l3, l4] = *limbs;
        let v = self.vector();
        self.field([v.splat(l0), v.splat(l1), v.splat(l2), v.splat(l3), v.splat(l4)])
    }

    /// 0 in each lane.
    #[inline(always)]
    fn zero(self) -> Self::Field {
        self.splat(&[0; 5])
    }

    /// 1 in each lane.
    #[inline(always)]
    fn one(self) -> Self::Field {
        self.splat(&[1, 0, 0, 0, 0])
    }

    /// From four words of 64 bits, the least significant first. Bit 255 is ignored.
    #[inline(always)]
    fn of_words(self, words: &[Words<Self>; 4]) -> Self::Field {
        let v = self.vector();
        let low = v.splat(LOW);
        let [w0, w1, w2, w3] = *words;
        self.field([
            v.and(w0, low),
            v.and(v.or(v.shift_right(w0, 51), v.shift_left(w1, 13)), low),
            v.and(v.or(v.shift_right(w1, 38), v.shift_left(w2, 26)), low),
            v.and(v.or(v.shift_right(w2, 25), v.shift_left(w3, 39)), low),
            v.and(v.shift_right(w3, 12), low),
        ])
    }
}

/// Numbers, ready to be multiplied.
pub(super) trait Field: Copy {
    /// Whose they are.
    type Lanes: Lanes<Field = Self>;
    /// What products, sums and differences are.
    type Wide: Wide<Field = Self>;

    /// The proof that they come with.
    fn lanes(&self) -> Self::Lanes;

    /// The limbs of carried numbers, below 2^51 + 2^44.
    fn limbs(&self) -> Limbs<Self::Lanes>;

    /// The product.
    fn times(&self, other: &Self) -> Self::Wide;

    /// The square.
    fn squared(&self) -> Self::Wide;

    /// As an addend.
    fn wide(&self) -> Self::Wide;

    /// The negative where `lanes` has a bit, the number itself elsewhere.
    fn negated_if(&self, lanes: u8) -> Self;

    /// `other` where `lanes` has a bit, `self` elsewhere.
    fn replaced_if(&self, lanes: u8, other: &Self) -> Self;

    /// The numbers of the first four lanes in another order, as [`Vector::arranged`] does.
    fn arranged<const ORDER: i32>(&self, kept: u8) -> Self;

    /// The product, carried.
    #[inline(always)]
    fn mul(&self, other: &Self) -> Self {
        self.times(other).carry()
    }

    /// The square, carried.
    #[inline(always)]
    fn square(&self) -> Self {
        self.squared().carry()
    }

    /// The sum, carried.
    #[inline(always)]
    fn add(&self, other: &Self) -> Self {
        self.wide().plus(&other.wide()).carry()
    }

    /// The difference, carried.
    #[inline(always)]
    fn sub(&self, other: &Self) -> Self {
        self.wide().minus(&other.wide()).carry()
    }

    /// The lanes that hold 0 modulo p. The numbers are carried.
    #[inline(always)]
    fn zero_lanes(&self) -> u8 {
        let v = self.lanes().vector();
        let [l0, l1, l2, l3, l4] = canonical(v, &self.limbs());
        v.zero_lanes(v.or(v.or(v.or(l0, l1), v.or(l2, l3)), l4))
    }

    /// The lanes that hold an odd number, taken below p. The numbers are carried.
    #[inline(always)]
    fn odd_lanes(&self) -> u8 {
        let v = self.lanes().vector();
        !v.zero_lanes(v.and(canonical(v, &self.limbs())[0], v.splat(1)))
    }
}

/// Numbers as products, sums and differences leave them.
pub(super) trait Wide: Copy {
    /// What they become.
    type Field: Field<Wide = Self>;

    /// The sum.
    fn plus(&self, other: &Self) -> Self;

    /// The difference, more by a multiple of p.
    fn minus(&self, other: &Self) -> Self;

    /// What [`Wide::minus`] adds for `self` where `lanes` has a bit, the number itself elsewhere.
    fn negated_if(&self, lanes: u8) -> Self;

    /// The numbers of the first four lanes in another order, as [`Vector::arranged`] does.
    fn arranged<const ORDER: i32>(&self, kept: u8) -> Self;

    /// The same numbers, carried.
    fn carry(&self) -> Self::Field;

    /// The double.
    #[inline(always)]
    fn doubled(&self) -> Self {
        self.plus(self)
    }
}

/// The same numbers, each below p and each limb below 2^51. The limbs given are below 2^51 + 2^44.
#[inline(always)]
pub(super) fn canonical<V: Vector>(v: V, limbs: &[V::Words; 5]) -> [V::Words; 5] {
    // Two rounds: the first leaves limbs below 2^51 but for the lowest, which takes in 19 times the last carry.
    let once = carried_in_sequence(v, limbs, v.splat(0));
    let twice = carried_in_sequence(v, &once, v.splat(0));
    // Below 2^255 now. Whether p or more: whether another 19 carries beyond bit 255, which also takes p away.
    let mut carry = v.splat(19);
    for limb in twice {
        carry = v.shift_right(v.add(limb, carry), 51);
    }
    let nineteen_or_none = v.multiply(carry, v.splat(19));
    let mut reduced = carried_in_sequence(v, &twice, nineteen_or_none);
    // That carry was folded in as 19 once more by the sequence; take it out again.
    reduced[0] = v.sub(reduced[0], nineteen_or_none);
    reduced
}

/// Limbs, plus `carry` in the lowest, carried from the lowest to the highest; what is above bit 255, less than 2^32,
/// counts 19 times in the lowest.
#[inline(always)]
fn carried_in_sequence<V: Vector>(v: V, limbs: &[V::Words; 5], mut carry: V::Words) -> [V::Words; 5] {
    let low = v.splat(LOW);
    let mut carried = *limbs;
    for limb in &mut carried {
        let sum = v.add(*limb, carry);
        *limb = v.and(sum, low);
        carry = v.shift_right(sum, 51);
    }
    carried[0] = v.add(carried[0], v.multiply(carry, v.splat(19)));
    carried
}

#[cfg(test)]
mod tests;
