//! Eight numbers modulo p = 2^255 - 19 at once, one in each lane of vectors of 512 bits.
//!
//! A number is five limbs of 51 bits, and limb i weighs 2^(51 i):
//!
//! ```text
//!               lane 0   lane 1         lane 7
//!   limb 0    [ a0       b0       ...   h0 ]        one vector
//!   ...
//!   limb 4    [ a4       b4       ...   h4 ]
//! ```
//!
//! The multiplier takes the low 52 bits of two limbs and gives either the low or the high 52 bits of their product. The
//! high ones weigh 2^52, which is twice the weight of the next limb. So column k of a product is
//!
//! ```text
//!   column k = Σ low(a_i b_j) over i + j = k  +  2 Σ high(a_i b_j) over i + j = k - 1
//! ```
//!
//! and column k + 5 counts 19 times in column k, since 2^255 = 19 modulo p.
//!
//! Two types keep the ranges apart, so that what is added or subtracted is carried once, and not twice:
//!
//! | type | range of each lane of each limb |
//! | --- | --- |
//! | [`Field`] | below 2^51 + 2^18, made by [`Wide::carry`]; the operands of products |
//! | [`Field::negated_if`] | below 2^52, the bound of the multiplier |
//! | [`Wide`] of one product | below 2^60.1: at most 14 terms below 2^52, 19 times, for operands below 2^52 |
//! | [`Wide`], sums and differences | below 2^64; what is subtracted is below 2^62 - 2^18 |

use std::arch::x86_64::{
    __m512i, __mmask8, _mm512_add_epi64, _mm512_and_si512, _mm512_cmpeq_epi64_mask, _mm512_madd52hi_epu64,
    _mm512_madd52lo_epu64, _mm512_mask_blend_epi64, _mm512_mask_sub_epi64, _mm512_mullo_epi64,
    _mm512_or_si512, _mm512_set1_epi64, _mm512_setzero_si512, _mm512_slli_epi64, _mm512_srli_epi64,
    _mm512_sub_epi64, _mm512_test_epi64_mask,
};

/// The low 51 bits.
const LOW: i64 = (1 << 51) - 1;
/// 2 p, limb by limb.
const TWICE_PRIME: [i64; 5] = [2 * (LOW - 18), 2 * LOW, 2 * LOW, 2 * LOW, 2 * LOW];
/// 2^11 p, limb by limb: each limb is above 2^62 - 2^18.
pub(super) const MANY_PRIMES: [i64; 5] = [(LOW - 18) << 11, LOW << 11, LOW << 11, LOW << 11, LOW << 11];

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
    let low = LOW as u64;
    [
        w0 & low,
        (w0 >> 51 | w1 << 13) & low,
        (w1 >> 38 | w2 << 26) & low,
        (w2 >> 25 | w3 << 39) & low,
        w3 >> 12 & low,
    ]
}

/// Eight numbers, ready to be multiplied.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field(pub [__m512i; 5]);

/// Eight numbers as products, sums and differences leave them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wide(pub [__m512i; 5]);

impl Field {
    /// The same number in each lane; its limbs are below 2^51.
    #[inline]
    #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
    pub fn splat(limbs: &[u64; 5]) -> Self {
        let mut vectors = [_mm512_setzero_si512(); 5];
        for i in 0..5 {
            vectors[i] = _mm512_set1_epi64(limbs[i].cast_signed());
        }
        Self(vectors)
    }

    /// 0 in each lane.
    #[inline]
    #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
    pub fn zero() -> Self {
        Self([_mm512_setzero_si512(); 5])
    }

    /// 1 in each lane.
    #[inline]
    #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
    pub fn one() -> Self {
        Self::splat(&[1, 0, 0, 0, 0])
    }

    /// From four words of 64 bits, the least significant first. Bit 255 is ignored.
    #[inline]
    #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
    pub fn from_words(words: &[__m512i; 4]) -> Self {
        let low = _mm512_set1_epi64(LOW);
        let [w0, w1, w2, w3] = *words;
        let middle_1 = _mm512_or_si512(_mm512_srli_epi64::<51>(w0), _mm512_slli_epi64::<13>(w1));
        let middle_2 = _mm512_or_si512(_mm512_srli_epi64::<38>(w1), _mm512_slli_epi64::<26>(w2));
        let middle_3 = _mm512_or_si512(_mm512_srli_epi64::<25>(w2), _mm512_slli_epi64::<39>(w3));
        Self([
            _mm512_and_si512(w0, low),
            _mm512_and_si512(middle_1, low),
            _mm512_and_si512(middle_2, low),
            _mm512_and_si512(middle_3, low),
            _mm512_and_si512(_mm512_srli_epi64::<12>(w3), low),
        ])
    }

