//! `Files`: all that the store asks of a disk, and the only way in which the engine reaches one.
//!
//! One flat folder of named files. What a call has changed is seen at once by whoever reads, and survives a power cut
//! only after the right kind of sync:
//!
//! ```text
//! bytes written to a file               File::sync of that file
//! a name created, renamed or removed    Files::sync_directory
//! ```
//!
//! Until then a power cut may keep or lose each piece of it on its own, in any order. A sync that failed says nothing
//! about what is on the disk, and a second one after it says nothing either: kernels forget what they could not write.
//! Hence the one rule for callers: after an error drop all handles, and read again from the disk what is there.

use std::fmt;
use std::io;

/// A folder of files.
pub trait Files: Send + Sync {
    /// Makes an empty file; fails if there is one of this name.
    ///
    /// # Errors
    /// What the disk said.
    fn create(&self, name: &str) -> Result<Box<dyn File>, FileError>;

    /// Opens a file that is there, to read and to write.
    ///
    /// # Errors
    /// What the disk said.
    fn open(&self, name: &str) -> Result<Box<dyn File>, FileError>;

    /// Gives a file another name, in place of whatever has that name: after a power cut there is one of the two.
    ///
    /// # Errors
    /// What the disk said.
    fn rename(&self, from: &str, to: &str) -> Result<(), FileError>;

    /// Removes a file.
    ///
    /// # Errors
    /// What the disk said.
    fn remove(&self, name: &str) -> Result<(), FileError>;

    /// All names, sorted.
    ///
    /// # Errors
    /// What the disk said.
    fn list(&self) -> Result<Vec<String>, FileError>;

    /// Makes all names durable as they are now.
    ///
    /// # Errors
    /// What the disk said.
    fn sync_directory(&self) -> Result<(), FileError>;
}

/// Writes a whole file under a name of its own, and gives it its real one when all of it is durable; then that is durable too.
pub(crate) fn publish(
    files: &dyn Files,
    unfinished: &str,
    name: &str,
    bytes: &[u8],
) -> Result<(), FileError> {
    let mut file = files.create(unfinished)?;
    file.write_at(0, bytes)?;
    file.sync()?;
    files.rename(unfinished, name)?;
    files.sync_directory()
}

/// Bytes written at a time where there are many.
const PIECE: usize = 256 * 1024;
static ZEROS: [u8; PIECE] = [0; PIECE];

/// An open file.
pub trait File: Send {
    /// Its length in bytes.
    ///
    /// # Errors
    /// What the disk said.
    fn length(&self) -> Result<u64, FileError>;

    /// Reads exactly these bytes.
    ///
    /// # Errors
    /// What the disk said, also where the file ends before.
    fn read_at(&self, offset: u64, into: &mut [u8]) -> Result<(), FileError>;

    /// Writes these bytes; the file grows if it must.
    ///
    /// # Errors
    /// What the disk said.
    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> Result<(), FileError>;

    /// Makes the bytes written so far durable, and the length with them.
    ///
    /// # Errors
    /// What the disk said.
    fn sync(&mut self) -> Result<(), FileError>;

    /// Fills the file with zeros from its end up to this length. What is written there later needs neither space nor a
    /// new length, so that a sync has nothing to write but the bytes.
    ///
    /// # Errors
    /// What the disk said; that it is full is found out here.
    fn preallocate(&mut self, length: u64) -> Result<(), FileError> {
        let mut at = self.length()?;
        while at < length {
            let step = (length - at).min(PIECE as u64);
            self.write_at(at, &ZEROS[..step as usize])?;
            at += step;
        }
        Ok(())
    }

    /// Writes what stands between two offsets once more, and syncs it. A process that died may have left it in memory
    /// only, and a kernel that could not write a page may have called it clean: then a sync alone would do nothing.
    ///
    /// # Errors
    /// What the disk said.
    fn rewrite(&mut self, from: u64, to: u64) -> Result<(), FileError> {
        let mut at = from;
        while at < to {
            let mut bytes = vec![0; (to - at).min(PIECE as u64) as usize];
            self.read_at(at, &mut bytes)?;
            self.write_at(at, &bytes)?;
            at += bytes.len() as u64;
        }
        if from < to { self.sync() } else { Ok(()) }
    }
}

/// What was asked of the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Operation {
    /// [`Files::create`].
    Create,
    /// [`Files::open`].
    Open,
    /// [`Files::rename`].
    Rename,
    /// [`Files::remove`].
    Remove,
    /// [`Files::list`].
    List,
    /// [`Files::sync_directory`].
    SyncDirectory,
    /// [`File::read_at`] and [`File::length`].
    Read,
    /// [`File::write_at`].
    Write,
    /// [`File::sync`].
    Sync,
    /// A file that is in an object store is read.
    Fetch,
    /// A file is put into an object store.
    Upload,
}

/// The disk has refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileError {
    /// What was asked.
    pub operation: Operation,
    /// Of which file; empty if of the folder.
    pub file: String,
    /// The kind of refusal.
    pub kind: io::ErrorKind,
    /// The system's words.
    pub cause: String,
}

impl FileError {
    /// An error of the system.
    pub fn new(operation: Operation, file: &str, error: &io::Error) -> FileError {
        FileError { operation, file: file.to_owned(), kind: error.kind(), cause: error.to_string() }
    }

    /// Whether there is no space left.
    pub fn is_full(&self) -> bool {
        matches!(self.kind, io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
    }
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verb = match self.operation {
            Operation::Create => "create",
            Operation::Open => "open",
            Operation::Rename => "rename",
            Operation::Remove => "remove",
            Operation::List => "list",
            Operation::SyncDirectory => "sync the folder of",
            Operation::Read => "read",
            Operation::Write => "write",
            Operation::Sync => "sync",
            Operation::Fetch => "fetch",
            Operation::Upload => "upload",
        };
        let full = if self.is_full() { ": the disk is full" } else { "" };
        write!(
            f,
            "cannot {verb} {}{full}: {}",
            if self.file.is_empty() { "the folder" } else { &self.file },
            self.cause
        )
    }
}

impl std::error::Error for FileError {}
