//! From datagrams to blocks: files each shred, and rebuilds a block once any `k` shreds of each of its sets
//! are there.
//!
//! ```text
//!   datagram ──take──> filed under its claim ─ enough ───> poll ──> rebuilt, remembered as finished
//!                │         │                                 └─────> mismatched: all its shreds dropped
//!                └> reject └> given up: room needed, height passed, or the block came under another claim
//! ```
//!
//! The rules by which memory stays bounded:
//!
//! 1. A claim is (id, height, length). Shreds that differ in one of them are filed apart, so a forged length
//!    cannot stand in the way of the true one.
//! 2. When a new shred needs room, the claim that has waited longest for a shred is given up. A flood of
//!    forged claims can so delay blocks while it lasts, and does no harm afterwards.
//! 3. The largest block fits, or the assembler is not made. So there is always room once the others are given
//!    up.

use std::collections::VecDeque;

use super::{
    AssemblerCounts, BLOCK_BYTES_MAX, Geometry, ShredReject, VERSION,
    checksum::{Checksum, Checksums, LANES_MAX},
    filed::{Filed, shred_bytes},
    packet::{Claim, Packet},
};
use crate::random::Random;

/// What an assembler holds at most. A setting of one process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AssemblerLimits {
    /// Claims in flight.
    pub claims_max: usize,
    /// Bytes of shreds in flight: for each its payload and 64 bytes.
    pub bytes_max: usize,
    /// Longest block, at most [`BLOCK_BYTES_MAX`].
    pub block_bytes_max: usize,
    /// Ids of rebuilt blocks that are remembered, so that their other shreds are known to be late.
    pub finished_max: usize,
}

impl AssemblerLimits {
    /// For a validator: 64 claims in 256 MiB, and every block that can be encoded.
    #[must_use]
    pub const fn standard() -> AssemblerLimits {
        AssemblerLimits {
            claims_max: 64,
            bytes_max: 256 << 20,
            block_bytes_max: BLOCK_BYTES_MAX,
            finished_max: 256,
        }
    }

    /// For tests: so little that rare paths are common.
    #[must_use]
    pub const fn tiny() -> AssemblerLimits {
        AssemblerLimits { claims_max: 3, bytes_max: 16 << 10, block_bytes_max: 8 << 10, finished_max: 2 }
    }
}

/// Which `k` shreds rebuild a block of which more are there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// As many data shreds as there are: the least work.
    Cheapest,
    /// Any, drawn from the seed: to show that all will do. Equal seeds and equal datagrams give equal
    /// choices.
    Random {
        /// Where the draws start.
        seed: u64,
    },
}

/// A block whose bytes have the id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rebuilt {
    /// Id of the block.
    pub id: [u8; 32],
    /// Height that the shreds name. The id does not vouch for it: compare it with the block's own.
    pub height: u64,
    /// The block.
    pub bytes: Vec<u8>,
}

/// Takes datagrams, gives blocks.
pub struct Assembler {
    checksums: Checksums,
    limits: AssemblerLimits,
    /// For [`Choice::Random`].
    draws: Option<Random>,
    /// In the order in which they were begun.
    filed: Vec<Filed>,
    /// Of all that is filed.
    bytes: usize,
    finished: VecDeque<[u8; 32]>,
    height_min: u64,
    counts: AssemblerCounts,
}

impl Assembler {
    /// An assembler for shreds made under this checksum key.
    ///
    /// # Panics
    ///
    /// If the limits do not allow a single claim, or all shreds of a block of `block_bytes_max`: a bug of the
    /// caller.
    #[must_use]
    pub fn new(key: [u8; 32], limits: AssemblerLimits, choice: Choice) -> Assembler {
        let largest = Geometry::of(limits.block_bytes_max).expect("the longest block allowed can be encoded");
        let fits = largest.shreds() * shred_bytes(&largest) <= limits.bytes_max && limits.claims_max > 0;
        assert!(fits, "an assembler has room for the longest block that it allows");
        Assembler {
            checksums: Checksums::new(key),
            limits,
            draws: match choice {
                Choice::Cheapest => None,
                Choice::Random { seed } => Some(Random::new(seed)),
            },
            filed: Vec::new(),
            bytes: 0,
            finished: VecDeque::new(),
            height_min: 0,
            counts: AssemblerCounts::default(),
        }
    }

    /// Files a datagram, or says why it was dropped; counts it either way. Any bytes will do.
    pub fn take(&mut self, datagram: &[u8]) -> Option<ShredReject> {
        let is_filed = self.looked_at(datagram).and_then(|packet| {
            let checksum = self.checksums.one(packet.sealed);
            self.file_if_intact(&packet, &checksum)
        });
        self.counted(is_filed)
    }

    /// Does the same with many datagrams, in their order, in less time: checksums are made of [`LANES_MAX`] at once.
    pub fn take_many(&mut self, datagrams: &[&[u8]]) {
        for datagrams in datagrams.chunks(LANES_MAX) {
            let known = self.checksums_of(datagrams);
            for (datagram, checksum) in datagrams.iter().zip(known) {
                // Looked at again, since those before it may have changed what is known.
                let is_filed = self.looked_at(datagram).and_then(|packet| {
                    let checksum = checksum.unwrap_or_else(|| self.checksums.one(packet.sealed));
                    self.file_if_intact(&packet, &checksum)
                });
                self.counted(is_filed);
            }
        }
    }

