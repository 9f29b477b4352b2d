//! The fast back-end for any processor.
//!
//! Secp256k1: a recovery shares nothing with another, so it is the reference's, on libsecp256k1's context of the thread.
//! All payloads of the range are hashed at once, and so are all recovered keys.
//!
//! Ed25519: all signatures of the range that obey rules 1 to 4 of [`ed25519`](crate::ed25519) share one equation, a
//! random sum of theirs, with 128-bit coefficients z:
//!
//! ```text
//!   8 ( -(Σ z S) B + Σ z R + Σ (z k) A ) = 0
//! ```
//!
//! If each of them holds, so does the sum. If one does not, the sum holds with a chance of 2^-128 for who cannot foresee
//! the coefficients; they are drawn from the secret seed and everything the equation depends on, so they change with
//! any bit of any signature, and no state is kept. A sum that fails says nothing about any single signature, and each
//! equation is then checked alone, on the points already decoded: an attacker who spoils every range costs no more than
//! the reference plus one sum.
//!
//! Keys of active senders are kept decoded. Where the processor has a 52-bit multiplier in vectors of eight, all of this
//! is done eight at a time, on [`curve25519`].

use std::ops::Range;

use curve25519_dalek::edwards::EdwardsPoint;

use crate::backend::{Backend, Verdict};
use crate::curve25519;
#[cfg(target_arch = "x86_64")]
use crate::ed25519::lanes;
use crate::ed25519::{keys::Keys, portable};
use crate::keccak::{Level, keccak256_many};
use crate::signatures::{Scheme, Signatures};
use crate::{address, ecdsa};

/// Decoded ed25519 keys kept by default: about 20 MB when all are in use.
const KEYS_MAX: usize = 1 << 16;

/// Verifies ed25519 in batches, and hashes in batches for secp256k1.
pub struct Cpu {
    seed: [u8; 32],
    curve: Curve,
}

/// Who computes on the curve of ed25519.
enum Curve {
    Portable(Keys<EdwardsPoint>),
    #[cfg(target_arch = "x86_64")]
    Ifma(curve25519::Ifma, Keys<lanes::Known>),
}

impl Cpu {
    /// A back-end whose random coefficients come from the secret `seed`.
    pub fn new(seed: [u8; 32]) -> Self {
        Self::with(seed, curve25519::Level::best(), KEYS_MAX)
    }

    /// As [`Cpu::new`], with ed25519 on the given level, which keeps at most `keys_max` decoded keys, each about 300
    /// bytes. No verdict depends on either.
    pub fn with(seed: [u8; 32], level: curve25519::Level, keys_max: usize) -> Self {
        let curve = match level.0 {
            curve25519::Kind::Portable => Curve::Portable(Keys::new(keys_max)),
            #[cfg(target_arch = "x86_64")]
            curve25519::Kind::Ifma(ifma) => Curve::Ifma(ifma, Keys::new(keys_max)),
        };
        Self { seed, curve }
    }

    fn verify_ed25519(&self, batch: &Signatures, range: Range<usize>, verdicts: &mut Vec<Verdict>) {
        let signatures = batch.ed25519(range);
        let addresses = match &self.curve {
            Curve::Portable(keys) => portable::verify(&self.seed, keys, signatures),
            #[cfg(target_arch = "x86_64")]
            Curve::Ifma(ifma, keys) => lanes::verify(*ifma, &self.seed, keys, signatures),
        };
        verdicts.extend(addresses.into_iter().map(Verdict::from));
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
