//! `SimulatedDisk`: [`Files`] in memory that fail, lose power and lie as told, all from one seed.
//!
//! ```text
//!            write            sync
//! process ──────────> cache ─────────> durable      read sees the cache
//!                       │  power cut: each piece of what was not synced
//!                       └────────────> is kept or lost on its own
//! ```
//!
//! Rules: (1) At a power cut each unsynced write falls into pieces of 1, 16, 512 or 4096 bytes, drawn anew for each file,
//! and each piece is kept or lost on its own; a lost piece of a file that grew is zeros, or the file is shorter.
//! (2) Each name that was created, renamed or removed and not synced is kept or lost on its own; a rename is never half
//! done. (3) A sync that fails may have made any of the pieces durable, and the rest never will be: the cache calls them
//! clean, reads still give them, and the next sync says that all is well. That is what Linux does. (4) A write that fails
//! may have written a part. (5) Handles from before a restart are dead.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard};

use crate::store::files::{File, FileError, Files, Operation};

mod handle;
mod inode;
mod random;

use handle::Handle;
use inode::Inode;
use random::Random;

/// A disk, as all that hold it see it.
#[derive(Clone)]
pub struct SimulatedDisk {
    inner: Arc<Mutex<Inner>>,
}

/// What a disk says is durable though it is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lie {
    /// What was written to files.
    Sync,
    /// Names.
    SyncDirectory,
}

struct Inner {
    random: Random,
    inodes: Vec<Inode>,
    /// Names as a process sees them.
    names: BTreeMap<String, usize>,
    durable_names: BTreeMap<String, usize>,
    /// Changes of names since the last sync of the folder.
    unsynced_names: Vec<Rebinding>,
    capacity_bytes: u64,
    faults_per_mille: u64,
    lie: Option<Lie>,
    /// Changing operations until the power goes.
    operations_left: Option<u64>,
    is_off: bool,
    last: Option<(Operation, String)>,
    /// Counts restarts.
    generation: u64,
}

/// Names that change together.
struct Rebinding {
    bound: Option<(String, usize)>,
    unbound: Option<String>,
}

impl SimulatedDisk {
    /// An empty disk without limits or faults.
    pub fn new(seed: u64) -> SimulatedDisk {
        let inner = Inner {
            random: Random::new(seed),
            inodes: Vec::new(),
            names: BTreeMap::new(),
            durable_names: BTreeMap::new(),
            unsynced_names: Vec::new(),
            capacity_bytes: u64::MAX,
            faults_per_mille: 0,
            lie: None,
            operations_left: None,
            is_off: false,
            last: None,
            generation: 0,
        };
        SimulatedDisk { inner: Arc::new(Mutex::new(inner)) }
    }

    /// The same disk as the store wants it.
    pub fn files(&self) -> Arc<dyn Files> {
        Arc::new(self.clone())
    }

    /// From now on this share of all changing operations fails.
    pub fn set_faults(&self, per_mille: u64) {
        self.lock().faults_per_mille = per_mille;
    }

    /// From now on all files together can be no longer.
    pub fn set_capacity(&self, bytes: u64) {
        self.lock().capacity_bytes = bytes;
    }

    /// From now on it lies.
    pub fn set_lie(&self, lie: Lie) {
        self.lock().lie = Some(lie);
    }

    /// The power goes during the changing operation after so many others.
    pub fn cut_power_after(&self, operations: u64) {
        self.lock().operations_left = Some(operations);
    }

    /// Whether the power has gone.
    pub fn is_off(&self) -> bool {
        self.lock().is_off
    }

    /// The last changing operation, and on which name; for a sync of the folder, the name that was changed before.
    pub fn last_operation(&self) -> Option<(Operation, String)> {
        self.lock().last.clone()
    }

    /// Cuts the power if that has not happened, and brings it back: what was not synced is kept or lost.
    pub fn cycle_power(&self) {
        let inner = &mut *self.lock();
        for inode in &mut inner.inodes {
            inode.lose_power(&mut inner.random);
        }
        for rebinding in std::mem::take(&mut inner.unsynced_names) {
            if inner.random.below(2) == 0 {
                rebinding.apply(&mut inner.durable_names);
            }
        }
        inner.names = inner.durable_names.clone();
        inner.restart();
    }

    /// The process dies and another one begins; the disk has noticed nothing.
    pub fn restart(&self) {
        self.lock().restart();
    }

    /// The bytes of a file.
    pub fn bytes(&self, name: &str) -> Option<Vec<u8>> {
        let inner = self.lock();
        inner.names.get(name).map(|inode| inner.inodes[*inode].cached().to_vec())
    }

    /// Puts bytes in place of a file's own, durably: damage.
    pub fn set_bytes(&self, name: &str, bytes: Vec<u8>) {
        let inner = &mut *self.lock();
        inner.inodes[inner.names[name]] = Inode::durable(bytes);
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().expect("no test goes on after a panic in the disk")
    }
}

/// Whether an operation is done, or fails on the way.
#[derive(PartialEq, Eq)]
enum Fate {
    Done,
    Fails,
}

