//! One of the subtrees that a trie is made of: all keys that begin with certain bits.
//!
//! The shape depends on the keys alone: an inner node has more than [`RUN_MAX`](super::leaves::RUN_MAX) leaves below it,
//! a run has no more. Every node holds the hashes of both its halves, so what a batch does not touch is not read.

use super::inners::{Child, Half, Inners};
use super::leaves::Leaves;
use crate::commitment::rules::{Block, Hash, NOTHING};

/// See the head of this file.
pub struct Shard {
    /// Of the whole subtree.
    pub hash: Hash,
    /// Where it is.
    pub child: Child,
    pub inners: Inners,
    pub leaves: Leaves,
}

impl Default for Shard {
    fn default() -> Shard {
        Shard { hash: NOTHING, child: Child::NOTHING, inners: Inners::default(), leaves: Leaves::default() }
    }
}

impl Shard {
    /// The bytes that it takes, those that are free for more included.
    pub fn size_bytes(&self) -> usize {
        self.inners.size_bytes() + self.leaves.size_bytes()
    }

    /// Hangs a subtree there, at the top if nowhere.
    pub fn hang(&mut self, half: Option<Half>, child: Child) {
        match half {
            Some(half) => self.inners.set_child(half, child),
            None => self.child = child,
        }
    }

    /// Sets the hash of what hangs there.
    pub fn set_hash(&mut self, half: Option<Half>, hash: &Hash) {
        match half {
            Some(half) => self.inners.set_hash(half, hash),
            None => self.hash = *hash,
        }
    }

    /// Makes a run of these leaves, if there are any.
    pub fn put_leaves(&mut self, leaves: &[Block]) -> Child {
        if leaves.is_empty() { Child::NOTHING } else { Child::run(self.leaves.put(leaves)) }
    }
}
