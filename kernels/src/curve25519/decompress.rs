//! From 32 bytes to a point: sixteen at once.
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

use std::arch::x86_64::{__mmask8, _mm512_movepi64_mask};

use super::field::{D, Field, ROOT_OF_MINUS_ONE, TWICE_D};
use super::memory::{self, Quad};
use super::point::{Affine, AffinePoints};

/// Numbers of two vectors, which take every step together.
type Two = [Field; 2];

/// How many encodings are decoded at once.
pub(super) const AT_ONCE: usize = 16;

/// The points of sixteen encodings, and in the bits of a mask, the lowest first, which of them are points.
///
/// As `curve25519-dalek` does, y is taken modulo p, and x = 0 may have either sign.
#[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
pub(super) fn decompress(encodings: &[[u8; 32]; AT_ONCE]) -> ([[Affine; 8]; 2], u16) {
    let (low, high) = encodings.split_at(8);
    let ((y0, sign0), (y1, sign1)) = (read(low), read(high));
    let (ys, signs) = ([y0, y1], [sign0, sign1]);
    let (xs, found) = roots(&ys, &signs);
    let points = [affine(&xs[0], &ys[0]).to_memory(), affine(&xs[1], &ys[1]).to_memory()];
    (points, u16::from(found[0]) | u16::from(found[1]) << 8)
}

/// y of eight encodings, and the lanes whose x is odd.
#[inline]
#[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
fn read(encodings: &[[u8; 32]]) -> (Field, __mmask8) {
    let mut quads: [[Quad; 1]; 8] = [[[0; 4]]; 8];
    for i in 0..8 {
        let (words, _) = encodings[i].as_chunks();
        for j in 0..4 {
            quads[i][0][j] = u64::from_le_bytes(words[j]);
        }
    }
    let [q0, q1, q2, q3, q4, q5, q6, q7] = &quads;
    let [words] = memory::load([q0, q1, q2, q3, q4, q5, q6, q7]);
    (Field::from_words(&words), _mm512_movepi64_mask(words[3]))
}

#[inline]
#[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
fn affine(x: &Field, y: &Field) -> AffinePoints {
    AffinePoints { sum: y.add(x), difference: y.sub(x), twice_dxy: x.mul(y).mul(&Field::splat(&TWICE_D)) }
}

/// The x of each y with the wanted sign, and the lanes where there is one.
#[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
fn roots(ys: &Two, odd: &[__mmask8; 2]) -> (Two, [__mmask8; 2]) {
    let zero = [Field::zero(); 2];
    let (mut us, mut vs, mut firsts, mut bases) = (zero, zero, zero, zero);
    for i in 0..2 {
        let yy = ys[i].square();
        us[i] = yy.sub(&Field::one());
        vs[i] = yy.mul(&Field::splat(&D)).add(&Field::one());
        let v3 = vs[i].square().mul(&vs[i]);
        firsts[i] = us[i].mul(&v3);
        bases[i] = firsts[i].mul(&v3.mul(&vs[i]));
    }
    let powers = to_the_p_minus_5_over_8(&bases);
    let (mut xs, mut found) = (zero, [0; 2]);
    for i in 0..2 {
        let x = firsts[i].mul(&powers[i]);
        let xxv = x.square().mul(&vs[i]);
        let is_root = xxv.sub(&us[i]).zero_lanes();
        let is_other = xxv.add(&us[i]).zero_lanes();
        let x = x.replaced_if(is_other & !is_root, &x.mul(&Field::splat(&ROOT_OF_MINUS_ONE)));
        let negative = Field::zero().sub(&x);
        xs[i] = x.replaced_if(x.odd_lanes() ^ odd[i], &negative);
        found[i] = is_root | is_other;
    }
    (xs, found)
}

/// a^((p - 5) / 8) = a^(2^252 - 3), by the usual chain: `a_n` stands for a^(2^n - 1).
#[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
fn to_the_p_minus_5_over_8(a: &Two) -> Two {
    let a_2 = product(&squared_times(a, 1), a);
    let a_4 = product(&squared_times(&a_2, 2), &a_2);
    let a_5 = product(&squared_times(&a_4, 1), a);
    let a_10 = product(&squared_times(&a_5, 5), &a_5);
    let a_20 = product(&squared_times(&a_10, 10), &a_10);
    let a_40 = product(&squared_times(&a_20, 20), &a_20);
    let a_50 = product(&squared_times(&a_40, 10), &a_10);
    let a_100 = product(&squared_times(&a_50, 50), &a_50);
    let a_200 = product(&squared_times(&a_100, 100), &a_100);
    let a_250 = product(&squared_times(&a_200, 50), &a_50);
    product(&squared_times(&a_250, 2), a)
}

#[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
fn product(a: &Two, b: &Two) -> Two {
    [a[0].mul(&b[0]), a[1].mul(&b[1])]
}

#[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
fn squared_times(a: &Two, times: usize) -> Two {
    let [mut low, mut high] = *a;
    for _ in 0..times {
        low = low.square();
        high = high.square();
    }
    [low, high]
}
