//! What points of G2 alone are asked for: ψ, products by the curve's parameter, and equality.

use std::arch::x86_64::__mmask8;

use blst::blst_p2_affine;

use super::LANES;
use super::constants::{Limbs, number};
use super::curve::{G2Affine, G2Points};
use super::quadratic::Quadratic;

/// How ψ turns x and y: by 1 / (1 + i)^((p - 1) / 3) and 1 / (1 + i)^((p - 1) / 2).
const TURN_OF_X: [Limbs; 2] = [
    [0; 8],
    number(
        "1a0111ea397fe699ec02408663d4de85aa0d857d89759ad4897d29650fb85f9b409427eb4f49fffd8bfd00000000aaad",
    ),
];
const TURN_OF_Y: [Limbs; 2] = [
    number(
        "135203e60180a68ee2e9c448d77a2cd91c3dedd930b1cf60ef396489f61eb45e304466cf3e67fa0af1ee7b04121bdea2",
    ),
    number(
        "06af0e0437ff400b6831e36d6bd17ffe48395dabc2d3435e77f76e17009241c5ee67992f72ec05f4c81084fbede3cc09",
    ),
];

impl G2Affine {
    /// The points as blst keeps them.
    #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
    pub fn for_blst(&self) -> [blst_p2_affine; 8] {
        let (x, y) = (self.x.for_blst(), self.y.for_blst());
        LANES.map(|lane| blst_p2_affine { x: x[lane], y: y[lane] })
    }

    /// ψ of the points, which is, for those of order r, the product by the curve's parameter.
    #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
    pub fn turned(&self) -> Self {
        Self {
            x: self.x.conjugate::<64>().mul(&Quadratic::splat(&TURN_OF_X)),
            y: self.y.conjugate::<64>().mul(&Quadratic::splat(&TURN_OF_Y)),
        }
    }
}

impl G2Points {
    /// As [`G2Affine::turned`].
    #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
    pub fn turned(&self) -> Self {
        let G2Affine { x, y } = G2Affine { x: self.x, y: self.y }.turned();
        Self { x, y, z: self.z.conjugate::<64>() }
    }

    /// The sums.
    #[inline(never)]
    #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
    pub fn plus(&self, other: &Self) -> Self {
        let (zz, other_zz) = (self.z.square(), other.z.square());
        let (x, y) = (self.x.mul(&other_zz), self.y.mul(&other_zz.mul(&other.z)));
        let across = other.x.mul(&zz).sub::<4>(&x);
        let rise = other.y.mul(&zz.mul(&self.z)).sub::<4>(&y);
        Self { x, y, z: self.z.mul(&other.z) }.stepped(&across, &rise)
    }

    /// The negatives.
    #[inline]
    #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
    pub fn negative(&self) -> Self {
        Self { x: self.x, y: Quadratic::zero().sub::<64>(&self.y), z: self.z }
    }

    /// The doubles of doubles, `times` times.
    #[inline]
    #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
    pub fn doubled_times(&self, times: usize) -> Self {
        let mut points = *self;
        for _ in 0..times {
            points = points.doubled();
        }
        points
    }

    /// The points times the absolute value of the curve's parameter, 0xd201000000010000.
    #[inline]
    #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
    pub fn times_parameter(&self, add: impl Fn(&Self) -> Self) -> Self {
        let mut points = *self;
        for doublings in [1, 2, 3, 9, 32] {
            points = add(&points.doubled_times(doublings));
        }
        points.doubled_times(16)
    }

    /// The lanes in which the points are equal, and neither is lost or infinity.
    #[inline]
    #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
    pub fn equal_lanes(&self, other: &G2Affine) -> __mmask8 {
        let zz = self.z.square();
        let x = other.x.mul(&zz).sub::<64>(&self.x);
        let y = other.y.mul(&zz.mul(&self.z)).sub::<64>(&self.y);
        x.zero_lanes() & y.zero_lanes() & !self.z.zero_lanes()
    }
}
