//! `Commitment`: the state root of the newest block, the way back to a few blocks before it, and witnesses for it.
//!
//! ```text
//!                           ┌──────────── Commitment ────────────┐
//!  updates of block h+1 ──> │ Trie at height h                   │ ──> root
//!  (hashed keys, sorted)    │ what blocks h, h-1, … have replaced│ ──> witness of some keys ──> Verifier, anywhere
//!                           └────────────────────────────────────┘
//! ```
//!
//! It knows neither values nor files, and belongs to one thread, which may be behind execution. It is rebuilt from the
//! flat state at start.
//!
//! The parts that a verifier needs, and that use `core` and `alloc` only:
//!
//! ```text
//!  rules     what a node hashes to                      witness    the bytes of a witness
//!  lanes     BLAKE3 of many nodes at once               verifier   reads, and roots after updates, from a witness
//!  joins     trees that are to be hashed, height by height
//! ```

pub mod joins;
pub mod lanes;
pub mod rules;
pub mod verifier;
pub mod witness;

use std::collections::VecDeque;
use std::fmt;

use self::rules::{Key32, Root, Update};
use crate::trie::Trie;

/// See the head of this file.
pub struct Commitment {
    trie: Trie,
    height: u64,
    /// Of the newest blocks, the newest one last.
    undo: VecDeque<Undo>,
    rewind_blocks_max: usize,
}

/// What takes one block back.
struct Undo {
    /// The root below the block.
    root: Root,
    /// What its updates have replaced.
    replaced: Vec<Update>,
}

/// A height that is not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutOfReach {
    /// The lowest height that can be gone back to.
    pub lowest: u64,
    /// The height now.
    pub highest: u64,
}

impl fmt::Display for OutOfReach {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "only heights {} to {} can be gone back to", self.lowest, self.highest)
    }
}

impl std::error::Error for OutOfReach {}

impl Commitment {
    /// Commits to the set that a trie holds at a height, and will go back `rewind_blocks_max` blocks at most. For each
    /// of these blocks, 65 bytes are kept for each of its updates.
    pub fn new(trie: Trie, height: u64, rewind_blocks_max: usize) -> Commitment {
        Commitment { trie, height, undo: VecDeque::new(), rewind_blocks_max }
    }

    /// The height of the newest block.
    pub fn height(&self) -> u64 {
        self.height
    }

    /// The root after the newest block.
    pub fn root(&self) -> Root {
        self.trie.root()
    }

    /// Makes the updates of the next block, and returns the root after it.
    ///
    /// # Panics
    /// If it is not the next block, or the updates are not sorted by key, each key once: a bug of the caller.
    pub fn apply(&mut self, height: u64, mut updates: Vec<Update>) -> Root {
        assert_eq!(height, self.height + 1, "blocks are committed in order");
        let root = self.trie.root();
        self.trie.exchange(&mut updates);
        self.height = height;
        self.undo.push_back(Undo { root, replaced: updates });
        if self.undo.len() > self.rewind_blocks_max {
            self.undo.pop_front();
        }
        self.trie.root()
    }

    /// Takes back all blocks above `height`, and returns the root after the block there.
    ///
    /// # Errors
    /// [`OutOfReach`]; then nothing has changed.
    pub fn rewind(&mut self, height: u64) -> Result<Root, OutOfReach> {
        let lowest = self.height - self.undo.len() as u64;
        if !(lowest..=self.height).contains(&height) {
            return Err(OutOfReach { lowest, highest: self.height });
        }
        while self.height > height {
            let Undo { root, mut replaced } = self.undo.pop_back().expect("a height in reach has its undo");
            assert_eq!(self.trie.exchange(&mut replaced), root, "what was replaced makes up the set before");
            self.height -= 1;
        }
        Ok(self.trie.root())
    }

    /// The [witness] of these sorted keys at the newest height.
    ///
    /// # Panics
    /// If the keys are not sorted, or one is there twice: a bug of the caller.
    pub fn witness(&self, keys: &[Key32]) -> Vec<u8> {
        self.trie.witness(keys)
    }
}
