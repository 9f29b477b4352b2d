//! `Durability`: the store of a chain, and what is known of it outside.
//!
//! One job at a time works on the store; others look at gauges only. After an error the store is closed and never opened
//! again by this process: what the disk has kept, only a recovery finds out. Whoever runs the pipeline watches
//! [`Durability::stop`], and tells its user [`Durability::fault`].

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use parking_lot::Mutex;
use pelton_engine::store::error::StoreError;
use pelton_engine::store::{StateStore, Step};

use crate::stages::commit::Committed;

/// See the head of this file.
pub struct Durability {
    /// None after an error, and once it was closed.
    store: Mutex<Option<StateStore>>,
    fault: OnceLock<StoreError>,
    stop: Arc<AtomicBool>,
    height: AtomicU64,
    lag_blocks: AtomicU64,
    lag_blocks_max: AtomicU64,
    syncs: AtomicU64,
    log_bytes: AtomicU64,
    checkpoints: AtomicU64,
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
            store: Mutex::new(Some(store)),
            fault: OnceLock::new(),
            stop,
            lag_blocks: AtomicU64::new(0),
            lag_blocks_max: AtomicU64::new(0),
            syncs: AtomicU64::new(0),
            log_bytes: AtomicU64::new(0),
            checkpoints: AtomicU64::new(0),
        }
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
        drop(self.store.lock().take());
    }

    /// So many blocks are executed and not durable.
    pub(crate) fn set_lag(&self, blocks: u64) {
        self.lag_blocks.store(blocks, Ordering::Relaxed);
        self.lag_blocks_max.fetch_max(blocks, Ordering::Relaxed);
    }

    /// Makes a run of blocks durable by one sync. None if that failed, now or before.
    pub(crate) fn persist(&self, blocks: &[Committed]) -> Option<()> {
        let bytes = self.attempt(|store| {
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
        let step = self.attempt(StateStore::checkpoint_step)?;
        if let Step::Published(_) = step {
            self.checkpoints.fetch_add(1, Ordering::Relaxed);
        }
        Some(step != Step::Idle)
    }

    /// Does something to the store, which is closed if that fails.
    fn attempt<T>(&self, work: impl FnOnce(&mut StateStore) -> Result<T, StoreError>) -> Option<T> {
        let mut store = self.store.lock();
        match work(store.as_mut()?) {
            Ok(done) => Some(done),
            Err(error) => {
                drop(store.take());
                // There is no store for a second error.
                let _ = self.fault.set(error);
                self.stop.store(true, Ordering::Relaxed);
                None
            }
        }
    }
}
