//! The plain back-end: one signature after the other, nothing shared between them.
//!
//! It says what is right. Whatever is faster stands beside it and is compared with it.

use std::ops::Range;

use crate::backend::{Backend, Verdict};
use crate::signatures::{Scheme, Signatures};
use crate::{ecdsa, ed25519};

/// Verifies one signature after the other.
#[derive(Clone, Copy, Debug, Default)]
pub struct Reference;

impl Backend for Reference {
    fn name(&self) -> &'static str {
        "reference"
    }

    fn verify(&self, batch: &Signatures, range: Range<usize>, verdicts: &mut Vec<Verdict>) {
        match batch.scheme() {
            Scheme::Secp256k1 => {
                verdicts.extend(batch.secp256k1(range).map(|(message, signature, y_parity)| {
                    Verdict::from(ecdsa::signer(message, signature, y_parity))
                }))
            }
            Scheme::Ed25519 => {
                verdicts.extend(batch.ed25519(range).map(|one| Verdict::from(ed25519::signer(one))));
            }
        }
    }
}