impl Inner {
    fn restart(&mut self) {
        self.generation += 1;
        self.is_off = false;
        self.operations_left = None;
    }

    /// What becomes of a changing operation. One during which the power goes is done in the cache, and its error seen.
    fn begin(&mut self, operation: Operation, name: &str) -> Result<Fate, FileError> {
        self.alive(operation, name)?;
        let before = self.last.take().map_or(String::new(), |last| last.1);
        let name = if operation == Operation::SyncDirectory { before } else { name.to_owned() };
        self.last = Some((operation, name));
        match &mut self.operations_left {
            Some(0) => {
                self.is_off = true;
                return Ok(Fate::Done);
            }
            Some(left) => *left -= 1,
            None => {}
        }
        let fails = self.random.below(1000) < self.faults_per_mille;
        Ok(if fails { Fate::Fails } else { Fate::Done })
    }

    fn alive(&self, operation: Operation, name: &str) -> Result<(), FileError> {
        if self.is_off { Err(broken(operation, name, "the power is off")) } else { Ok(()) }
    }

    /// Changes names, unless that fails; then it may have happened or not.
    fn rebind(&mut self, operation: Operation, name: &str, rebinding: Rebinding) -> Result<(), FileError> {
        let fate = self.begin(operation, name)?;
        if fate == Fate::Done || self.random.below(2) == 0 {
            rebinding.apply(&mut self.names);
            self.unsynced_names.push(rebinding);
        }
        self.end(fate, operation, name)
    }

    fn end(&self, fate: Fate, operation: Operation, name: &str) -> Result<(), FileError> {
        match fate {
            Fate::Done => self.alive(operation, name),
            Fate::Fails => Err(broken(operation, name, "an injected fault")),
        }
    }

    fn inode(&self, operation: Operation, name: &str) -> Result<usize, FileError> {
        let missing = || FileError::new(operation, name, &io::ErrorKind::NotFound.into());
        self.names.get(name).copied().ok_or_else(missing)
    }

    fn used_bytes(&self) -> u64 {
        self.names.values().map(|inode| self.inodes[*inode].cached().len() as u64).sum()
    }
}

impl Rebinding {
    fn apply(&self, names: &mut BTreeMap<String, usize>) {
        if let Some(name) = &self.unbound {
            names.remove(name);
        }
        if let Some((name, inode)) = &self.bound {
            names.insert(name.clone(), *inode);
        }
    }
}

fn broken(operation: Operation, name: &str, cause: &str) -> FileError {
    FileError::new(operation, name, &io::Error::other(cause))
}

impl Files for SimulatedDisk {
    fn create(&self, name: &str) -> Result<Box<dyn File>, FileError> {
        let mut inner = self.lock();
        if inner.names.contains_key(name) {
            return Err(FileError::new(Operation::Create, name, &io::ErrorKind::AlreadyExists.into()));
        }
        let inode = inner.inodes.len();
        inner.inodes.push(Inode::default());
        let bound = Some((name.to_owned(), inode));
        inner.rebind(Operation::Create, name, Rebinding { bound, unbound: None })?;
        Ok(Box::new(self.handle(&inner, inode, name)))
    }

    fn open(&self, name: &str) -> Result<Box<dyn File>, FileError> {
        let inner = self.lock();
        inner.alive(Operation::Open, name)?;
        let inode = inner.inode(Operation::Open, name)?;
        Ok(Box::new(self.handle(&inner, inode, name)))
    }

    fn rename(&self, from: &str, to: &str) -> Result<(), FileError> {
        let mut inner = self.lock();
        let inode = inner.inode(Operation::Rename, from)?;
        let rebinding = Rebinding { bound: Some((to.to_owned(), inode)), unbound: Some(from.to_owned()) };
        inner.rebind(Operation::Rename, to, rebinding)
    }

    fn remove(&self, name: &str) -> Result<(), FileError> {
        let mut inner = self.lock();
        inner.inode(Operation::Remove, name)?;
        inner.rebind(Operation::Remove, name, Rebinding { bound: None, unbound: Some(name.to_owned()) })
    }

    fn list(&self) -> Result<Vec<String>, FileError> {
        let inner = self.lock();
        inner.alive(Operation::List, "")?;
        Ok(inner.names.keys().cloned().collect())
    }

    /// One that fails leaves the changes to the next: names are in a journal, and who cannot write that stops.
    fn sync_directory(&self) -> Result<(), FileError> {
        let mut inner = self.lock();
        let fate = inner.begin(Operation::SyncDirectory, "")?;
        if fate == Fate::Done && !inner.is_off && inner.lie != Some(Lie::SyncDirectory) {
            inner.unsynced_names.clear();
            inner.durable_names = inner.names.clone();
        }
        inner.end(fate, Operation::SyncDirectory, "")
    }
}

impl SimulatedDisk {
    fn handle(&self, inner: &Inner, inode: usize, name: &str) -> Handle {
        Handle { disk: self.clone(), inode, generation: inner.generation, name: name.to_owned() }
    }
}
