//! `Log`: blocks are appended, many at once are made durable by one sync.
//!
//! ```text
//! push ──> bytes in memory ──sync──> segment: write, fdatasync, mark ──> durable height
//!                             └── no room: new segment: zeros, head, fdatasync, rename, folder sync
//! ```

use std::cmp::Ordering;
use std::collections::VecDeque;
use std::sync::Arc;

use alloy_primitives::B256;

use crate::store::error::StoreError;
use crate::store::files::Files;
use crate::store::frame::{self, Chain, Frames, Kind, Next};
use crate::store::record::{self, Record, Tip};
use crate::store::segment::{self, Head, Segment};
use crate::writes::WriteSet;

/// The end of the log, where records are added.
pub(crate) struct Log {
    files: Arc<dyn Files>,
    genesis: B256,
    segment_bytes: u64,
    /// Where the next records go; none after a start, so that no two processes ever write to one segment.
    segment: Option<Segment>,
    /// Heights of the first records of all segments, rising.
    firsts: Vec<u64>,
    /// Frames that are not written yet.
    pending: Vec<u8>,
    /// Hash before the first of them.
    chain_durable: Chain,
    /// Hash of the last frame.
    chain: Chain,
    /// Height up to which all is durable.
    durable: u64,
    /// Height of the last record.
    pushed: u64,
}

impl Log {
    /// Goes on behind the record of this height, the frame of which has this hash.
    pub(crate) fn new(
        files: Arc<dyn Files>,
        genesis: B256,
        segment_bytes: u64,
        firsts: Vec<u64>,
        height: u64,
        chain: Chain,
    ) -> Log {
        Log {
            files,
            genesis,
            segment_bytes,
            segment: None,
            firsts,
            pending: Vec::new(),
            chain_durable: chain,
            chain,
            durable: height,
            pushed: height,
        }
    }

    /// Adds a block.
    pub(crate) fn push(&mut self, tip: &Tip, parent: &B256, notes: &[u8], writes: &WriteSet) {
        frame::put(&mut self.pending, &mut self.chain, Kind::Record, |out| {
            record::encode(out, tip, parent, notes, writes);
        });
        self.pushed = tip.height;
    }

    /// Height up to which all is durable.
    pub(crate) fn durable(&self) -> u64 {
        self.durable
    }

    /// Bytes that a sync would write.
    pub(crate) fn pending_bytes(&self) -> usize {
        self.pending.len()
    }

    /// Makes everything pushed durable; with nothing pushed, the mark that vouches for what was synced last.
    pub(crate) fn sync(&mut self) -> Result<u64, StoreError> {
        if self.pending.is_empty() {
            if let Some(segment) = &mut self.segment {
                segment.vouch()?;
            }
            return Ok(self.durable);
        }
        let needed = self.pending.len() as u64;
        let segment = match self.segment.take() {
            Some(segment) if segment.room() >= needed => self.segment.insert(segment),
            _ => {
                let segment = self.next_segment(needed)?;
                self.segment.insert(segment)
            }
        };
        segment.append(&self.pending)?;
        self.pending.clear();
        self.durable = self.pushed;
        self.chain_durable = self.chain;
        Ok(self.durable)
    }

    fn next_segment(&mut self, needed: u64) -> Result<Segment, StoreError> {
        let head = Head {
            genesis: self.genesis,
            first: self.durable + 1,
            chain: self.chain_durable,
            length: self.segment_bytes.max(segment::RECORDS_AT + needed),
        };
        let segment = Segment::create(self.files.as_ref(), &head)?;
        // A segment that held no good record is replaced by this one.
        self.firsts.retain(|first| *first < head.first);
        if let Some(before) = self.firsts.last() {
            segment::close(self.files.as_ref(), self.genesis, *before)?;
        }
        self.firsts.push(head.first);
        Ok(segment)
    }

    /// Segments that begin above this height.
    pub(crate) fn segments_above(&self, height: u64) -> usize {
        self.firsts.iter().filter(|first| **first > height).count()
    }

    /// Forgets the segments that hold nothing above this height, and gives their names.
    pub(crate) fn trim(&mut self, height: u64) -> Vec<String> {
        let obsolete = self.firsts.iter().skip(1).take_while(|next| **next <= height + 1).count();
        self.firsts.drain(..obsolete).map(segment::name).collect()
    }

    /// Reads the records above this height.
    pub(crate) fn reader(&self, height: u64) -> LogReader {
        LogReader::new(self.files.clone(), self.genesis, &self.firsts, height)
    }
}

/// Reads records in order, over all segments.
pub(crate) struct LogReader {
    files: Arc<dyn Files>,
    genesis: B256,
    /// Segments that are not open yet.
    ahead: VecDeque<u64>,
    open: Option<Open>,
}

struct Open {
    name: String,
    /// Height of its first record.
    first: u64,
    /// Offset up to which it is known to have been synced.
    marked: u64,
    /// Whether another segment follows.
    is_sealed: bool,
    frames: Frames,
    /// Height of the next record.
    next: u64,
}

