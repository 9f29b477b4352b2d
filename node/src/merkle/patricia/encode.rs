//! How nodes are written: alloy's encodings, in memory that is used again.

use alloy_primitives::B256;
use alloy_rlp::Encodable as _;
use alloy_trie::nodes::{BranchNodeRef, ExtensionNodeRef, LeafNodeRef, RlpNode};
use alloy_trie::{Nibbles, TrieMask};

use super::{Leaf, Link, path};

/// Memory for one node.
#[derive(Default)]
pub(super) struct Encoder {
    value: Vec<u8>,
    references: Vec<RlpNode>,
    node: Vec<u8>,
}

impl Encoder {
    /// A leaf that stands at this depth.
    pub(super) fn leaf<V: Leaf>(&mut self, key: &B256, depth: usize, value: &V) -> &[u8] {
        self.value.clear();
        value.encode(&mut self.value);
        self.node.clear();
        LeafNodeRef::new(&path(key, depth), &self.value).encode(&mut self.node);
        &self.node
    }

    /// A branch without its prefix.
    pub(super) fn branch<V>(&mut self, mask: TrieMask, children: &[Link<V>]) -> &[u8] {
        self.references.clear();
        self.references.extend(children.iter().map(|child| child.reference.clone()));
        self.node.clear();
        BranchNodeRef::new(&self.references, mask).encode(&mut self.node);
        &self.node
    }

    /// The prefix of a branch.
    pub(super) fn extension<V>(&mut self, prefix: &Nibbles, mask: TrieMask, children: &[Link<V>]) -> &[u8] {
        let branch = RlpNode::from_rlp(self.branch(mask, children));
        self.node.clear();
        ExtensionNodeRef::new(prefix, &branch).encode(&mut self.node);
        &self.node
    }
}
