//! Products of pairings, up to the final exponentiation: the loop of the optimal ate pairing, in each lane for other pairs.
//!
//! A lane goes over all its pairs at each step, so that they share the squares:
//!
//! ```text
//!              lane 0       lane 1            lane 7
//!   row 0      pair 0       pair 1     ...    pair 7
//!   row 1      pair 8       pair 9     ...    pair 15          f = f² · lines of all rows, for each bit of the parameter
//!   ...
//! ```
//!
//! Points of G2 run in coordinates (x / z, y / z), in which a double comes with the tangent at least cost; see C. Costello,
//! T. Lange and M. Naehrig, "Faster pairing computations on curves with high-degree twists", and D. Aranha et al., "Faster
//! explicit formulas for computing pairings over ordinary curves". They have order r, so no step meets an exception. A line
//! is determined up to a factor of the quadratic extension, which the final exponentiation makes 1.

use std::arch::x86_64::__mmask8;

use blst::{blst_fp6, blst_fp12};

use super::LANES;
use super::curve::{G1Affine, G2Affine};
use super::field::Field;
use super::quadratic::Quadratic;
use super::tower::{Dodecic, Line};
use crate::bls12381::points::{G1, G2};

/// The absolute value of the curve's parameter.
const PARAMETER: u64 = 0xd201_0000_0001_0000;

/// Eight pairs on their way.
struct Row {
    /// -3 x and y of the points of G1.
    minus_three_x: Field,
    y: Field,
    start: G2Affine,
    running: Projective,
    /// The lanes without a pair.
    empty: __mmask8,
}

/// Eight points (x / z, y / z).
#[derive(Clone, Copy)]
struct Projective {
    x: Quadratic,
    y: Quadratic,
    z: Quadratic,
}

/// Eight numbers whose product's final exponentiation is the product of the pairings of all pairs; none is infinity.
#[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
pub(super) fn product(pairs: &[(G1, G2)]) -> [blst_fp12; 8] {
    let mut rows: Vec<Row> = Vec::with_capacity(pairs.len().div_ceil(8));
    for eight in pairs.chunks(8) {
        rows.push(Row::new(eight));
    }
    let mut f = Dodecic::one();
    for bit in (0..PARAMETER.ilog2()).rev() {
        f = times_lines(&f.square(), &mut rows, false);
        if PARAMETER >> bit & 1 == 1 {
            f = times_lines(&f, &mut rows, true);
        }
    }
    // The parameter is negative. The conjugate is the inverse but for a factor that the final exponentiation makes 1.
    for_blst(&f.conjugate())
}

/// f times the lines of one step of all rows, two by two.
#[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
fn times_lines(f: &Dodecic, rows: &mut [Row], adds: bool) -> Dodecic {
    let mut f = *f;
    for two in rows.chunks_mut(2) {
        match two {
            [one, other] => f = f.mul_lines(&one.step(adds), &other.step(adds)),
            [one] => f = f.mul_line(&one.step(adds)),
            _ => {}
        }
    }
    f
}

impl Row {
    /// Up to eight pairs; the first fills the lanes that are left over.
    #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
    fn new(pairs: &[(G1, G2)]) -> Self {
        let pair = |lane: usize| pairs.get(lane).unwrap_or(&pairs[0]);
        let lanes = LANES.map(pair);
        let points = G1Affine::from_blst(lanes.map(|(point, _)| &point.0));
        let (three_x, start) =
            (points.x.wide().doubled().plus(&points.x.wide()), lanes.map(|(_, point)| &point.0));
        let start = G2Affine::from_blst(start);
        Self {
            minus_three_x: Field::zero().wide().minus(&three_x).carry::<16>(),
            y: points.y,
            running: Projective { x: start.x, y: start.y, z: Quadratic::one() },
            start,
            empty: (0xff_u16 << pairs.len()) as u8,
        }
    }

    /// Doubles the points of G2, or adds those they started from; gives the tangent or the line through both.
    #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
    fn step(&mut self, adds: bool) -> Line {
        let (a, b, c) = if adds { self.running.add(&self.start) } else { self.running.double() };
        let line = Line { a, b: b.scaled(&self.minus_three_x), c: c.scaled(&self.y) };
        if self.empty == 0 {
            return line;
        }
        Line {
            a: line.a.replaced_if(self.empty, &Quadratic::one()),
            b: line.b.replaced_if(self.empty, &Quadratic::zero()),
            c: line.c.replaced_if(self.empty, &Quadratic::zero()),
        }
    }
}

impl Projective {
    /// Doubles the point. The tangent is a - 3 b x + c y.
    #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
    fn double(&mut self) -> (Quadratic, Quadratic, Quadratic) {
        let xy = self.x.mul(&self.y);
        let (xx, yy, zz) = (self.x.square(), self.y.square(), self.z.square());
        let two_yz = self.y.add(&self.z).square().wide().minus(&yy.wide()).minus(&zz.wide()).carry::<8>();
        // 3 times the curve's 4 (1 + i), times z².
        let four = zz.wide().doubled().doubled();
        let e = four.plus(&four.doubled()).turned().carry::<64>();
        let three_e = e.wide().plus(&e.wide().doubled());
        let x = xy.add(&xy).mul(&yy.wide().minus(&three_e).carry::<512>());
        let sum = yy.wide().plus(&three_e).carry::<0>();
        let ee = e.square().wide();
        let twelve_ee = ee.doubled().plus(&ee).doubled().doubled();
        let y = sum.square().wide().minus(&twelve_ee).carry::<64>();
        let z = yy.mul(&two_yz).wide().doubled().doubled().carry::<0>();
        *self = Self { x, y, z };
        (yy.sub::<256>(&e), xx, two_yz)
    }

    /// Adds a point. The line is a - 3 b x + c y.
    #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
    fn add(&mut self, other: &G2Affine) -> (Quadratic, Quadratic, Quadratic) {
        let rise = self.y.sub::<4>(&other.y.mul(&self.z));
        let across = self.x.sub::<4>(&other.x.mul(&self.z));
        let across_squared = across.square();
        let e = across.mul(&across_squared);
        let f = self.z.mul(&rise.square());
        let g = self.x.mul(&across_squared);
        let h = e.wide().plus(&f.wide()).minus(&g.wide().doubled()).carry::<8>();
        let x = across.mul(&h);
        let y = rise.mul(&g.sub::<16>(&h)).sub::<4>(&e.mul(&self.y));
        let a = rise.mul(&other.x).sub::<4>(&across.mul(&other.y));
        *self = Self { x, y, z: self.z.mul(&e) };
        // Three times the line, for the -3 x of the tangents.
        let three = |number: &Quadratic| number.wide().doubled().plus(&number.wide()).carry::<0>();
        (three(&a), rise, three(&across))
    }
}

#[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
fn for_blst(f: &Dodecic) -> [blst_fp12; 8] {
    let mut all = [blst_fp12 { fp6: [blst_fp6::default(); 2] }; 8];
    for (i, sextic) in f.0.iter().enumerate() {
        for (j, part) in sextic.0.iter().enumerate() {
            let parts = part.for_blst();
            for lane in 0..8 {
                all[lane].fp6[i].fp2[j] = parts[lane];
            }
        }
    }
    all
}
