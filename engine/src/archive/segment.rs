//! A segment: one file of blocks, to which frames are appended and from which nothing is taken.
//!
//! ```text
//! head frame     "pelton blocks  1" ‖ genesis id [32] ‖ height of the first block u64
//!                ‖ hash of the frame before that block [32], of the first block of a chain its genesis id
//! block frames   records of `record.rs`, one height after the other, chained on from that hash
//! ```
//!
//! It gets its name, `blocks-` and the height in 20 digits, when its head is durable. What stands behind the last block
//! that the state knows was never told to anybody: it is passed over and written over.

use alloy_primitives::B256;

use crate::archive::record::{self, Record};
use crate::block::Header;
use crate::store::bytes::{Cursor, Malformed};
use crate::store::error::StoreError;
use crate::store::files::{File, Files, publish};
use crate::store::frame::{self, Chain, Frames, Kind, Next};
use crate::store::segment::{number_in, numbered};

const FORMAT: &[u8; 16] = b"pelton blocks  1";
const PREFIX: &str = "blocks-";
/// Its name before it is one.
pub(crate) const UNFINISHED: &str = "blocks.new";

/// Name of the segment that begins with the block of this height.
pub(crate) fn name(first: u64) -> String {
    numbered(PREFIX, first)
}

/// Height of the first block of the segment of this name; none if it names something else.
pub(crate) fn first_of(file: &str) -> Option<u64> {
    number_in(PREFIX, file)
}

/// Makes a segment, durable under its name. Gives the file, and where blocks begin.
pub(crate) fn create(
    files: &dyn Files,
    genesis: &B256,
    first: u64,
    chain: &Chain,
) -> Result<(Box<dyn File>, u64), StoreError> {
    let mut bytes = Vec::new();
    frame::put(&mut bytes, &mut Chain::default(), Kind::Head, |out| {
        out.extend_from_slice(FORMAT);
        out.extend_from_slice(genesis.as_slice());
        out.extend_from_slice(&first.to_be_bytes());
        out.extend_from_slice(chain);
    });
    publish(files, UNFINISHED, &name(first), &bytes)?;
    // Once more, so that its errors call it by its name.
    Ok((files.open(&name(first))?, bytes.len() as u64))
}

/// A segment that is read.
pub(crate) struct Reader {
    name: String,
    /// Height of the next block.
    pub next: u64,
    /// Stands before it.
    pub frames: Frames,
}

impl Reader {
    /// Opens the segment that begins with this height.
    pub(crate) fn open(file: Box<dyn File>, genesis: &B256, first: u64) -> Result<Reader, StoreError> {
        let name = name(first);
        let damaged = |what| StoreError::damaged(&name, 0, what);
        let mut frames = Frames::new(file, 0, Chain::default())?;
        let Next::Frame(Kind::Head, payload) = frames.next()? else {
            return Err(damaged("it has no head"));
        };
        let chain = read_head(&payload, genesis, first).map_err(|malformed| damaged(malformed.0))?;
        let at = frames.offset;
        let frames = Frames::new(frames.into_file(), at, chain)?;
        Ok(Reader { name, next: first, frames })
    }

    /// Opens it before the block of this height, which stands at this offset behind a frame with this hash.
    pub(crate) fn at(
        file: Box<dyn File>,
        first: u64,
        height: u64,
        offset: u64,
        before: Before,
    ) -> Result<Reader, StoreError> {
        let name = name(first);
        let chain = match before {
            Before::Known(chain) => chain,
            Before::Frame(at) => frame::hash_at(file.as_ref(), at)?,
        };
        Ok(Reader { frames: Frames::new(file, offset, chain)?, name, next: height })
    }

    /// The next block, which must be there.
    pub(crate) fn next(&mut self) -> Result<Record, StoreError> {
        self.read(record::decode, |record| record.header.height)
    }

    /// Its header and notes alone.
    pub(crate) fn next_head(&mut self) -> Result<(Header, Vec<u8>), StoreError> {
        self.read(record::decode_head, |(header, _)| header.height)
    }

    fn read<T>(
        &mut self,
        decode: impl Fn(&[u8]) -> Result<T, Malformed>,
        height: impl Fn(&T) -> u64,
    ) -> Result<T, StoreError> {
        let offset = self.frames.offset;
        let damaged = |what| StoreError::damaged(&self.name, offset, what);
        let Next::Frame(Kind::Block, payload) = self.frames.next()? else {
            return Err(damaged("a block cannot be read"));
        };
        let read = decode(&payload).map_err(|malformed| damaged(malformed.0))?;
        if height(&read) != self.next {
            return Err(damaged("a block has another height"));
        }
        self.next += 1;
        Ok(read)
    }

    /// That something about the segment is wrong.
    pub(crate) fn damaged(&self, what: &'static str) -> StoreError {
        StoreError::damaged(&self.name, self.frames.offset, what)
    }
}

/// The hash of the frame before another.
pub(crate) enum Before {
    /// This.
    Known(Chain),
    /// It is written in the head of the frame at this offset.
    Frame(u64),
}

fn read_head(payload: &[u8], genesis: &B256, first: u64) -> Result<Chain, Malformed> {
    let mut cursor = Cursor::new(payload);
    if cursor.array()? != *FORMAT {
        return Err(Malformed("it is no segment of blocks of this version"));
    }
    if cursor.array()? != genesis.0 {
        return Err(Malformed("it belongs to another chain"));
    }
    if cursor.u64()? != first {
        return Err(Malformed("it has the name of another"));
    }
    let chain = cursor.array()?;
    cursor.end()?;
    Ok(chain)
}
