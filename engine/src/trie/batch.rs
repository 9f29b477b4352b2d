//! How a batch of updates goes through a shard.
//!
//! Everything is done level by level, never path by path. So nodes are read from memory by many loads that do not wait
//! for each other, and hashed in lanes.
//!
//! ```text
//!  1 descend     from the top, all updates together: which inner nodes lie above them, and where do they end?
//!  2 settle      at each end, the leaves there are merged with its updates; where they are too many, inner nodes grow
//!  3 hash_runs   the subtrees of all runs that changed
//!  4 ascend      the inner nodes of 1 and 2, the deepest first; one with few leaves left becomes a run
//! ```

use std::cmp::Ordering;
use std::hint::black_box;

use super::inners::{Child, Half, Place};
use super::leaves::RUN_MAX;
use super::shard::Shard;
use crate::commitment::joins::{Joins, Subtree};
use crate::commitment::lanes::Lanes;
use crate::commitment::rules::{Block, Hash, Kind, Update, as_inner, bit, order};

/// What one batch changes in one shard, as far as it has come. Kept for the next shard, since memory that was just used
/// is still in the cache.
pub struct Batch {
    lanes: Lanes,
    /// Depth of the top of the shard.
    depth: usize,
    /// Inner nodes to be hashed anew, by depth from the top of the shard on.
    levels: Vec<Vec<Dirty>>,
    /// Where updates meet no inner node.
    ends: Vec<End>,
    runs: Vec<Changed>,
    subtrees: Vec<Subtree>,
    joins: Joins,
    merged: Vec<Block>,
    hashes: Vec<Hash>,
}

/// Which updates go to a subtree.
#[derive(Clone, Copy, Default)]
struct Span {
    from: u32,
    to: u32,
}

/// An inner node, and where it hangs: at the top if nowhere.
struct Dirty {
    node: u32,
    half: Option<Half>,
    span: Span,
}

/// A run that updates go to, or nothing.
struct End {
    child: Child,
    half: Option<Half>,
    depth: usize,
    span: Span,
}

/// A run that is to be hashed anew, or nothing where there was a run.
struct Changed {
    half: Option<Half>,
    child: Child,
    depth: usize,
}

impl Batch {
    /// For shards whose tops are at `depth`.
    pub fn new(lanes: Lanes, depth: usize) -> Batch {
        Batch {
            lanes,
            depth,
            levels: Vec::new(),
            ends: Vec::new(),
            runs: Vec::new(),
            subtrees: Vec::new(),
            joins: Joins::default(),
            merged: Vec::new(),
            hashes: Vec::new(),
        }
    }

    /// Makes the updates, which are sorted by key and belong to this shard, and leaves in each what it has replaced.
    pub fn exchange(&mut self, shard: &mut Shard, updates: &mut [Update]) {
        self.descend(shard, updates);
        self.settle(shard, updates);
        self.hash_runs(shard);
        self.ascend(shard);
    }

    fn descend(&mut self, shard: &Shard, updates: &[Update]) {
        let to = u32::try_from(updates.len()).expect("a batch has fewer than 2^32 updates");
        self.arrive(shard.child, None, 0, Span { from: 0, to });
        for index in 0.. {
            let Some(level) = self.levels.get_mut(index).filter(|level| !level.is_empty()) else { break };
            let level = std::mem::take(level);
            touch_inners(shard, &level);
            for Dirty { node, span, .. } in &level {
                let [left, right] = *shard.inners.children(*node);
                let (lefts, rights) = span.split(updates, self.depth + index);
                self.arrive(left, Some(Half { node: *node, right: false }), index + 1, lefts);
                self.arrive(right, Some(Half { node: *node, right: true }), index + 1, rights);
            }
            self.levels[index] = level;
        }
        touch_runs(shard, &self.ends);
    }

    /// Notes that updates, if any, go to this subtree, `index` below the top of the shard.
    fn arrive(&mut self, child: Child, half: Option<Half>, index: usize, span: Span) {
        if span.from == span.to {
            return;
        }
        match child.place() {
            Place::Inner(node) => level(&mut self.levels, index).push(Dirty { node, half, span }),
            _ => self.ends.push(End { child, half, depth: self.depth + index, span }),
        }
    }

    fn settle(&mut self, shard: &mut Shard, updates: &mut [Update]) {
        let (mut ends, mut merged) = (std::mem::take(&mut self.ends), std::mem::take(&mut self.merged));
        for End { child, half, depth, span } in ends.drain(..) {
            merged.clear();
            let updates = &mut updates[span.from as usize..span.to as usize];
            let Place::Run(run) = child.place() else {
                merge(&[], updates, &mut merged);
                self.plant(shard, half, depth, &merged);
                continue;
            };
            let leaves = shard.leaves.get_mut(run);
            merge(leaves, updates, &mut merged);
            if merged.len() == leaves.len() {
                leaves.copy_from_slice(&merged);
                self.runs.push(Changed { half, child, depth });
            } else {
                shard.leaves.remove(run);
                self.plant(shard, half, depth, &merged);
            }
        }
        (self.ends, self.merged) = (ends, merged);
    }

