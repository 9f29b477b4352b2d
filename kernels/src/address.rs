//! From a public key to the 20 bytes that name its account.

use crate::hash::keccak256;

/// The byte in front of an ed25519 key when its address is taken: the type of the transactions that carry such keys. It
/// keeps the input apart from every other use of 32 bytes, and its length from the 64 bytes of a secp256k1 key.
pub const ED25519_DOMAIN: u8 = 0x65;

/// The address of a secp256k1 key: the last 20 bytes of keccak256(x ‖ y), both coordinates big-endian.
pub fn of_secp256k1(public_key: &[u8; 64]) -> [u8; 20] {
    last_20(keccak256(public_key))
}

/// The address of an ed25519 key: the last 20 bytes of keccak256([`ED25519_DOMAIN`] ‖ key).
pub fn of_ed25519(public_key: &[u8; 32]) -> [u8; 20] {
    last_20(keccak256(&named_ed25519(public_key)))
}

/// What is hashed for the address of an ed25519 key.
pub(crate) fn named_ed25519(public_key: &[u8; 32]) -> [u8; 33] {
    let mut named = [ED25519_DOMAIN; 33];
    named[1..].copy_from_slice(public_key);
    named
}

/// The part of a key's hash that is its address.
pub(crate) fn last_20(hash: [u8; 32]) -> [u8; 20] {
    let mut address = [0; 20];
    address.copy_from_slice(&hash[12..]);
    address
}
