//! Writing the witness of some keys, from the root down.

use super::inners::{Child, Place};
use super::shard::Shard;
use super::{SHARDS, Trie};
use crate::commitment::joins::{Joins, Subtree};
use crate::commitment::rules::{Block, Hash, Key32, Kind, bit, order};
use crate::commitment::witness::{Gap, Writer};

impl Trie {
    /// The [witness](crate::commitment::witness) of these keys: their value hashes, or that they are not there.
    ///
    /// # Panics
    ///
    /// If the keys are not sorted, or one is there twice: a bug of the caller.
    #[must_use]
    pub fn witness(&self, keys: &[Key32]) -> Vec<u8> {
        assert!(keys.is_sorted_by(|a, b| order(a, b).is_lt()), "keys come sorted, each once");
        let mut proof =
            Proof { trie: self, writer: Writer::default(), joins: Joins::default(), gaps: Vec::new() };
        proof.top(1, 0, keys);
        let Proof { mut writer, mut joins, gaps, .. } = proof;
        joins.hash(self.lanes);
        gaps.iter().for_each(|(gap, subtree)| writer.fill(gap, joins.hash_of(*subtree)));
        writer.finish()
    }
}

/// A witness that is being written.
struct Proof<'a> {
    trie: &'a Trie,
    writer: Writer,
    /// Hidden parts of runs: no hash of theirs is kept, so all are made together in the end.
    joins: Joins,
    gaps: Vec<(Gap, Subtree)>,
}

impl Proof<'_> {
    /// The subtree above the shards with this place in the heap.
    fn top(&mut self, place: usize, depth: usize, keys: &[Key32]) {
        let hash = &self.trie.tops[place];
        match Kind::of(hash) {
            Kind::Inner if place < SHARDS && !keys.is_empty() => {
                self.writer.inner();
                let (lefts, rights) = split(keys, depth);
                self.top(2 * place, depth + 1, lefts);
                self.top(2 * place + 1, depth + 1, rights);
            }
            Kind::Leaf if place < SHARDS => {
                // Raised from one of the halves.
                let half = 2 * place + usize::from(self.trie.tops[2 * place] != *hash);
                self.top(half, depth + 1, keys);
            }
            Kind::Inner | Kind::Leaf if place >= SHARDS => {
                let shard = &self.trie.shards[place - SHARDS];
                self.subtree(shard, shard.child, hash, depth, keys);
            }
            _ => self.closed(hash),
        }
    }

    fn subtree(&mut self, shard: &Shard, child: Child, hash: &Hash, depth: usize, keys: &[Key32]) {
        match child.place() {
            _ if keys.is_empty() => self.closed(hash),
            Place::Nothing => self.writer.nothing(),
            Place::Run(run) => self.run(shard.leaves.get(run), depth, keys),
            Place::Inner(node) => {
                self.writer.inner();
                let ([left, right], hashes) = (*shard.inners.children(node), shard.inners.hashes(node));
                let (lefts, rights) = split(keys, depth);
                self.subtree(shard, left, hashes.first(), depth + 1, lefts);
                self.subtree(shard, right, hashes.second(), depth + 1, rights);
            }
        }
    }

    fn run(&mut self, leaves: &[Block], depth: usize, keys: &[Key32]) {
        match (leaves, keys) {
            ([], _) => self.writer.nothing(),
            (_, []) => {
                let subtree = self.joins.over(leaves, depth);
                self.gaps.push((self.writer.hidden_later(), subtree));
            }
            ([leaf], _) => self.writer.leaf(leaf),
            _ => {
                self.writer.inner();
                let (lefts, rights) = split(keys, depth);
                let (left, right) = leaves.split_at(leaves.partition_point(|leaf| !bit(leaf.first(), depth)));
                self.run(left, depth + 1, lefts);
                self.run(right, depth + 1, rights);
            }
        }
    }

    /// A subtree that no key needs.
    fn closed(&mut self, hash: &Hash) {
        match Kind::of(hash) {
            Kind::Nothing => self.writer.nothing(),
            _ => self.writer.hidden(hash),
        }
    }
}

fn split(keys: &[Key32], depth: usize) -> (&[Key32], &[Key32]) {
    keys.split_at(keys.partition_point(|key| !bit(key, depth)))
}
