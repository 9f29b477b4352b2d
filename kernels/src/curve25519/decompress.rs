//! From 32 bytes to a point: two vectors of them at once.
//!
//! An encoding is y, little-endian, with the lowest bit of x in its highest bit. The point is on the curve if
//! x² = (y² - 1) / (d y² + 1) = u / v is a square, and the candidate for its root is
//!
//! ```text
//!   x = u v³ (u v⁷)^((p - 5) / 8)        x or x √-1 is a root, or there is none
//! ```
//!
//! The power is 252 squarings, each of which waits for the one before. So two vectors go through it side by side, and
//! one computes while the other waits.

use super::field::{D, Field, Lanes, ROOT_OF_MINUS_ONE, TWICE_D};
use super::memory::{self, Affine};
use super::point::AffinePoints;
use crate::vector::{Quad, WIDTH_MAX, Work};

/// Numbers of two vectors, which take every step together.
type Two<L> = [<L as Lanes>::Field; 2];

/// How many encodings are decoded at once.
pub(super) const fn at_once<L: Lanes>() -> usize {
    2 * L::WIDTH
}

/// The points of [`at_once`] encodings, and in the bits of a mask, the lowest first, which of them are points.
///
/// As `curve25519-dalek` does, y is taken modulo p, and x = 0 may have either sign.
pub(super) struct Decompress<'a, L> {
    pub lanes: L,
    pub encodings: &'a [[u8; 32]],
}

impl<L: Lanes> Work for Decompress<'_, L> {
    type Output = ([[Affine; WIDTH_MAX]; 2], u16);

    #[inline(always)]
    fn run(self) -> Self::Output {
        let Self { lanes, encodings } = self;
        assert_eq!(encodings.len(), at_once::<L>(), "there is an encoding for each lane of two vectors");
        let (low, high) = encodings.split_at(L::WIDTH);
        let ((y0, sign0), (y1, sign1)) = (read(lanes, low), read(lanes, high));
        let (ys, signs) = ([y0, y1], [sign0, sign1]);
        let (xs, found) = roots(lanes, &ys, &signs);
        let points = [affine(lanes, &xs[0], &ys[0]).to_memory(), affine(lanes, &xs[1], &ys[1]).to_memory()];
        (points, u16::from(found[0]) | u16::from(found[1]) << L::WIDTH)
    }
}

/// y of the encodings for one vector, and the lanes whose x is odd.
#[inline(always)]
fn read<L: Lanes>(lanes: L, encodings: &[[u8; 32]]) -> (L::Field, u8) {
    let mut quads: [[Quad; 1]; WIDTH_MAX] = [[[0; 4]]; WIDTH_MAX];
    let mut odd = 0;
    for (lane, encoding) in encodings.iter().enumerate() {
        let (words, _) = encoding.as_chunks();
        for j in 0..4 {
            quads[lane][0][j] = u64::from_le_bytes(words[j]);
        }
        odd |= (encoding[31] >> 7) << lane;
    }
    let [words] = memory::load(lanes, &quads.each_ref());
    (lanes.of_words(&words), odd)
}

#[inline(always)]
fn affine<L: Lanes>(lanes: L, x: &L::Field, y: &L::Field) -> AffinePoints<L> {
    let twice_dxy = x.mul(y).mul(&lanes.splat(&TWICE_D));
    AffinePoints { sum: y.add(x), difference: y.sub(x), twice_dxy }
}

/// The x of each y with the wanted sign, and the lanes where there is one.
#[inline(always)]
fn roots<L: Lanes>(lanes: L, ys: &Two<L>, odd: &[u8; 2]) -> (Two<L>, [u8; 2]) {
    let zero = [lanes.zero(); 2];
    let (mut us, mut vs, mut firsts, mut bases) = (zero, zero, zero, zero);
    for i in 0..2 {
        let yy = ys[i].square();
        us[i] = yy.sub(&lanes.one());
        vs[i] = yy.mul(&lanes.splat(&D)).add(&lanes.one());
        let v3 = vs[i].square().mul(&vs[i]);
        firsts[i] = us[i].mul(&v3);
        bases[i] = firsts[i].mul(&v3.mul(&vs[i]));
    }
    let powers = to_the_p_minus_5_over_8(lanes, &bases);
    let (mut xs, mut found) = (zero, [0; 2]);
    for i in 0..2 {
        let x = firsts[i].mul(&powers[i]);
        let xxv = x.square().mul(&vs[i]);
        let is_root = xxv.sub(&us[i]).zero_lanes();
        let is_other = xxv.add(&us[i]).zero_lanes();
        let x = x.replaced_if(is_other & !is_root, &x.mul(&lanes.splat(&ROOT_OF_MINUS_ONE)));
        let negative = lanes.zero().sub(&x);
        xs[i] = x.replaced_if(x.odd_lanes() ^ odd[i], &negative);
        found[i] = is_root | is_other;
    }
    (xs, found)
}

/// a^((p - 5) / 8) = a^(2^252 - 3), by the usual chain: `a_n` stands for a^(2^n - 1).
#[inline(always)]
fn to_the_p_minus_5_over_8<L: Lanes>(lanes: L, a: &Two<L>) -> Two<L> {
    let a_2 = joined(lanes, a, 1, a);
    let a_4 = joined(lanes, &a_2, 2, &a_2);
    let a_5 = joined(lanes, &a_4, 1, a);
    let a_10 = joined(lanes, &a_5, 5, &a_5);
    let a_20 = joined(lanes, &a_10, 10, &a_10);
    let a_40 = joined(lanes, &a_20, 20, &a_20);
    let a_50 = joined(lanes, &a_40, 10, &a_10);
    let a_100 = joined(lanes, &a_50, 50, &a_50);
    let a_200 = joined(lanes, &a_100, 100, &a_100);
    let a_250 = joined(lanes, &a_200, 50, &a_50);
    joined(lanes, &a_250, 2, a)
}

#[inline(always)]
fn joined<L: Lanes>(lanes: L, high: &Two<L>, times: usize, low: &Two<L>) -> Two<L> {
    lanes.call(Joined::<L> { high, times, low })
}

/// `high` squared some times, times `low`; in a function of its own.
struct Joined<'a, L: Lanes> {
    high: &'a Two<L>,
    times: usize,
    low: &'a Two<L>,
}

impl<L: Lanes> Work for Joined<'_, L> {
    type Output = Two<L>;

    #[inline(always)]
    fn run(self) -> Two<L> {
        let [mut first, mut second] = *self.high;
        for _ in 0..self.times {
            first = first.square();
            second = second.square();
        }
        [first.mul(&self.low[0]), second.mul(&self.low[1])]
    }
}
