//! The fast back-end for any processor.
//!
//! Secp256k1: who is claimed to have signed, and whose key an earlier recovery gave, is verified with that key: all such
//! signatures of the range share one equation, as told in [`secp256k1`](crate::secp256k1). What is not claimed, or whose
//! key is not known, is recovered in lanes where these are quicker, and else, as what proves false, by libsecp256k1. The
//! verdict is that of recovery in any case. All payloads of the range are hashed at once, and so are all recovered keys.
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
//! any bit of any signature. A sum that fails says nothing about any single signature; then sums of parts are tried, and
//! at last equations alone, on the points already decoded. How much time may go into sums that fail is bounded, whatever
//! is sent in whatever order: what a back-end keeps of the signatures before is told in `search/trust.rs`.
//!
//! Keys of active senders are kept decoded. Where the processor has AVX2 or AVX-512, four or eight of all of this are done
//! at once, in lanes of our own.

mod signers;

use std::ops::Range;

use curve25519_dalek::edwards::EdwardsPoint;

use crate::Level;
use crate::backend::{Backend, Verdict};
#[cfg(target_arch = "x86_64")]
use crate::curve25519;
#[cfg(target_arch = "x86_64")]
use crate::ed25519::lanes;
use crate::ed25519::{keys::Keys, portable};
use crate::search::Trust;
use crate::signatures::{Scheme, Signatures};
use signers::Signers;

/// Decoded ed25519 keys kept by default: about 20 MB when all are in use.
const ED25519_KEYS_MAX: usize = 1 << 16;

/// Secp256k1 keys kept by default: about 24 MB when all are in use.
const SECP256K1_KEYS_MAX: usize = 1 << 18;

/// Verifies in batches.
pub struct Cpu {
    seed: [u8; 32],
    curve: Curve,
    /// What earlier ed25519 signatures have earned.
    trust: Trust,
    signers: Signers,
}

/// Who computes on the curve of ed25519.
enum Curve {
    Portable(Keys<EdwardsPoint>),
    #[cfg(target_arch = "x86_64")]
    Lanes(curve25519::Curve, Keys<lanes::Known>),
}

impl Cpu {
    /// A back-end whose random coefficients come from the secret `seed`.
    pub fn new(seed: [u8; 32]) -> Self {
        Self::build(seed, Level::best(), ED25519_KEYS_MAX, SECP256K1_KEYS_MAX)
    }

    /// As [`Cpu::new`], with all sums on the given level, and at most `keys_max` keys of each scheme kept, about 300
    /// bytes for one of ed25519 and 90 for one of secp256k1. No verdict depends on either.
    pub fn with(seed: [u8; 32], level: Level, keys_max: usize) -> Self {
        Self::build(seed, level, keys_max, keys_max)
    }

    /// The same, with each ed25519 signature checked by itself, in lanes as far as the level has any: what forgeries, which
    /// spoil sums, are measured against.
    pub fn without_sums(self) -> Self {
        Self { trust: Trust::never(), ..self }
    }

    fn build(seed: [u8; 32], level: Level, ed25519_keys: usize, secp256k1_keys: usize) -> Self {
        let (trust, signers) = (Trust::new(), Signers::new(seed, level, secp256k1_keys));
        #[cfg(target_arch = "x86_64")]
        if let Some(lanes) = curve25519::Curve::of(level) {
            return Self { seed, curve: Curve::Lanes(lanes, Keys::new(ed25519_keys)), trust, signers };
        }
        Self { seed, curve: Curve::Portable(Keys::new(ed25519_keys)), trust, signers }
    }

    fn verify_ed25519(&self, batch: &Signatures, range: Range<usize>, verdicts: &mut Vec<Verdict>) {
        let signatures = batch.ed25519(range);
        let addresses = match &self.curve {
            Curve::Portable(keys) => portable::verify(&self.seed, &self.trust, keys, signatures),
            #[cfg(target_arch = "x86_64")]
            Curve::Lanes(curve, keys) => lanes::verify(*curve, &self.seed, &self.trust, keys, signatures),
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
            Scheme::Secp256k1 => self.signers.verify(batch, range, verdicts),
            Scheme::Ed25519 => self.verify_ed25519(batch, range, verdicts),
        }
    }
}
