//! The leaves of small subtrees: each subtree one run of at most [`RUN_MAX`] leaves, sorted by key, side by side.

use super::chunks::{CHUNK, Chunks};
use crate::commitment::rules::Block;

/// A subtree of more leaves than this is an inner node.
pub const RUN_MAX: usize = 4;

/// Where a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// Index of its first leaf.
    pub at: u32,
    /// From 1 to [`RUN_MAX`].
    pub len: u32,
}

/// All runs. What a run gives up, the next one of its length takes.
#[derive(Default)]
pub struct Leaves {
    chunks: Chunks<Block, CHUNK>,
    /// No run lies behind this index.
    end: u32,
    /// By length, less one.
    free: [Vec<u32>; RUN_MAX],
    used: usize,
}

impl Leaves {
    /// A new run of these leaves.
    pub fn put(&mut self, leaves: &[Block]) -> Run {
        let at = self.free[leaves.len() - 1].pop().unwrap_or_else(|| self.behind_all(leaves.len()));
        self.used += leaves.len();
        self.chunks.run_mut(at, leaves.len()).copy_from_slice(leaves);
        Run { at, len: leaves.len() as u32 }
    }

    fn behind_all(&mut self, len: usize) -> u32 {
        let left_in_chunk = CHUNK - self.end as usize % CHUNK;
        if left_in_chunk < len {
            self.end += left_in_chunk as u32;
        }
        let at = self.end;
        self.chunks.reach(at, Block::ZERO);
        self.end += len as u32;
        at
    }

    pub fn remove(&mut self, run: Run) {
        self.used -= run.len as usize;
        self.free[run.len as usize - 1].push(run.at);
    }

    pub fn get(&self, run: Run) -> &[Block] {
        self.chunks.run(run.at, run.len as usize)
    }

    pub fn get_mut(&mut self, run: Run) -> &mut [Block] {
        self.chunks.run_mut(run.at, run.len as usize)
    }

    /// The number of leaves.
    pub fn used(&self) -> usize {
        self.used
    }

    /// The bytes that all runs take, those that are free included.
    pub fn size_bytes(&self) -> usize {
        self.chunks.size_bytes()
            + self.free.iter().map(|free| free.capacity() * size_of::<u32>()).sum::<usize>()
    }
}
