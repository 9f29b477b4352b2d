//! Witnesses: what they prove, against the set itself and against `nomt-core`.

#[path = "common/keys.rs"]
mod keys;
#[path = "trie_witness/samples.rs"]
#[expect(dead_code, reason = "shared with tests that need more of it")]
mod samples;
#[path = "trie_witness/tree.rs"]
mod tree;

use std::collections::{BTreeMap, BTreeSet};

use keys::{Batch, Model, any_batch, any_key, crowded, hashed, oracle, update};
use nomt_core::hasher::Blake3Hasher;
use nomt_core::proof::{verify_multi_proof, verify_multi_proof_update};
use pelton_engine::commitment::verifier::{NotCovered, Verifier};
use pelton_engine::trie::{Key32, Trie, Update};
use proptest::prelude::*;
use samples::{model_of, trie_of};
use tree::Tree;

/// Witnesses these keys of a set, and makes these updates with nothing but the witness.
fn check(model: &Model, keys: &BTreeSet<Key32>, batch: &Batch) {
    let (mut trie, keys) = (trie_of(model), keys.iter().copied().collect::<Vec<_>>());
    let witness = trie.witness(&keys);
    let verifier = Verifier::open(&trie.root(), &witness).expect("a witness is accepted");
    for key in &keys {
        assert_eq!(verifier.get(key), Ok(model.get(key).copied()));
    }
    for key in model.keys().chain(batch.keys()) {
        assert!([Ok(model.get(key).copied()), Err(NotCovered)].contains(&verifier.get(key)));
    }
    assert!(verifier.is_for(&keys));

    let (covered, others): (Vec<Update>, Vec<Update>) =
        batch.iter().map(|(key, value)| (*key, *value)).partition(|(key, _)| verifier.get(key).is_ok());
    for uncovered in others {
        assert_eq!(verifier.post_root(&[uncovered]), Err(NotCovered));
    }
    let mut after = model.clone();
    update(&mut after, &covered.iter().copied().collect());
    assert_eq!(verifier.post_root(&covered), Ok(oracle(&after)));
    assert_eq!(trie.apply(&covered), oracle(&after));

    let tree = Tree::read(&witness);
    assert_eq!((tree.write(), tree.hash()), (witness, oracle(model)));
    if !keys.is_empty() {
        let nomt = verify_multi_proof::<Blake3Hasher>(&tree.to_nomt(&keys), oracle(model)).expect("accepted");
        // It covers less: only what was asked for.
        let asked: Vec<Update> = covered.into_iter().filter(|(key, _)| keys.contains(key)).collect();
        let theirs = verify_multi_proof_update::<Blake3Hasher>(&nomt, asked.clone()).expect("covered");
        assert_eq!(verifier.post_root(&asked), Ok(theirs));
    }
}

proptest! {
    #[test]
    fn a_witness_says_what_the_set_holds_and_what_updates_make_of_it(
        batches in proptest::collection::vec(any_batch(), 0..4),
        keys in proptest::collection::btree_set(any_key(), 0..20),
        batch in any_batch(),
    ) {
        let mut model = Model::new();
        batches.iter().for_each(|batch| update(&mut model, batch));
        check(&model, &keys, &batch);
    }
}

#[test]
fn all_keys_of_a_set_can_be_witnessed_changed_and_deleted_at_once() {
    let model = model_of(0..300);
    let keys: BTreeSet<Key32> = (0..400).map(hashed).collect();
    let changed = keys.iter().map(|key| (*key, Some(*key))).collect();
    let deleted = keys.iter().map(|key| (*key, None)).collect();
    check(&model, &keys, &changed);
    check(&model, &keys, &deleted);
}

#[test]
fn the_empty_set_and_sets_of_one_key_have_witnesses() {
    let one = Model::from([(hashed(1), hashed(2))]);
    let batch = Batch::from([(hashed(1), None), (hashed(3), Some(hashed(4))), (hashed(5), Some(hashed(6)))]);
    for keys in [BTreeSet::new(), BTreeSet::from([hashed(1)]), BTreeSet::from([hashed(3)])] {
        check(&Model::new(), &keys, &batch);
        check(&one, &keys, &batch);
    }
}

#[test]
fn a_key_below_a_long_shared_prefix_is_witnessed() {
    let (mut a, mut b) = ([0x77; 32], [0x77; 32]);
    (a[31], b[31]) = (0, 1);
    let model = Model::from([(a, hashed(1)), (b, hashed(2))]);
    let neighbours = BTreeSet::from([a, crowded(0x77, 9, 0x77), crowded(0x77, 30, 0)]);
    check(&model, &neighbours, &Batch::from([(a, None)]));
    check(&model, &BTreeSet::from([crowded(0x77, 9, 0x77)]), &Batch::from([(b, None)]));
}

#[test]
fn keys_that_are_not_there_are_deleted_around_a_leaf_that_stays() {
    let mut model = Model::from([(hashed(1), hashed(2))]);
    let batch: Batch = (0..20).map(|number| (hashed(number), (number > 10).then_some([9; 32]))).collect();
    let batch = batch.into_iter().filter(|(key, _)| *key != hashed(1)).collect();
    check(&model, &BTreeSet::from([[0; 32]]), &batch);
    model.insert(hashed(30), hashed(31));
    check(&model, &BTreeSet::from([[0; 32], [0xff; 32]]), &batch);
}

#[test]
#[should_panic(expected = "keys come sorted, each once")]
fn keys_out_of_order_are_a_bug() {
    let _ = Trie::new().witness(&[[2; 32], [1; 32]]);
}

#[test]
#[should_panic(expected = "updates come sorted by key, each key once")]
fn updates_out_of_order_are_a_bug() {
    let verifier = Verifier::open(&[0; 32], &Trie::new().witness(&[[1; 32]])).unwrap();
    let _ = verifier.post_root(&[([2; 32], None), ([1; 32], None)]);
}

#[test]
fn many_keys_of_a_big_set_take_few_bytes_each() {
    let model = model_of(0..100_000);
    let keys: BTreeSet<Key32> = (0..2_500).map(|number| hashed(number * 7)).collect();
    let keys: Vec<Key32> = keys.into_iter().collect();
    let witness = trie_of(&model).witness(&keys);
    // As many keys of each other as 10,000 of 400,000.
    assert!(witness.len() < 260 * keys.len(), "{} bytes a key", witness.len() / keys.len());
    let verifier = Verifier::open(&oracle(&model), &witness).unwrap();
    let found: BTreeMap<_, _> =
        keys.iter().filter_map(|key| Some((*key, verifier.get(key).ok()??))).collect();
    assert_eq!(found.len(), 2_500);
}
