//! Verification of many signatures at once.

use std::collections::HashMap;

use super::SIGNATURE_TAG;
use super::arithmetic::Arithmetic;
use super::equations::Equations;
use super::keys::KnownKey;
use super::points::{G1, G2};
use super::search::{self, Credit};
use crate::level::Level;

/// How many signatures share an equation at most. More gain next to nothing and make a false one dearer.
const BATCH_MAX: usize = 512;

/// A signature, what it is said to sign, and who is said to have signed.
#[derive(Clone, Copy, Debug)]
pub struct SignedMessage<'a> {
    /// The signer's key, or the sum of the keys of all signers.
    pub key: &'a KnownKey,
    /// What was signed. Equal messages of a batch share their hash and pairing.
    pub message: &'a [u8],
    /// A point of G2, compressed.
    pub signature: &'a [u8; 96],
}

/// Verifies batches of signatures, on the thread that asks.
///
/// Verdicts are those of [`reference::verify`](super::reference::verify) for each signature, whatever its companions. From
/// one batch to the next it keeps only how well equations of many signatures did, and so how soon it tries one again.
#[derive(Clone, Debug)]
pub struct BatchVerification {
    seed: [u8; 32],
    arithmetic: Arithmetic,
    credit: Credit,
}

impl BatchVerification {
    /// With the instructions of `level` and random numbers from `seed`, which is secret and comes from the operating system
    /// in production, since whoever knows it could make invalid signatures that an equation of many does not see. Verdicts
    /// depend on neither.
    pub fn new(seed: [u8; 32], level: Level) -> Self {
        Self { seed, arithmetic: Arithmetic::new(level, &seed), credit: Credit::default() }
    }

    /// Appends to `verdicts`, for each of `batch` in order, whether it is valid.
    pub fn verify(&mut self, batch: &[SignedMessage], verdicts: &mut Vec<bool>) {
        self.verify_tagged(SIGNATURE_TAG, batch, verdicts);
    }

    pub(super) fn verify_tagged(&mut self, tag: &[u8], batch: &[SignedMessage], verdicts: &mut Vec<bool>) {
        let equations = Equations::new(batch, tag, &self.seed, &self.arithmetic);
        let mut hold = vec![false; equations.len()];
        for start in (0..equations.len()).step_by(BATCH_MAX) {
            let range = start..equations.len().min(start + BATCH_MAX);
            search::settle(&equations, &mut self.credit, range, &mut hold);
        }
        let first = verdicts.len();
        verdicts.resize(first + batch.len(), false);
        for (index, holds) in hold.into_iter().enumerate() {
            verdicts[first + equations.place(index)] = holds;
        }
    }

    /// Whether `signature` is the sum of signatures of each message by its key. Messages may be equal; of no messages there
    /// is no signature.
    pub fn verify_aggregate(&self, signed: &[(&KnownKey, &[u8])], signature: &[u8; 96]) -> bool {
        self.verify_aggregate_tagged(SIGNATURE_TAG, signed, signature)
    }

    pub(super) fn verify_aggregate_tagged(
        &self,
        tag: &[u8],
        signed: &[(&KnownKey, &[u8])],
        signature: &[u8; 96],
    ) -> bool {
        let Some(signature) = G2::decode(signature) else { return false };
        let mut keys_of: HashMap<&[u8], Vec<G1>> = HashMap::new();
        for (key, message) in signed {
            keys_of.entry(message).or_default().push(key.point);
        }
        let (messages, keys): (Vec<_>, Vec<_>) =
            keys_of.into_iter().map(|(message, keys)| (message, G1::sum(&keys))).unzip();
        let pairs = keys.into_iter().zip(self.arithmetic.hash(&messages, tag));
        !signed.is_empty()
            && self.arithmetic.product_is_one(pairs.chain([(G1::minus_generator(), signature)]))
    }
}
