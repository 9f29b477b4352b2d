//! The trie against its oracle, `nomt_core::update::build_trie`, which builds the whole set anew.

#[path = "common/keys.rs"]
mod keys;

use std::collections::BTreeMap;

use keys::{Batch, Model, any_batch, crowded, hashed, oracle, update};
use pelton_engine::trie::{Key32, Root, Trie, Update};
use proptest::prelude::*;

/// Applies the batches one after another, comparing with the oracle after each.
fn check(batches: &[Batch]) {
    let (mut trie, mut model) = (Trie::new(), Model::new());
    for batch in batches {
        update(&mut model, batch);
        let updates: Vec<Update> = batch.iter().map(|(key, value)| (*key, *value)).collect();
        assert_eq!(trie.apply(&updates), oracle(&model));
        assert_eq!(trie.root(), oracle(&model));
        assert_eq!(trie.len(), model.len());
    }
}

proptest! {
    #[test]
    fn after_every_batch_the_root_is_that_of_the_oracle(batches in proptest::collection::vec(any_batch(), 1..12)) {
        check(&batches);
    }

    #[test]
    fn history_leaves_no_trace(batches in proptest::collection::vec(any_batch(), 1..8)) {
        let (mut trie, mut set) = (Trie::new(), BTreeMap::new());
        for batch in &batches {
            set.extend(batch.iter().map(|(key, value)| (*key, *value)));
            trie.apply(&batch.iter().map(|(key, value)| (*key, *value)).collect::<Vec<_>>());
        }
        let mut at_once = Trie::new();
        at_once.apply(&set.into_iter().filter(|(_, value)| value.is_some()).collect::<Vec<_>>());
        prop_assert_eq!(trie.root(), at_once.root());
        prop_assert_eq!(trie.len(), at_once.len());
    }
}

#[test]
fn the_empty_set_has_the_zero_root() {
    let mut trie = Trie::new();
    assert_eq!(trie.root(), [0; 32]);
    assert!(trie.is_empty());
    assert_eq!(trie.apply(&[]), [0; 32]);
    assert_eq!(trie.apply(&[([1; 32], None), ([2; 32], None)]), [0; 32]);
    check(&[BTreeMap::new()]);
}

#[test]
fn one_key_is_its_leaf() {
    check(&[BTreeMap::from([(hashed(1), Some(hashed(2)))])]);
}

#[test]
fn two_keys_that_differ_in_the_last_bit_only_hang_256_deep() {
    let (low, mut high) = ([0; 32], [0; 32]);
    high[31] = 1;
    let both = BTreeMap::from([(low, Some(hashed(1))), (high, Some(hashed(2)))]);
    check(&[both, BTreeMap::from([(low, None)]), BTreeMap::from([(high, None)])]);
}

#[test]
fn a_big_set_grown_changed_and_emptied_follows_the_oracle() {
    let numbers = |from: u64, to: u64| (from..to).map(hashed);
    check(&[
        numbers(0, 20_000).map(|key| (key, Some(key))).collect(),
        numbers(10_000, 30_000).map(|key| (key, Some(hashed(u64::from(key[0]))))).collect(),
        numbers(0, 29_990).map(|key| (key, None)).collect(),
        numbers(29_990, 30_000).map(|key| (key, None)).collect(),
    ]);
}

#[test]
fn what_deletes_give_up_is_used_again() {
    let all: BTreeMap<_, _> = (0..500).map(|number| (hashed(number), Some(hashed(number)))).collect();
    let none: BTreeMap<_, _> = all.keys().map(|key| (*key, None)).collect();
    check(&[all.clone(), none.clone(), all.clone(), none.clone(), all.clone()]);

    let [all, none] = [all, none].map(Vec::from_iter);
    let mut trie = Trie::new();
    trie.apply(&all);
    trie.apply(&none);
    trie.apply(&all);
    let size = trie.size_bytes();
    for _ in 0..20 {
        trie.apply(&none);
        trie.apply(&all);
    }
    assert_eq!(trie.size_bytes(), size);
}

#[test]
fn a_subtree_that_grows_and_shrinks_by_one_key_follows_the_oracle() {
    let crowd = |count: u8| -> Vec<Key32> { (0..count).map(|turn| crowded(0x5a, 20, turn * 5)).collect() };
    let grow = (1..12).map(|count| crowd(count).into_iter().map(|key| (key, Some(key))).collect());
    let shrink = crowd(11).into_iter().map(|key| BTreeMap::from([(key, None)]));
    check(&grow.chain(shrink).collect::<Vec<_>>());
}

#[test]
fn a_key_takes_less_than_a_hundred_bytes_and_a_ground_one_a_hundred_for_each_shared_bit() {
    let mut updates: Vec<Update> =
        (0..200_000).map(|number| (hashed(number), Some(hashed(number)))).collect();
    updates.sort_unstable();
    let mut trie = Trie::new();
    trie.apply(&updates);
    assert!(trie.size_bytes() < 100 * trie.len(), "{} bytes", trie.size_bytes());

    // Five keys share 240 bits, which nobody can grind.
    let before = trie.size_bytes();
    trie.apply(&(0..5).map(|last| (crowded(0xa5, 30, last), Some([1; 32]))).collect::<Vec<_>>());
    assert!(trie.size_bytes() - before < 100 * 240, "{} bytes more", trie.size_bytes() - before);
}

#[test]
fn the_number_of_threads_does_not_change_the_root() {
    let updates = |from: u64, to: u64| -> Vec<Update> {
        BTreeMap::from_iter(
            (from..to)
                .map(|number| (hashed(number % 7000), (!number.is_multiple_of(3)).then(|| hashed(number)))),
        )
        .into_iter()
        .collect()
    };
    let roots = |threads: usize| -> Vec<Root> {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let mut trie = Trie::new();
        (0..5).map(|turn| pool.install(|| trie.apply(&updates(turn * 3000, turn * 3000 + 5000)))).collect()
    };
    assert_eq!(roots(1), roots(4));
}

#[test]
#[should_panic(expected = "updates come sorted by key, each key once")]
fn an_unsorted_batch_is_a_bug() {
    Trie::new().apply(&[([2; 32], None), ([1; 32], None)]);
}

#[test]
#[should_panic(expected = "updates come sorted by key, each key once")]
fn a_repeated_key_is_a_bug() {
    Trie::new().apply(&[([1; 32], None), ([1; 32], None)]);
}

/// Freezes the scheme: whoever changes it must also change `SCHEME`.
#[test]
fn the_root_of_a_thousand_keys_is_frozen() {
    let mut updates: Vec<Update> =
        (0..1000).map(|number| (hashed(number), Some(hashed(number + 1000)))).collect();
    updates.sort_unstable();
    let root = blake3::Hash::from_bytes(Trie::new().apply(&updates));
    assert_eq!(root.to_hex().as_str(), "5b2e43566de3b1e9a72a9d34787386b9a290467758a28d11286212af10713dc6");
}
