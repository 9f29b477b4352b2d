//! Valid signatures to measure with, the same ones on every machine.
//!
//! Each is by a key of its own and over a message of its own, of the length of a plain transfer.

use curve25519_dalek::edwards::EdwardsPoint;
use curve25519_dalek::scalar::Scalar;
use secp256k1::ecdsa::RecoverableSignature;
use secp256k1::{Message, SecretKey};
use sha2::{Digest, Sha512};

use crate::address;
use crate::hash::keccak256;
use crate::signatures::{Scheme, Signatures};

/// Bytes of a message: what is signed of a plain transfer is 45 to 55 bytes long, of a declared one 100 and more.
const MESSAGE_BYTES: usize = 100;

/// So many valid signatures, of keys numbered from `first` on. Those of secp256k1 are claimed if `claimed` says so.
pub fn valid(scheme: Scheme, first: u64, count: usize, claimed: bool) -> Signatures {
    let mut batch = Signatures::new(scheme);
    for number in (first..).take(count) {
        let secret = keccak256(&number.to_le_bytes());
        let mut message = [0x5a; MESSAGE_BYTES];
        message[..32].copy_from_slice(&keccak256(&secret));
        match scheme {
            Scheme::Secp256k1 => push_secp256k1(&mut batch, &message, secret, claimed),
            Scheme::Ed25519 => push_ed25519(&mut batch, &message, &secret),
        }
    }
    batch
}

fn push_secp256k1(batch: &mut Signatures, message: &[u8], secret: [u8; 32], claimed: bool) {
    let secret =
        SecretKey::from_secret_bytes(secret).expect("a hash is below the order but for one in 2^128");
    let digest = Message::from_digest(keccak256(message));
    let (parity, signature) =
        RecoverableSignature::sign_ecdsa_recoverable(digest, &secret).serialize_compact();
    let key = secret.public_key().serialize_uncompressed();
    let address = address::of_secp256k1(key.last_chunk().expect("64 of 65 bytes"));
    batch.push_secp256k1(message, &signature, parity.to_u8(), claimed.then_some(&address));
}

/// As RFC 8032 says, section 5.1.6.
fn push_ed25519(batch: &mut Signatures, message: &[u8], secret: &[u8; 32]) {
    let expanded: [u8; 64] = Sha512::digest(secret).into();
    let (scalar, prefix) = expanded.split_at(32);
    let scalar: [u8; 32] = scalar.try_into().expect("half of 64 bytes");
    let scalar = Scalar::from_bytes_mod_order(curve25519_dalek::scalar::clamp_integer(scalar));
    let reduced = |hash: Sha512| Scalar::from_bytes_mod_order_wide(&hash.finalize().into());
    let key = EdwardsPoint::mul_base(&scalar).compress().to_bytes();
    let nonce = reduced(Sha512::new().chain_update(prefix).chain_update(message));
    let nonce_point = EdwardsPoint::mul_base(&nonce).compress().to_bytes();
    let challenge = reduced(Sha512::new().chain_update(nonce_point).chain_update(key).chain_update(message));
    let mut signature = [0; 64];
    signature[..32].copy_from_slice(&nonce_point);
    signature[32..].copy_from_slice((nonce + challenge * scalar).as_bytes());
    batch.push_ed25519(message, &signature, &key);
}

#[cfg(test)]
mod tests {
    use super::valid;
    use crate::backend::{Verdict, open};
    use crate::signatures::Scheme;

    #[test]
    fn all_samples_are_valid_and_by_different_keys_and_claims_are_true() {
        for scheme in [Scheme::Secp256k1, Scheme::Ed25519] {
            let batch = valid(scheme, 7, 20, true);
            let mut verdicts = Vec::new();
            let reference = open("reference", [0; 32]).expect("it is always there");
            reference.verify(&batch, 0..20, &mut verdicts);
            let mut addresses: Vec<_> = verdicts
                .iter()
                .map(|verdict| match verdict {
                    Verdict::Valid { address } => *address,
                    Verdict::Invalid => panic!("it was signed"),
                })
                .collect();
            assert!(scheme == Scheme::Ed25519 || addresses == batch.claims());
            addresses.sort_unstable();
            addresses.dedup();
            assert_eq!(addresses.len(), 20);
        }
    }
}
