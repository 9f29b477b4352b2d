//! `Disk`: the files of consensus of one validator, in memory, with syncs that take time and power that goes.
//!
//! ```text
//!            write, resize           sync, some milliseconds later
//! validator ───────────────> cache ────────────────────────────────> durable
//!                              │  power cut: each piece of what was not synced
//!                              └───────────> is kept or lost on its own
//! ```
//!
//! Rules: (1) A sync covers what was written before it began, once it has ended. (2) At a power cut each change that no sync
//! covers falls into pieces of 1, 16, 512 or 4096 bytes, and each is kept or lost on its own; a lost piece of a file that grew
//! is zeros. (3) Where only the process dies, its cache stays. (4) Names are durable at once, as the library may assume.
//! (5) Once an operation fails the process is about to die: nothing that it asks for afterwards is answered. (6) Where bits
//! have changed a process may refuse to go on, which ends it; that is noted here, and on any other disk it is a bug.

mod blob;
mod file;

use std::collections::BTreeMap;
use std::future::pending;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use commonware_runtime::{BlobVersion, Error, Supervisor as _, deterministic};
use parking_lot::{Mutex, MutexGuard};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

pub use self::blob::Blob;
use self::file::File;

/// Ends the name of the partition in which the library keeps votes.
const VOTES: &str = "-votes";

/// See the head of this file.
#[derive(Clone)]
pub struct Disk(Arc<Mutex<Inner>>);

struct Inner {
    random: StdRng,
    partitions: BTreeMap<String, BTreeMap<Vec<u8>, Arc<Mutex<File>>>>,
    /// Counts the processes that used it.
    generation: u64,
    sync_max: Duration,
    faults_per_million: u32,
    has_failed: bool,
    forgets: bool,
    is_rotten: bool,
    /// Why a process would not go on with rotten files.
    refused: Option<String>,
    syncs: u64,
}

impl Disk {
    /// An empty one whose syncs take up to so long.
    pub(super) fn new(seed: u64, sync_max: Duration) -> Disk {
        Disk(Arc::new(Mutex::new(Inner {
            random: StdRng::seed_from_u64(seed),
            partitions: BTreeMap::new(),
            generation: 0,
            sync_max,
            faults_per_million: 0,
            has_failed: false,
            forgets: false,
            is_rotten: false,
            refused: None,
            syncs: 0,
        })))
    }

    /// From now on this share of all writes and syncs fails.
    pub fn set_faults(&self, per_million: u32) {
        self.0.lock().faults_per_million = per_million;
    }

    /// From now on no sync makes anything durable, as if none were asked for.
    pub fn forget_syncs(&self) {
        self.0.lock().forgets = true;
    }

    /// Changes bits in one of the files: the newest of those with votes, or any. Gives whether there was one.
    pub fn rot(&self, of_votes: bool) -> bool {
        let inner = &mut *self.0.lock();
        let is_wanted = |partition: &str| !of_votes || partition.ends_with(VOTES);
        let wanted = inner.partitions.iter().filter(|(partition, _)| is_wanted(partition));
        let mut files: Vec<_> = wanted.flat_map(|(_, files)| files.values()).collect();
        files.retain(|file| !file.lock().bytes().is_empty());
        let chosen = match (of_votes, files.len()) {
            (_, 0) => return false,
            (true, count) => count - 1,
            (false, count) => inner.random.random_range(0..count),
        };
        files[chosen].lock().rot(&mut inner.random);
        inner.is_rotten = true;
        true
    }

    /// Why a process would not go on with files in which bits have changed, if one would not.
    pub fn refused(&self) -> Option<String> {
        self.0.lock().refused.clone()
    }

    /// A process ends for what it found; gives whether bits had changed.
    pub(super) fn refuse(&self, why: String) -> bool {
        let inner = &mut *self.0.lock();
        if inner.is_rotten {
            inner.has_failed = true;
            inner.refused.get_or_insert(why);
        }
        inner.is_rotten
    }

    /// Whether an operation has failed, so that the process ends.
    pub fn has_failed(&self) -> bool {
        self.0.lock().has_failed
    }

    /// Syncs that were asked for.
    pub fn syncs(&self) -> u64 {
        self.0.lock().syncs
    }

    /// The process has died; without power, what was not synced is kept or lost.
    pub(super) fn restart(&self, is_without_power: bool) {
        let inner = &mut *self.0.lock();
        inner.generation += 1;
        inner.has_failed = false;
        if is_without_power {
            for file in inner.partitions.values().flat_map(BTreeMap::values) {
                file.lock().lose_power(&mut inner.random);
            }
        }
    }

    pub(super) fn open(
        &self,
        context: &deterministic::Context,
        partition: &str,
        name: &[u8],
        versions: RangeInclusive<BlobVersion>,
    ) -> Result<(Blob, u64, BlobVersion), Error> {
        let inner = &mut *self.0.lock();
        let files = inner.partitions.entry(partition.to_owned()).or_default();
        let file =
            files.entry(name.to_vec()).or_insert_with(|| Arc::new(Mutex::new(File::new(*versions.end()))));
        let (length, version) = file.lock().open(inner.forgets);
        if !versions.contains(&version) {
            return Err(Error::BlobVersionMismatch { expected: versions, found: version });
        }
        let blob = Blob::new(self.clone(), context.child("disk"), file.clone(), inner.generation);
        Ok((blob, length, version))
    }

    pub(super) fn remove(&self, partition: &str, name: Option<&[u8]>) -> Result<(), Error> {
        let partitions = &mut self.0.lock().partitions;
        let missing = || Error::PartitionMissing(partition.to_owned());
        match name {
            None => drop(partitions.remove(partition).ok_or_else(missing)?),
            Some(name) => {
                let files = partitions.get_mut(partition).ok_or_else(missing)?;
                let missing = || Error::BlobMissing(partition.to_owned(), format!("{name:?}"));
                drop(files.remove(name).ok_or_else(missing)?);
            }
        }
        Ok(())
    }

    pub(super) fn scan(&self, partition: &str) -> Result<Vec<Vec<u8>>, Error> {
        let inner = self.0.lock();
        let files = inner.partitions.get(partition);
        let files = files.ok_or_else(|| Error::PartitionMissing(partition.to_owned()))?;
        Ok(files.keys().cloned().collect())
    }

    /// Waits for ever where the process that asks is dead, or about to be.
    async fn alive(&self, generation: u64) -> MutexGuard<'_, Inner> {
        if self.is_gone(generation) {
            return pending().await;
        }
        self.0.lock()
    }

    fn is_gone(&self, generation: u64) -> bool {
        let inner = self.0.lock();
        inner.has_failed || inner.generation != generation
    }

    /// Whether a change may go on; if not, the process is about to die.
    fn may_change(&self) -> bool {
        let inner = &mut *self.0.lock();
        let faults = inner.faults_per_million;
        if faults > 0 && inner.random.random_range(0..1_000_000) < faults {
            inner.has_failed = true;
        }
        !inner.has_failed
    }

    /// Whether syncs do nothing.
    fn forgets(&self) -> bool {
        self.0.lock().forgets
    }

    /// How long the next sync takes.
    fn sync_time(&self) -> Duration {
        let inner = &mut *self.0.lock();
        inner.syncs += 1;
        let most = u64::try_from(inner.sync_max.as_micros()).unwrap_or(u64::MAX);
        Duration::from_micros(inner.random.random_range(0..=most))
    }
}
