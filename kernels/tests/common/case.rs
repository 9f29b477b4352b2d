//! An ed25519 signature with what it is over, alone and among companions.

use ed25519_dalek::{Signer as _, SigningKey};
use pelton_kernels::{Scheme, Signatures, Verdict, address};

use crate::agree::bytes;

#[derive(Clone)]
pub struct Case {
    pub message: Vec<u8>,
    pub signature: [u8; 64],
    pub key: [u8; 32],
}

impl Case {
    pub fn signed(index: usize) -> Self {
        Self::over(index, bytes("message", index).repeat(index % 7))
    }

    /// Signed by the key of this number.
    pub fn over(index: usize, message: Vec<u8>) -> Self {
        let secret = SigningKey::from_bytes(&bytes("ed25519 key", index));
        Self { signature: secret.sign(&message).to_bytes(), key: secret.verifying_key().to_bytes(), message }
    }

    pub fn spoilt(index: usize) -> Self {
        let mut case = Self::signed(index);
        case.message.push(1);
        case
    }

    pub fn verdict(&self, valid: bool) -> Verdict {
        Verdict::from(valid.then(|| address::of_ed25519(&self.key)))
    }

    /// The rule again, by other libraries: ZIP 215's verdict, and encodings that are canonical and not small.
    pub fn valid_by_other_means(&self) -> bool {
        let fine = |encoding: &[u8; 32]| {
            let point = curve25519_dalek::edwards::CompressedEdwardsY(*encoding).decompress();
            point.is_some_and(|point| point.compress().to_bytes() == *encoding && !point.is_small_order())
        };
        let nonce = self.signature.first_chunk().expect("the first half");
        let zip215 = ed25519_zebra::VerificationKey::try_from(self.key)
            .and_then(|key| key.verify(&self.signature.into(), &self.message));
        fine(&self.key) && fine(nonce) && zip215.is_ok()
    }
}

pub fn batch<'a>(cases: impl IntoIterator<Item = &'a Case>) -> Signatures {
    let mut batch = Signatures::new(Scheme::Ed25519);
    for case in cases {
        batch.push_ed25519(&case.message, &case.signature, &case.key);
    }
    batch
}
