//! `Trie`: a set of 32-byte keys with hashed values, in memory, and the 32-byte root that commits to it.
//!
//! The trie is binary. Bit `d` of a key, counted from its most significant bit, says which way to turn at depth `d`. A
//! subtree without keys is nothing, a subtree with one key is the leaf of that key, as high up as it can stand:
//!
//! ```text
//!             inner                     keys 00…, 01…, 1…
//!            /     \
//!        inner      leaf 1…             nothing = 0^32
//!       /     \                         leaf    = BLAKE3(key ‖ value hash), first bit set
//!   leaf 00…   leaf 01…                 inner   = BLAKE3(left ‖ right),     first bit cleared
//! ```
//!
//! # What it promises
//!
//! 1. The root is a function of the set alone: no order of inserts, updates and deletes leaves a trace.
//! 2. The first bit of a hash tells a leaf from an inner node, so neither can pass for the other. These are the node
//!    [rules](crate::commitment::rules) of `nomt-core` 1.0.5; its `build_trie` is the oracle.
//! 3. There is nothing to grind. What keys with a long shared prefix cost is one inner node and one hash for every bit
//!    that more than four of them share, and one hash for every bit that fewer share. No path is longer than 256.
//!
//! # Where it is
//!
//! ```text
//!                     root
//!                   /   …  \                 six levels that are hashed anew with every batch
//!      shard 0   shard 1   …   shard 63      each a subtree of its own, for one thread at a time
//!      /    \
//!   inner   run of 1 to 4 leaves             inner: 64 bytes of hashes, 8 of places   leaf: key and value hash, 64
//! ```
//!
//! Only inner nodes with more than four leaves below them are kept; the few hashes within a run are made anew when one of
//! its leaves changes. That halves the memory for a fifth more hashing: about 91 bytes a key in all. A batch goes through
//! a shard level by level, so that memory is read ahead and nodes are hashed in [lanes](crate::commitment::lanes).
//!
//! Deliberately absent: values (the flat state has them), disk, and earlier roots, which
//! [`Commitment`](crate::commitment::Commitment) goes back to.

mod batch;
mod chunks;
mod inners;
mod leaves;
mod prove;
mod shard;
#[cfg(test)]
mod tests;

use rayon::prelude::*;

use self::batch::Batch;
use self::shard::Shard;
use crate::commitment::joins::{Joins, Subtree};
use crate::commitment::lanes::Lanes;
use crate::commitment::rules::{Hash, NOTHING, order};
pub use crate::commitment::rules::{Key32, Root, Update, ValueHash32};

/// The first bits of a key say which shard it is in: enough for many threads, and few enough that a batch fills lanes.
const SHARD_BITS: usize = 6;
const SHARDS: usize = 1 << SHARD_BITS;

/// As many shards go to a thread together.
const SHARDS_AT_ONCE: usize = 4;

/// A smaller batch is done before other threads are awake.
const PARALLEL_UPDATES_MIN: usize = 512;

/// A set of keys with hashed values, and its root.
pub struct Trie {
    /// Hashes above the shards and of the shards, as a heap: the root is at 1, the halves of `i` at `2 i` and `2 i + 1`.
    tops: Vec<Hash>,
    shards: Vec<Shard>,
    lanes: Lanes,
}

impl Default for Trie {
    fn default() -> Trie {
        let shards = (0..SHARDS).map(|_| Shard::default()).collect();
        Trie { tops: vec![NOTHING; 2 * SHARDS], shards, lanes: Lanes::detect() }
    }
}

impl Trie {
    /// The empty set.
    #[must_use]
    pub fn new() -> Trie {
        Trie::default()
    }

    /// The root of the set as it is now.
    #[must_use]
    pub fn root(&self) -> Root {
        self.tops[1]
    }

    /// The number of keys.
    #[must_use]
    pub fn len(&self) -> usize {
        self.shards.iter().map(|shard| shard.leaves.used()).sum()
    }

    /// Whether there is no key.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The bytes that all nodes take, those that deletes gave up and that wait for new keys included.
    #[must_use]
    pub fn size_bytes(&self) -> usize {
        self.shards.iter().map(Shard::size_bytes).sum()
    }

    /// Sets each key to its value hash, or deletes it where there is none, and returns the new root. To
    /// delete a key that is not there changes nothing.
    ///
    /// # Panics
    ///
    /// If the updates are not sorted by key, or a key is there twice: a bug of the caller.
    pub fn apply(&mut self, updates: &[Update]) -> Root {
        self.exchange(&mut updates.to_vec())
    }

    /// The same, and leaves in the updates what they have replaced: to apply them once more takes everything back.
    ///
    /// # Panics
    ///
    /// If the updates are not sorted by key, or a key is there twice: a bug of the caller.
    pub fn exchange(&mut self, updates: &mut [Update]) -> Root {
        assert!(
            updates.is_sorted_by(|(a, _), (b, _)| order(a, b).is_lt()),
            "updates come sorted by key, each key once"
        );
        let parallel = updates.len() >= PARALLEL_UPDATES_MIN && rayon::current_num_threads() > 1;
        let lanes = self.lanes;
        let exchange = |work: &mut [(&mut Shard, &mut [Update])]| {
            let mut batch = Batch::new(lanes, SHARD_BITS);
            work.iter_mut().for_each(|(shard, updates)| batch.exchange(shard, updates));
        };
        let mut work = by_shard(&mut self.shards, updates);
        if parallel {
            work.par_chunks_mut(SHARDS_AT_ONCE).for_each(exchange);
        } else {
            exchange(&mut work);
        }
        self.join_shards();
        self.root()
    }

    fn join_shards(&mut self) {
        let mut joins = Joins::default();
        let mut subtrees = vec![Subtree::NOTHING; 2 * SHARDS];
        for (shard, subtree) in self.shards.iter().zip(&mut subtrees[SHARDS..]) {
            *subtree = joins.known(shard.hash);
        }
        for place in (1..SHARDS).rev() {
            subtrees[place] = joins.join(subtrees[2 * place], subtrees[2 * place + 1]);
        }
        joins.hash(self.lanes);
        for (hash, subtree) in self.tops.iter_mut().zip(subtrees) {
            *hash = *joins.hash_of(subtree);
        }
    }
}

/// The shards that there are updates for, with their updates.
fn by_shard<'a>(
    shards: &'a mut [Shard],
    mut updates: &'a mut [Update],
) -> Vec<(&'a mut Shard, &'a mut [Update])> {
    let mut work = Vec::with_capacity(SHARDS);
    for (index, shard) in shards.iter_mut().enumerate() {
        let count = updates.partition_point(|(key, _)| shard_of(key) <= index);
        let (here, behind) = updates.split_at_mut(count);
        if !here.is_empty() {
            work.push((shard, here));
        }
        updates = behind;
    }
    work
}

fn shard_of(key: &Key32) -> usize {
    usize::from(key[0]) >> (8 - SHARD_BITS)
}
