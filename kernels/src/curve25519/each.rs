//! Eight equations at once, each by itself: 8 (S B - k A - R) = 0 in every lane.
//!
//! Each lane adds multiples of its own key from a table of its own, and multiples of the base point from one that all
//! share; the doublings between are common. Digits are of 5 bits for the key, since its table must be made first, and
//! of 7 for the base.

use std::sync::OnceLock;

use curve25519_dalek::edwards::EdwardsPoint;
use curve25519_dalek::traits::Identity;

use super::decompress::{AT_ONCE, decompress};
use super::digits::Digits;
use super::memory::negative_lanes;
use super::point::{Affine, AffinePoints, NEUTRAL, NEUTRAL_AFFINE, Points, ReadyPoints, Stored};
use super::scalar::Scalar;

/// What one equation needs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Equation {
    pub key: Affine,
    pub challenge: Scalar,
    pub nonce: Affine,
    pub s: Scalar,
}

const KEY_BITS: usize = 5;
const KEY_DIGITS: Digits = Digits::of_halved(KEY_BITS);
const KEY_MULTIPLES: usize = (1 << (KEY_BITS - 1)) + 1;
const BASE_BITS: usize = 7;
const BASE_DIGITS: Digits = Digits::of_halved(BASE_BITS);
const BASE_MULTIPLES: usize = (1 << (BASE_BITS - 1)) + 1;

/// The lanes whose equation holds.
#[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
pub(super) fn hold(equations: [&Equation; 8]) -> u8 {
    let keys = AffinePoints::load(equations.map(|equation| &equation.key));
    let multiples = multiples(&keys.negated_if(0xff));
    let base = base_multiples();
    let mut key_digits = [[0; KEY_DIGITS.count()]; 8];
    let mut base_digits = [[0; BASE_DIGITS.count()]; 8];
    for lane in 0..8 {
        KEY_DIGITS.write_halved(&equations[lane].challenge, &mut key_digits[lane]);
        BASE_DIGITS.write_halved(&equations[lane].s, &mut base_digits[lane]);
    }
    let mut sum = Points::neutral();
    for bit in (0..KEY_BITS * KEY_DIGITS.count()).rev() {
        sum.double(1);
        if bit % KEY_BITS == 0 {
            let digits = key_digits.each_ref().map(|digits| digits[bit / KEY_BITS]);
            sum.add(&key_multiple(&multiples, &digits));
        }
        if bit % BASE_BITS == 0 && bit / BASE_BITS < BASE_DIGITS.count() {
            let digits = base_digits.each_ref().map(|digits| digits[bit / BASE_BITS]);
            sum.add_affine(&base_multiple(base, &digits));
        }
    }
    let nonces = AffinePoints::load(equations.map(|equation| &equation.nonce));
    sum.add_affine(&nonces.negated_if(0xff));
    sum.double(3);
    sum.neutral_lanes()
}

/// 0 to 16 times each point: b times the point of lane j is at 8 b + j.
#[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
fn multiples(points: &AffinePoints) -> [Stored; 8 * KEY_MULTIPLES] {
    let mut table = [NEUTRAL; 8 * KEY_MULTIPLES];
    let mut multiple = Points::neutral();
    for row in table.as_chunks_mut::<8>().0.iter_mut().skip(1) {
        multiple.add_affine(points);
        multiple.ready().store(row, &[0, 1, 2, 3, 4, 5, 6, 7]);
    }
    table
}

#[inline]
#[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
fn key_multiple(table: &[Stored; 8 * KEY_MULTIPLES], digits: &[i8; 8]) -> ReadyPoints {
    let mut places = [&table[0]; 8];
    for lane in 0..8 {
        places[lane] = &table[8 * usize::from(digits[lane].unsigned_abs()) + lane];
    }
    ReadyPoints::load(places).negated_if(negative_lanes(digits))
}

#[inline]
#[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
fn base_multiple(table: &[Affine], digits: &[i8; 8]) -> AffinePoints {
    let mut places = [&table[0]; 8];
    for lane in 0..8 {
        places[lane] = &table[usize::from(digits[lane].unsigned_abs())];
    }
    AffinePoints::load(places).negated_if(negative_lanes(digits))
}

/// 0 to 64 times the base point.
#[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
fn base_multiples() -> &'static [Affine] {
    static TABLE: OnceLock<Vec<Affine>> = OnceLock::new();
    if let Some(table) = TABLE.get() {
        return table;
    }
    let mut table = vec![NEUTRAL_AFFINE];
    let mut multiple = EdwardsPoint::identity();
    while table.len() < BASE_MULTIPLES {
        let mut encodings = [[0; 32]; AT_ONCE];
        for encoding in &mut encodings {
            multiple += curve25519_dalek::constants::ED25519_BASEPOINT_POINT;
            *encoding = multiple.compress().to_bytes();
        }
        table.extend_from_slice(decompress(&encodings).0.as_flattened());
    }
    TABLE.get_or_init(|| table)
}
