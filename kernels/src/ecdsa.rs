//! Which secp256k1 signatures are valid, and whose they are.
//!
//! The rule, for r, s and the parity of y (EIP-2 and EIP-155 of Ethereum):
//!
//! 1. the parity is 0 or 1, and says which of the two points with x = r is R. An R with x ≥ n, whose r is x - n, could
//!    only be told by parities 2 and 3, and is refused: where r + n < p, r still means x = r and nothing else;
//! 2. 1 ≤ r < n;
//! 3. 1 ≤ s ≤ n/2, so that no one but the signer can make a second signature out of a first;
//! 4. r is the x coordinate of a point of the curve;
//! 5. the recovered key is not the point at infinity.
//!
//! libsecp256k1 sees to 2, 4 and 5 and accepts s up to n, so 1, 2 and 3 are checked here on the bytes.
//!
//! Verification with a given key, as elsewhere, compares x modulo n with r and takes either parity. It accepts more than
//! this rule does, and is never asked.

use secp256k1::Message;
use secp256k1::ecdsa::{RecoverableSignature, RecoveryId};

use crate::address;
use crate::hash::keccak256;
use crate::hex;

/// n, the order of the group, big-endian.
pub const ORDER: [u8; 32] = hex::bytes("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141");

/// (n - 1) / 2, the greatest s that is valid, big-endian.
pub const S_MAX: [u8; 32] = hex::bytes("7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0");

/// Whether `signature` = r ‖ s, big-endian, and the parity obey rules 1 to 3.
pub fn is_in_range(signature: &[u8; 64], y_parity: u8) -> bool {
    let (r, s) = signature.split_at(32);
    let zero = [0; 32];
    y_parity <= 1 && *r != zero && *r < ORDER[..] && *s != zero && *s <= S_MAX[..]
}

/// The public key x ‖ y, big-endian, that signed `digest` with `signature` = r ‖ s, big-endian; none if the signature is
/// not valid.
pub fn recover(digest: &[u8; 32], signature: &[u8; 64], y_parity: u8) -> Option<[u8; 64]> {
    if !is_in_range(signature, y_parity) {
        return None; // rules 1 to 3
    }
    let parity = if y_parity == 0 { RecoveryId::Zero } else { RecoveryId::One };
    let signature = RecoverableSignature::from_compact(signature, parity).ok()?;
    let key = signature.recover_ecdsa(Message::from_digest(*digest)).ok()?; // rules 4 and 5
    let mut public_key = [0; 64];
    public_key.copy_from_slice(&key.serialize_uncompressed()[1..]);
    Some(public_key)
}

/// The address that signed the Keccak-256 of `message`; none if the signature is not valid.
pub fn signer(message: &[u8], signature: &[u8; 64], y_parity: u8) -> Option<[u8; 20]> {
    recover(&keccak256(message), signature, y_parity).map(|key| address::of_secp256k1(&key))
}
