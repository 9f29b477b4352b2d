//! What holds of every node, whatever came before.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::inners::{Child, Place};
use super::leaves::RUN_MAX;
use super::shard::Shard;
use super::{SHARD_BITS, Trie, shard_of};
use crate::commitment::rules::{Block, Hash, Key32, NOTHING, as_inner, as_leaf, bit, shared_bits};

/// BLAKE3 by the rules, one node after the other.
fn hash_over(leaves: &[Block], depth: usize) -> Hash {
    match leaves {
        [] => NOTHING,
        [leaf] => as_leaf(*blake3::hash(&leaf.0).as_bytes()),
        _ => {
            let (lefts, rights) = leaves.split_at(leaves.partition_point(|leaf| !bit(leaf.first(), depth)));
            let (left, right) = (hash_over(lefts, depth + 1), hash_over(rights, depth + 1));
            as_inner(*blake3::hash(&Block::new(&left, &right).0).as_bytes())
        }
    }
}

/// A walk through a shard that looks at every node.
#[derive(Default)]
struct Walk {
    leaves: Vec<Block>,
    inners: usize,
}

impl Walk {
    /// Adds the subtree at `child`, whose parent says that this is its hash.
    fn visit(&mut self, shard: &Shard, child: Child, hash: &Hash, depth: usize) {
        let before = self.leaves.len();
        match child.place() {
            Place::Nothing => {}
            Place::Run(run) => self.leaves.extend_from_slice(shard.leaves.get(run)),
            Place::Inner(node) => {
                self.inners += 1;
                let ([left, right], hashes) = (*shard.inners.children(node), shard.inners.hashes(node));
                self.visit(shard, left, hashes.first(), depth + 1);
                self.visit(shard, right, hashes.second(), depth + 1);
                assert!(self.leaves.len() - before > RUN_MAX, "an inner node has more leaves than a run");
            }
        }
        let leaves = &self.leaves[before..];
        assert_eq!(*hash, hash_over(leaves, depth));
        assert!(leaves.is_sorted_by(|a, b| a.first() < b.first()));
        assert!(leaves.iter().all(|leaf| shared_bits(leaf.first(), leaves[0].first()) >= depth));
    }
}

/// All leaves of a trie, all nodes of which are as they should be.
fn check(trie: &Trie) -> BTreeMap<Key32, Hash> {
    let mut all = BTreeMap::new();
    for (index, shard) in trie.shards.iter().enumerate() {
        let mut walk = Walk::default();
        walk.visit(shard, shard.child, &shard.hash, SHARD_BITS);
        assert_eq!((walk.leaves.len(), walk.inners), (shard.leaves.used(), shard.inners.used()));
        assert!(walk.leaves.iter().all(|leaf| shard_of(leaf.first()) == index));
        all.extend(walk.leaves.iter().map(|leaf| (*leaf.first(), *leaf.second())));
    }
    all
}

/// Keys of few shards, close to each other.
fn any_key() -> impl Strategy<Value = Key32> {
    (0..2_u8, 0..8_u8, 0..32_usize, any::<u8>()).prop_map(|(first, second, place, bits)| {
        let mut key = [first; 32];
        key[1] = second << 5;
        key[place] ^= bits;
        key
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn shape_and_hashes_depend_on_the_keys_alone(
        batches in proptest::collection::vec(
            proptest::collection::btree_map(any_key(), proptest::option::of(any::<[u8; 32]>()), 0..60), 1..8),
    ) {
        let (mut trie, mut set) = (Trie::new(), BTreeMap::new());
        for batch in batches {
            let mut updates: Vec<_> = batch.iter().map(|(key, value)| (*key, *value)).collect();
            trie.exchange(&mut updates);
            for ((key, value), (_, replaced)) in batch.into_iter().zip(updates) {
                let before = match value {
                    Some(value) => set.insert(key, value),
                    None => set.remove(&key),
                };
                prop_assert_eq!(replaced, before);
            }
            prop_assert_eq!(&check(&trie), &set);
        }
        trie.apply(&set.keys().map(|key| (*key, None)).collect::<Vec<_>>());
        prop_assert!(check(&trie).is_empty());
    }
}
