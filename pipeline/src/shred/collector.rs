//! From shards that are bound to one commitment to their block.
//!
//! ```text
//!   shard ──take──> kept, if it proves to belong ── k there ──> poll ──> all shards computed anew
//!               │                                                          │ the commitment they have
//!               └> reject, counted by its reason                           ├ is the one: the block
//!                                                                          └ is not: Inconsistent, for everybody
//! ```
//!
//! Nothing is kept that is not proved, and nothing beyond the `k` shards that are needed: so a collector holds no more than
//! one block, rounded up, whoever sends what.

use pelton_kernels::erasure::{Arithmetic, Code};

use super::ShredReject;
use super::commitment::{
    COMMITTED_VERSION, Commitment, HEADER_BYTES, Node, Tree, counts, leaf, proof_nodes, root_by_proof, top,
};

/// What a collector did so far. Shards taken = accepted + all rejected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CollectorCounts {
    /// Shards kept.
    pub accepted: u64,
    /// Shards dropped, by [`ShredReject::ALL`].
    pub rejected: [u64; ShredReject::ALL.len()],
}

/// What became of a commitment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Collected {
    /// The one block that it stands for.
    Block(Vec<u8>),
    /// It stands for none: whoever made it committed to shards that are not those of a block. Every validator with enough
    /// shards finds the same, whichever they are.
    Inconsistent,
}

/// Takes the shards of one commitment, gives its block.
pub struct Collector {
    commitment: Commitment,
    code: Code,
    block_bytes_max: usize,
    /// The same in all shards that prove to belong, since the commitment depends on it.
    block_bytes: u32,
    kept: Vec<Kept>,
    is_finished: bool,
    counts: CollectorCounts,
}

struct Kept {
    index: u8,
    leaf: Node,
    payload: Box<[u8]>,
}

/// A shard taken apart, its proof not yet looked at.
struct Parts<'a> {
    block_bytes: u32,
    index: u8,
    payload: &'a [u8],
    proof: &'a [Node],
}

impl Collector {
    /// For the shards of `commitment`, made by this code from a block of at most `block_bytes_max` bytes.
    #[must_use]
    pub fn new(commitment: Commitment, code: Code, block_bytes_max: usize) -> Collector {
        Collector {
            commitment,
            code,
            block_bytes_max,
            block_bytes: 0,
            kept: Vec::new(),
            is_finished: false,
            counts: CollectorCounts::default(),
        }
    }

    /// Keeps a shard, or says why it was dropped; counts it either way. Any bytes will do.
    pub fn take(&mut self, shard: &[u8]) -> Option<ShredReject> {
        match self.examine(shard) {
            Ok((block_bytes, kept)) => {
                self.block_bytes = block_bytes;
                self.kept.push(kept);
                self.counts.accepted += 1;
                None
            }
            Err(reason) => {
                self.counts.rejected[reason as usize] += 1;
                Some(reason)
            }
        }
    }

    /// What the commitment stands for, once, when enough shards are there.
    pub fn poll(&mut self) -> Option<Collected> {
        if self.is_finished || self.kept.len() < self.code.data() {
            return None;
        }
        self.is_finished = true;
        let kept = std::mem::take(&mut self.kept);
        Some(self.rebuilt(&kept).map_or(Collected::Inconsistent, Collected::Block))
    }

    /// What was done so far.
    #[must_use]
    pub fn counts(&self) -> CollectorCounts {
        self.counts
    }

    /// Bytes of payloads that are kept.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.kept.iter().map(|kept| kept.payload.len()).sum()
    }

    fn examine(&self, shard: &[u8]) -> Result<(u32, Kept), ShredReject> {
        let refuse_if = |wrong: bool, reason| if wrong { Err(reason) } else { Ok(()) };
        let (header, rest) = shard.split_first_chunk::<HEADER_BYTES>().ok_or(ShredReject::Foreign)?;
        let is_ours = header[0] == COMMITTED_VERSION && header[1..33] == self.commitment.0;
        refuse_if(!is_ours, ShredReject::Foreign)?;
        let parts = self.parts(header, rest)?;
        refuse_if(self.is_finished || self.kept.len() >= self.code.data(), ShredReject::Late)?;
        refuse_if(self.kept.iter().any(|kept| kept.index == parts.index), ShredReject::Duplicate)?;
        let leaf = leaf(parts.payload);
        let root = root_by_proof(leaf, parts.index, parts.proof);
        refuse_if(top(self.code, parts.block_bytes, &root) != self.commitment, ShredReject::Corrupt)?;
        Ok((parts.block_bytes, Kept { index: parts.index, leaf, payload: parts.payload.into() }))
    }

    fn parts<'a>(&self, header: &[u8; HEADER_BYTES], rest: &'a [u8]) -> Result<Parts<'a>, ShredReject> {
        let (_, fields) = header.split_at(33);
        let &[a, b, c, d, data, parity, index] = fields else { unreachable!("a header ends in 7 bytes") };
        let block_bytes = u32::from_le_bytes([a, b, c, d]);
        if block_bytes as usize > self.block_bytes_max {
            return Err(ShredReject::TooLong);
        }
        let shard_bytes = (block_bytes as usize).div_ceil(self.code.data());
        let is_cut_right = block_bytes > 0
            && [data, parity] == counts(self.code)
            && usize::from(index) < self.code.shards()
            && rest.len() == shard_bytes + 32 * proof_nodes(self.code);
        if !is_cut_right {
            return Err(ShredReject::Malformed);
        }
        let (payload, proof) = rest.split_at(shard_bytes);
        Ok(Parts { block_bytes, index, payload, proof: proof.as_chunks().0 })
    }

    /// The block, if all shards that it has are those of the commitment.
    fn rebuilt(&self, kept: &[Kept]) -> Option<Vec<u8>> {
        let shard_bytes = (self.block_bytes as usize).div_ceil(self.code.data());
        let mut all = vec![0; self.code.shards() * shard_bytes];
        let mut leaves = vec![None; self.code.shards()];
        let mut missing: Vec<_> = all.chunks_exact_mut(shard_bytes).map(Some).collect();
        for Kept { index, leaf, payload } in kept {
            leaves[usize::from(*index)] = Some(*leaf);
            let shard = missing[usize::from(*index)].take().expect("no index is kept twice");
            shard.copy_from_slice(payload);
        }
        let (wanted, mut shards): (Vec<u8>, Vec<_>) =
            (0..=u8::MAX).zip(missing).filter_map(|(index, shard)| Some((index, shard?))).unzip();
        let present: Vec<_> = kept.iter().map(|kept| kept.index).collect();
        let payloads: Vec<_> = kept.iter().map(|kept| &kept.payload).collect();
        let decoder = self.code.decoder(Arithmetic::best(), &present, &wanted);
        let mut decoder = decoder.expect("distinct shards, of which k are there");
        decoder.apply(&payloads, &mut shards).expect("shards of one length");

        let shards = all.chunks_exact(shard_bytes);
        let leaves =
            leaves.into_iter().zip(shards).map(|(known, shard)| known.unwrap_or_else(|| leaf(shard)));
        let commitment = top(self.code, self.block_bytes, &Tree::new(leaves.collect()).root());
        let beyond = &all[self.block_bytes as usize..self.code.data() * shard_bytes];
        let is_right = commitment == self.commitment && beyond.iter().all(|byte| *byte == 0);
        all.truncate(self.block_bytes as usize);
        is_right.then_some(all)
    }
}
