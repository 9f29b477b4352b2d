//! Which ed25519 signatures are valid.
//!
//! RFC 8032 leaves room that libraries fill differently, and a batch equation may then disagree with a single one. The
//! rule here leaves none. For key A, signature R ‖ S and k = SHA-512(R ‖ A ‖ message):
//!
//! 1. A and R are canonical encodings: y < p = 2^255 - 19;
//! 2. neither A nor R is one of the eight points of small order;
//! 3. S < L, the order of the base point B;
//! 4. A and R are points of the curve;
//! 5. 8 S B = 8 R + 8 k A, the equation with the cofactor.
//!
//! Rules 1 to 3 look at bytes alone. An encoding of x = 0 with the sign set is not canonical either; its two points have
//! small order, so rule 2 refuses it. Rule 5 loses what a small-order part of A or R adds, in one equation as in a
//! random sum of many, and so a batch answers as its signatures one by one.

mod coefficients;
pub(crate) mod keys;
#[cfg(target_arch = "x86_64")]
pub(crate) mod lanes;
pub(crate) mod portable;
mod sums;
#[cfg(test)]
mod tests;

use curve25519_dalek::edwards::{CompressedEdwardsY, EdwardsPoint};
use curve25519_dalek::scalar::Scalar;
use curve25519_dalek::traits::IsIdentity;
use sha2::{Digest, Sha512};

use crate::{address, hex};

/// p = 2^255 - 19, little-endian.
const PRIME: [u8; 32] = hex::bytes("edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f");

/// The y of every point of small order, little-endian, without the sign of x. By order: 1, 2, 4, 8, 8.
const SMALL_ORDER_Y: [[u8; 32]; 5] = [
    hex::bytes("0100000000000000000000000000000000000000000000000000000000000000"),
    hex::bytes("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
    hex::bytes("0000000000000000000000000000000000000000000000000000000000000000"),
    hex::bytes("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
    hex::bytes("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"),
];

/// A signature that obeys rules 1 to 4: what the equation needs.
#[derive(Clone, Debug)]
struct Parsed {
    key: EdwardsPoint,
    nonce: EdwardsPoint,
    s: Scalar,
    challenge: Scalar,
}

/// A message, R ‖ S, and A.
pub(crate) type Signature<'a> = (&'a [u8], &'a [u8; 64], &'a [u8; 32]);

/// The address of the key of one signature, if it is valid.
pub(crate) fn signer(signature: Signature<'_>) -> Option<[u8; 20]> {
    let parsed = parse(signature, |key| CompressedEdwardsY(*key).decompress())?;
    equation_holds(&parsed).then(|| address::of_ed25519(signature.2))
}

/// Applies rules 1 to 4; none if one is broken. What is a point, and which, `decode` says of the key.
fn parse(
    (message, signature, key): Signature<'_>,
    decode: impl FnOnce(&[u8; 32]) -> Option<EdwardsPoint>,
) -> Option<Parsed> {
    let (nonce, s) = halves(signature);
    if !is_canonical_and_not_small(key) || !is_canonical_and_not_small(nonce) {
        return None; // rules 1 and 2
    }
    let s = Option::from(Scalar::from_canonical_bytes(*s))?; // rule 3
    let hash = Sha512::new().chain_update(nonce).chain_update(key).chain_update(message).finalize();
    Some(Parsed {
        key: decode(key)?, // rule 4
        nonce: CompressedEdwardsY(*nonce).decompress()?,
        s,
        challenge: Scalar::from_bytes_mod_order_wide(&hash.into()),
    })
}

/// R and S.
fn halves(signature: &[u8; 64]) -> (&[u8; 32], &[u8; 32]) {
    let (nonce, s) = signature.split_at(32);
    let half = "half of 64 bytes is 32 bytes";
    (nonce.try_into().expect(half), s.try_into().expect(half))
}

/// Applies rule 5 to one signature.
fn equation_holds(parsed: &Parsed) -> bool {
    let negative_key = -parsed.key;
    let expected_nonce =
        EdwardsPoint::vartime_double_scalar_mul_basepoint(&parsed.challenge, &negative_key, &parsed.s);
    (expected_nonce - parsed.nonce).mul_by_cofactor().is_identity()
}

fn is_canonical_and_not_small(encoding: &[u8; 32]) -> bool {
    let mut y = *encoding;
    y[31] &= 0x7f;
    let below_prime = y.iter().rev().lt(PRIME.iter().rev());
    below_prime && !SMALL_ORDER_Y.contains(&y)
}
