//! The shreds of one claim, and how they become its block.

use reed_solomon_simd::ReedSolomonDecoder;

use super::{
    Geometry,
    packet::{Claim, Packet},
};
use crate::random::Random;

/// Bytes that a filed shred costs beside its payload: its index, its place, the allocator's share.
const SHRED_BYTES_EXTRA: usize = 64;

/// Bytes that one filed shred costs.
pub(super) fn shred_bytes(geometry: &Geometry) -> usize {
    geometry.shard_bytes + SHRED_BYTES_EXTRA
}

pub(super) struct Filed {
    pub claim: Claim,
    /// When the last shred came, in datagrams accepted.
    pub touched: u64,
    geometry: Geometry,
    /// One bit for each index that is there.
    present: Vec<u64>,
    /// Index and payload, as they came.
    shreds: Vec<(usize, Box<[u8]>)>,
}

impl Filed {
    /// For the claim of this packet, without the packet.
    pub fn new(packet: &Packet) -> Filed {
        Filed {
            claim: packet.claim,
            touched: 0,
            geometry: packet.geometry,
            present: vec![0; packet.geometry.shreds().div_ceil(64)],
            shreds: Vec::new(),
        }
    }

    pub fn has(&self, index: usize) -> bool {
        self.present[index / 64] >> (index % 64) & 1 == 1
    }

    pub fn add(&mut self, packet: &Packet) {
        assert!(
            packet.claim == self.claim && !self.has(packet.index),
            "a shred is filed under its claim, once"
        );
        self.present[packet.index / 64] |= 1 << (packet.index % 64);
        self.shreds.push((packet.index, packet.payload.into()));
    }

    pub fn is_sufficient(&self) -> bool {
        self.shreds.len() >= self.geometry.data
    }

    pub fn bytes(&self) -> usize {
        self.shreds.len() * shred_bytes(&self.geometry)
    }

    /// The bytes that `k` of the shreds stand for: those with the least indices, or any if there are draws.
    pub fn rebuild(mut self, draws: Option<&mut Random>, code: &mut ReedSolomonDecoder) -> Vec<u8> {
        assert!(self.is_sufficient(), "a block is rebuilt from enough shreds");
        match draws {
            None => self.shreds.sort_unstable_by_key(|(index, _)| *index),
            Some(draws) => choose(&mut self.shreds, self.geometry.data, draws),
        }
        let mut block = decode(&self.geometry, &self.shreds[..self.geometry.data], code);
        block.truncate(self.claim.block_bytes as usize);
        block
    }
}

/// The `k` data shards, one after another, from `k` shreds.
fn decode(geometry: &Geometry, shreds: &[(usize, Box<[u8]>)], code: &mut ReedSolomonDecoder) -> Vec<u8> {
    let fits = "the code takes every geometry, and distinct shards of its length";
    let mut block = vec![0; geometry.data * geometry.shard_bytes];
    let place = |index: usize| index * geometry.shard_bytes..(index + 1) * geometry.shard_bytes;
    for (index, payload) in shreds.iter().filter(|(index, _)| *index < geometry.data) {
        block[place(*index)].copy_from_slice(payload);
    }
    // Nothing to solve; the code would take half a millisecond for it however small the block.
    if shreds.iter().all(|(index, _)| *index < geometry.data) {
        return block;
    }
    code.reset(geometry.data, geometry.parity, geometry.shard_bytes).expect(fits);
    for (index, payload) in shreds {
        match index.checked_sub(geometry.data) {
            None => code.add_original_shard(*index, payload).expect(fits),
            Some(parity) => code.add_recovery_shard(parity, payload).expect(fits),
        }
    }
    for (index, payload) in code.decode().expect(fits).restored_original_iter() {
        block[place(index)].copy_from_slice(payload);
    }
    block
}

/// Brings `count` items, drawn at random, to the front.
fn choose<T>(items: &mut [T], count: usize, draws: &mut Random) {
    for front in 0..count {
        let left = (items.len() - front) as u64;
        items.swap(front, front + draws.below(left) as usize);
    }
}
