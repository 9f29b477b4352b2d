//! `StateStore`: the state on disk, as a log of changes and a checkpoint now and then.
//!
//! ```text
//!             push            sync                          checkpoint_step
//! executed ────────> memory ────────> log ─┬─ new checkpoint <── merge ──┐
//!  blocks                                  │                             │ old checkpoint
//!                                          └──────── changes ────────────┘
//! restart: newest checkpoint + log ──recover──> State, Trie, last block
//! ```
//!
//! # What it promises
//!
//! 1. A block is durable when [`StateStore::sync`] has given a height that is not below its own. After that no power cut and
//!    no death of the process loses it.
//! 2. What is recovered is the state after some block that was pushed, whole: at the last durable height or above it.
//!    Where that cannot be had there is an error, never another state.
//! 3. Blocks that were synced together cost one sync.
//! 4. A checkpoint is made in small steps, from files only; blocks go on meanwhile. See `store/merge.rs`.
//! 5. After an error nothing more is taken. Drop the store and recover: what the disk has kept, only the disk knows.
//!
//! `docs/durability.md` says what is written in bytes, against which failures it stands, and how that is tested.
//!
//! Deliberately absent: blocks and receipts, which are the [archive](crate::archive)'s; blocks that are not final. Views of the newest
//! blocks are taken of the state in memory, `store/views.rs`.

pub(crate) mod bytes;
mod checkpoint;
mod checkpointer;
mod codes;
pub mod disk;
pub mod error;
pub mod files;
pub(crate) mod frame;
mod log;
mod merge;
pub mod record;
pub mod recovery;
mod runs;
pub(crate) mod segment;
pub mod simulated;
pub mod views;

use std::sync::Arc;

use alloy_primitives::B256;

use crate::store::checkpoint::{Head, Writer};
use crate::store::checkpointer::Checkpointer;
use crate::store::codes::Codes;
use crate::store::error::StoreError;
use crate::store::files::Files;
use crate::store::log::Log;
use crate::store::record::Tip;
use crate::store::recovery::{Found, Inventory, Recovered};
use crate::writes::WriteSet;

pub use crate::store::checkpointer::Step;
pub use crate::store::record::Base;

/// What one process chooses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Length of a segment of the log, unless what is synced at once needs more.
    pub segment_bytes: u64,
    /// A checkpoint is made after so many segments at the earliest.
    pub checkpoint_segments_min: u64,
    /// And after so many at the latest: what they hold is sorted in memory, in three times their length.
    pub checkpoint_segments_max: u64,
    /// Accounts or slots in a chunk of a checkpoint.
    pub chunk_entries: usize,
    /// Accounts and slots that a step of a checkpoint handles, about.
    pub step_entries: usize,
}

impl Settings {
    /// For a validator or a benchmark.
    pub const fn standard() -> Settings {
        Settings {
            segment_bytes: 16 << 20,
            checkpoint_segments_min: 4,
            checkpoint_segments_max: 32,
            chunk_entries: 2_048,
            step_entries: 16_384,
        }
    }

    /// So small that rare paths become common, for tests.
    pub const fn tiny() -> Settings {
        Settings {
            segment_bytes: 6_144,
            checkpoint_segments_min: 2,
            checkpoint_segments_max: 4,
            chunk_entries: 8,
            step_entries: 20,
        }
    }
}

/// The state of a chain on disk.
pub struct StateStore {
    codes: Codes,
    log: Log,
    checkpointer: Checkpointer,
    /// The last block that was pushed.
    tip: Tip,
    is_poisoned: bool,
}

impl StateStore {
    /// Makes a store that holds a genesis state, durably. What a creation that was cut off has left is replaced.
    ///
    /// # Errors
    /// [`StoreError::Exists`] if there is one, [`StoreError::File`] if the disk refuses.
    pub fn create(
        files: &Arc<dyn Files>,
        settings: &Settings,
        genesis: Tip,
        writes: WriteSet,
    ) -> Result<(), StoreError> {
        let inventory = Inventory::take(files.as_ref())?;
        if !inventory.checkpoints.is_empty() || !inventory.segments.is_empty() {
            return Err(StoreError::Exists);
        }
        let base = Base { genesis: genesis.id, tips: vec![genesis], notes: Vec::new() };
        StateStore::publish(files, settings, &base, writes, inventory.has_codes)
    }

    /// The same with a state from elsewhere, above genesis. Whether it is the one with that root, recovery finds out.
    ///
    /// # Errors
    /// As [`StateStore::create`].
    ///
    /// # Panics
    /// If there is no tip: a bug.
    pub fn create_at(
        files: &Arc<dyn Files>,
        settings: &Settings,
        base: &Base,
        writes: WriteSet,
    ) -> Result<(), StoreError> {
        let inventory = Inventory::take(files.as_ref())?;
        let tip = base.tips.last().expect("a state stands at a block");
        let first = tip.height + 1;
        // A creation that was cut off has left a segment at most, which holds nothing yet.
        if !inventory.checkpoints.is_empty() || inventory.segments.iter().any(|other| *other != first) {
            return Err(StoreError::Exists);
        }
        // So that a log that is gone is missed.
        let (genesis, chain, length) = (base.genesis, tip.id.0, settings.segment_bytes);
        segment::Segment::create(files.as_ref(), &segment::Head { genesis, first, chain, length })?;
        StateStore::publish(files, settings, base, writes, inventory.has_codes)
    }