    /// Makes the subtree of these leaves at `depth` and hangs it up. Goes no deeper than 256: below that there is one key
    /// at most.
    fn plant(&mut self, shard: &mut Shard, half: Option<Half>, depth: usize, leaves: &[Block]) {
        if leaves.len() <= RUN_MAX {
            let child = shard.put_leaves(leaves);
            shard.hang(half, child);
            self.runs.push(Changed { half, child, depth });
            return;
        }
        let node = shard.inners.put();
        shard.hang(half, Child::inner(node));
        level(&mut self.levels, depth - self.depth).push(Dirty { node, half, span: Span::default() });
        let (lefts, rights) = leaves.split_at(leaves.partition_point(|leaf| !bit(leaf.first(), depth)));
        for (right, leaves) in [(false, lefts), (true, rights)] {
            if !leaves.is_empty() {
                self.plant(shard, Some(Half { node, right }), depth + 1, leaves);
            }
        }
    }

    fn hash_runs(&mut self, shard: &mut Shard) {
        for Changed { child, depth, .. } in &self.runs {
            let leaves = match child.place() {
                Place::Run(run) => shard.leaves.get(run),
                _ => &[],
            };
            self.subtrees.push(self.joins.over(leaves, *depth));
        }
        self.joins.hash(self.lanes);
        for (changed, subtree) in self.runs.drain(..).zip(self.subtrees.drain(..)) {
            shard.set_hash(changed.half, self.joins.hash_of(subtree));
        }
        self.joins.clear();
    }

    fn ascend(&mut self, shard: &mut Shard) {
        for level in self.levels.iter_mut().rev() {
            self.hashes.clear();
            self.lanes.hash(level.iter().map(|dirty| &shard.inners.hashes(dirty.node).0), &mut self.hashes);
            for (Dirty { node, half, .. }, hash) in level.drain(..).zip(&self.hashes) {
                let halves = shard.inners.hashes(node);
                let hash = match (Kind::of(halves.first()), Kind::of(halves.second())) {
                    (Kind::Nothing, Kind::Nothing | Kind::Leaf) => *halves.second(),
                    (Kind::Leaf, Kind::Nothing) => *halves.first(),
                    _ => as_inner(*hash),
                };
                shard.set_hash(half, &hash);
                gather(shard, node, half);
            }
        }
    }
}

fn level(levels: &mut Vec<Vec<Dirty>>, index: usize) -> &mut Vec<Dirty> {
    if levels.len() <= index {
        levels.resize_with(index + 1, Vec::new);
    }
    &mut levels[index]
}

impl Span {
    /// The updates that go to each half of a subtree at `depth`.
    fn split(self, updates: &[Update], depth: usize) -> (Span, Span) {
        let updates = &updates[self.from as usize..self.to as usize];
        let middle = self.from + updates.partition_point(|(key, _)| !bit(key, depth)) as u32;
        (Span { to: middle, ..self }, Span { from: middle, ..self })
    }
}

/// Reads a byte of all that will be needed of these nodes. The loads do not wait for each other, so memory serves many at
/// a time, and later all of it is in the cache.
fn touch_inners(shard: &Shard, nodes: &[Dirty]) {
    let touch = |sum, dirty: &Dirty| {
        let [left, right] = shard.inners.children(dirty.node);
        sum ^ shard.inners.hashes(dirty.node).0[0] ^ u8::from(left == right)
    };
    black_box(nodes.iter().fold(0, touch));
}

/// The same for runs.
fn touch_runs(shard: &Shard, ends: &[End]) {
    let touch = |sum, end: &End| match end.child.place() {
        Place::Run(run) => shard.leaves.get(run).iter().fold(sum, |sum, leaf| sum ^ leaf.0[0]),
        _ => sum,
    };
    black_box(ends.iter().fold(0, touch));
}

/// Appends the leaves that the updates make of these to `merged`, and leaves in each update what it has replaced.
fn merge(leaves: &[Block], updates: &mut [Update], merged: &mut Vec<Block>) {
    let mut rest = leaves;
    for (key, value) in updates {
        let mut replaced = None;
        while let Some((leaf, behind)) = rest.split_first() {
            match order(leaf.first(), key) {
                Ordering::Less => merged.push(*leaf),
                Ordering::Equal => replaced = Some(*leaf.second()),
                Ordering::Greater => break,
            }
            rest = behind;
        }
        merged.extend(value.map(|value| Block::new(key, &value)));
        *value = replaced;
    }
    merged.extend_from_slice(rest);
}

/// Makes an inner node a run, if its leaves are few enough.
fn gather(shard: &mut Shard, node: u32, half: Option<Half>) {
    let children = *shard.inners.children(node);
    let [Some(lefts), Some(rights)] = children.map(Child::leaves) else { return };
    if lefts + rights > RUN_MAX {
        return;
    }
    let mut leaves = [Block::ZERO; RUN_MAX];
    let mut len = 0;
    for child in children {
        if let Place::Run(run) = child.place() {
            leaves[len..][..run.len as usize].copy_from_slice(shard.leaves.get(run));
            len += run.len as usize;
            shard.leaves.remove(run);
        }
    }
    shard.inners.remove(node);
    let child = shard.put_leaves(&leaves[..len]);
    shard.hang(half, child);
}
