//! `Checkpointer`: makes checkpoints in small steps, and removes what they make needless.
//!
//! ```text
//!                                    the log is long enough
//!  Idle ──────────────────────────────────────────────────────────────> Gather    reads the log, newest value of each key
//!   ^                                                                      │
//!   └── Trim <── rename, sync the folder ── Write <────────────────────────┘
//!       removes segments, old checkpoints   merges with the old checkpoint into the new
//! ```
//!
//! Of the checkpoints the two newest stay, and the log above the older of them: where the newer cannot be read, nothing
//! is lost.

use std::sync::Arc;

use crate::store::Settings;
use crate::store::checkpoint::{self, Head, Reader, TIPS_MAX, Writer};
use crate::store::codes::Position;
use crate::store::error::StoreError;
use crate::store::files::Files;
use crate::store::log::{Log, LogReader};
use crate::store::merge::{Delta, Merge};
use crate::store::record::Record;

/// What a step has done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Nothing: the log is not long enough.
    Idle,
    /// A piece of a checkpoint, or of what comes after one.
    Worked,
    /// A checkpoint of this height is durable.
    Published(u64),
}

/// Makes checkpoints.
pub(crate) struct Checkpointer {
    files: Arc<dyn Files>,
    settings: Settings,
    /// Heights of those that can be used, rising.
    kept: Vec<u64>,
    /// Heights of those that cannot.
    spoilt: Vec<u64>,
    /// Length of the newest in bytes.
    length: u64,
    work: Option<Work>,
}

enum Work {
    Gather(Box<Gather>),
    Write(Box<Write>),
    /// Names of files to be removed, the next one last.
    Trim(Vec<String>),
}

/// The log is being read.
struct Gather {
    old: Reader,
    log: LogReader,
    /// The last block to be read.
    until: u64,
    /// What will be the head.
    head: Head,
    delta: Delta,
}

/// The new checkpoint is being written.
struct Write {
    merge: Merge,
    writer: Writer,
    height: u64,
}

impl Checkpointer {
    /// Goes on from the newest checkpoint that could be used, of this height and length.
    pub(crate) fn new(
        files: Arc<dyn Files>,
        settings: Settings,
        checkpoints: &[u64],
        (newest, length): (u64, u64),
    ) -> Checkpointer {
        let (kept, spoilt) = checkpoints.iter().partition(|height| **height <= newest);
        Checkpointer { files, settings, kept, spoilt, length, work: None }
    }

    fn newest(&self) -> u64 {
        *self.kept.last().expect("a store has a checkpoint")
    }

    /// Whether nothing is under way.
    pub(crate) fn is_idle(&self) -> bool {
        self.work.is_none()
    }

    /// Whether a new one is worth its bytes: the log has grown by half the length of the last one, within bounds.
    pub(crate) fn is_due(&self, log: &Log) -> bool {
        let Settings { segment_bytes, checkpoint_segments_min, checkpoint_segments_max, .. } = self.settings;
        let half = self.length / 2 / segment_bytes;
        let worth = half.clamp(checkpoint_segments_min, checkpoint_segments_max);
        log.segments_above(self.newest()) as u64 >= worth
    }

    /// Begins one that stands at the newest durable block, unless the last one does.
    pub(crate) fn begin(&mut self, log: &Log, codes: Position) -> Result<(), StoreError> {
        let newest = self.newest();
        if log.durable() > newest {
            let old = Reader::open(self.files.as_ref(), newest)?;
            let mut reader = log.reader(newest);
            reader.skip_to(newest, &old.head.log)?;
            let head = Head { codes, ..old.head.clone() };
            let gather = Gather { old, log: reader, until: log.durable(), head, delta: Delta::default() };
            self.work = Some(Work::Gather(Box::new(gather)));
        }
        Ok(())
    }

    /// Does a piece of the work.
    pub(crate) fn step(&mut self, log: &mut Log) -> Result<Step, StoreError> {
        match self.work.take() {
            None => Ok(Step::Idle),
            Some(Work::Gather(gather)) => self.gather(gather),
            Some(Work::Write(write)) => self.write(write, log),
            Some(Work::Trim(mut names)) => {
                if let Some(name) = names.pop() {
                    self.files.remove(&name)?;
                }
                self.work = (!names.is_empty()).then_some(Work::Trim(names));
                Ok(Step::Worked)
            }
        }
    }

    fn gather(&mut self, mut gather: Box<Gather>) -> Result<Step, StoreError> {
        let mut entries = 0;
        while entries < self.settings.step_entries && gather.head.tip().height < gather.until {
            let Some((Record { tip, notes, writes, .. }, chain)) = gather.log.next()? else {
                return Err(gather.log.damaged("a synced record cannot be read"));
            };
            entries += 1 + writes.len();
            gather.delta.add(writes);
            gather.head.tips.push(tip);
            gather.head.notes = notes;
            gather.head.log = chain;
        }
        if gather.head.tip().height < gather.until {
            self.work = Some(Work::Gather(gather));
            return Ok(Step::Worked);
        }
        let Gather { old, mut head, delta, until, .. } = *gather;
        head.tips.drain(..head.tips.len().saturating_sub(TIPS_MAX));
        let chunk_entries = self.settings.chunk_entries;
        let writer = Writer::create(self.files.as_ref(), &head, chunk_entries)?;
        let merge = Merge::new(old, delta, chunk_entries);
        self.work = Some(Work::Write(Box::new(Write { merge, writer, height: until })));
        Ok(Step::Worked)
    }

    fn write(&mut self, mut write: Box<Write>, log: &mut Log) -> Result<Step, StoreError> {
        let mut entries = 0;
        while entries < self.settings.step_entries {
            let Some(piece) = write.merge.next()? else {
                return self.publish(write.writer, write.height, log);
            };
            entries += piece.len();
            write.writer.push(piece);
        }
        write.writer.flush()?;
        self.work = Some(Work::Write(write));
        Ok(Step::Worked)
    }

    fn publish(&mut self, writer: Writer, height: u64, log: &mut Log) -> Result<Step, StoreError> {
        self.length = writer.publish(self.files.as_ref())?;
        self.spoilt.retain(|spoilt| *spoilt != height);
        self.kept.push(height);
        let obsolete = self.kept.drain(..self.kept.len().saturating_sub(2));
        let mut names: Vec<String> = obsolete.chain(self.spoilt.drain(..)).map(checkpoint::name).collect();
        names.extend(log.trim(self.kept[0]));
        self.work = Some(Work::Trim(names));
        Ok(Step::Published(height))
    }
}
