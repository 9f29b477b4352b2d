//! `Patricia`: Ethereum's tree over hashed keys. A change makes a new tree, which shares with the old one all that stayed.
//!
//! ```text
//!   tree of block 7 ──> branch ──┬──> leaf            path   nibbles of the key, from the depth on at which it stands
//!                                ├──> branch <──┐     leaf   rlp(path, value)
//!                                └──> leaf      │     branch rlp(16 children, nothing)
//!   tree of block 8 ──> branch ──┬──> leaf'     │     with a prefix: rlp(prefix, branch) above it
//!                                └──────────────┘     a child stands for itself below 32 bytes, and by its Keccak from there on
//! ```
//!
//! All changes of a block go down together, and each node that is touched is encoded and hashed once. Nothing is ever dirty:
//! a tree can be read and proven by any thread while the next one is made. It is a function of the keys and values alone.

mod encode;
mod update;

use std::sync::Arc;

use alloy_primitives::{B256, Bytes, keccak256};
use alloy_trie::nodes::RlpNode;
use alloy_trie::{EMPTY_ROOT_HASH, Nibbles, TrieMask};

use encode::Encoder;
use update::Update;

/// What stands under a key.
pub trait Leaf: Clone {
    /// Appends its bytes, RLP in Ethereum's trees.
    fn encode(&self, out: &mut Vec<u8>);
}

/// See the head of this file.
pub struct Patricia<V>(Option<Link<V>>);

type Link<V> = Arc<Node<V>>;

struct Node<V> {
    /// How its parent holds it.
    reference: RlpNode,
    body: Body<V>,
}

enum Body<V> {
    Leaf {
        key: B256,
        value: V,
    },
    /// At least two children, below all nibbles of the prefix.
    Branch {
        prefix: Nibbles,
        mask: TrieMask,
        children: Box<[Link<V>]>,
    },
}

impl<V> Clone for Patricia<V> {
    fn clone(&self) -> Patricia<V> {
        Patricia(self.0.clone())
    }
}

impl<V> Default for Patricia<V> {
    fn default() -> Patricia<V> {
        Patricia(None)
    }
}

impl<V> Patricia<V> {
    /// The root, a hash in any case.
    pub fn root(&self) -> B256 {
        let Some(node) = &self.0 else { return EMPTY_ROOT_HASH };
        node.reference.as_hash().unwrap_or_else(|| keccak256(node.reference.as_slice()))
    }

    /// What stands under a key.
    pub fn get(&self, key: &B256) -> Option<&V> {
        let (mut node, mut depth) = (self.0.as_ref()?, 0);
        loop {
            match &node.body {
                Body::Leaf { key: other, value } => return (other == key).then_some(value),
                Body::Branch { prefix, mask, children } => {
                    node = child(key, depth, prefix, *mask, children)?;
                    depth += prefix.len() + 1;
                }
            }
        }
    }
}

impl<V: Leaf> Patricia<V> {
    /// The tree after changes to some keys, each of which makes a value of the one that was there; none removes the key.
    ///
    /// # Panics
    /// If the keys do not rise: a bug.
    pub fn after<C>(
        &self,
        changes: &[(B256, C)],
        change: impl Fn(Option<&V>, &C) -> Option<V>,
    ) -> Patricia<V> {
        assert!(changes.is_sorted_by(|a, b| a.0 < b.0), "each key changes once, in order");
        Patricia(Update::new(change).node(self.0.as_ref(), 0, changes))
    }

    /// The nodes on the way to a key, the root first, as Ethereum's nodes give them: what its parent holds whole is left out.
    pub fn prove(&self, key: &B256) -> Vec<Bytes> {
        let mut encoder = Encoder::default();
        let mut nodes = Vec::new();
        let mut add = |node: &[u8]| {
            if nodes.is_empty() || node.len() >= 32 {
                nodes.push(Bytes::copy_from_slice(node));
            }
        };
        let (mut next, mut depth) = (self.0.as_ref(), 0);
        while let Some(node) = next {
            match &node.body {
                Body::Leaf { key, value } => {
                    add(encoder.leaf(key, depth, value));
                    next = None;
                }
                Body::Branch { prefix, mask, children } => {
                    let is_below = path(key, depth).starts_with(prefix);
                    if !prefix.is_empty() {
                        add(encoder.extension(prefix, *mask, children));
                    }
                    if is_below {
                        add(encoder.branch(*mask, children));
                    }
                    next = child(key, depth, prefix, *mask, children);
                    depth += prefix.len() + 1;
                }
            }
        }
        nodes
    }
}

/// The nibbles of a key from this depth on.
fn path(key: &B256, depth: usize) -> Nibbles {
    Nibbles::unpack(key).slice(depth..)
}

/// One nibble of a key.
fn nibble(key: &B256, depth: usize) -> u8 {
    let byte = key[depth / 2];
    if depth.is_multiple_of(2) { byte >> 4 } else { byte & 0xf }
}

/// The child of a branch that leads to a key.
fn child<'a, V>(
    key: &B256,
    depth: usize,
    prefix: &Nibbles,
    mask: TrieMask,
    children: &'a [Link<V>],
) -> Option<&'a Link<V>> {
    let path = path(key, depth);
    let next = path.get(prefix.len()).filter(|_| path.starts_with(prefix))?;
    let before = mask.get() & ((1 << next) - 1);
    mask.is_bit_set(next).then(|| &children[before.count_ones() as usize])
}

#[cfg(test)]
mod tests;
