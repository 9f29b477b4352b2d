//! The rules, one signature at a time and from bytes, by the simple interface of `blst`: what every batch is compared with.

use blst::BLST_ERROR::BLST_SUCCESS;
use blst::min_pk::{AggregatePublicKey, PublicKey, Signature};

use super::{PROOF_TAG, SIGNATURE_TAG};

/// Whether `signature` is a signature of `message` by `key`, by all rules but the fifth.
pub fn verify(key: &[u8; 48], message: &[u8], signature: &[u8; 96]) -> bool {
    verify_tagged(SIGNATURE_TAG, key, message, signature)
}

/// Whether `proof` proves possession of the secret of `key`, which then obeys rule 5.
pub fn verify_proof(key: &[u8; 48], proof: &[u8; 96]) -> bool {
    verify_tagged(PROOF_TAG, key, key, proof)
}

/// Whether `signature` is the sum of the signatures of `message` by all of `keys`, of which there is at least one, by all
/// rules but the fifth.
pub fn verify_sum(keys: &[[u8; 48]], message: &[u8], signature: &[u8; 96]) -> bool {
    let keys: Option<Vec<_>> = keys.iter().map(|key| PublicKey::key_validate(key).ok()).collect();
    let (Some(keys), Ok(signature)) = (keys, Signature::sig_validate(signature, true)) else { return false };
    let Ok(sum) = AggregatePublicKey::aggregate(&keys.iter().collect::<Vec<_>>(), false) else {
        return false;
    };
    let (already_checked, key) = (false, sum.to_public_key());
    signature.verify(already_checked, message, SIGNATURE_TAG, &[], &key, true) == BLST_SUCCESS
}

pub(super) fn verify_tagged(tag: &[u8], key: &[u8; 48], message: &[u8], signature: &[u8; 96]) -> bool {
    let (Ok(key), Ok(signature)) = (PublicKey::key_validate(key), Signature::sig_validate(signature, true))
    else {
        return false;
    };
    let already_checked = false;
    signature.verify(already_checked, message, tag, &[], &key, already_checked) == BLST_SUCCESS
}
