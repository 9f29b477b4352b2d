//! The bytes of a witness: the part of a trie that some keys need, and the hashes of all that hangs on it.
//!
//! ```text
//!  0   format u8 = 1
//!  1   nodes u32, big-endian
//!  5   kinds, two bits for each node, four nodes to a byte, the first in the highest bits; what is left over is zero
//!      hidden: hash [32], leaf: key [32] ‖ value hash [32]; each in the order of its node
//! ```
//!
//! Nodes stand in preorder: an inner node, all of its left half, all of its right half. Nothing else is there: paths and
//! depths follow from the order.
//!
//! ```text
//!            inner                kinds    inner  inner  leaf  nothing  hidden
//!           /     \               behind   key ‖ value hash of the leaf, hash of what is hidden
//!       inner     hidden
//!      /     \                    proves   the value of 00…, that no key begins with 01;
//!   leaf     nothing                       covers no key that begins with 1
//! ```
//!
//! A trie and a set of keys have one witness, and nothing in it can be left out: inner nodes stand only above keys of the
//! set. Uses `core` and `alloc` only.

use alloc::vec::Vec;

use super::rules::{Block, DEPTH_MAX, Hash, NOTHING, shared_bits};

/// The first byte.
pub(crate) const FORMAT: u8 = 1;

/// Bytes before the kinds.
pub(crate) const HEAD_BYTES: usize = 5;

/// What a node of a witness is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Shown {
    /// A subtree without keys.
    Nothing = 0,
    /// A subtree of which only the hash is told.
    Hidden = 1,
    /// A subtree of one key.
    Leaf = 2,
    /// Two halves, which follow.
    Inner = 3,
}

impl Shown {
    fn from_bits(bits: u8) -> Shown {
        match bits & 3 {
            0 => Shown::Nothing,
            1 => Shown::Hidden,
            2 => Shown::Leaf,
            _ => Shown::Inner,
        }
    }
}

/// Writes a witness, node by node.
#[derive(Debug, Default)]
pub(crate) struct Writer {
    kinds: Vec<u8>,
    nodes: u32,
    behind: Vec<u8>,
}

/// Where a hash is missing.
#[derive(Debug)]
pub(crate) struct Gap(usize);

impl Writer {
    pub fn nothing(&mut self) {
        self.push(Shown::Nothing);
    }

    pub fn hidden(&mut self, hash: &Hash) {
        self.push(Shown::Hidden);
        self.behind.extend_from_slice(hash);
    }

    /// Something hidden whose hash is filled in later.
    pub fn hidden_later(&mut self) -> Gap {
        let gap = Gap(self.behind.len());
        self.hidden(&NOTHING);
        gap
    }

    pub fn fill(&mut self, gap: &Gap, hash: &Hash) {
        self.behind[gap.0..][..hash.len()].copy_from_slice(hash);
    }

    pub fn leaf(&mut self, leaf: &Block) {
        self.push(Shown::Leaf);
        self.behind.extend_from_slice(&leaf.0);
    }

    pub fn inner(&mut self) {
        self.push(Shown::Inner);
    }

    /// The bytes.
    pub fn finish(self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEAD_BYTES + self.kinds.len() + self.behind.len());
        bytes.push(FORMAT);
        bytes.extend_from_slice(&self.nodes.to_be_bytes());
        bytes.extend_from_slice(&self.kinds);
        bytes.extend_from_slice(&self.behind);
        bytes
    }

    fn push(&mut self, shown: Shown) {
        let shift = 6 - 2 * (self.nodes % 4);
        if shift == 6 {
            self.kinds.push(0);
        }
        *self.kinds.last_mut().expect("a byte was just added if there was none") |= (shown as u8) << shift;
        self.nodes = self.nodes.checked_add(1).expect("memory ends before 2^32 nodes do");
    }
}

/// The bytes are no witness.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Malformed;