    /// The right checksum of each datagram, as far as there is reason to ask for it.
    fn checksums_of(&self, datagrams: &[&[u8]]) -> [Option<Checksum>; LANES_MAX] {
        let (mut sealed, mut places) = ([&[][..]; LANES_MAX], [0; LANES_MAX]);
        let mut count = 0;
        for (place, datagram) in datagrams.iter().enumerate() {
            if let Ok(packet) = self.looked_at(datagram) {
                (sealed[count], places[count]) = (packet.sealed, place);
                count += 1;
            }
        }
        let mut known = [None; LANES_MAX];
        for (place, checksum) in places[..count].iter().zip(self.checksums.many(&sealed[..count])) {
            known[*place] = Some(checksum);
        }
        known
    }

    /// The next block of which enough shreds are there, the one begun first. `id_of` gives the id that bytes
    /// have, or anything else for bytes that are no block. Claims whose bytes have another id are dropped and
    /// counted.
    pub fn poll(&mut self, id_of: impl Fn(&[u8]) -> [u8; 32]) -> Option<Rebuilt> {
        while let Some(at) = self.filed.iter().position(Filed::is_sufficient) {
            let filed = self.remove(at);
            let Claim { id, height, .. } = filed.claim;
            let bytes = filed.rebuild(self.draws.as_mut());
            if id_of(&bytes) != id {
                self.counts.mismatched += 1;
                continue;
            }
            self.counts.rebuilt += 1;
            self.give_up(|other| other.id == id);
            self.finished.push_back(id);
            if self.finished.len() > self.limits.finished_max {
                self.finished.pop_front();
            }
            return Some(Rebuilt { id, height, bytes });
        }
        None
    }

    /// Gives up all claims below this height, and refuses their shreds from now on. Never goes back.
    pub fn forget_below(&mut self, height: u64) {
        self.height_min = self.height_min.max(height);
        self.give_up(|claim| claim.height < height);
    }

    /// What was done so far.
    #[must_use]
    pub fn counts(&self) -> AssemblerCounts {
        self.counts
    }

    /// Claims in flight.
    #[must_use]
    pub fn claims(&self) -> usize {
        self.filed.len()
    }

    /// Bytes of shreds in flight, as [`AssemblerLimits::bytes_max`] counts them.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// All checks but that of the checksum.
    fn looked_at<'a>(&self, datagram: &'a [u8]) -> Result<Packet<'a>, ShredReject> {
        let refuse_if = |wrong: bool, reason| if wrong { Err(reason) } else { Ok(()) };
        refuse_if(datagram.first() != Some(&VERSION), ShredReject::Foreign)?;
        let packet = Packet::read(datagram).ok_or(ShredReject::Malformed)?;
        let claim = &packet.claim;
        refuse_if(claim.block_bytes as usize > self.limits.block_bytes_max, ShredReject::TooLong)?;
        match self.filed.iter().find(|filed| filed.claim == *claim) {
            Some(filed) => refuse_if(filed.has(packet.index), ShredReject::Duplicate)?,
            None => refuse_if(self.is_late(claim), ShredReject::Late)?,
        }
        Ok(packet)
    }

    fn file_if_intact(&mut self, packet: &Packet, checksum: &Checksum) -> Result<(), ShredReject> {
        if packet.checksum != checksum {
            return Err(ShredReject::Corrupt);
        }
        self.file(packet);
        Ok(())
    }

    fn counted(&mut self, is_filed: Result<(), ShredReject>) -> Option<ShredReject> {
        let reason = is_filed.err()?;
        self.counts.rejected[reason as usize] += 1;
        Some(reason)
    }

    /// The newest first, as most late shreds are of the block just rebuilt.
    fn is_late(&self, claim: &Claim) -> bool {
        claim.height < self.height_min || self.finished.iter().rev().any(|id| *id == claim.id)
    }

    fn file(&mut self, packet: &Packet) {
        self.make_room(packet);
        let at = self.filed.iter().position(|filed| filed.claim == packet.claim).unwrap_or_else(|| {
            self.counts.begun += 1;
            self.filed.push(Filed::new(packet));
            self.filed.len() - 1
        });
        self.counts.accepted += 1;
        self.bytes += shred_bytes(&packet.geometry);
        self.filed[at].add(packet);
        self.filed[at].touched = self.counts.accepted;
        assert!(self.bytes <= self.limits.bytes_max, "an assembler stays within its memory");
    }

    /// Gives up the claims that have waited longest, until the packet fits.
    fn make_room(&mut self, packet: &Packet) {
        let others = |filed: &Filed| filed.claim != packet.claim;
        let is_new = self.filed.iter().all(others);
        while self.bytes + shred_bytes(&packet.geometry) > self.limits.bytes_max
            || (is_new && self.filed.len() >= self.limits.claims_max)
        {
            let waiting = self.filed.iter().enumerate().filter(|(_, filed)| others(filed));
            let (longest, _) = waiting.min_by_key(|(_, filed)| filed.touched).expect("one block always fits");
            self.remove(longest);
            self.counts.given_up += 1;
        }
    }

    fn give_up(&mut self, mut which: impl FnMut(&Claim) -> bool) {
        while let Some(at) = self.filed.iter().position(|filed| which(&filed.claim)) {
            self.remove(at);
            self.counts.given_up += 1;
        }
    }

    fn remove(&mut self, at: usize) -> Filed {
        let filed = self.filed.remove(at);
        self.bytes -= filed.bytes();
        filed
    }
}
