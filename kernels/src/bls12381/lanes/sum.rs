//! Sums of points, each times its coefficient: eight sums at once.
//!
//! ```text
//!              lane 0      lane 1           lane 7
//!   row 0      point 0     point 1   ...    point 7
//!   row 1      point 8     point 9   ...    point 15          each lane sums up its own points
//!   ...
//! ```
//!
//! From the highest digit of the coefficients down, a lane's sum is multiplied by 4, and then every row adds to it what its
//! digits ask for, see [`coefficients`](crate::bls12381::coefficients). So all points of a lane share its doublings. The three
//! multiples of each point are made beforehand, and all their z made 1 by one inversion.
//!
//! A lane starts at a secret point. So nobody can steer it to where additions fail, see [`super::curve`], by equal points,
//! say, which meet before the sum is random. What the start adds is known beforehand, and taken away in the end. A sum that
//! failed all the same, or is infinity, is told by its z, and left to others.

use std::arch::x86_64::__mmask8;

use blst::{blst_p1, blst_p1_affine, blst_p2, blst_p2_affine};

use super::constants::{Limbs, number};
use super::curve::{G1Affine, G1Points, G2Affine, G2Points};
use super::field::Field;
use super::quadratic::Quadratic;
use super::{LANES, eight};
use crate::bls12381::coefficients::{Coefficient, DIGITS, Digit};
use crate::bls12381::points::{BETA_OF_G1, BETA_OF_G2, G1, G2, Start};

/// What the coefficients of eight points ask for at one place.
struct Asked {
    digits: [Option<Digit>; 8],
    there: __mmask8,
    negative: __mmask8,
}

impl Asked {
    fn of(coefficients: &[Coefficient], place: usize) -> Self {
        let mut asked = Self { digits: [None; 8], there: 0, negative: 0 };
        for (lane, coefficient) in coefficients.iter().enumerate() {
            asked.digits[lane] = coefficient.digit(place);
            if let Some(digit) = asked.digits[lane] {
                asked.there |= 1 << lane;
                asked.negative |= u8::from(digit.is_negative) << lane;
            }
        }
        asked
    }
}

