//! The shreds of one claim, and how they become its block.

use pelton_kernels::erasure::Arithmetic;

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
    /// Of each set, the number within it and the payload of its shreds, as they came.
    sets: Vec<Vec<(u8, Box<[u8]>)>>,
    /// Sets that have enough shreds.
    sufficient: usize,
    /// Shreds of all sets.
    shreds: usize,
}

impl Filed {
    /// For the claim of this packet, without the packet.
    pub fn new(packet: &Packet) -> Filed {
        Filed {
            claim: packet.claim,
            touched: 0,
            geometry: packet.geometry,
            present: vec![0; packet.geometry.shreds().div_ceil(64)],
            sets: vec![Vec::new(); packet.geometry.sets],
            sufficient: 0,
            shreds: 0,
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
        let (number, set) = (packet.index / self.geometry.sets, packet.index % self.geometry.sets);
        let number = u8::try_from(number).expect("a set has fewer than 256 shreds");
        self.sets[set].push((number, packet.payload.into()));
        self.sufficient += usize::from(self.sets[set].len() == self.geometry.data);
        self.shreds += 1;
    }

    pub fn is_sufficient(&self) -> bool {
        self.sufficient == self.geometry.sets
    }

    pub fn bytes(&self) -> usize {
        self.shreds * shred_bytes(&self.geometry)
    }

    /// The bytes that `k` of the shreds of each set stand for: those with the least numbers, or any if there are draws.
    pub fn rebuild(mut self, mut draws: Option<&mut Random>) -> Vec<u8> {
        assert!(self.is_sufficient(), "a block is rebuilt from enough shreds");
        let geometry = self.geometry;
        let mut block = vec![0; geometry.data_shreds() * geometry.shard_bytes];
        for (set, shreds) in self.sets.iter_mut().enumerate() {
            match &mut draws {
                None => shreds.sort_unstable_by_key(|(number, _)| *number),
                Some(draws) => choose(shreds, geometry.data, draws),
            }
            let shards = block.chunks_exact_mut(geometry.shard_bytes);
            decode(&geometry, &shreds[..geometry.data], shards.skip(set).step_by(geometry.sets).collect());
        }
        block.truncate(self.claim.block_bytes as usize);
        block
    }
}

/// Writes the `k` data shards of a set, given `k` of its shreds.
fn decode(geometry: &Geometry, shreds: &[(u8, Box<[u8]>)], data: Vec<&mut [u8]>) {
    let mut lost: Vec<_> = data.into_iter().map(Some).collect();
    for (number, payload) in shreds {
        if let Some(shard) = lost.get_mut(usize::from(*number)).and_then(Option::take) {
            shard.copy_from_slice(payload);
        }
    }
    let (wanted, mut shards): (Vec<u8>, Vec<_>) =
        (0..=u8::MAX).zip(lost).filter_map(|(number, shard)| Some((number, shard?))).unzip();
    if wanted.is_empty() {
        return;
    }
    let present: Vec<_> = shreds.iter().map(|(number, _)| *number).collect();
    let payloads: Vec<_> = shreds.iter().map(|(_, payload)| payload).collect();
    let decoder = geometry.code().decoder(Arithmetic::best(), &present, &wanted);
    let mut decoder = decoder.expect("distinct shreds, of which k are there");
    decoder.apply(&payloads, &mut shards).expect("shards of one length");
}

/// Brings `count` items, drawn at random, to the front.
fn choose<T>(items: &mut [T], count: usize, draws: &mut Random) {
    for front in 0..count {
        let left = (items.len() - front) as u64;
        items.swap(front, front + draws.below(left) as usize);
    }
}
