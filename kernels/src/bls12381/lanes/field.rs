//! Eight numbers modulo p, the prime of BLS12-381's coordinates, one in each lane of vectors of 512 bits.
//!
//! A number a is kept as a R modulo p with R = 2^416, in eight limbs of 52 bits:
//!
//! ```text
//!               lane 0   lane 1         lane 7
//!   limb 0    [ a0       b0       ...   h0 ]        one vector; limb i weighs 2^(52 i)
//!   ...
//!   limb 7    [ a7       b7       ...   h7 ]
//! ```
//!
//! p is below 2^381, so that 35 bits are to spare, and nothing is compared with p before the end. A number of *magnitude* m
//! is below m p.
//!
//! | type | range of each lane |
//! | --- | --- |
//! | [`Field`] | limbs below 2^52, magnitude at most 2^17; the operands of products |
//! | [`Wide`], sums and differences | limbs between -2^62 and 2^62; whatever value |
//! | [`Columns`], products and their sums | columns between -2^62 and 2^62; a value from 0 to 3/2 p R |
//!
//! A product of two numbers of magnitude 2^17 is below 2^34 p², and so below p R / 2. [`Columns::reduce`] adds less than
//! 5/4 p R and divides by R. So a product is of magnitude 2, and what comes of several products of magnitude 3.

use std::arch::x86_64::{
    __m512i, __mmask8, _mm512_add_epi64, _mm512_and_si512, _mm512_cmpeq_epi64_mask, _mm512_mask_blend_epi64,
    _mm512_movepi64_mask, _mm512_or_si512, _mm512_set1_epi64, _mm512_setzero_si512, _mm512_srai_epi64,
    _mm512_sub_epi64,
};

#[cfg(doc)]
use super::columns::Columns;
use super::constants::{LOW, Limbs, ONE, PRIME, multiple_of_prime};

/// Eight numbers, ready to be multiplied.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field(pub [__m512i; 8]);

/// Sums and differences that are not carried yet.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wide(pub [__m512i; 8]);

impl Field {
    /// The same number in each lane.
    #[inline]
    #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
    pub fn splat(limbs: &Limbs) -> Self {
        let mut vectors = [_mm512_setzero_si512(); 8];
        for i in 0..8 {
            vectors[i] = _mm512_set1_epi64(limbs[i].cast_signed());
        }
        Self(vectors)
    }

    /// 0 in each lane.
    #[inline]
    #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
    pub fn zero() -> Self {
        Self([_mm512_setzero_si512(); 8])
    }

    /// 1 in each lane.
    #[inline]
    #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
    pub fn one() -> Self {
        Self::splat(&ONE)
    }

    /// The product, of magnitude 2. It has some 300 instructions: a call costs less than a copy in each place.
    #[inline(never)]
    #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
    pub fn mul(&self, other: &Self) -> Self {
        self.times(other).reduce()
    }

    /// The square, of magnitude 2.
    #[inline(never)]
    #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
    pub fn square(&self) -> Self {
        self.squared().reduce()
    }

    /// The product, as the quadratic extension names it.
    #[inline]
    #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
    pub fn scaled(&self, factor: &Self) -> Self {
        self.mul(factor)
    }

    /// As an addend.
    #[inline]
    #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
    pub fn wide(&self) -> Wide {
        Wide(self.0)
    }

    /// The sum; magnitudes add up.
    #[inline]
    #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
    pub fn add(&self, other: &Self) -> Self {
        self.wide().plus(&other.wide()).carry::<0>()
    }

    /// The difference plus `BIAS` p, `BIAS` being at least the magnitude of `other`; it is added to the magnitude.
    #[inline]
    #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
    pub fn sub<const BIAS: u64>(&self, other: &Self) -> Self {
        self.wide().minus(&other.wide()).carry::<BIAS>()
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

    /// The product by a plain number `factor`, below p.
    #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
    pub fn canonical_times(&self, factor: &Limbs) -> Self {
        // Below 5/4 p + p / 2^18, since the operands' product is below 2^17 p².
        let product = self.mul(&Self::splat(factor));
        let less = product.wide().minus(&Self::splat(&PRIME).wide()).carry::<0>();
        less.replaced_if(less.negative_lanes(), &product)
    }

    /// The lanes whose limbs are all 0.
    #[inline]
    #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
    pub fn empty_lanes(&self) -> __mmask8 {
        let mut any = self.0[0];
        for limb in &self.0[1..] {
            any = _mm512_or_si512(any, *limb);
        }
        _mm512_cmpeq_epi64_mask(any, _mm512_setzero_si512())
    }

    /// The lanes that hold 0 modulo p.
    #[inline]
    #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
    pub fn zero_lanes(&self) -> __mmask8 {
        self.canonical_times(&ONE).empty_lanes()
    }

    /// The lanes of a carried difference without bias that are below 0.
    #[inline]
    #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
    pub fn negative_lanes(&self) -> __mmask8 {
        _mm512_movepi64_mask(self.0[7])
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

    /// The difference.
    #[inline]
    #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
    pub fn minus(&self, other: &Self) -> Self {
        let mut difference = self.0;
        for (difference, other) in difference.iter_mut().zip(&other.0) {
            *difference = _mm512_sub_epi64(*difference, *other);
        }
        Self(difference)
    }

    /// The double.
    #[inline]
    #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
    pub fn doubled(&self) -> Self {
        self.plus(self)
    }

    /// The sum with `BIAS` p, with limbs below 2^52. If it is negative, which only a comparison may ask for, the highest
    /// limb is.
    #[inline]
    #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
    pub fn carry<const BIAS: u64>(&self) -> Field {
        let bias = const { multiple_of_prime(BIAS) };
        let mut limbs = self.0;
        if BIAS > 0 {
            for i in 0..8 {
                limbs[i] = _mm512_add_epi64(limbs[i], _mm512_set1_epi64(bias[i].cast_signed()));
            }
        }
        for i in 0..7 {
            limbs[i + 1] = _mm512_add_epi64(limbs[i + 1], _mm512_srai_epi64::<52>(limbs[i]));
            limbs[i] = _mm512_and_si512(limbs[i], _mm512_set1_epi64(LOW));
        }
        debug_assert!(
            BIAS == 0 || _mm512_movepi64_mask(limbs[7]) == 0,
            "the bias is at least what was subtracted"
        );
        Field(limbs)
    }
}
