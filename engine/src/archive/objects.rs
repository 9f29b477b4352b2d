//! `Objects`: all that the archive asks of an object store, and how one may fail.
//!
//! An object has a name and bytes, is there as a whole or not at all, and never changes: its name says what is in it. Nothing
//! here waits without end; whoever reaches a store over a network gives up in time and says [`ObjectFault::Late`].

use std::fmt;
use std::io;
use std::ops::Range;

use crate::store::files::{FileError, Operation};

/// A store of objects.
pub trait Objects: Send + Sync {
    /// Keeps an object; one that has this name is replaced.
    ///
    /// # Errors
    /// Why it is not known to be kept.
    fn put(&self, name: &str, bytes: Vec<u8>) -> Result<(), ObjectError>;

    /// Length of an object in bytes.
    ///
    /// # Errors
    /// [`ObjectFault::Missing`] if there is none, or why that is not known.
    fn length(&self, name: &str) -> Result<u64, ObjectError>;

    /// These bytes of an object. That they are as many as were asked for and the right ones is the caller's to find out.
    ///
    /// # Errors
    /// [`ObjectFault::Missing`] if there is none, or why it cannot be read.
    fn read(&self, name: &str, range: Range<u64>) -> Result<Vec<u8>, ObjectError>;
}

/// How an object store has failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ObjectFault {
    /// It says that it has no such object.
    Missing,
    /// It refused, or nobody answered.
    Unreachable,
    /// It did not answer in time.
    Late,
    /// It gave other bytes than it was given.
    Corrupt,
}

impl ObjectFault {
    /// All of them, in order.
    pub const ALL: [ObjectFault; 4] =
        [ObjectFault::Missing, ObjectFault::Unreachable, ObjectFault::Late, ObjectFault::Corrupt];

    /// Its name in metrics.
    pub const fn name(self) -> &'static str {
        match self {
            ObjectFault::Missing => "missing",
            ObjectFault::Unreachable => "unreachable",
            ObjectFault::Late => "late",
            ObjectFault::Corrupt => "corrupt",
        }
    }
}

/// An object store has failed. This says nothing about whether a block is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectError {
    /// How.
    pub fault: ObjectFault,
    /// Its words.
    pub cause: String,
}

impl ObjectError {
    /// A failure and the words for it.
    pub fn new(fault: ObjectFault, cause: impl fmt::Display) -> ObjectError {
        ObjectError { fault, cause: cause.to_string() }
    }

    /// The same about a file of the archive that is, or is to be, an object.
    pub(crate) fn of(self, operation: Operation, file: &str) -> FileError {
        let kind = match self.fault {
            ObjectFault::Missing => io::ErrorKind::NotFound,
            ObjectFault::Unreachable => io::ErrorKind::NotConnected,
            ObjectFault::Late => io::ErrorKind::TimedOut,
            ObjectFault::Corrupt => io::ErrorKind::InvalidData,
        };
        let cause = format!("the object store is at fault ({}): {}", self.fault.name(), self.cause);
        FileError { operation, file: file.to_owned(), kind, cause }
    }
}