/// A node of a witness that was read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Node {
    pub shown: Shown,
    /// Of an inner node, the index of its right half; the left one comes next. Of a leaf, its number among leaves. Of
    /// what is hidden, its number among hashes.
    pub link: u32,
}

/// A witness that was read. It has the shape of a witness, but no hash was made yet.
#[derive(Debug, Default)]
pub(crate) struct Shape {
    /// In preorder, at least one.
    pub nodes: Vec<Node>,
    pub leaves: Vec<Block>,
    pub hidden: Vec<Hash>,
}

impl Shape {
    /// Reads all of these bytes. The memory that is taken is no more than 32 times their length.
    pub fn read(bytes: &[u8]) -> Result<Shape, Malformed> {
        let (&[FORMAT, nodes @ ..], rest) = bytes.split_first_chunk::<HEAD_BYTES>().ok_or(Malformed)? else {
            return Err(Malformed);
        };
        let count = u32::from_be_bytes(nodes) as usize;
        let (kinds, mut behind) = rest.split_at_checked(count.div_ceil(4)).ok_or(Malformed)?;
        let shape = Shape { nodes: Vec::with_capacity(count), ..Shape::default() };
        let mut reader = Reader { shape, above: Vec::new(), path: [0; 32], complete: false };
        for (at, byte) in kinds.iter().enumerate() {
            for turn in 0..4 {
                let shown = Shown::from_bits(byte >> (6 - 2 * turn));
                match 4 * at + turn < count {
                    true => reader.node(shown, &mut behind)?,
                    false if shown == Shown::Nothing => {}
                    false => return Err(Malformed),
                }
            }
        }
        match reader.complete && behind.is_empty() {
            true => Ok(reader.shape),
            false => Err(Malformed),
        }
    }
}

/// A witness that is being read.
struct Reader {
    shape: Shape,
    /// Inner nodes that are not complete, the topmost first, each in a half of the one before.
    above: Vec<u32>,
    /// The bits above the next node.
    path: [u8; 32],
    complete: bool,
}

impl Reader {
    fn node(&mut self, shown: Shown, behind: &mut &[u8]) -> Result<(), Malformed> {
        if self.complete {
            return Err(Malformed);
        }
        let index = self.shape.nodes.len() as u32;
        let link = match shown {
            Shown::Nothing | Shown::Inner => 0,
            Shown::Hidden => {
                self.shape.hidden.push(take(behind)?);
                self.shape.hidden.len() as u32 - 1
            }
            Shown::Leaf => {
                let leaf = Block(take(behind)?);
                if shared_bits(leaf.first(), &self.path) < self.above.len() {
                    return Err(Malformed);
                }
                self.shape.leaves.push(leaf);
                self.shape.leaves.len() as u32 - 1
            }
        };
        self.shape.nodes.push(Node { shown, link });
        if shown != Shown::Inner {
            return self.close(index);
        }
        if self.above.len() == DEPTH_MAX {
            return Err(Malformed);
        }
        self.above.push(index);
        Ok(())
    }

    /// Goes on from the node of this index, below which nothing is missing.
    fn close(&mut self, index: u32) -> Result<(), Malformed> {
        while let Some(&above) = self.above.last() {
            let depth = self.above.len() - 1;
            self.path[depth / 8] ^= 0x80 >> (depth % 8);
            let nodes = &mut self.shape.nodes;
            let right = nodes[above as usize].link;
            if right == 0 {
                nodes[above as usize].link = index + 1;
                return Ok(());
            }
            let halves = [nodes[above as usize + 1], nodes[right as usize]];
            if halves.map(|half| half.shown) == [Shown::Hidden; 2] {
                // Hidden itself, it would say as much.
                return Err(Malformed);
            }
            self.above.pop();
        }
        self.complete = true;
        Ok(())
    }
}

fn take<const N: usize>(rest: &mut &[u8]) -> Result<[u8; N], Malformed> {
    let (head, tail) = rest.split_first_chunk::<N>().ok_or(Malformed)?;
    *rest = tail;
    Ok(*head)
}
