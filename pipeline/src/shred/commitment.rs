//! A block as one shard for each validator, all of them bound to one hash that can be agreed about.
//!
//! ```text
//!                    Commitment = hash(k, m, length of the block, root)
//!                                             root
//!                                 ┌────────────┴────────────┐
//!                            ┌────┴────┐               ┌────┴────┐        leaf = hash(payload)
//!                          leaf 0    leaf 1   …      leaf n-1    zeros    up to a power of two
//! ```
//!
//! # What it promises
//!
//! 1. A shard with its proof, the hashes beside its way to the root, belongs to the commitment at its index, or whoever
//!    made it found a collision of BLAKE3. Leaves, nodes and the top are hashed under different keys.
//! 2. Code, length and content of a block have one commitment, and each commitment at most one block: a
//!    [`Collector`](super::Collector) that rebuilt a block computes all shards anew, and the commitment from them. So a
//!    proposer cannot commit to shards of which some rebuild one block and others another one, or none: either every
//!    validator gets the block, whichever shards it has, or nobody does.
//!
//! # A shard, in bytes (numbers are little-endian)
//!
//! | offset | length | field |
//! | --- | --- | --- |
//! | 0 | 1 | version, [`COMMITTED_VERSION`] |
//! | 1 | 32 | commitment |
//! | 33 | 4 | length of the block |
//! | 37 | 1 | `k`, data shards |
//! | 38 | 1 | `m`, parity shards |
//! | 39 | 1 | index: data from 0, parity from `k` |
//! | 40 | length of the block / `k`, rounded up | payload; what is beyond the end of the block is zeros |
//! | then | 32 for each level | proof, from the leaf's neighbour upwards |

use pelton_kernels::erasure::{Arithmetic, Code};

use super::{BLOCK_BYTES_MAX, EncodeError};

/// First byte of each shard: changes with the layout, the code and the hashes.
pub const COMMITTED_VERSION: u8 = 0xd4;

pub(super) const HEADER_BYTES: usize = 40;

const LEAF_KEY: &[u8; 32] = b"pelton: payload of a shard, leaf";
const NODE_KEY: &[u8; 32] = b"pelton: two nodes, left to right";
const TOP_KEY: &[u8; 32] = b"pelton: shape and root of shards";

/// A node of the tree.
pub(super) type Node = [u8; 32];

/// The hash that stands for all shards of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Commitment(pub [u8; 32]);

/// A block, ready to be shared out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Committed {
    /// What all shards are bound to.
    pub commitment: Commitment,
    /// One for each validator, in the order of their indices.
    pub shards: Vec<Vec<u8>>,
}

/// Cuts a block into the shards of a code.
///
/// # Errors
///
/// [`EncodeError`] if its length is not between 1 and [`BLOCK_BYTES_MAX`].
pub fn committed(code: Code, block: &[u8]) -> Result<Committed, EncodeError> {
    if block.is_empty() {
        return Err(EncodeError::Empty);
    }
    if block.len() > BLOCK_BYTES_MAX {
        return Err(EncodeError::TooLong { bytes: block.len() });
    }
    let block_bytes = u32::try_from(block.len()).expect("the longest block is shorter than 2^32 bytes");
    let shard_bytes = block.len().div_ceil(code.data());
    let length = HEADER_BYTES + shard_bytes;
    let mut shards = vec![vec![0; length]; code.shards()];
    for (shard, piece) in shards.iter_mut().zip(block.chunks(shard_bytes)) {
        shard[HEADER_BYTES..][..piece.len()].copy_from_slice(piece);
    }
    let (data, parity) = shards.split_at_mut(code.data());
    let data: Vec<_> = data.iter().map(|shard| &shard[HEADER_BYTES..]).collect();
    let mut parity: Vec<_> = parity.iter_mut().map(|shard| &mut shard[HEADER_BYTES..]).collect();
    code.encoder(Arithmetic::best()).apply(&data, &mut parity).expect("all shards, equally long");

    let tree = Tree::new(shards.iter().map(|shard| leaf(&shard[HEADER_BYTES..])).collect());
    let commitment = top(code, block_bytes, &tree.root());
    for (shard, index) in shards.iter_mut().zip(0..=u8::MAX) {
        let [data, parity] = counts(code);
        shard[0] = COMMITTED_VERSION;
        shard[1..33].copy_from_slice(&commitment.0);
        shard[33..37].copy_from_slice(&block_bytes.to_le_bytes());
        shard[37..HEADER_BYTES].copy_from_slice(&[data, parity, index]);
        shard.extend(tree.proof(index.into()).flatten());
    }
    Ok(Committed { commitment, shards })
}

/// What a payload is in the tree.
pub(super) fn leaf(payload: &[u8]) -> Node {
    *blake3::keyed_hash(LEAF_KEY, payload).as_bytes()
}

/// The commitment to shards of this shape whose tree has this root.
pub(super) fn top(code: Code, block_bytes: u32, root: &Node) -> Commitment {
    let mut hasher = blake3::Hasher::new_keyed(TOP_KEY);
    hasher.update(&counts(code)).update(&block_bytes.to_le_bytes()).update(root);
    Commitment(*hasher.finalize().as_bytes())
}

/// The root of a tree in which `leaf` stands at `index`, beside what `proof` says.
pub(super) fn root_by_proof(leaf: Node, index: u8, proof: &[Node]) -> Node {
    proof.iter().enumerate().fold(leaf, |node, (level, beside)| match index >> level & 1 {
        0 => parent(&node, beside),
        _ => parent(beside, &node),
    })
}

/// Nodes of each proof: the levels below the root.
pub(super) fn proof_nodes(code: Code) -> usize {
    code.shards().next_power_of_two().ilog2() as usize
}

/// `k` and `m`, which are below 256, since there is one of each at least.
pub(super) fn counts(code: Code) -> [u8; 2] {
    [code.data(), code.parity()].map(|count| u8::try_from(count).expect("256 shards at most are both"))
}

fn parent(left: &Node, right: &Node) -> Node {
    *blake3::keyed_hash(NODE_KEY, [*left, *right].as_flattened()).as_bytes()
}

/// All nodes, the leaves first.
pub(super) struct Tree {
    levels: Vec<Vec<Node>>,
}

impl Tree {
    pub(super) fn new(mut leaves: Vec<Node>) -> Tree {
        leaves.resize(leaves.len().next_power_of_two(), [0; 32]);
        let mut levels = vec![leaves];
        while let Some([_, _, ..]) = levels.last().map(Vec::as_slice) {
            let pairs = levels[levels.len() - 1].as_chunks().0;
            let parents = pairs.iter().map(|[left, right]| parent(left, right)).collect();
            levels.push(parents);
        }
        Tree { levels }
    }

    pub(super) fn root(&self) -> Node {
        self.levels[self.levels.len() - 1][0]
    }

    fn proof(&self, index: usize) -> impl Iterator<Item = Node> {
        let below_root = &self.levels[..self.levels.len() - 1];
        below_root.iter().enumerate().map(move |(level, nodes)| nodes[index >> level ^ 1])
    }
}
