//! The fast back-end for any processor.
//!
//! Secp256k1: a recovery shares nothing with another, so it is the reference's, on libsecp256k1's context of the thread.
//! All payloads of the range are hashed at once, and so are all recovered keys.
//!
//! Ed25519: all signatures of the range that obey rules 1 to 4 of [`ed25519`] share one equation, a random sum of
//! theirs, with 128-bit coefficients z:
//!
//! ```text
//!   8 ( -(Σ z S) B + Σ z R + Σ (z k) A ) = 0
//! ```
//!
//! If each of them holds, so does the sum. If one does not, the sum holds with a chance of 2^-128 for who cannot foresee
//! the coefficients; they are drawn from the secret seed and everything the equation depends on, so they change with
//! any bit of any signature, and no state is kept. A sum that fails says nothing about any single signature, and each
//! equation is then checked alone, on the points already decoded: an attacker who spoils every range pays the time of
//! the reference plus one sum.

use std::iter::once;
use std::ops::Range;

use curve25519_dalek::constants::ED25519_BASEPOINT_POINT;
use curve25519_dalek::edwards::EdwardsPoint;
use curve25519_dalek::scalar::Scalar;
use curve25519_dalek::traits::{IsIdentity, VartimeMultiscalarMul};

use crate::backend::{Backend, Verdict};
use crate::ed25519::{self, Parsed};
use crate::keccak::{Level, keccak256_many};
use crate::signatures::{Scheme, Signatures};
use crate::{address, ecdsa};

/// Verifies ed25519 in batches, and hashes in batches for secp256k1.
pub struct Cpu {
    seed: [u8; 32],
}

impl Cpu {
    /// A back-end whose random coefficients come from the secret `seed`.
    pub fn new(seed: [u8; 32]) -> Self {
        Self { seed }
    }

    fn verify_ed25519(&self, batch: &Signatures, range: Range<usize>, verdicts: &mut Vec<Verdict>) {
        let mut parsed = Vec::with_capacity(range.len());
        let mut places = Vec::with_capacity(range.len());
        for (message, signature, key) in batch.ed25519(range) {
            if let Some(one) = ed25519::parse(message, signature, key) {
                parsed.push(one);
                places.push((verdicts.len(), address::of_ed25519(key)));
            }
            verdicts.push(Verdict::Invalid);
        }
        // A sum of one is dearer than the equation itself.
        let all_hold = parsed.len() > 1 && self.sum_holds(&parsed);
        for (one, (place, address)) in parsed.iter().zip(places) {
            if all_hold || ed25519::equation_holds(one) {
                verdicts[place] = Verdict::Valid { address };
            }
        }
    }

    /// Whether the random sum of all equations holds.
    fn sum_holds(&self, parsed: &[Parsed]) -> bool {
        let mut base_coefficient = Scalar::ZERO;
        let mut nonce_coefficients = Vec::with_capacity(parsed.len());
        let mut key_coefficients = Vec::with_capacity(parsed.len());
        for (one, z) in parsed.iter().zip(self.coefficients(parsed)) {
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

    /// One 128-bit number for each signature, none of them zero. A challenge stands for R, A and the message, which it
    /// is a hash of.
    fn coefficients(&self, parsed: &[Parsed]) -> impl Iterator<Item = Scalar> {
        let mut hasher = blake3::Hasher::new_keyed(&self.seed);
        for one in parsed {
            hasher.update(one.challenge.as_bytes());
            hasher.update(one.s.as_bytes());
        }
        let mut stream = hasher.finalize_xof();
        std::iter::repeat_with(move || {
            let mut bytes = [0; 16];
            stream.fill(&mut bytes);
            Scalar::from(u128::from_le_bytes(bytes).max(1))
        })
    }
}

impl Backend for Cpu {
    fn name(&self) -> &'static str {
        "cpu"
    }

    fn verify(&self, batch: &Signatures, range: Range<usize>, verdicts: &mut Vec<Verdict>) {
        match batch.scheme() {
            Scheme::Secp256k1 => verify_secp256k1(batch, range, verdicts),
            Scheme::Ed25519 => self.verify_ed25519(batch, range, verdicts),
        }
    }
}

fn verify_secp256k1(batch: &Signatures, range: Range<usize>, verdicts: &mut Vec<Verdict>) {
    let level = Level::best();
    let mut hashes = Vec::with_capacity(range.len());
    keccak256_many(level, range.clone().map(|index| batch.message(index)), &mut hashes);
    let signatures = batch.secp256k1(range).zip(&hashes);
    let keys: Vec<_> = signatures
        .map(|((_, signature, y_parity), digest)| ecdsa::recover(digest, signature, y_parity))
        .collect();
    hashes.clear();
    keccak256_many(level, keys.iter().flatten(), &mut hashes);
    let mut addresses = hashes.into_iter().map(address::last_20);
    verdicts.extend(keys.iter().map(|key| Verdict::from(key.and_then(|_| addresses.next()))));
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::{Signer as _, SigningKey};

    use super::Cpu;
    use crate::ed25519::{Parsed, parse};

    fn signed(number: u8) -> Parsed {
        let secret = SigningKey::from_bytes(&[number; 32]);
        let signature = secret.sign(b"message").to_bytes();
        parse(b"message", &signature, &secret.verifying_key().to_bytes()).expect("rules 1 to 4 hold")
    }

    #[test]
    fn the_sum_holds_for_valid_signatures_alone() {
        let cpu = Cpu::new([1; 32]);
        let mut parsed: Vec<_> = (0..120).map(signed).collect();
        for len in [0, 1, 2, 50, 120] {
            assert!(cpu.sum_holds(&parsed[..len]), "{len} valid signatures");
        }
        parsed[7].challenge = parsed[8].challenge;
        assert!(!cpu.sum_holds(&parsed[..50]) && !cpu.sum_holds(&parsed) && cpu.sum_holds(&parsed[8..]));
    }

    #[test]
    fn coefficients_change_with_the_seed_and_with_any_signature() {
        let (parsed, other): (Vec<_>, Vec<_>) = ((0..3).map(signed).collect(), (1..4).map(signed).collect());
        let first = |seed, parsed| Cpu::new([seed; 32]).coefficients(parsed).next();
        assert_eq!(first(1, &parsed), first(1, &parsed));
        assert!(first(1, &parsed) != first(2, &parsed) && first(1, &parsed) != first(1, &other));
        assert!(first(1, &parsed) != first(1, &parsed[..2]));
        let drawn: Vec<_> = Cpu::new([1; 32]).coefficients(&parsed).take(3).collect();
        assert!(drawn[0] != drawn[1] && drawn[1] != drawn[2]);
    }
}
