//! Eight points of a curve y² = x³ + b at once, by the usual formulas for Jacobian coordinates.
//!
//! They are written once for both curves, whose coordinates are of [`Field`] or of [`Quadratic`]. A point is (x / z², y / z³),
//! with x, y and z of magnitudes up to 64. Additions are of the plain kind that fails where the points are equal up to their
//! sign, or one of them is infinity. They say so: z becomes 0, and no later operation makes it anything else. Who cannot rule
//! that out by the orders of the points looks at z.

use std::arch::x86_64::__mmask8;

use super::constants::{Limbs, number};
use super::quadratic::Quadratic;

macro_rules! curve {
    ($points:ident, $affine:ident, $element:ident) => {
        /// Eight points (x, y), of magnitudes up to 64.
        #[derive(Clone, Copy, Debug)]
        pub(super) struct $affine {
            pub x: $element,
            pub y: $element,
        }

        /// Eight points (x / z², y / z³).
        #[derive(Clone, Copy, Debug)]
        pub(super) struct $points {
            pub x: $element,
            pub y: $element,
            pub z: $element,
        }

        impl $affine {
            #[inline]
            #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
            pub fn points(&self) -> $points {
                $points { x: self.x, y: self.y, z: $element::one() }
            }
        }

        impl $points {
            /// The doubles.
            #[inline(never)]
            #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
            pub fn doubled(&self) -> Self {
                let y_squared = self.y.square();
                let d = self.x.mul(&y_squared);
                let x_squared = self.x.square();
                let slope = x_squared.wide().plus(&x_squared.wide().doubled()).carry::<0>(); // magnitude 9
                let four_d = d.wide().doubled().doubled();
                let x = slope.square().wide().minus(&four_d.doubled()).carry::<32>(); // magnitude 35
                let down = four_d.minus(&x.wide()).carry::<64>();
                let eight = y_squared.square().wide().doubled().doubled().doubled();
                let y = slope.mul(&down).wide().minus(&eight).carry::<32>(); // magnitude 35
                let z = self.y.mul(&self.z).wide().doubled().carry::<0>();
                Self { x, y, z }
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

            /// The sums.
            #[inline(never)]
            #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
            pub fn plus_affine(&self, other: &$affine) -> Self {
                let zz = self.z.square();
                let across = other.x.mul(&zz).sub::<64>(&self.x);
                let rise = other.y.mul(&zz.mul(&self.z)).sub::<64>(&self.y);
                Self { x: self.x, y: self.y, z: self.z }.stepped(&across, &rise)
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

            /// The sum with points of the same z, whose x and y are greater by `across` and `rise`.
            #[inline]
            #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
            fn stepped(&self, across: &$element, rise: &$element) -> Self {
                let squared = across.square();
                let cubed = across.mul(&squared);
                let v = self.x.mul(&squared);
                let x = rise.square().wide().minus(&cubed.wide()).minus(&v.wide().doubled()).carry::<16>();
                let down = v.sub::<32>(&x);
                let y = rise.mul(&down).sub::<4>(&self.y.mul(&cubed));
                Self { x, y, z: self.z.mul(across) }
            }

            /// The negatives.
            #[inline]
            #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
            pub fn negative(&self) -> Self {
                Self { x: self.x, y: $element::zero().sub::<64>(&self.y), z: self.z }
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
            pub fn equal_lanes(&self, other: &$affine) -> __mmask8 {
                let zz = self.z.square();
                let x = other.x.mul(&zz).sub::<64>(&self.x);
                let y = other.y.mul(&zz.mul(&self.z)).sub::<64>(&self.y);
                x.zero_lanes() & y.zero_lanes() & !self.z.zero_lanes()
            }
        }
    };
}

curve!(G2Points, G2Affine, Quadratic);

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
}
