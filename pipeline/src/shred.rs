//! Blocks as erasure-coded packets: any `k` of the `k + m` shreds of each set of a block rebuild it.
//!
//! ```text
//!             ┌ data ───────┐                                     ┌ rebuilt, if its id is right
//!   block ──> │ k of each   │──> datagrams, in any order,  ──> Assembler
//!    Encoder  │ set         │    some lost, some twice,           └ rejects, each counted by its reason
//!             ├ parity ─────┤    some forged
//!             │ m of each   │
//!             │ set         │
//!             └─────────────┘
//! ```
//!
//! # What it promises
//!
//! 1. The length of a block alone says how it is cut ([`Geometry`]), so no sender has a say in it. Half as
//!    many parity shreds as data shreds: a third of the packets of each set may be lost. A block of up to
//!    [`SET_DATA_MAX`] packets is one set.
//! 2. A packet is at most [`PACKET_BYTES_MAX`] bytes, so that it crosses the internet in one piece, and all
//!    packets of a block are equally long, so that the kernel can cut them from one buffer.
//! 3. A damaged packet is refused on its own, by a keyed checksum. The checksum is no signature: whoever has
//!    the key can forge shreds. So a rebuilt block counts only if its bytes have the id that its shreds name.
//! 4. No datagram panics, and none makes the [`Assembler`] hold more than its [`AssemblerLimits`].
//!
//! # A packet, in bytes (numbers are little-endian)
//!
//! | offset | length | field |
//! | --- | --- | --- |
//! | 0 | 1 | version, [`VERSION`] |
//! | 1 | 32 | id of the block |
//! | 33 | 8 | height of the block |
//! | 41 | 4 | length of the block |
//! | 45 | 2 | data shreds of all sets |
//! | 47 | 2 | parity shreds of all sets |
//! | 49 | 2 | index: data from 0, then parity |
//! | 51 | shard length | payload; what is beyond the end of the block is zeros |
//! | last 16 | 16 | first half of keyed BLAKE3 over all before |
//!
//! Of `s` sets, the shred of index `i` is number `i / s` of set `i mod s`: packets that are lost in a row are of different
//! sets. The code of a set is [`pelton_kernels::erasure`].
//!
//! [`Commitment`] is for the other way to share a block out: one large shard for each validator, with a proof that it
//! belongs to a block which somebody vouched for.
//!
//! Deliberately absent: sockets, peers, and who sends which shred to whom.

mod assembler;
mod checksum;
mod collector;
mod commitment;
mod encoder;
mod filed;
mod packet;
mod reject;

pub use assembler::{Assembler, AssemblerLimits, Choice, Rebuilt};
pub use checksum::LANES_MAX;
pub use collector::{Collected, Collector, CollectorCounts};
pub use commitment::{COMMITTED_VERSION, Commitment, Committed, committed};
pub use encoder::{EncodeError, Encoder, ShreddedBlock};
pub use packet::Shred;
pub use reject::{AssemblerCounts, ShredReject};

use pelton_kernels::erasure::Code;

/// First byte of each packet: changes with the layout and with the code.
pub const VERSION: u8 = 0xd3;

/// Longest packet, in bytes.
pub const PACKET_BYTES_MAX: usize = 1200;

/// Bytes of a packet that are not payload.
pub const PACKET_BYTES_EXTRA: usize = packet::HEADER_BYTES + checksum::CHECKSUM_BYTES;

/// Longest payload, in bytes.
pub const SHARD_BYTES_MAX: usize = PACKET_BYTES_MAX - PACKET_BYTES_EXTRA;

/// Most data shreds of a set. More would survive losses more surely, and cost as much more for each byte.
pub const SET_DATA_MAX: usize = 64;

/// Most data shreds of a block.
pub const DATA_SHREDS_MAX: usize = 16_384;

/// Longest block, in bytes.
pub const BLOCK_BYTES_MAX: usize = DATA_SHREDS_MAX * SHARD_BYTES_MAX;

/// How a block of a given length is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Geometry {
    /// Sets, each with a code of its own.
    pub sets: usize,
    /// `k`, data shreds of each set, from 1 to [`SET_DATA_MAX`].
    pub data: usize,
    /// `m`, parity shreds of each set: half of `k` rounded up.
    pub parity: usize,
    /// Payload of every shred, in bytes: at most [`SHARD_BYTES_MAX`].
    pub shard_bytes: usize,
}

impl Geometry {
    /// Fewest sets that hold the block, filled evenly; so all sets together may have a few data shreds too many. None for
    /// a block that is empty or longer than [`BLOCK_BYTES_MAX`].
    #[must_use]
    pub fn of(block_bytes: usize) -> Option<Geometry> {
        if block_bytes == 0 || block_bytes > BLOCK_BYTES_MAX {
            return None;
        }
        let needed = block_bytes.div_ceil(SHARD_BYTES_MAX);
        let sets = needed.div_ceil(SET_DATA_MAX);
        let data = needed.div_ceil(sets);
        let shard_bytes = block_bytes.div_ceil(sets * data);
        Some(Geometry { sets, data, parity: data.div_ceil(2), shard_bytes })
    }

    /// Data shreds of all sets.
    #[must_use]
    pub fn data_shreds(&self) -> usize {
        self.sets * self.data
    }

    /// Parity shreds of all sets.
    #[must_use]
    pub fn parity_shreds(&self) -> usize {
        self.sets * self.parity
    }

    /// All shreds of all sets.
    #[must_use]
    pub fn shreds(&self) -> usize {
        self.sets * (self.data + self.parity)
    }

    /// Length of each packet.
    #[must_use]
    pub fn packet_bytes(&self) -> usize {
        PACKET_BYTES_EXTRA + self.shard_bytes
    }

    /// The code of each set.
    fn code(&self) -> Code {
        Code::new(self.data, self.parity).expect("a set has no more shreds than any code")
    }
}
