//! `Metered`: a folder that counts what is written to it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use pelton_engine::store::files::{File, FileError, Files};

/// What was asked of a folder so far.
#[derive(Debug, Default)]
pub struct Counters {
    written_bytes: AtomicU64,
    syncs: AtomicU64,
}

impl Counters {
    /// Bytes written to all files, also the zeros with which they are filled ahead.
    pub fn written_bytes(&self) -> u64 {
        self.written_bytes.load(Ordering::Relaxed)
    }

    /// Syncs of files and of the folder.
    pub fn syncs(&self) -> u64 {
        self.syncs.load(Ordering::Relaxed)
    }

    fn sync(&self) {
        self.syncs.fetch_add(1, Ordering::Relaxed);
    }
}

/// Another folder, counted.
pub struct Metered<F> {
    files: F,
    counters: Arc<Counters>,
}

impl<F: Files> Metered<F> {
    /// Counts from zero.
    pub fn new(files: F) -> Metered<F> {
        Metered { files, counters: Arc::default() }
    }

    /// What is counted.
    pub fn counters(&self) -> Arc<Counters> {
        self.counters.clone()
    }

    fn metered(&self, file: Box<dyn File>) -> Box<dyn File> {
        Box::new(MeteredFile { file, counters: self.counters.clone() })
    }
}

impl<F: Files> Files for Metered<F> {
    fn create(&self, name: &str) -> Result<Box<dyn File>, FileError> {
        self.files.create(name).map(|file| self.metered(file))
    }

    fn open(&self, name: &str) -> Result<Box<dyn File>, FileError> {
        self.files.open(name).map(|file| self.metered(file))
    }

    fn rename(&self, from: &str, to: &str) -> Result<(), FileError> {
        self.files.rename(from, to)
    }

    fn remove(&self, name: &str) -> Result<(), FileError> {
        self.files.remove(name)
    }

    fn list(&self) -> Result<Vec<String>, FileError> {
        self.files.list()
    }

    fn sync_directory(&self) -> Result<(), FileError> {
        self.counters.sync();
        self.files.sync_directory()
    }
}

struct MeteredFile {
    file: Box<dyn File>,
    counters: Arc<Counters>,
}

impl File for MeteredFile {
    fn length(&self) -> Result<u64, FileError> {
        self.file.length()
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> Result<(), FileError> {
        self.file.read_at(offset, into)
    }

    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> Result<(), FileError> {
        self.counters.written_bytes.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        self.file.write_at(offset, bytes)
    }

    fn sync(&mut self) -> Result<(), FileError> {
        self.counters.sync();
        self.file.sync()
    }
}
