//! A checkpoint: the whole state after one block, in one file.
//!
//! ```text
//! head frame    "pelton state   2" ‖ genesis id [32] ‖ hash of the block's log frame [32]
//!               ‖ place in `codes`: offset u64, hash [32]
//!               ‖ height of the first tip u64 ‖ count varint ‖ tips, the last of which is the block:
//!                 block id [32] ‖ gas used varint ‖ root: 0, or 1 ‖ [32]
//!               ‖ count varint ‖ notes of the block
//! chunk frames  write sets of `record.rs`: all accounts in order of address, then all slots, so many in each
//! end frame     accounts u64 ‖ slots u64
//! ```
//!
//! Its bytes follow from what it holds, not from how it came about: a state that was merged and one that was written at
//! once give the same file. It is written under another name and gets its own, `checkpoint-` and the height in 20 digits,
//! when all of it is durable.

use alloy_primitives::B256;

use crate::store::bytes::{Cursor, Malformed, put_bytes, put_varint};
use crate::store::codes::Position;
use crate::store::error::StoreError;
use crate::store::files::{File, Files};
use crate::store::frame::{self, Chain, Frames, Kind, Next};
use crate::store::record::{self, Tip};
use crate::store::segment::{number_in, numbered};
use crate::writes::WriteSet;

const FORMAT: &[u8; 16] = b"pelton state   2";
const PREFIX: &str = "checkpoint-";
/// Its name before it is one.
pub(crate) const UNFINISHED: &str = "checkpoint.new";
/// Tips that it holds at most: more than a header looks back.
pub(crate) const TIPS_MAX: usize = 64;

/// Name of the checkpoint after the block of this height.
pub(crate) fn name(height: u64) -> String {
    numbered(PREFIX, height)
}

/// Height of the checkpoint of this name; none if it names something else.
pub(crate) fn height_of(file: &str) -> Option<u64> {
    number_in(PREFIX, file)
}

/// What its head says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    /// Id of genesis.
    pub genesis: B256,
    /// Hash of the block's frame in the log.
    pub log: Chain,
    /// The codes that its accounts may have lie before this.
    pub codes: Position,
    /// The newest blocks, rising; the last is the one that it stands at.
    pub tips: Vec<Tip>,
    /// What whoever goes on from that block must know besides.
    pub notes: Vec<u8>,
}

impl Head {
    /// The block that it stands at.
    pub(crate) fn tip(&self) -> Tip {
        *self.tips.last().expect("a checkpoint stands at a block")
    }

    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(FORMAT);
        out.extend_from_slice(self.genesis.as_slice());
        out.extend_from_slice(&self.log);
        out.extend_from_slice(&self.codes.end.to_be_bytes());
        out.extend_from_slice(&self.codes.chain);
        out.extend_from_slice(&self.tips[0].height.to_be_bytes());
        put_varint(out, self.tips.len() as u64);
        for tip in &self.tips {
            out.extend_from_slice(tip.id.as_slice());
            record::encode_outcome(out, tip);
        }
        put_bytes(out, &self.notes);
    }

    fn decode(payload: &[u8]) -> Result<Head, Malformed> {
        let mut cursor = Cursor::new(payload);
        if cursor.array()? != *FORMAT {
            return Err(Malformed("it is no checkpoint of this version"));
        }
        let (genesis, log) = (cursor.array()?.into(), cursor.array()?);
        let codes = Position { end: cursor.u64()?, chain: cursor.array()? };
        let first = cursor.u64()?;
        let mut tips = Vec::new();
        for at in 0..cursor.count(34)? as u64 {
            let id = cursor.array()?.into();
            let (gas_used, root) = record::decode_outcome(&mut cursor)?;
            let height = first.checked_add(at).ok_or(Malformed("a height beyond 64 bits"))?;
            tips.push(Tip { height, id, gas_used, root });
        }
        let notes = cursor.bytes()?.to_vec();
        cursor.end()?;
        if tips.is_empty() {
            return Err(Malformed("it stands at no block"));
        }
        Ok(Head { genesis, log, codes, tips, notes })
    }
}

/// A checkpoint that is being written.
pub(crate) struct Writer {
    file: Box<dyn File>,
    height: u64,
    chunk_entries: usize,
    /// Entries of the next chunk.
    chunk: WriteSet,
    /// Frames that are not written yet.
    pending: Vec<u8>,
    chain: Chain,
    written: u64,
    accounts: u64,
    slots: u64,
}

