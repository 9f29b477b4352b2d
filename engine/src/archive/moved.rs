//! `Moved`: a segment that is in an object store, and the mark that says so.
//!
//! ```text
//! file `moved-` and the height of the segment's first block in 20 digits
//! head frame   "pelton moved   1" ‖ genesis id [32] ‖ height of the first block u64
//!              ‖ hash of the frame before that block [32] ‖ hash of the segment's last frame [32] ‖ blocks u32
//!              ‖ length u64 ‖ length of a piece u32 ‖ of each piece, the last may be shorter: first half of its BLAKE3 [16]
//! ```
//!
//! The object holds the segment as it was, up to its last block. Its name begins with the chain's genesis and ends with a
//! hash of the pieces, so that nodes that share a store, and cut their segments elsewhere, never write over each other.
//! Where there is a mark, the object was read back and is the same; the segment's own file may still be there.

use std::ops::Range;
use std::sync::Arc;

use alloy_primitives::{B256, hex};

use crate::archive::remote::Remote;
use crate::archive::segment;
use crate::store::bytes::{Cursor, Malformed};
use crate::store::error::StoreError;
use crate::store::files::{File, FileError, Files, Operation, publish};
use crate::store::frame::{self, Chain, Frames, Kind, Next};
use crate::store::segment::{number_in, numbered};

const FORMAT: &[u8; 16] = b"pelton moved   1";
const PREFIX: &str = "moved-";
/// Its name before it is one.
pub(crate) const UNFINISHED: &str = "moved.new";
const DIGEST_BYTES: usize = 16;

/// The first half of a piece's BLAKE3.
pub(crate) type Digest = [u8; DIGEST_BYTES];

/// Name of the mark of the segment that begins with this height.
pub(crate) fn name(first: u64) -> String {
    numbered(PREFIX, first)
}

/// Height of the first block of the segment whose mark has this name; none if it names something else.
pub(crate) fn first_of(file: &str) -> Option<u64> {
    number_in(PREFIX, file)
}

pub(crate) fn digest(piece: &[u8]) -> Digest {
    *blake3::hash(piece).as_bytes().first_chunk().expect("a hash is longer than 16 bytes")
}

/// See the head of this file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Moved {
    /// Of the object.
    pub name: String,
    /// Height of the first block.
    pub first: u64,
    /// Hash of the frame before that.
    pub before: Chain,
    /// Hash of the last frame.
    pub end: Chain,
    pub blocks: u32,
    /// Of the object, in bytes.
    pub length: u64,
    pub piece_bytes: u32,
    pub pieces: Vec<Digest>,
}

impl Moved {
    /// What a segment of these bytes is when it is moved.
    pub(crate) fn of(
        genesis: &B256,
        (first, blocks): (u64, u32),
        (before, end): (Chain, Chain),
        bytes: &[u8],
        piece_bytes: u32,
    ) -> Moved {
        let pieces: Vec<Digest> = bytes.chunks(piece_bytes as usize).map(digest).collect();
        let (name, length) = (object(genesis, first, &pieces), bytes.len() as u64);
        Moved { name, first, before, end, blocks, length, piece_bytes, pieces }
    }

    /// Writes its mark, durably.
    pub(crate) fn mark(&self, files: &dyn Files, genesis: &B256) -> Result<(), StoreError> {
        let mut bytes = Vec::new();
        frame::put(&mut bytes, &mut Chain::default(), Kind::Head, |out| {
            out.extend_from_slice(FORMAT);
            out.extend_from_slice(genesis.as_slice());
            out.extend_from_slice(&self.first.to_be_bytes());
            out.extend_from_slice(&self.before);
            out.extend_from_slice(&self.end);
            out.extend_from_slice(&self.blocks.to_be_bytes());
            out.extend_from_slice(&self.length.to_be_bytes());
            out.extend_from_slice(&self.piece_bytes.to_be_bytes());
            out.extend_from_slice(self.pieces.as_flattened());
        });
        Ok(publish(files, UNFINISHED, &name(self.first), &bytes)?)
    }

