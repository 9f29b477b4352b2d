//! `Update`: all changes of a block go down a tree together, and new nodes come up.
//!
//! ```text
//!   nothing, a leaf     + changes ──> the leaves there are then ──> a tree of them
//!   branch, all changes below its prefix      children that changed, made anew
//!   branch, others too                        a branch further up, with the old one below it
//!   one child is left                         it goes up in place of its branch
//! ```

use alloy_primitives::B256;
use alloy_trie::nodes::RlpNode;
use alloy_trie::{Nibbles, TrieMask};

use super::encode::Encoder;
use super::{Body, Leaf, Link, Node, nibble, path};

/// Children by nibble.
type Children<V> = [Option<Link<V>>; 16];

/// See the head of this file.
pub(super) struct Update<F> {
    change: F,
    encoder: Encoder,
}

impl<F> Update<F> {
    pub(super) fn new(change: F) -> Update<F> {
        Update { change, encoder: Encoder::default() }
    }

    /// A node at this depth after changes to keys that all lead to it.
    pub(super) fn node<V: Leaf, C>(
        &mut self,
        node: Option<&Link<V>>,
        depth: usize,
        changes: &[(B256, C)],
    ) -> Option<Link<V>>
    where
        F: Fn(Option<&V>, &C) -> Option<V>,
    {
        if changes.is_empty() {
            return node.cloned();
        }
        match node.map(|node| &node.body) {
            None => self.leaves(None, depth, changes),
            Some(Body::Leaf { key, value }) => self.leaves(Some((key, value)), depth, changes),
            Some(Body::Branch { prefix, mask, children }) => {
                let shared = |change: &(B256, C)| path(&change.0, depth).common_prefix_length(prefix);
                // What stands between the first and the last shares with the prefix what both do.
                let shared = shared(&changes[0]).min(shared(&changes[changes.len() - 1]));
                let mut below = Children::default();
                if shared == prefix.len() {
                    for (nibble, child) in mask.iter().zip(children) {
                        below[usize::from(nibble)] = Some(child.clone());
                    }
                } else {
                    let lower = self.branch(prefix.slice(shared + 1..), *mask, children.clone());
                    below[usize::from(prefix.get_unchecked(shared))] = Some(lower);
                }
                self.change_below(&mut below, depth + shared, changes);
                self.join(depth, prefix.slice(..shared), below)
            }
        }
    }

    fn change_below<V: Leaf, C>(&mut self, below: &mut Children<V>, depth: usize, changes: &[(B256, C)])
    where
        F: Fn(Option<&V>, &C) -> Option<V>,
    {
        for group in changes.chunk_by(|a, b| nibble(&a.0, depth) == nibble(&b.0, depth)) {
            let child = &mut below[usize::from(nibble(&group[0].0, depth))];
            *child = self.node(child.take().as_ref(), depth + 1, group);
        }
    }

    /// A node of what is there after changes, where one leaf was at most.
    fn leaves<V: Leaf, C>(
        &mut self,
        mut old: Option<(&B256, &V)>,
        depth: usize,
        changes: &[(B256, C)],
    ) -> Option<Link<V>>
    where
        F: Fn(Option<&V>, &C) -> Option<V>,
    {
        let mut leaves = Vec::with_capacity(changes.len() + 1);
        for (key, change) in changes {
            leaves.extend(old.take_if(|(other, _)| *other < key).map(|(key, value)| (*key, value.clone())));
            let before = old.take_if(|(other, _)| *other == key).map(|(_, value)| value);
            leaves.extend((self.change)(before, change).map(|value| (*key, value)));
        }
        leaves.extend(old.map(|(key, value)| (*key, value.clone())));
        self.build(depth, &leaves)
    }

    /// A tree of leaves, which rise.
    fn build<V: Leaf>(&mut self, depth: usize, leaves: &[(B256, V)]) -> Option<Link<V>> {
        match leaves {
            [] => None,
            [(key, value)] => Some(self.leaf(*key, depth, value.clone())),
            [(first, _), .., (last, _)] => {
                let first = path(first, depth);
                let prefix = first.slice(..first.common_prefix_length(&path(last, depth)));
                let depth = depth + prefix.len();
                let (mut mask, mut children) = (TrieMask::default(), Vec::new());
                for group in leaves.chunk_by(|a, b| nibble(&a.0, depth) == nibble(&b.0, depth)) {
                    mask.set_bit(nibble(&group[0].0, depth));
                    children.extend(self.build(depth + 1, group));
                }
                Some(self.branch(prefix, mask, children.into()))
            }
        }
    }

    /// A branch of children, of which there may be too few for one.
    fn join<V: Leaf>(&mut self, depth: usize, prefix: Nibbles, below: Children<V>) -> Option<Link<V>> {
        let mut mask = TrieMask::default();
        let mut children = Vec::with_capacity(below.len());
        for (nibble, child) in (0..).zip(below) {
            if let Some(child) = child {
                mask.set_bit(nibble);
                children.push(child);
            }
        }
        match children.as_slice() {
            [] => None,
            [only] => Some(self.lift(depth, prefix, mask, only)),
            _ => Some(self.branch(prefix, mask, children.into())),
        }
    }

    /// The only child of a branch, in its place.
    fn lift<V: Leaf>(&mut self, depth: usize, prefix: Nibbles, mask: TrieMask, only: &Link<V>) -> Link<V> {
        match &only.body {
            Body::Leaf { key, value } => self.leaf(*key, depth, value.clone()),
            Body::Branch { prefix: lower, mask: of_children, children } => {
                let mut whole = prefix;
                whole.push(mask.first_set_bit_index().expect("it has a child"));
                whole.extend(lower);
                self.branch(whole, *of_children, children.clone())
            }
        }
    }

    fn leaf<V: Leaf>(&mut self, key: B256, depth: usize, value: V) -> Link<V> {
        let reference = RlpNode::from_rlp(self.encoder.leaf(&key, depth, &value));
        Link::new(Node { reference, body: Body::Leaf { key, value } })
    }

    fn branch<V>(&mut self, prefix: Nibbles, mask: TrieMask, children: Box<[Link<V>]>) -> Link<V> {
        let node = match prefix.is_empty() {
            true => self.encoder.branch(mask, &children),
            false => self.encoder.extension(&prefix, mask, &children),
        };
        let reference = RlpNode::from_rlp(node);
        Link::new(Node { reference, body: Body::Branch { prefix, mask, children } })
    }
}
