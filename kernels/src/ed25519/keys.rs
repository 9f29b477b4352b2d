//! The keys of active senders, decoded.
//!
//! Most signatures come from keys seen before, and to decode a key costs about as much as to add it to a sum. What is
//! kept here is a pure function of the 32 bytes of a key, so it can change how long an answer takes and nothing else.
//!
//! Two generations bound it: keys are put into the young one; when that is full it becomes the old one, and what was old
//! is forgotten. A key that is found in the old generation should be put in again, so those in use stay:
//!
//! ```text
//!   put ──> [ young ] ── full ──> [ old ] ── young full again ──> forgotten
//!              ^ put again, if found │
//!              └─────────────────────┘
//! ```
//!
//! There are many shards, each behind its own lock, which a thread holds for one look or one change.

use std::collections::HashMap;
use std::mem;
use std::sync::{PoisonError, RwLock};

/// A power of two, at most 256.
const SHARDS: usize = 64;

/// What is known of a key: `V`, in a bounded number of entries.
#[derive(Debug)]
pub(crate) struct Keys<V> {
    shards: Vec<RwLock<Generations<V>>>,
    /// Entries in one generation of one shard.
    generation_len: usize,
}

#[derive(Debug)]
struct Generations<V> {
    young: HashMap<[u8; 32], V>,
    old: HashMap<[u8; 32], V>,
}

/// A key that was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Found<V> {
    pub value: V,
    /// It will be forgotten unless it is put again.
    pub is_old: bool,
}

impl<V: Copy> Keys<V> {
    /// Room for `len_max` keys, or a few less; for none if that is below 128.
    pub fn new(len_max: usize) -> Self {
        let empty = || RwLock::new(Generations { young: HashMap::new(), old: HashMap::new() });
        Self { shards: (0..SHARDS).map(|_| empty()).collect(), generation_len: len_max / (2 * SHARDS) }
    }

    /// What was put for `key`, if it was not forgotten.
    pub fn get(&self, key: &[u8; 32]) -> Option<Found<V>> {
        // An entry is whole at any time, so a thread that panicked with the lock left nothing bad behind.
        let shard = self.shard(key).read().unwrap_or_else(PoisonError::into_inner);
        let young = shard.young.get(key).map(|value| Found { value: *value, is_old: false });
        young.or_else(|| shard.old.get(key).map(|value| Found { value: *value, is_old: true }))
    }

    /// Keeps `value` for `key`.
    pub fn put(&self, key: &[u8; 32], value: V) {
        if self.generation_len == 0 {
            return;
        }
        let mut shard = self.shard(key).write().unwrap_or_else(PoisonError::into_inner);
        if shard.young.len() >= self.generation_len && !shard.young.contains_key(key) {
            shard.old = mem::take(&mut shard.young);
        }
        shard.young.insert(*key, value);
    }

    fn shard(&self, key: &[u8; 32]) -> &RwLock<Generations<V>> {
        // The lowest byte of y is as good as random, but for who makes keys to fill one shard with, at their own cost.
        &self.shards[usize::from(key[0]) % SHARDS]
    }
}

#[cfg(test)]
mod tests {
    use super::{Found, Keys, SHARDS};

    fn key(number: usize) -> [u8; 32] {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&(number as u64 * SHARDS as u64).to_le_bytes());
        key
    }

    #[test]
    fn a_key_is_found_until_two_generations_have_passed_without_it() {
        let keys = Keys::new(2 * SHARDS * 3);
        for number in 0..3 {
            keys.put(&key(number), number);
        }
        assert_eq!(keys.get(&key(1)), Some(Found { value: 1, is_old: false }));
        keys.put(&key(3), 3);
        assert_eq!(keys.get(&key(1)), Some(Found { value: 1, is_old: true }));
        keys.put(&key(1), 1); // in use again
        assert_eq!(keys.get(&key(1)), Some(Found { value: 1, is_old: false }));
        keys.put(&key(4), 4);
        keys.put(&key(5), 5);
        assert_eq!(keys.get(&key(0)), None);
        assert_eq!(keys.get(&key(1)), Some(Found { value: 1, is_old: true }));
    }

    #[test]
    fn there_are_never_more_keys_than_allowed() {
        for len_max in [0, 127, 128, 1000] {
            let keys = Keys::new(len_max);
            for number in 0..5000_u32 {
                let mut key = [0; 32];
                key[..4].copy_from_slice(&number.wrapping_mul(2_654_435_761).to_le_bytes());
                keys.put(&key, ());
                keys.put(&key, ());
            }
            let lens = keys.shards.iter().map(|shard| {
                let shard = shard.read().expect("no thread panicked");
                shard.young.len() + shard.old.len()
            });
            let len: usize = lens.sum();
            assert!(len <= len_max && (len_max < 128 || len > len_max / 4), "{len} of {len_max}");
        }
    }
}
