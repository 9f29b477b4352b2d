//! Eight numbers of the extension of degree 12 at once, as blst builds it: v³ = 1 + i over the quadratic extension, and
//! w² = v over that.
//!
//! A product of [`Sextic`] is of magnitude 28. What comes of a [`Dodecic`] has parts c0 of magnitude 284 and c1 of magnitude
//! 92, and so the sums made of them keep far below the 2^16 that operands may have.

use super::quadratic::Quadratic;

/// c0 + c1 v + c2 v².
#[derive(Clone, Copy, Debug)]
pub(super) struct Sextic(pub [Quadratic; 3]);

/// c0 + c1 w.
#[derive(Clone, Copy, Debug)]
pub(super) struct Dodecic(pub [Sextic; 2]);

/// a + b v + c v w, the value of a line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line {
    pub a: Quadratic,
    pub b: Quadratic,
    pub c: Quadratic,
}

impl Sextic {
    #[inline]
    #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
    fn add(&self, other: &Self) -> Self {
        let ([a0, a1, a2], [b0, b1, b2]) = (&self.0, &other.0);
        Self([a0.add(b0), a1.add(b1), a2.add(b2)])
    }

    /// self - a - b, of a magnitude greater by `BIAS`, which is at least those of a and b together.
    #[inline]
    #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
    fn minus_both<const BIAS: u64>(&self, a: &Self, b: &Self) -> Self {
        let mut difference = *self;
        for i in 0..3 {
            difference.0[i] = self.0[i].wide().minus(&a.0[i].wide()).minus(&b.0[i].wide()).carry::<BIAS>();
        }
        difference
    }

    /// The product by v, of magnitude 128 + 2 m for a magnitude m up to 128.
    #[inline]
    #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
    fn times_v(&self) -> Self {
        let [c0, c1, c2] = self.0;
        Self([c2.wide().turned().carry::<128>(), c0, c1])
    }

    /// The product, of magnitude 28.
    #[inline(never)]
    #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
    fn mul(&self, other: &Self) -> Self {
        let ([a0, a1, a2], [b0, b1, b2]) = (&self.0, &other.0);
        let (t0, t1, t2) = (a0.mul(b0).wide(), a1.mul(b1).wide(), a2.mul(b2).wide());
        let m0 = a1.add(a2).mul(&b1.add(b2)).wide().minus(&t1).minus(&t2);
        let m1 = a0.add(a1).mul(&b0.add(b1)).wide().minus(&t0).minus(&t1);
        let m2 = a0.add(a2).mul(&b0.add(b2)).wide().minus(&t0).minus(&t2);
        Self([
            m0.turned().plus(&t0).carry::<16>(),
            m1.plus(&t2.turned()).carry::<16>(),
            m2.plus(&t1).carry::<16>(),
        ])
    }

    /// The product by b0 + b1 v, of magnitude 16.
    #[inline(never)]
    #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
    fn mul_low(&self, b0: &Quadratic, b1: &Quadratic) -> Self {
        let [a0, a1, a2] = &self.0;
        let (t0, t1) = (a0.mul(b0).wide(), a1.mul(b1).wide());
        let m = a0.add(a1).mul(&b0.add(b1)).wide().minus(&t0).minus(&t1);
        Self([
            a2.mul(b1).wide().turned().plus(&t0).carry::<4>(),
            m.carry::<8>(),
            a2.mul(b0).wide().plus(&t1).carry::<0>(),
        ])
    }

    /// The product by b1 v, of magnitude 12.
    #[inline(never)]
    #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
    fn mul_middle(&self, b1: &Quadratic) -> Self {
        let [a0, a1, a2] = &self.0;
        Self([a2.mul(b1).wide().turned().carry::<4>(), a0.mul(b1), a1.mul(b1)])
    }

    /// The product by b1 v + b2 v², of magnitude 24.
    #[inline(never)]
    #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
    fn mul_high(&self, b1: &Quadratic, b2: &Quadratic) -> Self {
        let [a0, a1, a2] = &self.0;
        let (t1, t2) = (a1.mul(b1).wide(), a2.mul(b2).wide());
        let m = a1.add(a2).mul(&b1.add(b2)).wide().minus(&t1).minus(&t2);
        Self([
            m.turned().carry::<16>(),
            a0.mul(b1).wide().plus(&t2.turned()).carry::<4>(),
            a0.mul(b2).wide().plus(&t1).carry::<0>(),
        ])
    }
}

impl Dodecic {
    /// 1 in each lane.
    #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
    pub fn one() -> Self {
        let (zero, one) = (Quadratic::zero(), Quadratic::one());
        Self([Sextic([one, zero, zero]), Sextic([zero; 3])])
    }

    /// c0 - c1 w.
    #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
    pub fn conjugate(&self) -> Self {
        let [a, Sextic([b0, b1, b2])] = &self.0;
        let zero = Quadratic::zero();
        Self([*a, Sextic([zero.sub::<128>(b0), zero.sub::<128>(b1), zero.sub::<128>(b2)])])
    }

    /// The square.
    #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
    pub fn square(&self) -> Self {
        let [a, b] = &self.0;
        let product = a.mul(b);
        let sums = a.add(b).mul(&a.add(&b.times_v()));
        // 28, and 128 + 2 · 28.
        Self([sums.minus_both::<256>(&product, &product.times_v()), product.add(&product)])
    }

    /// The product by a line.
    #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
    pub fn mul_line(&self, line: &Line) -> Self {
        let [a, b] = &self.0;
        let low = a.mul_low(&line.a, &line.b);
        let middle = b.mul_middle(&line.c);
        let sums = a.add(b).mul_low(&line.a, &line.b.add(&line.c));
        Self([low.add(&middle.times_v()), sums.minus_both::<64>(&low, &middle)])
    }

    /// The product by two lines, which are multiplied first.
    #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
    pub fn mul_lines(&self, one: &Line, other: &Line) -> Self {
        let (aa, bb, cc) = (one.a.mul(&other.a).wide(), one.b.mul(&other.b), one.c.mul(&other.c).wide());
        let ab = one.a.add(&one.b).mul(&other.a.add(&other.b)).wide();
        let ac = one.a.add(&one.c).mul(&other.a.add(&other.c)).wide();
        let bc = one.b.add(&one.c).mul(&other.b.add(&other.c)).wide();
        // (v w)² = v³ = 1 + i.
        let even =
            Sextic([aa.plus(&cc.turned()).carry::<4>(), ab.minus(&aa).minus(&bb.wide()).carry::<8>(), bb]);
        let odd_v = ac.minus(&aa).minus(&cc).carry::<8>();
        let odd_vv = bc.minus(&bb.wide()).minus(&cc).carry::<8>();
        let [a, b] = &self.0;
        let evens = a.mul(&even);
        let odds = b.mul_high(&odd_v, &odd_vv);
        let sum = Sextic([even.0[0], even.0[1].add(&odd_v), even.0[2].add(&odd_vv)]);
        let sums = a.add(b).mul(&sum);
        Self([evens.add(&odds.times_v()), sums.minus_both::<64>(&evens, &odds)])
    }
}
