//! The inner nodes: for each the hashes of both halves, exactly as they are hashed, and where the halves are.
//!
//! The way down reads only where halves are, 8 bytes for each node, of which caches hold many; the way up reads hashes.

use super::chunks::{CHUNK, Chunks};
use super::leaves::{RUN_MAX, Run};
use crate::commitment::rules::{Block, Hash};

/// Where a subtree is, in 32 bits:
///
/// ```text
/// 0           nothing
/// 0lll a…a    a run of l leaves from index a on, 28 bits
/// 1i…i        the inner node i, 31 bits
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Child(u32);

const INNER: u32 = 1 << 31;
const LEN_SHIFT: u32 = 28;
const AT_MASK: u32 = (1 << LEN_SHIFT) - 1;

const _: () = assert!(RUN_MAX < 1 << (31 - LEN_SHIFT), "the length of a run has three bits");

/// The same, to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Nothing,
    Run(Run),
    Inner(u32),
}

impl Child {
    pub const NOTHING: Child = Child(0);

    pub fn run(run: Run) -> Child {
        assert!(run.at <= AT_MASK, "memory ends before 2^28 leaves of a shard do");
        Child(run.len << LEN_SHIFT | run.at)
    }

    pub fn inner(node: u32) -> Child {
        assert!(node < INNER, "memory ends before 2^31 nodes of a shard do");
        Child(INNER | node)
    }

    pub fn place(self) -> Place {
        match (self.0 & INNER, self.0 >> LEN_SHIFT) {
            (0, 0) => Place::Nothing,
            (0, len) => Place::Run(Run { at: self.0 & AT_MASK, len }),
            _ => Place::Inner(self.0 & !INNER),
        }
    }

    /// The leaves below, unless there is an inner node, which means that they are more than [`RUN_MAX`].
    pub fn leaves(self) -> Option<usize> {
        match self.place() {
            Place::Nothing => Some(0),
            Place::Run(run) => Some(run.len as usize),
            Place::Inner(_) => None,
        }
    }
}

/// Which half of which inner node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Half {
    pub node: u32,
    pub right: bool,
}

/// All inner nodes. What one gives up, the next one takes.
#[derive(Default)]
pub struct Inners {
    hashes: Chunks<Block, CHUNK>,
    /// Two chunks to one of a page.
    children: Chunks<[Child; 2], { 2 * CHUNK }>,
    end: u32,
    free: Vec<u32>,
}

impl Inners {
    /// A new node of two halves without keys.
    pub fn put(&mut self) -> u32 {
        let node = self.free.pop().unwrap_or_else(|| {
            self.hashes.reach(self.end, Block::ZERO);
            self.children.reach(self.end, [Child::NOTHING; 2]);
            self.end += 1;
            self.end - 1
        });
        *self.hashes.get_mut(node) = Block::ZERO;
        *self.children.get_mut(node) = [Child::NOTHING; 2];
        node
    }

    pub fn remove(&mut self, node: u32) {
        self.free.push(node);
    }

    /// The hashes of both halves.
    pub fn hashes(&self, node: u32) -> &Block {
        self.hashes.get(node)
    }

    /// Where both halves are.
    pub fn children(&self, node: u32) -> &[Child; 2] {
        self.children.get(node)
    }

    pub fn set_hash(&mut self, half: Half, hash: &Hash) {
        self.hashes.get_mut(half.node).halves_mut()[usize::from(half.right)] = *hash;
    }

    pub fn set_child(&mut self, half: Half, child: Child) {
        self.children.get_mut(half.node)[usize::from(half.right)] = child;
    }

    /// The number of nodes.
    #[cfg(test)]
    pub fn used(&self) -> usize {
        self.end as usize - self.free.len()
    }

    /// The bytes that all nodes take, those that are free included.
    pub fn size_bytes(&self) -> usize {
        self.hashes.size_bytes() + self.children.size_bytes() + self.free.capacity() * size_of::<u32>()
    }
}
