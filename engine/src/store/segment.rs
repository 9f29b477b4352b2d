//! A segment: one file of the log.
//!
//! ```text
//!    0  head frame: "pelton log     2" ‖ genesis id [32] ‖ height of the first record u64
//!                   ‖ hash of the frame before that record [32] ‖ length of this file u64
//!  512  mark: offset u64 ‖ BLAKE3(hash of the head frame ‖ offset) [32]
//! 1024  mark: the same; they are written in turns
//! 1536  seal: BLAKE3(hash of the head frame ‖ "sealed") [32]
//! 2048  records, then zeros up to the length
//! ```
//!
//! A segment gets its name, `log-` and the height in 20 digits, when its head and all its zeros are durable. So whatever
//! is wrong with them later is damage. Records of one segment are durable before the next one gets its name.
//!
//! A mark says: what stands below this offset was synced. It is written when a sync has returned, and is not waited for: the
//! next sync makes it durable, or the kernel does within seconds. Where reading stops below a mark, a record that was
//! acknowledged is gone; where it stops above, it has met the torn end of what was being written when the power went. A seal
//! says that another segment follows; it is durable before that one takes its first record.

use alloy_primitives::B256;

use crate::store::bytes::{Cursor, Malformed};
use crate::store::error::StoreError;
use crate::store::files::{File, Files};
use crate::store::frame::{self, Chain, Frames, Kind, Next};

const FORMAT: &[u8; 16] = b"pelton log     2";
const PREFIX: &str = "log-";
/// Its name before it is one.
pub(crate) const UNFINISHED: &str = "log.new";
/// Where records begin.
pub(crate) const RECORDS_AT: u64 = 2048;
const MARKS_AT: [u64; 2] = [512, 1024];
const MARK_BYTES: usize = 40;
const SEAL_AT: u64 = 1536;

/// Name of the segment whose first record has this height.
pub(crate) fn name(first: u64) -> String {
    numbered(PREFIX, first)
}

/// Height of the first record of the segment of this name; none if it names something else.
pub(crate) fn first_of(file: &str) -> Option<u64> {
    number_in(PREFIX, file)
}

/// A prefix and twenty digits, so that names sort by number.
pub(crate) fn numbered(prefix: &str, number: u64) -> String {
    format!("{prefix}{number:020}")
}

/// The number in a name made by [`numbered`].
pub(crate) fn number_in(prefix: &str, file: &str) -> Option<u64> {
    let number = file.strip_prefix(prefix)?.parse().ok()?;
    (numbered(prefix, number) == file).then_some(number)
}

/// What the head says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    /// Id of genesis: which chain it belongs to.
    pub genesis: B256,
    /// Height of the first record.
    pub first: u64,
    /// Hash of the frame before it.
    pub chain: Chain,
    /// Length of the file.
    pub length: u64,
}

impl Head {
    /// Its frame, and the hash of that.
    fn encode(&self) -> (Vec<u8>, Chain) {
        let (mut bytes, mut identity) = (Vec::new(), Chain::default());
        frame::put(&mut bytes, &mut identity, Kind::Head, |out| {
            out.extend_from_slice(FORMAT);
            out.extend_from_slice(self.genesis.as_slice());
            out.extend_from_slice(&self.first.to_be_bytes());
            out.extend_from_slice(&self.chain);
            out.extend_from_slice(&self.length.to_be_bytes());
        });
        (bytes, identity)
    }

    fn decode(payload: &[u8]) -> Result<Head, Malformed> {
        let mut cursor = Cursor::new(payload);
        if cursor.array()? != *FORMAT {
            return Err(Malformed("it is no log of this version"));
        }
        let head = Head {
            genesis: cursor.array()?.into(),
            first: cursor.u64()?,
            chain: cursor.array()?,
            length: cursor.u64()?,
        };
        cursor.end()?;
        Ok(head)
    }
}

/// The bytes of a mark at this offset, in the segment whose head frame has this hash.
fn mark(identity: &Chain, end: u64) -> [u8; MARK_BYTES] {
    let mut bytes = [0; MARK_BYTES];
    bytes[..8].copy_from_slice(&end.to_be_bytes());
    let hash = blake3::Hasher::new().update(identity).update(&bytes[..8]).finalize();
    bytes[8..].copy_from_slice(hash.as_bytes());
    bytes
}

/// The offset of the newest mark, where records begin if there is none; and which of the marks the next one is to replace.
fn newest_mark(file: &dyn File, identity: &Chain) -> Result<(u64, usize), StoreError> {
    let mut newest = (RECORDS_AT, 0);
    for (turn, at) in MARKS_AT.into_iter().enumerate() {
        let mut bytes = [0; MARK_BYTES];
        file.read_at(at, &mut bytes)?;
        let end = u64::from_be_bytes(*bytes.first_chunk().expect("a mark is longer than eight bytes"));
        if mark(identity, end) == bytes && end > newest.0 {
            newest = (end, 1 - turn);
        }
    }
    Ok(newest)
}

