//! One equation in each lane: is 8 (S B - k A - R) = 0?
//!
//! Each lane adds multiples of its own key from a table of its own, and multiples of the base point from one that all
//! share; the doublings between are common. Digits are of 5 bits for the key, since its table must be made first, and
//! of 7 for the base.

use std::sync::OnceLock;

use curve25519_dalek::edwards::EdwardsPoint;
use curve25519_dalek::traits::Identity;

use super::decompress::{Decompress, at_once};
use super::digits::{Digits, negative_lanes};
use super::field::Lanes;
use super::memory::{Affine, IN_ORDER, Stored};
use super::point::{AffinePoints, NEUTRAL, NEUTRAL_AFFINE, Points, ReadyPoints};
use super::scalar::Scalar;
use crate::vector::{WIDTH_MAX, Work};

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

/// The multiples of the keys, b times that of lane j at `WIDTH_MAX` b + j, from b = 0 to 16.
type KeyTable = [[Stored; WIDTH_MAX]; KEY_MULTIPLES];

/// Which of as many equations as there are lanes hold.
pub(super) struct Hold<'a, L> {
    pub lanes: L,
    pub equations: [&'a Equation; WIDTH_MAX],
}

impl<L: Lanes> Work for Hold<'_, L> {
    type Output = u8;

    #[inline(always)]
    fn run(self) -> u8 {
        let Self { lanes, equations } = self;
        let keys = AffinePoints::load(lanes, &equations.map(|equation| &equation.key));
        let multiples = multiples(lanes, &keys.negated_if(0xff));
        let base = base_multiples(lanes);
        let mut key_digits = [[0; KEY_DIGITS.count()]; WIDTH_MAX];
        let mut base_digits = [[0; BASE_DIGITS.count()]; WIDTH_MAX];
        for lane in 0..L::WIDTH {
            KEY_DIGITS.write_halved(&equations[lane].challenge, &mut key_digits[lane]);
            BASE_DIGITS.write_halved(&equations[lane].s, &mut base_digits[lane]);
        }
        let mut sum = Points::neutral(lanes);
        for bit in (0..KEY_BITS * KEY_DIGITS.count()).rev() {
            sum.double(1);
            if bit % KEY_BITS == 0 {
                sum.add(&key_multiple(lanes, &multiples, &key_digits, bit / KEY_BITS));
            }
            if bit % BASE_BITS == 0 && bit / BASE_BITS < BASE_DIGITS.count() {
                sum.add_affine(&base_multiple(lanes, base, &base_digits, bit / BASE_BITS));
            }
        }
        let nonces = AffinePoints::load(lanes, &equations.map(|equation| &equation.nonce));
        sum.add_affine(&nonces.negated_if(0xff));
        sum.double(3);
        sum.neutral_lanes()
    }
}

#[inline(always)]
fn multiples<L: Lanes>(lanes: L, points: &AffinePoints<L>) -> KeyTable {
    let mut table = [[NEUTRAL; WIDTH_MAX]; KEY_MULTIPLES];
    let mut multiple = Points::neutral(lanes);
    for row in table.iter_mut().skip(1) {
        multiple.add_affine(points);
        multiple.ready().store(row, &IN_ORDER);
    }
    table
}

/// The multiple of each key that its digit at `position` asks for.
#[inline(always)]
fn key_multiple<L: Lanes, const N: usize>(
    lanes: L,
    table: &KeyTable,
    digits: &[[i8; N]; WIDTH_MAX],
    position: usize,
) -> ReadyPoints<L> {
    let (mut places, mut signs) = ([&NEUTRAL; WIDTH_MAX], [0; WIDTH_MAX]);
    for lane in 0..L::WIDTH {
        signs[lane] = digits[lane][position];
        places[lane] = &table[usize::from(signs[lane].unsigned_abs())][lane];
    }
    ReadyPoints::load(lanes, &places).negated_if(negative_lanes(&signs))
}

/// The multiple of the base point that each lane's digit at `position` asks for.
#[inline(always)]
fn base_multiple<L: Lanes, const N: usize>(
    lanes: L,
    table: &[Affine],
    digits: &[[i8; N]; WIDTH_MAX],
    position: usize,
) -> AffinePoints<L> {
    let (mut places, mut signs) = ([&NEUTRAL_AFFINE; WIDTH_MAX], [0; WIDTH_MAX]);
    for lane in 0..L::WIDTH {
        signs[lane] = digits[lane][position];
        places[lane] = &table[usize::from(signs[lane].unsigned_abs())];
    }
    AffinePoints::load(lanes, &places).negated_if(negative_lanes(&signs))
}

/// 0 to 64 times the base point.
fn base_multiples<L: Lanes>(lanes: L) -> &'static [Affine] {
    static TABLE: OnceLock<Vec<Affine>> = OnceLock::new();
    TABLE.get_or_init(|| {
        let mut encodings = Vec::with_capacity(BASE_MULTIPLES + at_once::<L>());
        let mut multiple = EdwardsPoint::identity();
        while encodings.len() + 1 < BASE_MULTIPLES || encodings.len() % at_once::<L>() != 0 {
            multiple += curve25519_dalek::constants::ED25519_BASEPOINT_POINT;
            encodings.push(multiple.compress().to_bytes());
        }
        let mut table = vec![NEUTRAL_AFFINE];
        for encodings in encodings.chunks_exact(at_once::<L>()) {
            let (points, _) = lanes.call(Decompress { lanes, encodings });
            table.extend(points.iter().flat_map(|points| &points[..L::WIDTH]));
        }
        table
    })
}
