//! Keys that may be verified with.

use super::PROOF_TAG;
use super::points::{self, G1, G2};

/// A public key that obeys rules 1 to 3 and 5, decoded; or the sum of such keys. 144 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnownKey {
    pub(super) point: G1,
    pub(super) encoding: [u8; 48],
}

impl KnownKey {
    /// The key of these bytes, if `proof` is a proof that whoever offers it has its secret: a signature of the bytes
    /// themselves by the key, with the tag of proofs.
    pub fn register(key: &[u8; 48], proof: &[u8; 96]) -> Option<Self> {
        let known = Self::from_genesis_without_proof(key)?;
        let hash = G2::normalized(&[points::hash(key, PROOF_TAG)])[0];
        let pairs = [(known.point, hash), (G1::minus_generator(), G2::decode(proof)?)];
        points::power_of_product_is_one(points::pairings(&pairs).as_slice()).then_some(known)
    }

    /// A key whose proof of possession was checked by who wrote the genesis, or that comes from an own record of keys that
    /// were registered. It is still decoded, and refused if it is infinity or outside of the subgroup.
    ///
    /// Of a key that came from anyone else, this makes signatures worthless: see rule 5.
    pub fn from_genesis_without_proof(key: &[u8; 48]) -> Option<Self> {
        Some(Self { point: G1::decode(key)?, encoding: *key })
    }

    /// The key of what all of `keys` have signed together: the sum of their signatures of one message is a signature of
    /// that message by it. A key that occurs twice counts twice.
    ///
    /// There is none of no keys, nor where the sum is infinity (rule 3).
    pub fn sum<'a>(keys: impl IntoIterator<Item = &'a Self>) -> Option<Self> {
        let points: Vec<_> = keys.into_iter().map(|key| key.point).collect();
        let point = G1::sum(&points);
        (!point.is_infinity()).then(|| Self { point, encoding: point.encode() })
    }

    /// The key's one encoding.
    pub fn to_bytes(&self) -> [u8; 48] {
        self.encoding
    }
}
