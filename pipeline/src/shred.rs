//! Blocks as erasure-coded packets: any `k` of the `k + m` shreds of a block rebuild it.
//!
//! ```text
//!             ┌ data 0 ─────┐                                     ┌ rebuilt, if its id is right
//!   block ──> │ …       k   │──> datagrams, in any order,  ──> Assembler
//!    Encoder  │ data k−1    │    some lost, some twice,           └ rejects, each counted by its reason
//!             ├ parity 0 ───┤    some forged
//!             │ …       m   │
//!             └ parity m−1 ─┘
//! ```
//!
//! # What it promises
//!
//! 1. The length of a block alone says how it is cut ([`Geometry`]), so no sender has a say in it. Half as
//!    many parity shreds as data shreds: a third of all packets may be lost.
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
//! | 45 | 2 | `k`, data shreds |
//! | 47 | 2 | `m`, parity shreds |
//! | 49 | 2 | index: data from 0, parity from `k` |
//! | 51 | shard length | payload; the last data shard ends in zeros |
//! | last 16 | 16 | first half of keyed BLAKE3 over all before |
//!
//! The code is Reed-Solomon over GF(2^16) as `reed-solomon-simd` has it: shards are of even length.
//!
//! Deliberately absent: sockets, peers, who sends which shred to whom, and proof that a shred belongs to its
//! block.

mod assembler;
mod encoder;
mod filed;
mod packet;
mod reject;

pub use assembler::{Assembler, AssemblerLimits, Choice, Rebuilt};
pub use encoder::{EncodeError, Encoder, ShreddedBlock};
pub use packet::Shred;
pub use reject::{AssemblerCounts, ShredReject};

/// First byte of each packet: changes with the layout and with the code.
pub const VERSION: u8 = 0xd1;

/// Longest packet, in bytes.
pub const PACKET_BYTES_MAX: usize = 1200;

/// Bytes of a packet that are not payload.
pub const PACKET_BYTES_EXTRA: usize = packet::HEADER_BYTES + packet::CHECKSUM_BYTES;

/// Longest payload, in bytes: even, as the code wants it.
pub const SHARD_BYTES_MAX: usize = (PACKET_BYTES_MAX - PACKET_BYTES_EXTRA) / 2 * 2;

/// Most data shreds of a block.
pub const DATA_SHREDS_MAX: usize = 16_384;

/// Longest block, in bytes.
pub const BLOCK_BYTES_MAX: usize = DATA_SHREDS_MAX * SHARD_BYTES_MAX;

/// How a block of a given length is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Geometry {
    /// `k`, from 1 to [`DATA_SHREDS_MAX`].
    pub data: usize,
    /// `m`, half of `k` rounded up.
    pub parity: usize,
    /// Payload of every shred, in bytes: even, at most [`SHARD_BYTES_MAX`].
    pub shard_bytes: usize,
}

impl Geometry {
    /// Fewest shreds that hold the block, filled evenly. None for a block that is empty or longer than
    /// [`BLOCK_BYTES_MAX`].
    #[must_use]
    pub fn of(block_bytes: usize) -> Option<Geometry> {
        if block_bytes == 0 || block_bytes > BLOCK_BYTES_MAX {
            return None;
        }
        let data = block_bytes.div_ceil(SHARD_BYTES_MAX);
        let shard_bytes = block_bytes.div_ceil(data).next_multiple_of(2);
        Some(Geometry { data, parity: data.div_ceil(2), shard_bytes })
    }

    /// `k + m`.
    #[must_use]
    pub fn shreds(&self) -> usize {
        self.data + self.parity
    }

    /// Length of each packet.
    #[must_use]
    pub fn packet_bytes(&self) -> usize {
        PACKET_BYTES_EXTRA + self.shard_bytes
    }
}