    /// The product.
    #[inline]
    #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
    pub fn times(&self, other: &Self) -> Wide {
        let (a, b) = (&self.0, &other.0);
        let mut columns = [_mm512_setzero_si512(); 10];
        for i in 0..5 {
            for j in 0..5 {
                columns[i + j + 1] = _mm512_madd52hi_epu64(columns[i + j + 1], a[i], b[j]);
            }
        }
        for column in &mut columns[1..] {
            *column = _mm512_add_epi64(*column, *column);
        }
        for i in 1..5 {
            for j in 5 - i..5 {
                columns[i + j] = _mm512_madd52lo_epu64(columns[i + j], a[i], b[j]);
            }
        }
        let mut folded = fold(&columns);
        for i in 0..5 {
            for j in 0..5 - i {
                folded[i + j] = _mm512_madd52lo_epu64(folded[i + j], a[i], b[j]);
            }
        }
        Wide(folded)
    }

    /// The square: each product of two different limbs is made once and doubled with its column.
    #[inline]
    #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
    pub fn squared(&self) -> Wide {
        let a = &self.0;
        let mut columns = [_mm512_setzero_si512(); 10];
        for i in 0..5 {
            for j in i + 1..5 {
                columns[i + j + 1] = _mm512_madd52hi_epu64(columns[i + j + 1], a[i], a[j]);
            }
        }
        for column in &mut columns[2..9] {
            *column = _mm512_add_epi64(*column, *column);
        }
        for i in 0..5 {
            columns[2 * i + 1] = _mm512_madd52hi_epu64(columns[2 * i + 1], a[i], a[i]);
        }
        for i in 0..5 {
            for j in i + 1..5 {
                columns[i + j] = _mm512_madd52lo_epu64(columns[i + j], a[i], a[j]);
            }
        }
        for column in &mut columns[1..] {
            *column = _mm512_add_epi64(*column, *column);
        }
        for i in 0..5 {
            columns[2 * i] = _mm512_madd52lo_epu64(columns[2 * i], a[i], a[i]);
        }
        Wide(fold(&columns))
    }

    /// As an addend.
    #[inline]
    #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
    pub fn wide(&self) -> Wide {
        Wide(self.0)
    }

    /// The product, carried.
    #[inline]
    #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
    pub fn mul(&self, other: &Self) -> Self {
        self.times(other).carry()
    }

    /// The square, carried.
    #[inline]
    #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
    pub fn square(&self) -> Self {
        self.squared().carry()
    }

    /// The sum, carried.
    #[inline]
    #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
    pub fn add(&self, other: &Self) -> Self {
        self.wide().plus(&other.wide()).carry()
    }

    /// The difference, carried.
    #[inline]
    #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
    pub fn sub(&self, other: &Self) -> Self {
        self.wide().minus(&other.wide()).carry()
    }

    /// The negative where `lanes` has a bit, the number itself elsewhere. The limbs are below 2^52.
    #[inline]
    #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
    pub fn negated_if(&self, lanes: __mmask8) -> Self {
        let mut limbs = self.0;
        for i in 0..5 {
            let twice_prime = _mm512_set1_epi64(TWICE_PRIME[i]);
            limbs[i] = _mm512_mask_sub_epi64(limbs[i], lanes, twice_prime, limbs[i]);
        }
        Self(limbs)
    }

    /// `other` where `lanes` has a bit, `self` elsewhere.
    #[inline]
    #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
    pub fn replaced_if(&self, lanes: __mmask8, other: &Self) -> Self {
        let mut limbs = self.0;
        for (limb, other) in limbs.iter_mut().zip(&other.0) {
            *limb = _mm512_mask_blend_epi64(lanes, *limb, *other);
        }
        Self(limbs)
    }