/// The bytes of the seal.
fn seal(identity: &Chain) -> Chain {
    *blake3::Hasher::new().update(identity).update(b"sealed").finalize().as_bytes()
}

/// Seals the segment that begins with this height.
pub(crate) fn close(files: &dyn Files, genesis: B256, first: u64) -> Result<(), StoreError> {
    let Opened { identity, .. } = open(files, genesis, first)?;
    let mut file = files.open(&name(first))?;
    file.write_at(SEAL_AT, &seal(&identity))?;
    file.sync()?;
    Ok(())
}

/// Makes the records up to this offset durable, in the segment that begins with this height, and marks that they are: the
/// process that wrote them may have left them in memory only.
pub(crate) fn settle(files: &dyn Files, genesis: B256, first: u64, end: u64) -> Result<(), StoreError> {
    let Opened { identity, marked, turn, .. } = open(files, genesis, first)?;
    if marked < end {
        let mut file = files.open(&name(first))?;
        file.rewrite(marked, end)?;
        file.write_at(MARKS_AT[turn], &mark(&identity, end))?;
    }
    Ok(())
}

/// A segment that records are added to.
pub(crate) struct Segment {
    file: Box<dyn File>,
    identity: Chain,
    length: u64,
    /// Behind the last record.
    end: u64,
    /// Which of the marks is written next. The other one is durable.
    turn: usize,
    /// The newest mark is not synced.
    is_marked_only: bool,
}

impl Segment {
    /// Makes a segment, durable under its name. An empty one of that name is replaced.
    pub(crate) fn create(files: &dyn Files, head: &Head) -> Result<Segment, StoreError> {
        let (bytes, identity) = head.encode();
        let mut file = files.create(UNFINISHED)?;
        file.preallocate(head.length)?;
        file.write_at(0, &bytes)?;
        file.sync()?;
        let name = name(head.first);
        files.rename(UNFINISHED, &name)?;
        files.sync_directory()?;
        // Once more, so that its errors call it by its name.
        let file = files.open(&name)?;
        Ok(Segment { file, identity, length: head.length, end: RECORDS_AT, turn: 0, is_marked_only: false })
    }

    /// Bytes of records that it still takes.
    pub(crate) fn room(&self) -> u64 {
        self.length - self.end
    }

    /// Adds frames, makes them durable, and marks that they are.
    pub(crate) fn append(&mut self, frames: &[u8]) -> Result<(), StoreError> {
        self.file.write_at(self.end, frames)?;
        self.file.sync()?;
        self.end += frames.len() as u64;
        self.file.write_at(MARKS_AT[self.turn], &mark(&self.identity, self.end))?;
        self.turn = 1 - self.turn;
        self.is_marked_only = true;
        Ok(())
    }

    /// Makes the newest mark durable, if it is not known to be.
    pub(crate) fn vouch(&mut self) -> Result<(), StoreError> {
        if self.is_marked_only {
            self.file.sync()?;
            self.is_marked_only = false;
        }
        Ok(())
    }
}

/// A segment to be read.
pub(crate) struct Opened {
    /// What its head says.
    pub head: Head,
    /// Hash of its head frame.
    identity: Chain,
    /// The offset of its newest mark.
    pub marked: u64,
    /// Which of the marks the next one is to replace.
    turn: usize,
    /// Whether another segment follows.
    pub is_sealed: bool,
    /// Stands before the first record.
    pub frames: Frames,
}

/// Opens the segment that begins with this height.
pub(crate) fn open(files: &dyn Files, genesis: B256, first: u64) -> Result<Opened, StoreError> {
    let name = name(first);
    let damaged = |what| StoreError::damaged(&name, 0, what);
    let mut frames = Frames::new(files.open(&name)?, 0, Chain::default())?;
    let Next::Frame(Kind::Head, payload) = frames.next()? else {
        return Err(damaged("it has no head"));
    };
    let head = Head::decode(&payload).map_err(|malformed| damaged(malformed.0))?;
    let identity = frames.chain;
    let file = frames.into_file();
    if head.genesis != genesis {
        return Err(damaged("it belongs to another chain"));
    }
    if head.first != first {
        return Err(damaged("it has the name of another"));
    }
    if file.length()? != head.length || head.length < RECORDS_AT {
        return Err(damaged("it has lost its end"));
    }
    let (marked, turn) = newest_mark(file.as_ref(), &identity)?;
    let mut sealed = Chain::default();
    file.read_at(SEAL_AT, &mut sealed)?;
    let is_sealed = sealed == seal(&identity);
    let frames = Frames::new(file, RECORDS_AT, head.chain)?;
    Ok(Opened { head, identity, marked, turn, is_sealed, frames })
}
