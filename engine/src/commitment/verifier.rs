//! `Verifier`: what a witness proves, to someone who knows the root and nothing else.
//!
//! ```text
//!  root    ─┐                       get(key)        ─> its value hash; none if it is not there; NotCovered
//!           ├─> open ─> Verifier ─> is_all(entries) ─> whether a range of keys has these and no others; NotCovered
//!  witness ─┘                       post_root(ops)  ─> the root after these updates; NotCovered
//! ```
//!
//! Whoever has a verifier knows that, unless BLAKE3 is broken, every answer is that of the one set which has this root.
//! It needs no state, no engine and no operating system: `core`, `alloc` and `blake3` are all that this file and those
//! next to it use.
//!
//! A key is covered when its path ends in the witness at a leaf, its own or another's, or at nothing. To delete a key
//! needs no more than that, since the hash of its sibling tells whether it is a leaf that goes up.

use alloc::vec::Vec;
use core::fmt;

use super::joins::{Joins, Subtree};
use super::lanes::Lanes;
use super::rules::{Block, Hash, Key32, Kind, NOTHING, Root, Update, ValueHash32, bit, order, shared_bits};
use super::witness::{Malformed, Node, Shape, Shown};

/// Why a witness is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Its bytes are not what a trie and a set of keys give: cut, too long, of another format, or no trie.
    Malformed,
    /// It is a witness of another set.
    WrongRoot,
}

impl fmt::Display for Refusal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Refusal::Malformed => "the bytes are no witness",
            Refusal::WrongRoot => "the witness has another root",
        })
    }
}

impl core::error::Error for Refusal {}

impl From<Malformed> for Refusal {
    fn from(Malformed: Malformed) -> Refusal {
        Refusal::Malformed
    }
}

/// The witness says nothing about a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotCovered;

impl fmt::Display for NotCovered {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("the witness does not cover the key")
    }
}

impl core::error::Error for NotCovered {}

/// See the head of this file.
#[derive(Debug)]
pub struct Verifier {
    root: Root,
    shape: Shape,
    /// Hashes by node.
    hashes: Vec<Hash>,
    lanes: Lanes,
}

impl Verifier {
    /// Reads a witness of the set with this root. Takes time and memory in proportion to the length of the witness: for
    /// each byte at most two hashes and, while they are made, 512 bytes.
    ///
    /// # Errors
    /// [`Refusal`]. Any change of a witness is refused.
    pub fn open(root: &Root, witness: &[u8]) -> Result<Verifier, Refusal> {
        let shape = Shape::read(witness)?;
        let lanes = Lanes::detect();
        let hashes = hash_all(&shape, lanes)?;
        match hashes[0] == *root {
            true => Ok(Verifier { root: *root, shape, hashes, lanes }),
            false => Err(Refusal::WrongRoot),
        }
    }

    /// The value hash of a key, or none if the set does not have the key.
    ///
    /// # Errors
    /// [`NotCovered`] if the witness does not say.
    pub fn get(&self, key: &Key32) -> Result<Option<ValueHash32>, NotCovered> {
        let mut at = 0;
        for depth in 0.. {
            let Node { shown, link } = self.shape.nodes[at];
            at = match shown {
                Shown::Nothing => return Ok(None),
                Shown::Hidden => return Err(NotCovered),
                Shown::Leaf => {
                    let leaf = &self.shape.leaves[link as usize];
                    return Ok((leaf.first() == key).then(|| *leaf.second()));
                }
                Shown::Inner if bit(key, depth) => link as usize,
                Shown::Inner => at + 1,
            };
        }
        unreachable!("a path of 257 nodes was refused")
    }

    /// Whether these, sorted by key, are all keys of the set that share so many first bits with `key`, and their value hashes.
    ///
    /// # Errors
    /// [`NotCovered`] if the witness does not tell of that subtree.
    pub fn is_all(
        &self,
        key: &Key32,
        bits: usize,
        entries: &[(Key32, ValueHash32)],
    ) -> Result<bool, NotCovered> {
        let are_within = entries.iter().all(|(own, _)| shared_bits(own, key) >= bits);
        let (mut at, mut depth) = (0, 0);
        while depth < bits && self.shape.nodes[at].shown == Shown::Inner {
            at = if bit(key, depth) { self.shape.nodes[at].link as usize } else { at + 1 };
            depth += 1;
        }
        let Node { shown, link } = self.shape.nodes[at];
        let leaves = entries.iter().map(|(key, value)| Block::new(key, value));
        Ok(are_within
            && match shown {
                Shown::Nothing => entries.is_empty(),
                Shown::Leaf => {
                    let leaf = self.shape.leaves[link as usize];
                    let is_within = shared_bits(leaf.first(), key) >= bits;
                    leaves.eq(is_within.then_some(leaf))
                }
                Shown::Hidden if depth < bits => return Err(NotCovered),
                Shown::Hidden | Shown::Inner => {
                    let mut joins = Joins::with_capacity(2 * entries.len());
                    let subtree = joins.over(&leaves.collect::<Vec<_>>(), bits);
                    joins.hash(self.lanes);
                    *joins.hash_of(subtree) == self.hashes[at]
                }
            })
    }

