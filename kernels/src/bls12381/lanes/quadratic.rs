//! Eight numbers a + b i of the quadratic extension at once, i² being -1.
//!
//! The magnitude of a number is the greater one of its two parts. Operands of products are of magnitude 2^16 at most, since
//! their parts are added up, and products are of magnitude 3.

use std::arch::x86_64::__mmask8;

use super::constants::Limbs;
use super::field::{Field, Wide};

/// Eight numbers, ready to be multiplied.
#[derive(Clone, Copy, Debug)]
pub(super) struct Quadratic {
    /// a.
    pub re: Field,
    /// b.
    pub im: Field,
}

/// Sums and differences that are not carried yet.
#[derive(Clone, Copy, Debug)]
pub(super) struct WideQuadratic {
    re: Wide,
    im: Wide,
}

impl Quadratic {
    /// The same number in each lane.
    #[inline]
    #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
    pub fn splat([re, im]: &[Limbs; 2]) -> Self {
        Self { re: Field::splat(re), im: Field::splat(im) }
    }

    /// 0 in each lane.
    #[inline]
    #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
    pub fn zero() -> Self {
        Self { re: Field::zero(), im: Field::zero() }
    }

    /// 1 in each lane.
    #[inline]
    #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
    pub fn one() -> Self {
        Self { re: Field::one(), im: Field::zero() }
    }

    /// The product: three products of parts, and two reductions.
    #[inline(never)]
    #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
    pub fn mul(&self, other: &Self) -> Self {
        let re = self.re.times(&other.re);
        let im = self.im.times(&other.im);
        let both = self.re.add(&self.im).times(&other.re.add(&other.im));
        Self { re: re.minus(&im).biased().reduce(), im: both.minus(&re).minus(&im).reduce() }
    }

    /// The square: three squares of parts, which cost less than the two products (a + b) (a - b) and a b.
    #[inline(never)]
    #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
    pub fn square(&self) -> Self {
        let (re, im) = (self.re.squared(), self.im.squared());
        let both = self.re.add(&self.im).squared();
        Self { re: re.minus(&im).biased().reduce(), im: both.minus(&re).minus(&im).reduce() }
    }

    /// The product by a number without i.
    #[inline]
    #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
    pub fn scaled(&self, factor: &Field) -> Self {
        Self { re: self.re.mul(factor), im: self.im.mul(factor) }
    }

    /// a² + b², of magnitude 3.
    #[inline]
    #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
    pub fn norm(&self) -> Field {
        self.re.squared().plus(&self.im.squared()).reduce()
    }

    /// As an addend.
    #[inline]
    #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
    pub fn wide(&self) -> WideQuadratic {
        WideQuadratic { re: self.re.wide(), im: self.im.wide() }
    }

    /// The sum; magnitudes add up.
    #[inline]
    #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
    pub fn add(&self, other: &Self) -> Self {
        Self { re: self.re.add(&other.re), im: self.im.add(&other.im) }
    }

    /// The difference plus `BIAS` p in each part, `BIAS` being at least the magnitude of `other`; it is added to the
    /// magnitude.
    #[inline]
    #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
    pub fn sub<const BIAS: u64>(&self, other: &Self) -> Self {
        Self { re: self.re.sub::<BIAS>(&other.re), im: self.im.sub::<BIAS>(&other.im) }
    }

    /// a - b i, of a magnitude greater by `BIAS`, which is at least that of b.
    #[inline]
    #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
    pub fn conjugate<const BIAS: u64>(&self) -> Self {
        Self { re: self.re, im: Field::zero().sub::<BIAS>(&self.im) }
    }

    /// `other` where `lanes` has a bit, `self` elsewhere.
    #[inline]
    #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
    pub fn replaced_if(&self, lanes: __mmask8, other: &Self) -> Self {
        Self { re: self.re.replaced_if(lanes, &other.re), im: self.im.replaced_if(lanes, &other.im) }
    }

    /// The lanes that hold 0.
    #[inline]
    #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
    pub fn zero_lanes(&self) -> __mmask8 {
        self.re.zero_lanes() & self.im.zero_lanes()
    }
}

impl WideQuadratic {
    /// The sum.
    #[inline]
    #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
    pub fn plus(&self, other: &Self) -> Self {
        Self { re: self.re.plus(&other.re), im: self.im.plus(&other.im) }
    }

    /// The difference.
    #[inline]
    #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
    pub fn minus(&self, other: &Self) -> Self {
        Self { re: self.re.minus(&other.re), im: self.im.minus(&other.im) }
    }

    /// The double.
    #[inline]
    #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
    pub fn doubled(&self) -> Self {
        self.plus(self)
    }

    /// The product by 1 + i, which the next extension is made with: a - b and a + b.
    #[inline]
    #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
    pub fn turned(&self) -> Self {
        Self { re: self.re.minus(&self.im), im: self.re.plus(&self.im) }
    }

    /// The sum with `BIAS` p in each part, carried. Neither part may be negative then.
    #[inline]
    #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
    pub fn carry<const BIAS: u64>(&self) -> Quadratic {
        Quadratic { re: self.re.carry::<BIAS>(), im: self.im.carry::<BIAS>() }
    }
}
