//! From a block to its shreds.

use std::{error::Error, fmt};

use pelton_kernels::erasure::{Arithmetic, Code, Combination};

use super::{
    BLOCK_BYTES_MAX, Geometry,
    checksum::{Checksums, LANES_MAX},
    packet::{Claim, HEADER_BYTES, Shred, seal, unsealed},
};

/// Cuts blocks into shreds. Keeps its tables and working memory from block to block.
pub struct Encoder {
    checksums: Checksums,
    arithmetic: Arithmetic,
    /// For the code that was last used.
    code: Option<(Code, Combination)>,
}

/// All shreds of one block, to be sent, and kept for those who ask again.
#[derive(Clone, Debug)]
pub struct ShreddedBlock {
    /// Id of the block.
    pub id: [u8; 32],
    /// Height of the block.
    pub height: u64,
    shreds: Vec<Shred>,
}

impl ShreddedBlock {
    /// All shreds in the order of their indices, so data first; all of one length.
    #[must_use]
    pub fn shreds(&self) -> &[Shred] {
        &self.shreds
    }

    /// The shred with this index, if the block has one.
    #[must_use]
    pub fn shred(&self, index: u16) -> Option<&Shred> {
        self.shreds.get(usize::from(index))
    }
}

/// A block that cannot be cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EncodeError {
    /// It has no bytes.
    Empty,
    /// It has more than [`BLOCK_BYTES_MAX`] bytes.
    TooLong {
        /// Length of the block, in bytes.
        bytes: usize,
    },
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            EncodeError::Empty => f.write_str("an empty block has no shreds"),
            EncodeError::TooLong { bytes } => {
                write!(f, "a block of {bytes} bytes does not fit into shreds, which hold {BLOCK_BYTES_MAX}")
            }
        }
    }
}

impl Error for EncodeError {}

impl Encoder {
    /// An encoder for all who share this checksum key.
    #[must_use]
    pub fn new(key: [u8; 32]) -> Encoder {
        Encoder { checksums: Checksums::new(key), arithmetic: Arithmetic::best(), code: None }
    }

    /// Cuts the block `id` at `height` into shreds.
    ///
    /// # Errors
    ///
    /// [`EncodeError`] if its length is not between 1 and [`BLOCK_BYTES_MAX`].
    pub fn encode(&mut self, id: [u8; 32], height: u64, block: &[u8]) -> Result<ShreddedBlock, EncodeError> {
        if block.is_empty() {
            return Err(EncodeError::Empty);
        }
        let geometry = Geometry::of(block.len()).ok_or(EncodeError::TooLong { bytes: block.len() })?;
        let block_bytes = u32::try_from(block.len()).expect("the longest block is shorter than 2^32 bytes");
        let claim = Claim { id, height, block_bytes };
        Ok(ShreddedBlock { id, height, shreds: self.cut(&claim, &geometry, block) })
    }

    fn cut(&mut self, claim: &Claim, geometry: &Geometry, block: &[u8]) -> Vec<Shred> {
        let mut packets: Vec<_> =
            (0..geometry.shreds()).map(|index| unsealed(claim, geometry, index)).collect();
        for (packet, piece) in packets.iter_mut().zip(block.chunks(geometry.shard_bytes)) {
            packet[HEADER_BYTES..][..piece.len()].copy_from_slice(piece);
        }
        let (data, parity) = packets.split_at_mut(geometry.data_shreds());
        let encoder = self.encoder(geometry.code());
        for set in 0..geometry.sets {
            let data = data.iter().skip(set).step_by(geometry.sets);
            let data: Vec<_> = data.map(|packet| &packet[HEADER_BYTES..]).collect();
            let parity = parity.iter_mut().skip(set).step_by(geometry.sets);
            let mut parity: Vec<_> = parity.map(|packet| &mut packet[HEADER_BYTES..]).collect();
            encoder.apply(&data, &mut parity).expect("all shards of a set, equally long");
        }
        self.sealed(packets)
    }

    fn sealed(&self, packets: Vec<Vec<u8>>) -> Vec<Shred> {
        let mut checksums = Vec::with_capacity(packets.len());
        for packets in packets.chunks(LANES_MAX) {
            let mut lanes: [&[u8]; LANES_MAX] = Default::default();
            lanes.iter_mut().zip(packets).for_each(|(lane, packet)| *lane = packet);
            checksums.extend_from_slice(&self.checksums.many(&lanes[..packets.len()])[..packets.len()]);
        }
        packets.into_iter().zip(&checksums).map(|(packet, checksum)| seal(packet, checksum)).collect()
    }

    fn encoder(&mut self, code: Code) -> &mut Combination {
        let kept = self.code.take().filter(|(kept, _)| *kept == code);
        let (_, encoder) = self.code.insert(kept.unwrap_or_else(|| (code, code.encoder(self.arithmetic))));
        encoder
    }
}
