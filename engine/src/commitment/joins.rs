//! Subtrees that are to be hashed, many at a time.
//!
//! Whoever builds a tree here names its leaves and joins its halves, from the bottom up, as if every hash was there at
//! once. None is: each join is only noted, under its height above the deepest leaf below it, and [`Joins::hash`] then
//! hashes all leaves and, height by height, all joins. What is of one height does not wait for each other, so it fills
//! the lanes, whatever trees it belongs to:
//!
//! ```text
//! height 2         *          *
//! height 1      *     *      / *  *         four joins in one call, however far apart
//! height 0     l l   l l    l l l l l       all leaves in one call
//! ```
//!
//! Uses `core` and `alloc` only.

use alloc::vec::Vec;

use super::lanes::Lanes;
use super::rules::{Block, Hash, Kind, NOTHING, as_inner, as_leaf, bit, shared_bits};

/// A subtree whose hash is known or will be.
#[derive(Clone, Copy, Debug)]
pub struct Subtree {
    place: u32,
    height: u16,
    kind: Kind,
}

impl Subtree {
    /// The subtree without keys.
    pub const NOTHING: Subtree = Subtree { place: 0, height: 0, kind: Kind::Nothing };

    /// What it is.
    pub fn kind(&self) -> Kind {
        self.kind
    }
}

/// One inner node to be hashed: where its halves are and where it goes.
#[derive(Clone, Copy, Debug)]
struct Join {
    left: u32,
    right: u32,
    place: u32,
}

/// See the head of this file.
#[derive(Debug)]
pub struct Joins {
    /// Hashes of all subtrees by place, those that are not hashed yet zero. The first one is nothing.
    hashes: Vec<Hash>,
    leaves: Vec<Block>,
    leaf_places: Vec<u32>,
    /// From height 1 on.
    heights: Vec<Vec<Join>>,
}

impl Default for Joins {
    fn default() -> Joins {
        Joins::with_capacity(0)
    }
}

impl Joins {
    /// No subtree yet, and room for the hashes of this many.
    pub fn with_capacity(subtrees: usize) -> Joins {
        let mut hashes = Vec::with_capacity(subtrees + 1);
        hashes.push(NOTHING);
        Joins { hashes, leaves: Vec::new(), leaf_places: Vec::new(), heights: Vec::new() }
    }

    /// A subtree whose hash is known already.
    pub fn known(&mut self, hash: Hash) -> Subtree {
        match Kind::of(&hash) {
            Kind::Nothing => Subtree::NOTHING,
            kind => Subtree { place: self.put(hash), height: 0, kind },
        }
    }

    /// The leaf of this key and value hash.
    pub fn leaf(&mut self, block: &Block) -> Subtree {
        let place = self.put(NOTHING);
        self.leaves.push(*block);
        self.leaf_places.push(place);
        Subtree { place, height: 0, kind: Kind::Leaf }
    }

    /// The subtree over two halves.
    pub fn join(&mut self, left: Subtree, right: Subtree) -> Subtree {
        match (left.kind, right.kind) {
            (Kind::Nothing, Kind::Nothing | Kind::Leaf) => right,
            (Kind::Leaf, Kind::Nothing) => left,
            _ => {
                let place = self.put(NOTHING);
                let height = left.height.max(right.height) + 1;
                if self.heights.len() < usize::from(height) {
                    self.heights.resize_with(usize::from(height), Vec::new);
                }
                let join = Join { left: left.place, right: right.place, place };
                self.heights[usize::from(height) - 1].push(join);
                Subtree { place, height, kind: Kind::Inner }
            }
        }
    }

    /// The subtree at `depth` of these leaves, which are sorted by key and share all bits above.
    pub fn over(&mut self, leaves: &[Block], depth: usize) -> Subtree {
        let (first, last) = match leaves {
            [] => return Subtree::NOTHING,
            [leaf] => return self.leaf(leaf),
            [first, .., last] => (first.first(), last.first()),
        };
        // Sorted, so what first and last share all share.
        let shared = shared_bits(first, last);
        let (lefts, rights) = leaves.split_at(leaves.partition_point(|leaf| !bit(leaf.first(), shared)));
        let (left, right) = (self.over(lefts, shared + 1), self.over(rights, shared + 1));
        let fork = self.join(left, right);
        (depth..shared).rev().fold(fork, |below, depth| match bit(first, depth) {
            false => self.join(below, Subtree::NOTHING),
            true => self.join(Subtree::NOTHING, below),
        })
    }

    /// Hashes all that was named since the last time.
    pub fn hash(&mut self, lanes: Lanes) {
        let mut hashes = Vec::with_capacity(self.leaves.len());
        lanes.hash(self.leaves.iter().map(|block| &block.0), &mut hashes);
        for (place, hash) in self.leaf_places.drain(..).zip(&hashes) {
            self.hashes[place as usize] = as_leaf(*hash);
        }
        self.leaves.clear();
        for joins in &mut self.heights {
            hashes.clear();
            let hash_at = |place: u32| &self.hashes[place as usize];
            let block = |join: &Join| Block::new(hash_at(join.left), hash_at(join.right)).0;
            lanes.hash_made(joins.iter().map(block), &mut hashes);
            for (join, hash) in joins.drain(..).zip(&hashes) {
                self.hashes[join.place as usize] = as_inner(*hash);
            }
        }
    }

    /// The hash of a subtree, once it was hashed.
    pub fn hash_of(&self, subtree: Subtree) -> &Hash {
        &self.hashes[subtree.place as usize]
    }

    /// Forgets all subtrees, and keeps the memory.
    pub fn clear(&mut self) {
        self.hashes.truncate(1);
        self.leaves.clear();
        self.leaf_places.clear();
        self.heights.iter_mut().for_each(Vec::clear);
    }

    fn put(&mut self, hash: Hash) -> u32 {
        let place = u32::try_from(self.hashes.len()).expect("memory ends before 2^32 hashes do");
        self.hashes.push(hash);
        place
    }
}