    /// Whether the witness is that of these sorted keys and tells no more than they need.
    pub fn is_for(&self, keys: &[Key32]) -> bool {
        self.needs_all(0, 0, keys)
    }

    fn needs_all(&self, at: usize, depth: usize, keys: &[Key32]) -> bool {
        let Node { shown, link } = self.shape.nodes[at];
        match shown {
            Shown::Nothing => true,
            Shown::Hidden => keys.is_empty(),
            Shown::Leaf => !keys.is_empty(),
            Shown::Inner if keys.is_empty() => false,
            Shown::Inner => {
                let (lefts, rights) = keys.split_at(keys.partition_point(|key| !bit(key, depth)));
                self.needs_all(at + 1, depth + 1, lefts) && self.needs_all(link as usize, depth + 1, rights)
            }
        }
    }

    /// The root of the set after these updates.
    ///
    /// # Errors
    /// [`NotCovered`] if the witness does not cover the key of one of them.
    ///
    /// # Panics
    /// If the updates are not sorted by key, or a key is there twice: a bug of the caller.
    pub fn post_root(&self, updates: &[Update]) -> Result<Root, NotCovered> {
        assert!(
            updates.is_sorted_by(|(a, _), (b, _)| order(a, b).is_lt()),
            "updates come sorted by key, each key once"
        );
        if updates.is_empty() {
            return Ok(self.root);
        }
        let mut joins = Joins::default();
        let top = self.updated(&mut joins, 0, 0, updates)?;
        joins.hash(self.lanes);
        Ok(*joins.hash_of(top))
    }

    /// What becomes of a node at `depth`.
    fn updated(
        &self,
        joins: &mut Joins,
        at: usize,
        depth: usize,
        updates: &[Update],
    ) -> Result<Subtree, NotCovered> {
        let Node { shown, link } = self.shape.nodes[at];
        match (shown, updates) {
            (_, []) => Ok(joins.known(self.hashes[at])),
            (Shown::Hidden, _) => Err(NotCovered),
            (Shown::Nothing, _) => Ok(joins.over(&with(None, updates), depth)),
            (Shown::Leaf, _) => {
                Ok(joins.over(&with(Some(&self.shape.leaves[link as usize]), updates), depth))
            }
            (Shown::Inner, _) => {
                let (lefts, rights) = updates.split_at(updates.partition_point(|(key, _)| !bit(key, depth)));
                let left = self.updated(joins, at + 1, depth + 1, lefts)?;
                let right = self.updated(joins, link as usize, depth + 1, rights)?;
                Ok(joins.join(left, right))
            }
        }
    }
}

/// The leaves that updates make of one leaf, or of none.
fn with(leaf: Option<&Block>, updates: &[Update]) -> Vec<Block> {
    let mut leaves: Vec<Block> =
        updates.iter().filter_map(|(key, value)| value.map(|value| Block::new(key, &value))).collect();
    if let Some(leaf) = leaf
        && let Err(place) = updates.binary_search_by(|(key, _)| order(key, leaf.first()))
    {
        let kept_before = updates[..place].iter().filter(|(_, value)| value.is_some()).count();
        leaves.insert(kept_before, *leaf);
    }
    leaves
}

/// The hash of every node, in their order.
fn hash_all(shape: &Shape, lanes: Lanes) -> Result<Vec<Hash>, Refusal> {
    let mut joins = Joins::with_capacity(shape.nodes.len());
    let mut subtrees = Vec::with_capacity(shape.nodes.len());
    // From the last node on, halves come before what is above them, the right one first.
    let mut halves: Vec<Subtree> = Vec::new();
    for node in shape.nodes.iter().rev() {
        let subtree = match node.shown {
            Shown::Nothing => Subtree::NOTHING,
            Shown::Leaf => joins.leaf(&shape.leaves[node.link as usize]),
            Shown::Hidden => match shape.hidden[node.link as usize] {
                NOTHING => return Err(Refusal::Malformed),
                hash => joins.known(hash),
            },
            Shown::Inner => {
                let (Some(left), Some(right)) = (halves.pop(), halves.pop()) else {
                    unreachable!("a shape has both halves of every inner node")
                };
                if let (Kind::Nothing, Kind::Nothing | Kind::Leaf) | (Kind::Leaf, Kind::Nothing) =
                    (left.kind(), right.kind())
                {
                    // Fewer than two keys are no inner node. Joined, the leaf would go up, and prove wrong what the
                    // other half says.
                    return Err(Refusal::Malformed);
                }
                joins.join(left, right)
            }
        };
        halves.push(subtree);
        subtrees.push(subtree);
    }
    joins.hash(lanes);
    Ok(subtrees.iter().rev().map(|subtree| *joins.hash_of(*subtree)).collect())
}
