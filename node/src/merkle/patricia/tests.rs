use std::collections::BTreeMap;

use alloy_primitives::{B256, keccak256};
use alloy_trie::proof::verify_proof;
use alloy_trie::{HashBuilder, Nibbles};

use super::{Leaf, Patricia};

/// Bytes of any length, as they stand.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Raw(Vec<u8>);

impl Leaf for Raw {
    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.0);
    }
}

type Model = BTreeMap<B256, Raw>;

/// Numbers that depend on nothing else.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: u64) -> u64 {
        self.0 += 1;
        let hash = keccak256(self.0.to_be_bytes());
        u64::from_be_bytes(*hash.first_chunk().expect("it is long enough")) % below
    }

    /// A key that shares its first nibbles with others, few or nearly all: so branches stand far down, with children that
    /// are shorter than a hash.
    fn key(&mut self) -> B256 {
        let mut key = keccak256([self.roll(4) as u8]);
        let differs_at = [0, 1, 7, 30, 31][self.roll(5) as usize];
        key[differs_at] = (self.roll(9) * 31) as u8;
        key
    }

    /// A value of one byte, or of many.
    fn value(&mut self) -> Raw {
        let length = [1, 2, 33, 70][self.roll(4) as usize];
        Raw(vec![1 + self.roll(100) as u8; length])
    }
}

fn oracle(model: &Model) -> B256 {
    let mut builder = HashBuilder::default();
    for (key, value) in model {
        builder.add_leaf(Nibbles::unpack(key), &value.0);
    }
    builder.root()
}

fn changed(tree: &Patricia<Raw>, changes: &BTreeMap<B256, Option<Raw>>) -> Patricia<Raw> {
    let changes: Vec<(B256, Option<Raw>)> = changes.clone().into_iter().collect();
    tree.after(&changes, |_, value| value.clone())
}

fn check_proof(tree: &Patricia<Raw>, model: &Model, key: &B256) {
    assert_eq!(tree.get(key), model.get(key));
    let proof = tree.prove(key);
    let value = model.get(key).map(|value| value.0.clone());
    let path = Nibbles::unpack(key);
    verify_proof(tree.root(), path, value.clone(), &proof).expect("it proves what is there");
    let other = if value.is_some() { None } else { Some(vec![1]) };
    assert!(verify_proof(tree.root(), path, other, &proof).is_err(), "and nothing else");
    assert!(proof.iter().skip(1).all(|node| node.len() >= 32), "what stands in its parent is not said twice");
}

#[test]
fn any_inserts_updates_and_deletes_lead_to_the_tree_that_is_built_from_what_is_left() {
    let mut dice = Dice(0);
    for round in 0..60 {
        let (mut tree, mut model) = (Patricia::default(), Model::new());
        let mut versions = Vec::new();
        for _ in 0..12 {
            let mut changes = BTreeMap::new();
            for _ in 0..dice.roll(40) {
                let value = if dice.roll(3) == 0 { None } else { Some(dice.value()) };
                changes.insert(dice.key(), value);
            }
            // Now and then all goes, or all but one.
            if dice.roll(6) == 0 {
                changes.extend(model.keys().skip(dice.roll(2) as usize).map(|key| (*key, None)));
            }
            tree = changed(&tree, &changes);
            for (key, value) in changes {
                match value {
                    Some(value) => drop(model.insert(key, value)),
                    None => drop(model.remove(&key)),
                }
            }
            assert_eq!(tree.root(), oracle(&model), "round {round}, {} keys", model.len());
            versions.push((tree.clone(), model.clone()));
        }
        for (tree, model) in versions {
            assert_eq!(tree.root(), oracle(&model), "what came later changed nothing");
            for _ in 0..6 {
                check_proof(&tree, &model, &dice.key());
            }
            for key in model.keys().step_by(5) {
                check_proof(&tree, &model, key);
            }
        }
    }
}

#[test]
fn a_proof_with_any_node_changed_cut_or_left_out_is_refused() {
    let mut dice = Dice(7);
    let model: Model = (0..200).map(|_| (dice.key(), dice.value())).collect();
    let changes = model.iter().map(|(key, value)| (*key, Some(value.clone()))).collect();
    let tree = changed(&Patricia::default(), &changes);
    for (key, value) in model.iter().step_by(9) {
        let (proof, path) = (tree.prove(key), Nibbles::unpack(key));
        let verifies = |proof: &[alloy_primitives::Bytes]| {
            verify_proof(tree.root(), path, Some(value.0.clone()), proof).is_ok()
        };
        assert!(verifies(&proof));
        for at in 0..proof.len() {
            let mut short = proof.clone();
            short.remove(at);
            assert!(!verifies(&short), "without node {at}");
            let mut other = proof.clone();
            let mut bytes = other[at].to_vec();
            let place = dice.roll(bytes.len() as u64) as usize;
            bytes[place] ^= 1 << dice.roll(8);
            other[at] = bytes.into();
            assert!(!verifies(&other), "with another node {at}");
        }
    }
}

#[test]
#[should_panic(expected = "each key changes once")]
fn changes_out_of_order_are_a_bug() {
    let keys = [B256::repeat_byte(2), B256::repeat_byte(1)];
    Patricia::<Raw>::default().after(&keys.map(|key| (key, ())), |_, ()| None);
}
