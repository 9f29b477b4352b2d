//! `Durability`: the store of a chain and the archive of its blocks, if it has one, and what is known of them outside.
//!
//! Blocks are durable in the archive before they are in the store's log, so whatever height the state is found at, the blocks
//! that led there are found too. Both syncs cover all blocks that have come since the last; what the archive does besides, its
//! indexes, has its turn when no block waits.
//!
//! One job at a time works on the store; others look at gauges only. After an error the store is closed and never opened
//! again by this process: what the disk has kept, only a recovery finds out. Whoever runs the pipeline watches
//! [`Durability::stop`], and tells its user [`Durability::fault`].

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use parking_lot::Mutex;
use pelton_engine::archive::Writer;
use pelton_engine::store::error::StoreError;
use pelton_engine::store::{StateStore, Step};

use crate::stages::commit::Committed;

/// See the head of this file.
pub struct Durability {
    /// None after an error, and once it was closed.
    open: Mutex<Option<Open>>,
    fault: OnceLock<StoreError>,
    stop: Arc<AtomicBool>,
    height: AtomicU64,
    lag_blocks: AtomicU64,
    lag_blocks_max: AtomicU64,
    syncs: AtomicU64,
    log_bytes: AtomicU64,
    checkpoints: AtomicU64,
}

/// What is written to.
struct Open {
    store: StateStore,
    archive: Option<Writer>,
}

/// What was counted since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Gauges {
    /// Height up to which all blocks are durable.
    pub height: u64,
    /// Blocks that are executed and not durable yet.
    pub lag_blocks: u64,
    /// The most of them that there ever were.
    pub lag_blocks_max: u64,
    /// Syncs that made blocks durable.
    pub syncs: u64,
    /// Bytes of their records.
    pub log_bytes: u64,
    /// Checkpoints made.
    pub checkpoints: u64,
}

impl Durability {
    /// Takes a store, and will set `stop` if that fails.
    pub fn new(store: StateStore, stop: Arc<AtomicBool>) -> Durability {
        Durability {
            height: AtomicU64::new(store.durable_height()),
            open: Mutex::new(Some(Open { store, archive: None })),
            fault: OnceLock::new(),
            stop,
            lag_blocks: AtomicU64::new(0),
            lag_blocks_max: AtomicU64::new(0),
            syncs: AtomicU64::new(0),
            log_bytes: AtomicU64::new(0),
            checkpoints: AtomicU64::new(0),
        }
    }

    /// The same, which keeps the blocks too.
    ///
    /// # Panics
    /// If it was closed.
    pub fn with_archive(mut self, archive: Writer) -> Durability {
        let open = self.open.get_mut().as_mut();
        open.expect("it was just made").archive = Some(archive);
        self
    }

    /// Why nothing is made durable any more, if so.
    pub fn fault(&self) -> Option<&StoreError> {
        self.fault.get()
    }

    /// Set when there is a fault, for whoever drives the pipeline.
    pub fn stop(&self) -> &Arc<AtomicBool> {
        &self.stop
    }

    /// What was counted so far.
    pub fn gauges(&self) -> Gauges {
        let of = |gauge: &AtomicU64| gauge.load(Ordering::Relaxed);
        Gauges {
            height: of(&self.height),
            lag_blocks: of(&self.lag_blocks),
            lag_blocks_max: of(&self.lag_blocks_max),
            syncs: of(&self.syncs),
            log_bytes: of(&self.log_bytes),
            checkpoints: of(&self.checkpoints),
        }
    }

    /// Closes the files, for an end or for somebody else who opens them. Waits for a job under way.
    pub fn close(&self) {
        if let Some(mut open) = self.open.lock().take() {
            // All blocks are durable; this is for the mark that vouches for the last ones, which the next start can do without.
            let _ = open.store.sync();
        }
    }

    /// So many blocks are executed and not durable.
    pub(crate) fn set_lag(&self, blocks: u64) {
        self.lag_blocks.store(blocks, Ordering::Relaxed);
        self.lag_blocks_max.fetch_max(blocks, Ordering::Relaxed);
    }

    /// Makes a run of blocks durable by one sync. None if that failed, now or before.
    pub(crate) fn persist(&self, blocks: &[Committed]) -> Option<()> {
        let bytes = self.attempt(|Open { store, archive }| {
            if let Some(archive) = archive {
                for Committed { done, state_root, tables } in blocks {
                    let spoken_of = done.block.header().executed.height;
                    let table = tables.after(spoken_of).expect("its own header spoke of it");
                    archive.push(&done.block, state_root, &table.encode(), &done.executed.outcomes);
                }
                archive.sync()?;
            }
            for block in blocks {
                let (tip, header) = (block.tip(), block.done.block.header());
                let notes = [&header.encode()[..], &block.tables.encode()].concat();
                store.push(tip, header.parent, &notes, &block.done.executed.writes);
            }
            let bytes = store.pending_bytes();
            store.sync().map(|_| bytes)
        })?;
        self.syncs.fetch_add(1, Ordering::Relaxed);
        self.log_bytes.fetch_add(bytes as u64, Ordering::Relaxed);
        let newest = blocks.last().expect("a run has a block");
        self.height.store(newest.done.block.header().height, Ordering::Relaxed);
        Some(())
    }

    /// Goes on with a checkpoint; gives whether there is more to do. None as for [`Durability::persist`].
    pub(crate) fn step(&self) -> Option<bool> {
        let (step, has_tidied) = self.attempt(|Open { store, archive }| {
            let has_tidied = archive.as_mut().map_or(Ok(false), Writer::step)?;
            Ok((store.checkpoint_step()?, has_tidied))
        })?;
        if let Step::Published(_) = step {
            self.checkpoints.fetch_add(1, Ordering::Relaxed);
        }
        Some(has_tidied || step != Step::Idle)
    }

    /// Does something to what is open, which is closed if that fails.
    fn attempt<T>(&self, work: impl FnOnce(&mut Open) -> Result<T, StoreError>) -> Option<T> {
        let mut open = self.open.lock();
        match work(open.as_mut()?) {
            Ok(done) => Some(done),
            Err(error) => {
                drop(open.take());
                // There is no store for a second error.
                let _ = self.fault.set(error);
                self.stop.store(true, Ordering::Relaxed);
                None
            }
        }
    }
}