    /// Makes the first checkpoint.
    fn publish(
        files: &Arc<dyn Files>,
        settings: &Settings,
        base: &Base,
        writes: WriteSet,
        has_codes: bool,
    ) -> Result<(), StoreError> {
        if has_codes {
            files.remove(codes::NAME)?;
        }
        let mut codes = Codes::create(files.as_ref(), &base.genesis)?;
        codes.push(&writes.codes);
        codes.sync()?;
        // Where there is a checkpoint, there are its codes.
        files.sync_directory()?;
        let tips = base.tips[base.tips.len().saturating_sub(checkpoint::TIPS_MAX)..].to_vec();
        let head = Head {
            genesis: base.genesis,
            log: tips[tips.len() - 1].id.0,
            codes: codes.position(),
            tips,
            notes: base.notes.clone(),
        };
        let mut writer = Writer::create(files.as_ref(), &head, settings.chunk_entries)?;
        writer.push(writes);
        writer.publish(files.as_ref())?;
        Ok(())
    }

    /// Finds what is there; none if nothing was ever made here.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] or [`StoreError::Root`] if what was durable cannot be read any more, [`StoreError::File`]
    /// if the disk refuses.
    pub fn recover(
        files: &Arc<dyn Files>,
        settings: &Settings,
    ) -> Result<Option<(StateStore, Recovered)>, StoreError> {
        let inventory = Inventory::take(files.as_ref())?;
        if inventory.checkpoints.is_empty() && inventory.segments.is_empty() {
            return Ok(None);
        }
        let Found { recovered, codes, chain, checkpoint } = recovery::recover(files, settings, &inventory)?;
        let Inventory { checkpoints, segments, .. } = inventory;
        let (tip, genesis, segment_bytes) = (recovered.tip, recovered.genesis, settings.segment_bytes);
        let log = Log::new(files.clone(), genesis, segment_bytes, segments, tip.height, chain);
        let checkpointer = Checkpointer::new(files.clone(), settings.clone(), &checkpoints, checkpoint);
        Ok(Some((StateStore { codes, log, checkpointer, tip, is_poisoned: false }, recovered)))
    }

    /// Adds the next block and what it changed, with notes for whoever goes on from it. It is durable after a sync.
    ///
    /// # Panics
    /// If it does not stand on the block that was pushed last: a bug.
    pub fn push(&mut self, tip: Tip, parent: B256, notes: &[u8], writes: &WriteSet) {
        assert_eq!(tip.height, self.tip.height + 1, "blocks are pushed in order");
        assert_eq!(parent, self.tip.id, "a block stands on the one that was pushed last");
        self.codes.push(&writes.codes);
        self.log.push(&tip, &parent, notes, writes);
        self.tip = tip;
    }

    /// The last block that was pushed.
    pub fn tip(&self) -> Tip {
        self.tip
    }

    /// Height up to which all blocks are durable.
    pub fn durable_height(&self) -> u64 {
        self.log.durable()
    }

    /// Bytes that a sync would write.
    pub fn pending_bytes(&self) -> usize {
        self.log.pending_bytes()
    }

    /// Makes all blocks that were pushed durable, and gives the height of the last.
    ///
    /// # Errors
    /// [`StoreError::File`] if the disk refuses; from then on [`StoreError::Poisoned`].
    pub fn sync(&mut self) -> Result<u64, StoreError> {
        self.guarded(|store| {
            store.codes.sync()?;
            store.log.sync()
        })
    }

    /// Goes on with a checkpoint, or begins one if the log has grown enough. A step takes a few milliseconds.
    ///
    /// # Errors
    /// As [`StateStore::sync`]; [`StoreError::Damaged`] if the old checkpoint or the log cannot be read.
    pub fn checkpoint_step(&mut self) -> Result<Step, StoreError> {
        self.guarded(|store| {
            if store.checkpointer.is_idle() && store.checkpointer.is_due(&store.log) {
                store.checkpointer.begin(&store.log, store.codes.position())?;
            }
            store.checkpointer.step(&mut store.log)
        })
    }

    /// Begins a checkpoint of the newest durable block, however short the log, unless one is under way: for an orderly end,
    /// after which a restart has no log to read.
    ///
    /// # Errors
    /// As [`StateStore::checkpoint_step`].
    pub fn begin_checkpoint(&mut self) -> Result<(), StoreError> {
        self.guarded(|store| {
            if store.checkpointer.is_idle() {
                store.checkpointer.begin(&store.log, store.codes.position())?;
            }
            Ok(())
        })
    }

    /// Makes a checkpoint of the newest durable block, to the end.
    ///
    /// # Errors
    /// As [`StateStore::checkpoint_step`].
    pub fn checkpoint(&mut self) -> Result<(), StoreError> {
        self.guarded(|store| {
            while store.checkpointer.step(&mut store.log)? != Step::Idle {}
            store.checkpointer.begin(&store.log, store.codes.position())?;
            while store.checkpointer.step(&mut store.log)? != Step::Idle {}
            Ok(())
        })
    }

    /// Does something after which, if it failed, nothing more is done.
    fn guarded<T>(
        &mut self,
        work: impl FnOnce(&mut StateStore) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        if self.is_poisoned {
            return Err(StoreError::Poisoned);
        }
        let result = work(self);
        self.is_poisoned = result.is_err();
        result
    }
}
