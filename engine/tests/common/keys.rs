//! Keys, sets and roots for tests of the trie.

use std::collections::BTreeMap;

use nomt_core::{hasher::Blake3Hasher, update::build_trie};
use pelton_engine::trie::{Key32, Root, ValueHash32};
use proptest::prelude::*;

pub type Model = BTreeMap<Key32, ValueHash32>;
/// Updates by key.
pub type Batch = BTreeMap<Key32, Option<ValueHash32>>;

/// The root of a set that is built anew by `nomt-core`.
pub fn oracle(model: &Model) -> Root {
    build_trie::<Blake3Hasher>(0, model.iter().map(|(key, value)| (*key, *value)), |_| {})
}

/// What a batch does to a set.
pub fn update(model: &mut Model, batch: &Batch) {
    for (key, value) in batch {
        match value {
            Some(value) => drop(model.insert(*key, *value)),
            None => drop(model.remove(key)),
        }
    }
}

pub fn hashed(number: u64) -> [u8; 32] {
    *blake3::hash(&number.to_le_bytes()).as_bytes()
}

/// A key that differs from a run of `fill` bytes in the lowest bit of one byte and in its last byte.
pub fn crowded(fill: u8, turn: usize, last: u8) -> Key32 {
    let mut key = [fill; 32];
    key[turn] ^= 1;
    key[31] = last;
    key
}

/// Keys from a small set, so that batches hit what is there: evenly spread ones, and ones with long shared
/// prefixes.
pub fn any_key() -> impl Strategy<Value = Key32> {
    prop_oneof![
        (0..64_u64).prop_map(hashed),
        (prop_oneof![Just(0), Just(0xff), Just(0x5a)], 0..32_usize, 0..4_u8)
            .prop_map(|(fill, turn, last)| crowded(fill, turn, last)),
    ]
}

pub fn any_batch() -> impl Strategy<Value = Batch> {
    let value = prop_oneof![3 => any::<u64>().prop_map(|number| Some(hashed(number))), 2 => Just(None)];
    proptest::collection::btree_map(any_key(), value, 0..40)
}
