//! Batches on any processor, with the arithmetic of `curve25519-dalek`.

use std::iter::once;

use curve25519_dalek::constants::ED25519_BASEPOINT_POINT;
use curve25519_dalek::edwards::{CompressedEdwardsY, EdwardsPoint};
use curve25519_dalek::scalar::Scalar;
use curve25519_dalek::traits::{IsIdentity, VartimeMultiscalarMul};

use super::keys::Keys;
use super::sums::{self, Arithmetic};
use super::{Parsed, Signature, equation_holds, parse};
use crate::address;
use crate::search::{Price, Trust};

/// The arithmetic of `curve25519-dalek`.
pub(super) struct Portable;

/// A signature that obeys rules 1 to 4.
struct Candidate<'a> {
    /// Its number in the batch.
    index: usize,
    key: &'a [u8; 32],
    is_kept: bool,
}

/// For each signature the address of its key, if it is valid.
pub(crate) fn verify<'a>(
    seed: &[u8; 32],
    trust: &Trust,
    keys: &Keys<EdwardsPoint>,
    signatures: impl ExactSizeIterator<Item = Signature<'a>>,
) -> Vec<Option<[u8; 20]>> {
    let mut verdicts = vec![None; signatures.len()];
    let mut candidates = Vec::with_capacity(signatures.len());
    let mut parsed = Vec::with_capacity(signatures.len());
    for (index, signature) in signatures.enumerate() {
        let found = keys.get(signature.2);
        let decode = |key: &[u8; 32]| match found {
            Some(found) => Some(found.value),
            None => CompressedEdwardsY(*key).decompress(),
        };
        if let Some(one) = parse(signature, decode) {
            parsed.push(one);
            let is_kept = found.is_some_and(|found| !found.is_old);
            candidates.push(Candidate { index, key: signature.2, is_kept });
        }
    }
    let hold = sums::hold(&Portable, seed, trust, &parsed);
    for ((candidate, parsed), holds) in candidates.iter().zip(&parsed).zip(hold) {
        if holds {
            verdicts[candidate.index] = Some(address::of_ed25519(candidate.key));
            // Only who signs has a place among the keys.
            if !candidate.is_kept {
                keys.put(candidate.key, parsed.key);
            }
        }
    }
    verdicts
}

impl Arithmetic for Portable {
    type Equation = Parsed;

    /// As measured by the test `prices`.
    fn price(&self) -> Price {
        Price { each_time: 1.0, each_equation: 0.32, lanes: 1, group_min: 2 }
    }

    fn scalars(parsed: &Parsed) -> ([u8; 32], [u8; 32]) {
        (parsed.challenge.to_bytes(), parsed.s.to_bytes())
    }

    fn sum_is_neutral(&self, parsed: &[Parsed], coefficients: &[u128]) -> bool {
        let mut base_coefficient = Scalar::ZERO;
        let mut nonce_coefficients = Vec::with_capacity(parsed.len());
        let mut key_coefficients = Vec::with_capacity(parsed.len());
        for (one, z) in parsed.iter().zip(coefficients) {
            let z = Scalar::from(*z);
            base_coefficient -= z * one.s;
            nonce_coefficients.push(z);
            key_coefficients.push(z * one.challenge);
        }
        let sum = EdwardsPoint::vartime_multiscalar_mul(
            once(&base_coefficient).chain(&nonce_coefficients).chain(&key_coefficients),
            once(&ED25519_BASEPOINT_POINT)
                .chain(parsed.iter().map(|one| &one.nonce))
                .chain(parsed.iter().map(|one| &one.key)),
        );
        sum.mul_by_cofactor().is_identity()
    }

    fn hold(&self, parsed: &[Parsed]) -> Vec<bool> {
        parsed.iter().map(equation_holds).collect()
    }
}
