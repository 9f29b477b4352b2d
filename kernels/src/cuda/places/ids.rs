//! Whose key it is, and the hashes by which that is looked up.
//!
//! Whoever sends signatures chooses keys and claims, so the hash has a secret, and nothing that depends on it is told: sums of
//! products of words that were added to secret ones (as in UMAC, Black et al., 1999), which takes a few nanoseconds.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};

use crate::signatures::{NO_CLAIM, Scheme, Signatures};

/// An ed25519 key, or the address of a secp256k1 key and zeros.
pub type Id = [u8; 32];

/// Whose key would help with a signature.
pub fn id(batch: &Signatures, index: usize) -> Option<Id> {
    match batch.scheme() {
        Scheme::Ed25519 => Some(batch.keys()[index]),
        Scheme::Secp256k1 => {
            let claim = &batch.claims()[index];
            let mut id = [0; 32];
            id[..20].copy_from_slice(claim);
            (*claim != NO_CLAIM).then_some(id)
        }
    }
}

/// What makes hashes of ids.
#[derive(Clone)]
pub struct Secrets([u64; 5]);

impl Secrets {
    /// Those that the operating system gives.
    pub fn new() -> Secrets {
        let random = RandomState::new();
        Secrets(std::array::from_fn(|index| random.hash_one(index)))
    }

    /// Never 0, and its three lowest bits say nothing.
    pub fn hash(&self, id: &Id) -> u64 {
        let Secrets([a, b, c, d, e]) = self;
        let word = |index: usize| u64::from_le_bytes(*id[8 * index..].first_chunk().expect("8 of 32 bytes"));
        let product = |x: u64, y: u64| u128::from(x) * u128::from(y);
        let sum = product(word(0).wrapping_add(*a), word(1).wrapping_add(*b))
            .wrapping_add(product(word(2).wrapping_add(*c), word(3).wrapping_add(*d)));
        // A table looks at few of the bits: each of them depends on all.
        let mixed = product(sum as u64 ^ (sum >> 64) as u64, *e | 1);
        (mixed as u64 ^ (mixed >> 64) as u64) & !7 | 1
    }
}

/// Hashes that are keys of a table, as they are.
#[derive(Clone, Copy, Default)]
pub struct Hashed(u64);

impl BuildHasher for Hashed {
    type Hasher = Hashed;

    fn build_hasher(&self) -> Hashed {
        Hashed(0)
    }
}

impl Hasher for Hashed {
    fn write(&mut self, _: &[u8]) {
        unreachable!("only hashes are keys");
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::Secrets;

    #[test]
    fn ids_that_differ_anywhere_have_hashes_that_differ_in_the_bits_that_tables_look_at() {
        let secrets = Secrets::new();
        let mut hashes = vec![secrets.hash(&[0; 32])];
        for bit in 0..256 {
            let mut id = [0; 32];
            id[bit / 8] ^= 1 << (bit % 8);
            hashes.push(secrets.hash(&id));
        }
        for shift in [0, 32] {
            let mut some: Vec<_> = hashes.iter().map(|hash| (hash >> shift) as u32).collect();
            some.sort_unstable();
            some.dedup();
            assert_eq!(some.len(), hashes.len());
        }
        assert_ne!(secrets.hash(&[7; 32]), Secrets::new().hash(&[7; 32]), "others have other secrets");
    }
}
