//! Eight points of a curve y² = x³ + b at once, by the usual formulas for Jacobian coordinates.
//!
//! They are written once for both curves, whose coordinates are of [`Field`] or of [`Quadratic`]. A point is (x / z², y / z³),
//! with x, y and z of magnitudes up to 64. Additions are of the plain kind that fails where the points are equal up to their
//! sign, or one of them is infinity. They say so: z becomes 0, and no later operation makes it anything else. Who cannot rule
//! that out by the orders of the points looks at z.

use std::arch::x86_64::__mmask8;

use blst::{blst_p1, blst_p1_affine, blst_p2, blst_p2_affine};

use super::LANES;
use super::field::Field;
use super::quadratic::Quadratic;

macro_rules! curve {
    ($points:ident, $affine:ident, $element:ident, $blst:ident, $blst_affine:ident) => {
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
            /// The points that blst keeps so.
            #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
            pub fn from_blst(points: [&$blst_affine; 8]) -> Self {
                let x = $element::from_blst(points.map(|point| &point.x));
                Self { x, y: $element::from_blst(points.map(|point| &point.y)) }
            }

            #[inline]
            #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
            pub fn points(&self) -> $points {
                $points { x: self.x, y: self.y, z: $element::one() }
            }
        }

        impl $points {
            /// The points as blst keeps them.
            #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
            pub fn for_blst(&self) -> [$blst; 8] {
                let (x, y, z) = (self.x.for_blst(), self.y.for_blst(), self.z.for_blst());
                LANES.map(|lane| $blst { x: x[lane], y: y[lane], z: z[lane] })
            }

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

            /// The sums.
            #[inline(never)]
            #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
            pub fn plus_affine(&self, other: &$affine) -> Self {
                let zz = self.z.square();
                let across = other.x.mul(&zz).sub::<64>(&self.x);
                let rise = other.y.mul(&zz.mul(&self.z)).sub::<64>(&self.y);
                self.stepped(&across, &rise)
            }

            /// The sum with points of the same z, whose x and y are greater by `across` and `rise`.
            #[inline]
            #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
            pub fn stepped(&self, across: &$element, rise: &$element) -> Self {
                let squared = across.square();
                let cubed = across.mul(&squared);
                let v = self.x.mul(&squared);
                let x = rise.square().wide().minus(&cubed.wide()).minus(&v.wide().doubled()).carry::<16>();
                let down = v.sub::<32>(&x);
                let y = rise.mul(&down).sub::<4>(&self.y.mul(&cubed));
                Self { x, y, z: self.z.mul(across) }
            }

            /// `other` where `lanes` has a bit, `self` elsewhere.
            #[inline]
            #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
            pub fn replaced_if(&self, lanes: __mmask8, other: &Self) -> Self {
                Self {
                    x: self.x.replaced_if(lanes, &other.x),
                    y: self.y.replaced_if(lanes, &other.y),
                    z: self.z.replaced_if(lanes, &other.z),
                }
            }
        }
    };
}

curve!(G1Points, G1Affine, Field, blst_p1, blst_p1_affine);
curve!(G2Points, G2Affine, Quadratic, blst_p2, blst_p2_affine);