    /// Reads the mark of the segment that begins with this height.
    pub(crate) fn read(files: &dyn Files, genesis: &B256, first: u64) -> Result<Moved, StoreError> {
        let name = name(first);
        let mut frames = Frames::new(files.open(&name)?, 0, Chain::default())?;
        let Next::Frame(Kind::Head, payload) = frames.next()? else {
            return Err(StoreError::damaged(&name, 0, "it has no head"));
        };
        decode(&payload, genesis, first).map_err(|malformed| StoreError::damaged(&name, 0, malformed.0))
    }

    /// The bytes of a piece.
    pub(crate) fn range(&self, piece: usize) -> Range<u64> {
        let begins = piece as u64 * u64::from(self.piece_bytes);
        begins..(begins + u64::from(self.piece_bytes)).min(self.length)
    }

    /// The pieces in which these bytes are; they must be of the object.
    pub(crate) fn pieces_of(&self, bytes: Range<u64>) -> Range<usize> {
        let length = u64::from(self.piece_bytes);
        let (first, end) = (bytes.start / length, bytes.end.div_ceil(length));
        first as usize..end as usize
    }
}

fn object(genesis: &B256, first: u64, pieces: &[Digest]) -> String {
    let all = digest(pieces.as_flattened());
    format!("{}/{}-{}", hex::encode(&genesis[..8]), segment::name(first), hex::encode(all))
}

fn decode(payload: &[u8], genesis: &B256, first: u64) -> Result<Moved, Malformed> {
    let mut cursor = Cursor::new(payload);
    if cursor.array()? != *FORMAT || cursor.array()? != genesis.0 || cursor.u64()? != first {
        return Err(Malformed("it is the mark of something else"));
    }
    let (before, end) = (cursor.array()?, cursor.array()?);
    let (blocks, length) = (cursor.array().map(u32::from_be_bytes)?, cursor.u64()?);
    let piece_bytes = cursor.array().map(u32::from_be_bytes)?;
    let count = cursor.left() / DIGEST_BYTES;
    if piece_bytes == 0 || length.div_ceil(piece_bytes.into()) != count as u64 {
        return Err(Malformed("its pieces are not as long as the segment"));
    }
    let pieces = (0..count).map(|_| cursor.array()).collect::<Result<Vec<Digest>, _>>()?;
    cursor.end()?;
    let name = object(genesis, first, &pieces);
    Ok(Moved { name, first, before, end, blocks, length, piece_bytes, pieces })
}

/// A segment in an object store, as a file that can be read.
pub(crate) struct MovedFile {
    pub remote: Arc<Remote>,
    pub moved: Arc<Moved>,
}

impl MovedFile {
    fn refuse(&self, operation: Operation) -> FileError {
        let error = std::io::Error::new(std::io::ErrorKind::ReadOnlyFilesystem, "it was moved");
        FileError::new(operation, &segment::name(self.moved.first), &error)
    }
}

impl File for MovedFile {
    fn length(&self) -> Result<u64, FileError> {
        Ok(self.moved.length)
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> Result<(), FileError> {
        let name = segment::name(self.moved.first);
        if offset.checked_add(into.len() as u64).is_none_or(|end| end > self.moved.length) {
            let error = std::io::Error::from(std::io::ErrorKind::UnexpectedEof);
            return Err(FileError::new(Operation::Read, &name, &error));
        }
        self.remote.read(&self.moved, offset, into).map_err(|error| error.of(Operation::Fetch, &name))
    }

    fn write_at(&mut self, _offset: u64, _bytes: &[u8]) -> Result<(), FileError> {
        Err(self.refuse(Operation::Write))
    }

    fn sync(&mut self) -> Result<(), FileError> {
        Err(self.refuse(Operation::Sync))
    }
}
