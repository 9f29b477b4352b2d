//! Batches on any processor, with the arithmetic of `curve25519-dalek`.

use std::iter::once;

use curve25519_dalek::constants::ED25519_BASEPOINT_POINT;
use curve25519_dalek::edwards::{CompressedEdwardsY, EdwardsPoint};
use curve25519_dalek::scalar::Scalar;
use curve25519_dalek::traits::{IsIdentity, VartimeMultiscalarMul};

use super::keys::Keys;
use super::{Parsed, Signature, coefficients, equation_holds, parse};
use crate::address;

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
    // A sum of one is dearer than the equation itself.
    let all_hold = parsed.len() > 1 && sum_holds(seed, &parsed);
    for (candidate, parsed) in candidates.iter().zip(&parsed) {
        if all_hold || equation_holds(parsed) {
            verdicts[candidate.index] = Some(address::of_ed25519(candidate.key));
            // Only who signs has a place among the keys.
            if !candidate.is_kept {
                keys.put(candidate.key, parsed.key);
            }
        }
    }
    verdicts
}

/// Whether the random sum of all equations holds.
fn sum_holds(seed: &[u8; 32], parsed: &[Parsed]) -> bool {
    let mut base_coefficient = Scalar::ZERO;
    let mut nonce_coefficients = Vec::with_capacity(parsed.len());
    let mut key_coefficients = Vec::with_capacity(parsed.len());
    let drawn =
        coefficients::draw(seed, parsed.iter().map(|one| (one.challenge.to_bytes(), one.s.to_bytes())));
    for (one, z) in parsed.iter().zip(drawn) {
        let z = Scalar::from(z);
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

#[cfg(test)]
mod tests {
    use ed25519_dalek::{Signer as _, SigningKey};

    use super::{CompressedEdwardsY, sum_holds};
    use crate::ed25519::{Parsed, parse};

    fn signed(number: u8) -> Parsed {
        let secret = SigningKey::from_bytes(&[number; 32]);
        let signature = secret.sign(b"message").to_bytes();
        let decode = |key: &[u8; 32]| CompressedEdwardsY(*key).decompress();
        parse((b"message", &signature, &secret.verifying_key().to_bytes()), decode)
            .expect("rules 1 to 4 hold")
    }

    #[test]
    fn the_sum_holds_for_valid_signatures_alone() {
        let sum_holds = |parsed: &[Parsed]| sum_holds(&[1; 32], parsed);
        let mut parsed: Vec<_> = (0..120).map(signed).collect();
        for len in [0, 1, 2, 50, 120] {
            assert!(sum_holds(&parsed[..len]), "{len} valid signatures");
        }
        parsed[7].challenge = parsed[8].challenge;
        assert!(!sum_holds(&parsed[..50]) && !sum_holds(&parsed) && sum_holds(&parsed[8..]));
    }
}