/// Where the log ends.
#[derive(Debug)]
pub(crate) struct Tail {
    /// Height of the first record of the last segment.
    pub first: u64,
    /// Offset behind its last good record.
    pub end: u64,
}

impl LogReader {
    /// Reads from the segment that holds the record above this height, if there is one, among those that begin so.
    pub(crate) fn new(files: Arc<dyn Files>, genesis: B256, firsts: &[u64], height: u64) -> LogReader {
        let needless = firsts.iter().skip(1).take_while(|next| **next <= height + 1).count();
        LogReader { files, genesis, ahead: firsts[needless..].iter().copied().collect(), open: None }
    }

    /// The next record, and the hash of its frame. None at the end, which is no fault if nothing is missing.
    pub(crate) fn next(&mut self) -> Result<Option<(Record, Chain)>, StoreError> {
        loop {
            let Some(open) = &mut self.open else {
                if !self.advance()? {
                    return Ok(None);
                }
                continue;
            };
            let offset = open.frames.offset;
            match open.frames.next()? {
                Next::Frame(Kind::Record, payload) => return open.record(&payload).map(Some),
                Next::Frame(..) => return Err(StoreError::damaged(&open.name, offset, "it is no record")),
                Next::End | Next::Broken if self.ahead.is_empty() => return self.at_end().map(|()| None),
                Next::End | Next::Broken => drop(self.advance()?),
            }
        }
    }

    /// Opens the next segment, which must go on where this one ends; gives whether there is one.
    fn advance(&mut self) -> Result<bool, StoreError> {
        let Some(first) = self.ahead.pop_front() else { return Ok(false) };
        if let Some(open) = self.open.as_ref().filter(|open| open.next != first) {
            return Err(StoreError::damaged(&open.name, open.frames.offset, "records are missing"));
        }
        let segment::Opened { head, marked, is_sealed, frames, .. } =
            segment::open(self.files.as_ref(), self.genesis, first)?;
        let name = segment::name(first);
        if self.open.as_ref().is_some_and(|open| open.frames.chain != head.chain) {
            return Err(StoreError::damaged(&name, 0, "it does not go on from the segment before"));
        }
        self.open = Some(Open { name, first, marked, is_sealed, frames, next: first });
        Ok(true)
    }

    /// Whether the log may end here.
    fn at_end(&self) -> Result<(), StoreError> {
        let open = self.open.as_ref().expect("the end of a segment is seen in an open one");
        if open.marked > open.frames.offset {
            return Err(StoreError::damaged(
                &open.name,
                open.frames.offset,
                "a synced record cannot be read",
            ));
        }
        if open.is_sealed {
            return Err(StoreError::damaged(&open.name, open.frames.offset, "the segment after it is gone"));
        }
        Ok(())
    }

    /// Goes on to the record above this height, the frame of which must have this hash.
    pub(crate) fn skip_to(&mut self, height: u64, chain: &Chain) -> Result<(), StoreError> {
        loop {
            if self.open.is_none() && !self.advance()? {
                // Before the first block there is no segment.
                let gone = || StoreError::damaged(&segment::name(height), 0, "the log is gone");
                return if height == 0 { Ok(()) } else { Err(gone()) };
            }
            let Some(open) = &self.open else { continue };
            let damaged = |what| StoreError::damaged(&open.name, open.frames.offset, what);
            match open.next.cmp(&(height + 1)) {
                Ordering::Less => {}
                Ordering::Equal if open.frames.chain == *chain => return Ok(()),
                Ordering::Equal => return Err(damaged("it does not lead to the checkpoint")),
                Ordering::Greater => return Err(damaged("records before it are missing")),
            }
            if self.next()?.is_none() {
                return Err(StoreError::damaged(
                    &segment::name(height),
                    0,
                    "records below the checkpoint are missing",
                ));
            }
        }
    }

    /// That what was just read is wrong.
    pub(crate) fn damaged(&self, what: &'static str) -> StoreError {
        let (name, offset) =
            self.open.as_ref().map_or(("", 0), |open| (open.name.as_str(), open.frames.offset));
        StoreError::damaged(name, offset, what)
    }

    /// Where the log ends, once all was read.
    pub(crate) fn into_tail(self) -> Option<Tail> {
        let open = self.open?;
        Some(Tail { first: open.first, end: open.frames.offset })
    }
}

impl Open {
    fn record(&mut self, payload: &[u8]) -> Result<(Record, Chain), StoreError> {
        let damaged = |what| StoreError::damaged(&self.name, self.frames.offset, what);
        let record = record::decode(payload).map_err(|malformed| damaged(malformed.0))?;
        if record.tip.height != self.next {
            return Err(damaged("a record has another height"));
        }
        self.next += 1;
        Ok((record, self.frames.chain))
    }
}
