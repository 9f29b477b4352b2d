//! From 96 bytes to a point of G2: eight at once.
//!
//! ```text
//!   byte 0                    48                     96
//!   [ f f f | b               | a                    ]      x = a + b i, most significant bytes first
//!     │ │ └ whether y is the greater of its two values
//!     │ └── infinity
//!     └──── compressed
//! ```
//!
//! y is the root of x³ + 4 (1 + i), if there is one. Of the values y and -y the greater one has the greater part with i, or
//! if that is 0, the greater part without.

use std::arch::x86_64::__mmask8;

use blst::blst_p2_affine;

use super::constants::{Limbs, PLAIN_ONE, PRIME, SQUARE_OF_R, limbs, small};
use super::curve::G2Affine;
use super::field::Field;
use super::memory;
use super::power::{root, root_lanes};
use super::quadratic::Quadratic;

/// (p + 1) / 2: the least number that is greater than its negative.
const GREATER: Limbs =
    limbs("0d0088f51cbff34d258dd3db21a5d66bb23ba5c279c2895fb39869507b587b120f55ffff58a9ffffdcff7fffffffd556");

const COMPRESSED: u8 = 0x80;
const INFINITY: u8 = 0x40;
const GREATER_Y: u8 = 0x20;

/// The points of eight encodings, and in the bits of a mask, which of them obey rules 1 to 3.
#[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
pub(super) fn decode(encodings: [&[u8; 96]; 8]) -> ([blst_p2_affine; 8], __mmask8) {
    let mask = |is: &dyn Fn(u8) -> bool| {
        encodings.iter().rev().fold(0, |mask, encoding| mask << 1 | u8::from(is(encoding[0])))
    };
    let well_flagged = mask(&|first| first & (COMPRESSED | INFINITY) == COMPRESSED);
    let (b, b_lanes) = coordinates(encodings, 0);
    let (a, a_lanes) = coordinates(encodings, 48);
    let x = Quadratic { re: a, im: b };
    let (y, y_lanes) = ordinates(&x, mask(&|first| first & GREATER_Y != 0));
    let points = G2Affine { x, y };
    let good = well_flagged & a_lanes & b_lanes & y_lanes & subgroup_lanes(&points);
    (points.for_blst(), good)
}

/// The numbers at byte `from` of the encodings, without flags, and the lanes where they are below p.
#[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
fn coordinates(encodings: [&[u8; 96]; 8], from: usize) -> (Field, __mmask8) {
    let words = encodings.map(|encoding| {
        let (chunks, _) = encoding[from..from + 48].as_chunks();
        let mut words = [0; 6];
        for (word, chunk) in words.iter_mut().rev().zip(chunks) {
            *word = u64::from_be_bytes(*chunk);
        }
        if from == 0 {
            words[5] &= u64::MAX >> 3;
        }
        words
    });
    let plain = memory::load(words.each_ref());
    let below = plain.wide().minus(&Field::splat(&PRIME).wide()).carry::<0>().negative_lanes();
    (plain.mul(&Field::splat(&SQUARE_OF_R)), below)
}

/// The y of each x, the greater ones in the lanes `greater`; and the lanes where there is one.
#[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
fn ordinates(x: &Quadratic, greater: __mmask8) -> (Quadratic, __mmask8) {
    let b = Quadratic::splat(&[small(4); 2]);
    let square = x.square().mul(x).add(&b);
    let y = root(&square);
    let negative = Quadratic::zero().sub::<8>(&y);
    (y.replaced_if(greater ^ greater_lanes(&y), &negative), root_lanes(&square, &y))
}

/// The lanes whose number is greater than its negative.
#[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
fn greater_lanes(y: &Quadratic) -> __mmask8 {
    let (a, b) = (y.re.canonical_times(&PLAIN_ONE), y.im.canonical_times(&PLAIN_ONE));
    let bound = Field::splat(&GREATER).wide();
    let a_greater = !a.wide().minus(&bound).carry::<0>().negative_lanes();
    let b_greater = !b.wide().minus(&bound).carry::<0>().negative_lanes();
    let without_b = b.empty_lanes();
    without_b & a_greater | !without_b & b_greater
}

/// The lanes whose points are of order r: those with ψ(P) = x P for the curve's parameter x, which is negative.
#[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
fn subgroup_lanes(points: &G2Affine) -> __mmask8 {
    // An addition that fails is one of points whose multiples of less than 2^64 are equal: their order is below that.
    let multiple = points.points().times_parameter(|sum| sum.plus_affine(points));
    multiple.negative().equal_lanes(&points.turned())
}
