//! Sets and their witnesses, for tests.

use std::collections::BTreeSet;

use pelton_engine::trie::{Key32, Trie};

use super::keys::{Model, hashed};

pub fn trie_of(model: &Model) -> Trie {
    let mut trie = Trie::new();
    trie.apply(&model.iter().map(|(key, value)| (*key, Some(*value))).collect::<Vec<_>>());
    trie
}

pub fn model_of(numbers: std::ops::Range<u64>) -> Model {
    numbers.map(|number| (hashed(number), hashed(number + 1_000_000))).collect()
}

/// A set, some keys of it and some that it lacks, and their witness.
pub fn sample() -> (Model, Vec<Key32>, Vec<u8>) {
    let model = model_of(0..200);
    let keys: Vec<Key32> = (195..206).map(hashed).collect::<BTreeSet<_>>().into_iter().collect();
    let witness = trie_of(&model).witness(&keys);
    (model, keys, witness)
}