    /// The same numbers, each below p and each limb below 2^51.
    #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
    pub fn canonical(&self) -> Self {
        // Two rounds: the first leaves limbs below 2^51 but for the lowest, which takes in 19 times the last carry.
        let once = carried_in_sequence(&self.0, _mm512_setzero_si512());
        let twice = carried_in_sequence(&once.0, _mm512_setzero_si512());
        // Below 2^255 now. Whether p or more: whether another 19 carries beyond bit 255, which also takes p away.
        let nineteen = _mm512_set1_epi64(19);
        let mut carry = nineteen;
        for i in 0..5 {
            carry = _mm512_srli_epi64::<51>(_mm512_add_epi64(twice.0[i], carry));
        }
        let mut reduced = carried_in_sequence(&twice.0, _mm512_mullo_epi64(carry, nineteen));
        // That carry was folded in as 19 once more by the sequence; take it out again.
        reduced.0[0] = _mm512_sub_epi64(reduced.0[0], _mm512_mullo_epi64(carry, nineteen));
        reduced
    }

    /// The lanes that hold 0 modulo p.
    #[inline]
    #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
    pub fn zero_lanes(&self) -> __mmask8 {
        let limbs = self.canonical().0;
        let any = _mm512_or_si512(
            _mm512_or_si512(_mm512_or_si512(limbs[0], limbs[1]), _mm512_or_si512(limbs[2], limbs[3])),
            limbs[4],
        );
        _mm512_cmpeq_epi64_mask(any, _mm512_setzero_si512())
    }

    /// The lanes that hold an odd number, taken below p.
    #[inline]
    #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
    pub fn odd_lanes(&self) -> __mmask8 {
        _mm512_test_epi64_mask(self.canonical().0[0], _mm512_set1_epi64(1))
    }
}

impl Wide {
    /// The sum.
    #[inline]
    #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
    pub fn plus(&self, other: &Self) -> Self {
        let mut sum = self.0;
        for (sum, other) in sum.iter_mut().zip(&other.0) {
            *sum = _mm512_add_epi64(*sum, *other);
        }
        Self(sum)
    }

    /// The double.
    #[inline]
    #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
    pub fn doubled(&self) -> Self {
        self.plus(self)
    }

    /// The difference, below 2^62 more than `self`. Each limb of `other` is below 2^62 - 2^18.
    #[inline]
    #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
    pub fn minus(&self, other: &Self) -> Self {
        let mut difference = self.0;
        for i in 0..5 {
            let raised = _mm512_add_epi64(difference[i], _mm512_set1_epi64(MANY_PRIMES[i]));
            difference[i] = _mm512_sub_epi64(raised, other.0[i]);
        }
        Self(difference)
    }

    /// The same numbers with limbs below 2^51 + 2^18: each limb gives what is above its 51 bits, less than 2^13, to the
    /// next, all at once, and the highest gives 19 times as much to the lowest.
    #[inline]
    #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
    pub fn carry(&self) -> Field {
        let low = _mm512_set1_epi64(LOW);
        let limbs = &self.0;
        let mut carried = [_mm512_setzero_si512(); 5];
        for i in 0..5 {
            carried[i] = _mm512_and_si512(limbs[i], low);
        }
        let around = _mm512_srli_epi64::<51>(limbs[4]);
        carried[0] = _mm512_madd52lo_epu64(carried[0], around, _mm512_set1_epi64(19));
        for i in 1..5 {
            carried[i] = _mm512_add_epi64(carried[i], _mm512_srli_epi64::<51>(limbs[i - 1]));
        }
        Field(carried)
    }
}

/// Columns 5 to 9, below 14 · 2^52 each, counted 19 times into columns 0 to 4.
#[inline]
#[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
fn fold(columns: &[__m512i; 10]) -> [__m512i; 5] {
    let nineteen = _mm512_set1_epi64(19);
    let mut folded = [_mm512_setzero_si512(); 5];
    for i in 0..5 {
        folded[i] = _mm512_add_epi64(columns[i], _mm512_mullo_epi64(columns[i + 5], nineteen));
    }
    folded
}

/// Limbs, plus `carry` in the lowest, carried from the lowest to the highest; what is above bit 255 counts 19 times in
/// the lowest.
#[inline]
#[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
fn carried_in_sequence(limbs: &[__m512i; 5], mut carry: __m512i) -> Field {
    let low = _mm512_set1_epi64(LOW);
    let mut carried = [_mm512_setzero_si512(); 5];
    for i in 0..5 {
        let sum = _mm512_add_epi64(limbs[i], carry);
        carried[i] = _mm512_and_si512(sum, low);
        carry = _mm512_srli_epi64::<51>(sum);
    }
    carried[0] = _mm512_madd52lo_epu64(carried[0], carry, _mm512_set1_epi64(19));
    Field(carried)
}

#[cfg(test)]
mod tests;
