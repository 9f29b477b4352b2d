//! Points in memory, and from there to lanes and back.
//!
//! A number in lanes is one word of each of some points; a point in memory is its own words side by side. Four words of
//! as many places as there are lanes are moved at a time, a [`Quad`]:
//!
//! ```text
//!   place 0   [ w0 w1 w2 w3 ]              word 0   [ place 0, place 1, ... ]
//!   place 1   [ w0 w1 w2 w3 ]     <──>     word 1   [ place 0, place 1, ... ]
//!   ...                                    word 2   ...
//!                                          word 3   ...
//! ```
//!
//! Memory is the same on all levels.

use super::field::{Field as _, Lanes, Words};
use crate::vector::{Quad, Vector as _, WIDTH_MAX};

/// One affine point in memory: the five limbs of y + x, of y - x and of 2d xy, carried; one word unused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(align(32))]
pub(crate) struct Affine(pub(super) [Quad; 4]);

/// One point in memory: the five limbs of u, of v, of Z and of T, carried.
pub(super) type Stored = [Quad; 5];

/// The order of lanes, for places that are one behind the other.
pub(super) const IN_ORDER: [usize; WIDTH_MAX] = [0, 1, 2, 3, 4, 5, 6, 7];

/// The words of as many places as there are lanes.
#[inline(always)]
pub(super) fn load<L: Lanes, const Q: usize>(
    lanes: L,
    places: &[&[Quad; Q]; WIDTH_MAX],
) -> [[Words<L>; 4]; Q] {
    let v = lanes.vector();
    let mut words = [[v.splat(0); 4]; Q];
    let [a, b, c, d, e, f, g, h] = places;
    for (q, words) in words.iter_mut().enumerate() {
        *words = v.load(&[&a[q], &b[q], &c[q], &d[q], &e[q], &f[q], &g[q], &h[q]]);
    }
    words
}

/// Writes four numbers to as many places of a table as there are lanes.
#[inline(always)]
pub(super) fn store<L: Lanes>(numbers: &[L::Field; 4], table: &mut [Stored], places: &[usize; WIDTH_MAX]) {
    let v = numbers[0].lanes().vector();
    let [a, b, c, d] = numbers;
    let (a, b, c, d) = (a.limbs(), b.limbs(), c.limbs(), d.limbs());
    let words = [
        [a[0], a[1], a[2], a[3]],
        [a[4], b[0], b[1], b[2]],
        [b[3], b[4], c[0], c[1]],
        [c[2], c[3], c[4], d[0]],
        [d[1], d[2], d[3], d[4]],
    ];
    for (q, words) in words.iter().enumerate() {
        v.store(words, table, places, q);
    }
}
