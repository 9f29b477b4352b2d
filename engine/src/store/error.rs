//! `StoreError`: why state could not be kept, or not be found again.

use std::fmt;

use alloy_primitives::B256;

use crate::store::files::{FileError, Operation};

/// A fault of the disk, or what it has made of the store's files. Never about a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreError {
    /// The disk has refused, for want of space among other reasons.
    File(FileError),
    /// Something that was durable cannot be read any more. What is left is not used, since blocks that were
    /// acknowledged would be missing.
    Damaged {
        /// Where.
        file: String,
        /// From which byte on.
        offset: u64,
        /// What is wrong.
        what: &'static str,
    },
    /// The state that was recovered has another root than was recorded for it.
    Root {
        /// Of the block.
        height: u64,
        /// When the block was executed.
        recorded: B256,
        /// From the recovered state.
        found: B256,
    },
    /// A file was moved to an object store, and nobody said to which.
    Elsewhere {
        /// Which.
        file: String,
    },
    /// There is a store where one was to be made.
    Exists,
    /// There was an error before; the store takes nothing more and must be recovered.
    Poisoned,
}

impl StoreError {
    /// Damage in a file.
    pub(crate) fn damaged(file: &str, offset: u64, what: &'static str) -> StoreError {
        StoreError::Damaged { file: file.to_owned(), offset, what }
    }

    /// Whether an object store has failed, and not the disk: then the same may be tried again.
    pub fn is_of_objects(&self) -> bool {
        matches!(self, StoreError::File(error) if matches!(error.operation, Operation::Fetch | Operation::Upload))
    }

    /// Whether another copy of what this file holds may be good.
    pub(crate) fn blames(&self, name: &str) -> bool {
        match self {
            StoreError::File(error) => error.operation == Operation::Read && error.file == name,
            StoreError::Damaged { file, .. } => file == name,
            StoreError::Root { .. } => true,
            StoreError::Elsewhere { .. } | StoreError::Exists | StoreError::Poisoned => false,
        }
    }
}

impl From<FileError> for StoreError {
    fn from(error: FileError) -> StoreError {
        StoreError::File(error)
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StoreError::File(error) => error.fmt(f),
            StoreError::Damaged { file, offset, what } => {
                write!(f, "{file} is damaged at byte {offset}: {what}")
            }
            StoreError::Root { height, recorded, found } => {
                write!(f, "the state recovered at height {height} has root {found}, recorded was {recorded}")
            }
            StoreError::Elsewhere { file } => {
                write!(f, "{file} was moved to an object store, and none is given")
            }
            StoreError::Exists => write!(f, "there is a store already"),
            StoreError::Poisoned => write!(f, "the store has failed before and must be recovered"),
        }
    }
}

impl std::error::Error for StoreError {}
