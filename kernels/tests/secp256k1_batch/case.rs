//! A signature of a digest, and whose it is claimed to be.

use pelton_kernels::secp256k1::{Claim, KnownKey};
use pelton_kernels::{ecdsa, keccak256};
use secp256k1::ecdsa::RecoverableSignature;
use secp256k1::{Message, SecretKey};

/// A claim that owns its parts.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    pub digest: [u8; 32],
    pub signature: [u8; 64],
    pub y_parity: u8,
    pub key: Option<KnownKey>,
}

pub fn bytes(name: &str, index: usize) -> [u8; 32] {
    keccak256(format!("{name} {index}").as_bytes())
}

/// Signature `index`, by key `key`, claimed to be by it.
pub fn signed(index: usize, key: usize) -> Case {
    let secret = SecretKey::from_secret_bytes(bytes("key", key)).expect("below the order");
    let digest = bytes("digest", index);
    let (parity, signature) =
        RecoverableSignature::sign_ecdsa_recoverable(Message::from_digest(digest), &secret)
            .serialize_compact();
    let public = ecdsa::recover(&digest, &signature, parity.to_u8()).expect("valid");
    Case { digest, signature, y_parity: parity.to_u8(), key: KnownKey::from_bytes(&public) }
}

pub fn claims(cases: &[Case]) -> Vec<Claim<'_>> {
    cases
        .iter()
        .map(|case| Claim {
            digest: &case.digest,
            signature: &case.signature,
            y_parity: case.y_parity,
            key: case.key.as_ref(),
        })
        .collect()
}
