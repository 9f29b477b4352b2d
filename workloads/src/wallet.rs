//! `Account`: a key that signs, and the address that it signs for.
//!
//! ```text
//! secret     BLAKE3 derive-key("pelton workloads account", seed u64 ‖ scheme u8 ‖ index u64)
//! secp256k1  address = last 20 bytes of keccak256(x ‖ y)
//! ed25519    address = last 20 bytes of keccak256(0x65 ‖ public key)
//! ```
//!
//! Keys that follow from a seed are as public as that: they are for test chains. Those of [`Account::of_secret`] are whose they are.

use std::ops::Range;
use std::sync::LazyLock;

use alloy_primitives::{Address, keccak256};
use ed25519_zebra::{SigningKey, VerificationKeyBytes};
use pelton_engine::transaction::{Kind, Signature};
use rayon::prelude::*;
use secp256k1_signing::{Message, PublicKey, Secp256k1, SecretKey, SignOnly};

use crate::spec::Scheme;

/// The tables that signing needs. Signing takes the same time whatever the key; the tables are not blinded besides.
static SIGNER: LazyLock<Secp256k1<SignOnly>> = LazyLock::new(Secp256k1::signing_only);
const CONTEXT: &str = "pelton workloads account";

/// A key pair and its address.
pub struct Account {
    address: Address,
    key: Key,
}

/// The ed25519 key carries its public point along and is large, so it stands apart.
enum Key {
    Secp256k1(SecretKey),
    Ed25519(Box<SigningKey>),
}

impl Account {
    /// The account of this scheme and index that follows from a seed.
    pub fn derive(seed: u64, scheme: Scheme, index: u64) -> Account {
        let mut hash = blake3::Hasher::new_derive_key(CONTEXT);
        hash.update(&seed.to_be_bytes()).update(&[scheme as u8]).update(&index.to_be_bytes());
        let mut stream = hash.finalize_xof();
        let mut secret = [0; 32];
        stream.fill(&mut secret);
        match scheme {
            // All but one in 2^128 strings of 32 bytes are scalars; the next 32 bytes are as good.
            Scheme::Secp256k1 => loop {
                if let Some(account) = Account::of_secret(scheme, secret) {
                    return account;
                }
                stream.fill(&mut secret);
            },
            Scheme::Ed25519 => {
                Account::of_secret(scheme, secret).expect("every string of 32 bytes is a secret")
            }
        }
    }

    /// The account of a secret; none if that is no scalar, as secp256k1 needs one.
    pub fn of_secret(scheme: Scheme, secret: [u8; 32]) -> Option<Account> {
        match scheme {
            Scheme::Secp256k1 => {
                let key = SecretKey::from_byte_array(secret).ok()?;
                let point = PublicKey::from_secret_key(&SIGNER, &key).serialize_uncompressed();
                Some(Account { address: last_20(&point[1..]), key: Key::Secp256k1(key) })
            }
            Scheme::Ed25519 => {
                let key = SigningKey::from(secret);
                let mut named = [Kind::Declared as u8; 33];
                named[1..].copy_from_slice(&public_key(&key));
                Some(Account { address: last_20(&named), key: Key::Ed25519(Box::new(key)) })
            }
        }
    }

    /// Derives a range of accounts on all cores.
    pub fn derive_all(seed: u64, scheme: Scheme, indices: Range<u64>) -> Vec<Account> {
        indices.into_par_iter().map(|index| Account::derive(seed, scheme, index)).collect()
    }

    /// The account's address.
    pub fn address(&self) -> Address {
        self.address
    }

    /// The scheme that the account signs with.
    pub fn scheme(&self) -> Scheme {
        match self.key {
            Key::Secp256k1(_) => Scheme::Secp256k1,
            Key::Ed25519(_) => Scheme::Ed25519,
        }
    }

    /// The public key that a declared transaction carries; none of a secp256k1 account.
    pub fn ed25519_key(&self) -> Option<[u8; 32]> {
        match &self.key {
            Key::Secp256k1(_) => None,
            Key::Ed25519(key) => Some(public_key(key)),
        }
    }

    /// Signs a message: secp256k1 its Keccak-256, ed25519 the message itself. Equal messages get equal signatures, and
    /// s of secp256k1 is in the lower half.
    pub fn sign(&self, message: &[u8]) -> Signature {
        match &self.key {
            Key::Secp256k1(key) => {
                let digest = Message::from_digest(keccak256(message).0);
                let (parity, rs) = SIGNER.sign_ecdsa_recoverable(digest, key).serialize_compact();
                Signature::Secp256k1 { rs, y_parity: i32::from(parity) as u8 & 1 }
            }
            Key::Ed25519(key) => {
                Signature::Ed25519 { rs: key.sign(message).to_bytes(), key: public_key(key) }
            }
        }
    }
}

fn public_key(key: &SigningKey) -> [u8; 32] {
    VerificationKeyBytes::from(key).into()
}

fn last_20(bytes: &[u8]) -> Address {
    Address::from_word(keccak256(bytes))
}
