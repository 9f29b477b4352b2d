//! From a block to its shreds.

use std::{error::Error, fmt};

use reed_solomon_simd::ReedSolomonEncoder;

use super::{
    BLOCK_BYTES_MAX, Geometry,
    packet::{Claim, Shred, seal},
};

/// Cuts blocks into shreds. Keeps its tables and working memory from block to block.
pub struct Encoder {
    key: [u8; 32],
    code: ReedSolomonEncoder,
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
    /// All `k + m` shreds in the order of their indices, so data first; all of one length.
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
        let code = ReedSolomonEncoder::new(1, 1, 2).expect("the smallest code there is");
        Encoder { key, code }
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
        let fits = "the code takes every geometry, and shards of its length";
        let mut shreds = Vec::with_capacity(geometry.shreds());
        self.code.reset(geometry.data, geometry.parity, geometry.shard_bytes).expect(fits);
        for (index, piece) in block.chunks(geometry.shard_bytes).enumerate() {
            shreds.push(seal(&self.key, claim, geometry, index, piece));
            self.code.add_original_shard(shreds[index].payload()).expect(fits);
        }
        let parity = self.code.encode().expect(fits);
        for (index, piece) in (geometry.data..).zip(parity.recovery_iter()) {
            shreds.push(seal(&self.key, claim, geometry, index, piece));
        }
        shreds
    }
}
