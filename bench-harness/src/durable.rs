//! A run whose chain is kept on disk: the store before it, and what is found there after it.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use alloy_primitives::B256;
use pelton_engine::genesis::Genesis;
use pelton_engine::limits::Limits;
use pelton_engine::store::disk::Disk;
use pelton_engine::store::error::StoreError;
use pelton_engine::store::files::Files;
use pelton_engine::store::{Settings, StateStore};
use pelton_pipeline::clock::{Clock, Nanos};
use pelton_pipeline::driver::disk::DiskThread;
use pelton_pipeline::durability::{Durability, Gauges};
use pelton_pipeline::start::{Start, StartError};
use pelton_pipeline::topology::Storage;

use crate::metered::{Counters, Metered};

/// Why a chain could not be kept in a folder.
#[derive(Debug)]
pub enum KeepError {
    /// What was found in the folder, or what its disk said.
    Start(PathBuf, StartError),
    /// There is a chain already, which was recovered.
    Exists {
        /// Where.
        folder: PathBuf,
        /// Height of its last block.
        height: u64,
        /// Root of the state after it, as it was recorded and as it was found.
        state_root: String,
        /// How long that took.
        recovery_ns: Nanos,
    },
    /// The disk has failed during the run.
    Fault(PathBuf, StoreError),
}

impl fmt::Display for KeepError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            KeepError::Start(folder, error) => write!(f, "{}: {error}", folder.display()),
            KeepError::Exists { folder, height, state_root, recovery_ns } => write!(
                f,
                "{} keeps a chain: recovered at height {height} with state root {state_root} in {:.2} s; \
                 a bench begins at genesis, in a folder without one",
                folder.display(),
                *recovery_ns as f64 / 1e9
            ),
            KeepError::Fault(folder, error) => {
                write!(f, "{}: {error}; nothing was told that is not durable", folder.display())
            }
        }
    }
}

/// A store that a run writes to.
pub struct Kept {
    folder: PathBuf,
    thread: DiskThread,
    durability: Arc<Durability>,
    counters: Arc<Counters>,
    /// Bytes and syncs that making it took.
    made: (u64, u64),
}

/// What a run has left on the disk.
#[derive(Clone, Copy, Debug)]
pub struct Durable {
    /// What the pipeline counted.
    pub gauges: Gauges,
    /// Bytes written, also zeros ahead of the log and checkpoints.
    pub written_bytes: u64,
    /// Syncs of files and of the folder.
    pub syncs: u64,
    /// Time from files to a state and its root.
    pub recovery_ns: Nanos,
    /// Where the chain was found to stand.
    pub height: u64,
    /// Root of the state there.
    pub state_root: B256,
}

impl Kept {
    /// Makes a store in a folder that has none. `stop` will be set if its disk fails.
    pub fn make(
        folder: &Path,
        genesis: &Genesis,
        limits: &Limits,
        thread: DiskThread,
        stop: &Arc<AtomicBool>,
        clock: &dyn Clock,
    ) -> Result<(Kept, Start), KeepError> {
        let failed = |error: StartError| KeepError::Start(folder.to_owned(), error);
        let opened = Disk::open(folder).map_err(|error| failed(StoreError::File(error).into()))?;
        let metered = Metered::new(opened);
        let counters = metered.counters();
        let files: Arc<dyn Files> = Arc::new(metered);
        let started_ns = clock.now_ns();
        let (start, store) = Start::open(&files, &Settings::standard(), genesis, limits).map_err(failed)?;
        if start.parent.height > 0 {
            let newest = start.summaries.last().expect("a chain stands at a block");
            let (height, state_root) = (newest.height, newest.state_root.to_string());
            let recovery_ns = clock.now_ns() - started_ns;
            return Err(KeepError::Exists { folder: folder.to_owned(), height, state_root, recovery_ns });
        }
        let durability = Arc::new(Durability::new(store, stop.clone()));
        let made = (counters.written_bytes(), counters.syncs());
        Ok((Kept { folder: folder.to_owned(), thread, durability, counters, made }, start))
    }

    /// For the pipeline.
    pub fn storage(&self) -> Storage {
        Storage { durability: self.durability.clone(), thread: Arc::new(self.thread.clone()) }
    }

    /// Closes the store after a run, and recovers what it left.
    pub fn recover(self, clock: &dyn Clock) -> Result<Durable, KeepError> {
        let Kept { folder, durability, counters, made, .. } = self;
        durability.close();
        if let Some(fault) = durability.fault() {
            return Err(KeepError::Fault(folder, fault.clone()));
        }
        let failed = |error: StoreError| KeepError::Start(folder.clone(), error.into());
        let started_ns = clock.now_ns();
        let opened = Disk::open(&folder).map_err(|error| failed(error.into()))?;
        let files: Arc<dyn Files> = Arc::new(opened);
        let found = StateStore::recover(&files, &Settings::standard()).map_err(failed)?;
        let (_, recovered) = found.expect("a store that was made is there");
        Ok(Durable {
            gauges: durability.gauges(),
            written_bytes: counters.written_bytes() - made.0,
            syncs: counters.syncs() - made.1,
            recovery_ns: clock.now_ns() - started_ns,
            height: recovered.tip.height,
            state_root: recovered.trie.root().into(),
        })
    }
}