macro_rules! sums {
    ($sums:ident, $multiple:ident, $affine:ident, $points:ident, $element:ident, $stored:ty, $beta:ident,
     $group:ident, $blst:ident, $blst_affine:ident) => {
        /// A multiple of a point: its x times 1, β and β², and its y.
        #[derive(Clone, Copy)]
        struct $multiple {
            x: [$stored; 3],
            y: $stored,
        }

        /// Points and their coefficients, ready to be summed up.
        pub(super) struct $sums<'a> {
            coefficients: &'a [Coefficient],
            /// In each row, for each multiple, those of its eight points.
            rows: Vec<[[$multiple; 8]; 3]>,
            start: $affine,
            end: $affine,
        }

        impl<'a> $sums<'a> {
            /// None if a multiple is infinity, as none of a point of order r is.
            #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
            pub fn new(
                start: &Start<$blst_affine>,
                points: &[$group],
                coefficients: &'a [Coefficient],
            ) -> Option<Self> {
                assert_eq!(points.len(), coefficients.len(), "each point has a coefficient");
                let (mut multiples, mut rows) = (Vec::new(), Vec::new());
                for some in points.chunks(8) {
                    let points =
                        $affine::from_blst(eight(&some.iter().map(|point| &point.0).collect::<Vec<_>>()));
                    let minus_turned = $affine {
                        x: points.x.scaled(&Field::splat(&const { number($beta) })),
                        y: $element::zero().sub::<4>(&points.y),
                    };
                    let one = points.points();
                    multiples.extend([one, one.plus_affine(&minus_turned), one.doubled()]);
                }
                for [one, one_less_omega, two] in Self::normalized(&multiples)?.as_chunks().0 {
                    rows.push([Self::stored(one), Self::stored(one_less_omega), Self::stored(two)]);
                }
                let (start, end) = ([&start.point; 8], [&start.end; 8]);
                let (start, end) = ($affine::from_blst(start), $affine::from_blst(end));
                Some(Self { coefficients, rows, start, end })
            }

            /// The points with z = 1, at the price of one inversion for each lane. None if one is infinity.
            #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
            fn normalized(points: &[$points]) -> Option<Vec<$affine>> {
                let mut products = vec![$element::one()];
                for point in points {
                    let product = products[products.len() - 1].mul(&point.z);
                    products.push(product);
                }
                let mut inverse = products.pop()?;
                if inverse.zero_lanes() != 0 {
                    return None;
                }
                inverse = inverse.inverse();
                let mut out = Vec::with_capacity(points.len());
                for (point, product) in points.iter().zip(products).rev() {
                    let one_over_z = inverse.mul(&product);
                    inverse = inverse.mul(&point.z);
                    let squared = one_over_z.square();
                    let y = point.y.mul(&squared.mul(&one_over_z));
                    out.push($affine { x: point.x.mul(&squared), y });
                }
                out.reverse();
                Some(out)
            }

            #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
            fn stored(points: &$affine) -> [$multiple; 8] {
                let beta = Field::splat(&const { number($beta) });
                let turned = points.x.scaled(&beta);
                let x = [points.x.scatter(), turned.scatter(), turned.scaled(&beta).scatter()];
                let y = points.y.scatter();
                LANES.map(|lane| $multiple { x: [x[0][lane], x[1][lane], x[2][lane]], y: y[lane] })
            }

            /// The sums of all points of a lane, and the lanes without an answer. There are as many as lanes with points.
            #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
            pub fn of_lanes(&self) -> ([$blst; 8], __mmask8) {
                self.of_rows(&self.rows, self.coefficients)
            }

            #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
            fn of_rows(
                &self,
                rows: &[[[$multiple; 8]; 3]],
                coefficients: &[Coefficient],
            ) -> ([$blst; 8], __mmask8) {
                let mut sum = self.start.points();
                for place in (0..DIGITS).rev() {
                    sum = sum.doubled().doubled();
                    for (row, coefficients) in rows.iter().zip(coefficients.chunks(8)) {
                        let asked = Asked::of(coefficients, place);
                        let more = sum.plus_affine(&Self::asked(row, &asked));
                        sum = sum.replaced_if(asked.there, &more);
                    }
                }
                let sum = sum.plus_affine(&self.end);
                (sum.for_blst(), sum.z.zero_lanes())
            }

            /// What is asked for, and any point where nothing is.
            #[inline]
            #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
            fn asked(row: &[[$multiple; 8]; 3], asked: &Asked) -> $affine {
                let (mut x, mut y) = ([&row[0][0].x[0]; 8], [&row[0][0].y; 8]);
                for (lane, digit) in asked.digits.iter().enumerate() {
                    if let Some(digit) = digit {
                        let multiple = &row[digit.multiple][lane];
                        (x[lane], y[lane]) = (&multiple.x[digit.turn], &multiple.y);
                    }
                }
                let y = $element::gather(y);
                let negative = $element::zero().sub::<4>(&y);
                $affine { x: $element::gather(x), y: y.replaced_if(asked.negative, &negative) }
            }
        }
    };
}

sums!(G1Sums, G1Multiple, G1Affine, G1Points, Field, Limbs, BETA_OF_G1, G1, blst_p1, blst_p1_affine);
sums!(G2Sums, G2Multiple, G2Affine, G2Points, Quadratic, [Limbs; 2], BETA_OF_G2, G2, blst_p2, blst_p2_affine);

impl G1Sums<'_> {
    /// Each point times its coefficient, eight by eight, and the lanes without an answer.
    #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
    pub fn of_each(&self) -> Vec<([blst_p1; 8], __mmask8)> {
        let mut sums = Vec::with_capacity(self.rows.len());
        for (row, coefficients) in self.rows.iter().zip(self.coefficients.chunks(8)) {
            sums.push(self.of_rows(&[*row], coefficients));
        }
        sums
    }
}