impl Writer {
    /// Begins one with so many entries in each chunk.
    pub(crate) fn create(files: &dyn Files, head: &Head, chunk_entries: usize) -> Result<Writer, StoreError> {
        let (mut pending, mut chain) = (Vec::new(), Chain::default());
        frame::put(&mut pending, &mut chain, Kind::Head, |out| head.encode(out));
        Ok(Writer {
            file: files.create(UNFINISHED)?,
            height: head.tip().height,
            chunk_entries,
            chunk: WriteSet::default(),
            pending,
            chain,
            written: 0,
            accounts: 0,
            slots: 0,
        })
    }

    /// Adds a piece of the state; pieces come in order, accounts before slots.
    pub(crate) fn push(&mut self, piece: WriteSet) {
        for (address, account) in piece.accounts {
            self.chunk.accounts.push((address, account));
            self.accounts += 1;
            self.cut(self.chunk_entries);
        }
        if !piece.slots.is_empty() && !self.chunk.accounts.is_empty() {
            self.cut(1);
        }
        for entry in piece.slots {
            self.chunk.slots.push(entry);
            self.slots += 1;
            self.cut(self.chunk_entries);
        }
    }

    /// Makes a frame of the chunk if it has so many entries.
    fn cut(&mut self, entries: usize) {
        if self.chunk.len() >= entries {
            frame::put(&mut self.pending, &mut self.chain, Kind::Chunk, |out| {
                record::encode_writes(out, &self.chunk);
            });
            self.chunk.accounts.clear();
            self.chunk.slots.clear();
        }
    }

    /// Writes and syncs what was added. Often: a sync of the log waits for all that is written elsewhere.
    pub(crate) fn flush(&mut self) -> Result<(), StoreError> {
        if !self.pending.is_empty() {
            self.file.write_at(self.written, &self.pending)?;
            self.file.sync()?;
            self.written += self.pending.len() as u64;
            self.pending.clear();
        }
        Ok(())
    }

    /// Ends it and gives it its name, durably. Gives its length in bytes.
    pub(crate) fn publish(mut self, files: &dyn Files) -> Result<u64, StoreError> {
        self.cut(1);
        let counts = [self.accounts.to_be_bytes(), self.slots.to_be_bytes()].concat();
        frame::put(&mut self.pending, &mut self.chain, Kind::End, |out| out.extend_from_slice(&counts));
        self.flush()?;
        files.rename(UNFINISHED, &name(self.height))?;
        files.sync_directory()?;
        Ok(self.written)
    }
}

/// A checkpoint that is being read.
pub(crate) struct Reader {
    name: String,
    frames: Frames,
    /// What its head says.
    pub head: Head,
    accounts: u64,
    slots: u64,
}

impl Reader {
    /// Opens the checkpoint of this height.
    pub(crate) fn open(files: &dyn Files, height: u64) -> Result<Reader, StoreError> {
        let name = name(height);
        let damaged = |what| StoreError::damaged(&name, 0, what);
        let mut frames = Frames::new(files.open(&name)?, 0, Chain::default())?;
        let Next::Frame(Kind::Head, payload) = frames.next()? else {
            return Err(damaged("it has no head"));
        };
        let head = Head::decode(&payload).map_err(|malformed| damaged(malformed.0))?;
        if head.tip().height != height {
            return Err(damaged("it has the name of another"));
        }
        Ok(Reader { name, frames, head, accounts: 0, slots: 0 })
    }

    /// Its length in bytes.
    pub(crate) fn length(&self) -> u64 {
        self.frames.length()
    }

    /// The next chunk: accounts, or slots once those are over. None behind the last, if all of it was good.
    pub(crate) fn next(&mut self) -> Result<Option<WriteSet>, StoreError> {
        let offset = self.frames.offset;
        let damaged = |what| StoreError::damaged(&self.name, offset, what);
        match self.frames.next()? {
            Next::Frame(Kind::Chunk, payload) => {
                let (chunk, _) = record::decode_writes(&payload).map_err(|malformed| damaged(malformed.0))?;
                self.accounts += chunk.accounts.len() as u64;
                self.slots += chunk.slots.len() as u64;
                Ok(Some(chunk))
            }
            Next::Frame(Kind::End, payload) => {
                let counts = [self.accounts.to_be_bytes(), self.slots.to_be_bytes()].concat();
                let is_whole = payload == counts && self.frames.offset == self.frames.length();
                if is_whole { Ok(None) } else { Err(damaged("its end does not fit the rest")) }
            }
            Next::Frame(..) => Err(damaged("it is no piece of the state")),
            Next::End | Next::Broken => Err(damaged("a piece cannot be read")),
        }
    }
}
