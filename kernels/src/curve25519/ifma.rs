//! The door to the code that needs AVX-512 with the 52-bit multiplier.
#![expect(unsafe_code, reason = "calls code for a processor that has these instructions")]

use super::decompress;
use super::each::{self, Equation};
use super::point::Affine;
use super::sha512::{self, Message};
use super::sum;
use crate::level::Ifma;
use sha2::{Digest, Sha512};

/// Messages above this many bytes are hashed one by one.
const SHORT: usize = 1024;

impl Ifma {
    /// The point of each encoding in order, and whether it is one; where it is not, the point is of no meaning.
    pub fn decompress(self, encodings: &[[u8; 32]]) -> (Vec<Affine>, Vec<bool>) {
        let (mut points, mut found) =
            (Vec::with_capacity(encodings.len()), Vec::with_capacity(encodings.len()));
        for some in encodings.chunks(decompress::AT_ONCE) {
            let mut full = [[0; 32]; decompress::AT_ONCE];
            full[..some.len()].copy_from_slice(some);
            // SAFETY: the processor has the instructions, since `self` exists.
            let (decoded, are_points) = unsafe { decompress::decompress(&full) };
            points.extend_from_slice(&decoded.as_flattened()[..some.len()]);
            found.extend((0..some.len()).map(|i| are_points >> i & 1 == 1));
        }
        (points, found)
    }

    /// Whether 8 Σ z (k A + R - S B) is neutral, with one z of `coefficients` for each of `equations`.
    pub fn sum_is_neutral(self, equations: &[Equation], coefficients: &[u128]) -> bool {
        // SAFETY: the processor has the instructions, since `self` exists.
        unsafe { sum::is_neutral(equations, coefficients) }
    }

    /// Whether each equation holds, in order.
    pub fn hold(self, equations: &[Equation]) -> Vec<bool> {
        let mut hold = Vec::with_capacity(equations.len());
        for some in equations.chunks(8) {
            let eight = [0, 1, 2, 3, 4, 5, 6, 7].map(|lane| some.get(lane).unwrap_or(&some[0]));
            // SAFETY: the processor has the instructions, since `self` exists.
            let lanes = unsafe { each::hold(eight) };
            hold.extend((0..some.len()).map(|lane| lanes >> lane & 1 == 1));
        }
        hold
    }

    /// SHA-512 of each message, in order.
    pub fn sha512(self, messages: &[Message<'_>]) -> Vec<[u8; 64]> {
        let mut hashes = Vec::with_capacity(messages.len());
        for some in messages.chunks(8) {
            // A lane that waits for a long one is of no use.
            if some.iter().any(|message| message.2.len() > SHORT) {
                hashes.extend(some.iter().map(|(nonce, key, message)| {
                    let hash = Sha512::new().chain_update(nonce).chain_update(key).chain_update(message);
                    <[u8; 64]>::from(hash.finalize())
                }));
            } else {
                // SAFETY: the processor has the instructions, since `self` exists.
                let eight = unsafe { sha512::hash(some) };
                hashes.extend_from_slice(&eight[..some.len()]);
            }
        }
        hashes
    }
}
