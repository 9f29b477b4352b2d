//! Who signed what with secp256k1: known keys in sums, all others recovered, each by itself.
//!
//! ```text
//!   payloads ── Keccak in lanes ──> digests ─┐
//!   claims ──> keys of these addresses ──────┴─> BatchRecovery ─┬─ the claimed key ─────────────────────────> claim
//!                 ^                                             └─ another key ── Keccak in lanes ──> address
//!                 └────────────────────────── if that is what was claimed ───────────────────────────────┘
//! ```
//!
//! A key is kept from its first recovery on, and only if its account was claimed then: where nobody claims, a key would
//! be of no use, and take the place of one that is.

use std::ops::Range;

use crate::Level;
use crate::address;
use crate::backend::Verdict;
use crate::keccak::keccak256_many;
use crate::secp256k1::{Answer, BatchRecovery, Claim, Keys, KnownKey};
use crate::signatures::{NO_CLAIM, Signatures};

/// Finds signers, on any thread and on several at once.
pub(super) struct Signers {
    recovery: BatchRecovery,
    keys: Keys,
}

impl Signers {
    /// With random coefficients from the secret `seed`, sums made on `level`, and at most `keys_max` keys kept.
    pub fn new(seed: [u8; 32], level: Level, keys_max: usize) -> Self {
        Self { recovery: BatchRecovery::new(seed, level), keys: Keys::new(keys_max) }
    }

    /// Appends the verdict on each signature of `batch` in `range` to `verdicts`, in order.
    pub fn verify(&self, batch: &Signatures, range: Range<usize>, verdicts: &mut Vec<Verdict>) {
        let level = Level::best();
        let mut hashes = Vec::with_capacity(range.len());
        keccak256_many(level, range.clone().map(|index| batch.message(index)), &mut hashes);
        let claimed = &batch.claims()[range.clone()];
        let answers = self.answers(batch, range, &hashes, claimed);

        let recovered = answers.iter().filter_map(|answer| match answer {
            Answer::Claimed => None,
            Answer::Recovered(key) => key.as_ref(),
        });
        hashes.clear();
        keccak256_many(level, recovered, &mut hashes);
        let mut addresses = hashes.into_iter().map(address::last_20);
        for (answer, claimed) in answers.iter().zip(claimed) {
            verdicts.push(match answer {
                Answer::Claimed => Verdict::Valid { address: *claimed },
                Answer::Recovered(None) => Verdict::Invalid,
                Answer::Recovered(Some(key)) => {
                    let address = addresses.next().expect("one hash for each key");
                    if address == *claimed {
                        self.keep(key);
                    }
                    Verdict::Valid { address }
                }
            });
        }
    }

    fn answers(
        &self,
        batch: &Signatures,
        range: Range<usize>,
        digests: &[[u8; 32]],
        claimed: &[[u8; 20]],
    ) -> Vec<Answer> {
        let known = |address: &[u8; 20]| (*address != NO_CLAIM).then(|| self.keys.get(address)).flatten();
        let known: Vec<_> = claimed.iter().map(known).collect();
        let signatures = batch.secp256k1(range).zip(digests).zip(&known);
        let claims: Vec<_> = signatures
            .map(|(((_, signature, y_parity), digest), key)| Claim {
                digest,
                signature,
                y_parity,
                key: key.as_ref(),
            })
            .collect();
        let mut answers = Vec::with_capacity(claims.len());
        self.recovery.answer(&claims, &mut answers);
        answers
    }

    fn keep(&self, key: &[u8; 64]) {
        let key = KnownKey::from_bytes(key).expect("what is recovered is a point of the curve");
        self.keys.insert(key);
    }
}

#[cfg(test)]
mod tests {
    use super::{BatchRecovery, Keys, Level, Signatures, Signers, Verdict};
    use crate::hash::keccak256;
    use crate::signatures::Scheme;
    use secp256k1::ecdsa::RecoverableSignature;
    use secp256k1::{Message, SecretKey};

    #[test]
    fn a_key_is_kept_when_its_account_is_claimed_and_signed() {
        let secret = SecretKey::from_secret_bytes([7; 32]).expect("below the order");
        let digest = Message::from_digest(keccak256(b"message"));
        let (parity, signature) =
            RecoverableSignature::sign_ecdsa_recoverable(digest, &secret).serialize_compact();
        let signers = Signers { recovery: BatchRecovery::new([1; 32], Level::best()), keys: Keys::new(10) };
        let verdict = |message: &[u8], claim: Option<&[u8; 20]>| {
            let (mut batch, mut verdicts) = (Signatures::new(Scheme::Secp256k1), Vec::new());
            batch.push_secp256k1(message, &signature, parity.to_u8(), claim);
            signers.verify(&batch, 0..1, &mut verdicts);
            verdicts[0]
        };
        let right = verdict(b"message", None);
        let Verdict::Valid { address } = right else { panic!("a valid signature") };
        assert_eq!((verdict(b"message", Some(&[1; 20])), signers.keys.len()), (right, 0));
        assert_ne!(verdict(b"another", Some(&address)), right);
        assert_eq!(signers.keys.len(), 0, "neither whom it recovers nor whom it claims");
        assert_eq!((verdict(b"message", Some(&address)), signers.keys.len()), (right, 1));
        assert!(signers.keys.get(&address).is_some());
    }
}
