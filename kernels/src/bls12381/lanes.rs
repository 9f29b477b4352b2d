//! Eight of everything at once, with the 52-bit multiplier of AVX-512.
//!
//! Points that have nothing to do with each other take the same steps, so each lane of a vector holds another one, and
//! nothing moves between lanes:
//!
//! ```text
//!   field      eight numbers modulo p                      constants   numbers known beforehand
//!   columns    their products before they are reduced
//!   quadratic  of its extension of degree 2, in which      memory      lanes to memory and back
//!              points of G2 have their coordinates
//!   tower      of its extension of degree 12, in which     power       square roots
//!              pairings have their values
//!   curve      points: sums and doubles
//!   g2         more of points of G2
//!   decode     bytes to points of G2, rules 1 to 3
//!   hash       random bytes to points of G2
//!   sum        points times coefficients, summed up
//!   pairing    pairs of points to numbers whose product matters
//! ```
//!
//! What goes in and comes out is what blst has in memory, so that each step has its twin there; and so does what is left
//! over where eight lanes would be nearly empty.
#![expect(unsafe_code, reason = "calls code for a processor that has these instructions")]

mod columns;
mod constants;
mod curve;
mod decode;
mod field;
mod g2;
mod hash;
mod memory;
mod pairing;
mod power;
mod quadratic;
mod sum;
mod tower;

#[cfg(test)]
mod tests;

use blst::{blst_fp12, blst_p1, blst_p1_affine, blst_p2, blst_p2_affine};

use super::coefficients::Coefficient;
use super::points::{G1, G2, Start};
use crate::level::Ifma;
use sum::{G1Sums, G2Sums};

/// All lanes.
const LANES: [usize; 8] = [0, 1, 2, 3, 4, 5, 6, 7];

/// What computes in lanes: the proof that the processor can, and where sums start.
#[derive(Clone, Debug)]
pub(super) struct Lanes {
    _proof: Ifma,
    start_in_g1: Start<blst_p1_affine>,
    start_in_g2: Start<blst_p2_affine>,
}

impl Lanes {
    /// `seed` is secret.
    pub fn new(proof: Ifma, seed: &[u8; 32]) -> Self {
        let scalar = |what: &str| *blake3::keyed_hash(seed, what.as_bytes()).as_bytes();
        let (start_in_g1, start_in_g2) =
            (G1::start(&scalar("start in G1")), G2::start(&scalar("start in G2")));
        Self { _proof: proof, start_in_g1, start_in_g2 }
    }

    /// The points that up to eight encodings stand for, where rules 1 to 3 hold of them.
    pub fn decode(&self, encodings: &[&[u8; 96]]) -> Vec<Option<G2>> {
        // SAFETY: the processor has the instructions, since there is a proof.
        let (points, good) = unsafe { decode::decode(eight(encodings)) };
        (0..encodings.len()).map(|lane| (good >> lane & 1 == 1).then_some(G2(points[lane]))).collect()
    }

    /// What becomes of the 256 bytes each of up to eight messages, by RFC 9380; none where lanes cannot say.
    pub fn hash(&self, bytes: &[[u8; 256]]) -> Vec<Option<blst_p2>> {
        // SAFETY: the processor has the instructions, since there is a proof.
        let (points, lost) = unsafe { hash::points(eight(&bytes.iter().collect::<Vec<_>>())) };
        (0..bytes.len()).map(|lane| (lost >> lane & 1 == 0).then_some(points[lane])).collect()
    }

    /// Each key times its coefficient; none where lanes cannot say.
    pub fn multiples_of_keys(&self, keys: &[G1], coefficients: &[Coefficient]) -> Option<Vec<blst_p1>> {
        // SAFETY: the processor has the instructions, since there is a proof.
        let rows = unsafe { G1Sums::new(&self.start_in_g1, keys, coefficients)?.of_each() };
        let mut multiples = Vec::with_capacity(8 * rows.len());
        for (some, (row, lost)) in keys.chunks(8).zip(rows) {
            multiples.extend(found(&row, lost, some.len())?);
        }
        Some(multiples)
    }

    /// Up to eight sums that make up the sum of all keys, each times its coefficient; none where lanes cannot say.
    pub fn sums_of_keys(&self, keys: &[G1], coefficients: &[Coefficient]) -> Option<Vec<blst_p1>> {
        // SAFETY: the processor has the instructions, since there is a proof.
        let (sums, lost) = unsafe { G1Sums::new(&self.start_in_g1, keys, coefficients)?.of_lanes() };
        found(&sums, lost, keys.len())
    }

    /// As [`Lanes::sums_of_keys`].
    pub fn sums_of_signatures(
        &self,
        signatures: &[G2],
        coefficients: &[Coefficient],
    ) -> Option<Vec<blst_p2>> {
        // SAFETY: the processor has the instructions, since there is a proof.
        let (sums, lost) = unsafe { G2Sums::new(&self.start_in_g2, signatures, coefficients)?.of_lanes() };
        found(&sums, lost, signatures.len())
    }

    /// Numbers whose product's final exponentiation is that of the product of the pairings of all `pairs`, none of which is
    /// infinity.
    pub fn pairings(&self, pairs: &[(G1, G2)]) -> [blst_fp12; 8] {
        // SAFETY: the processor has the instructions, since there is a proof.
        unsafe { pairing::product(pairs) }
    }
}

/// What is in the lanes that have any of `count` points, if none of them is lost.
fn found<T: Clone>(lanes: &[T; 8], lost: u8, count: usize) -> Option<Vec<T>> {
    let lanes = &lanes[..count.min(8)];
    (0..lanes.len()).all(|lane| lost >> lane & 1 == 0).then(|| lanes.to_vec())
}

/// All of at most eight, and the first of them in the lanes that are left over.
fn eight<'a, T>(some: &[&'a T]) -> [&'a T; 8] {
    LANES.map(|lane| *some.get(lane).unwrap_or(&some[0]))
}
