//! `Handle`: an open file of a simulated disk.

use std::io;
use std::sync::MutexGuard;

use super::{Fate, Inner, Lie, SimulatedDisk, broken};
use crate::store::files::{File, FileError, Operation};

/// A file as one process has opened it.
pub(super) struct Handle {
    pub(super) disk: SimulatedDisk,
    pub(super) inode: usize,
    pub(super) generation: u64,
    pub(super) name: String,
}

impl Handle {
    fn lock(&self, operation: Operation) -> Result<MutexGuard<'_, Inner>, FileError> {
        let inner = self.disk.lock();
        inner.alive(operation, &self.name)?;
        let is_dead = inner.generation != self.generation;
        if is_dead {
            Err(broken(operation, &self.name, "a handle from before the restart"))
        } else {
            Ok(inner)
        }
    }
}

impl File for Handle {
    fn length(&self) -> Result<u64, FileError> {
        Ok(self.lock(Operation::Read)?.inodes[self.inode].cached().len() as u64)
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> Result<(), FileError> {
        let inner = self.lock(Operation::Read)?;
        let tail = inner.inodes[self.inode].cached().get(offset as usize..).unwrap_or_default();
        let Some(bytes) = tail.get(..into.len()) else {
            return Err(FileError::new(Operation::Read, &self.name, &io::ErrorKind::UnexpectedEof.into()));
        };
        into.copy_from_slice(bytes);
        Ok(())
    }

    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> Result<(), FileError> {
        let inner = &mut *self.lock(Operation::Write)?;
        let fate = inner.begin(Operation::Write, &self.name)?;
        let grown =
            (offset + bytes.len() as u64).saturating_sub(inner.inodes[self.inode].cached().len() as u64);
        if inner.used_bytes() + grown > inner.capacity_bytes {
            return Err(FileError::new(Operation::Write, &self.name, &io::ErrorKind::StorageFull.into()));
        }
        let length = match fate {
            Fate::Done => bytes.len(),
            Fate::Fails => inner.random.below(bytes.len() as u64 + 1) as usize,
        };
        inner.inodes[self.inode].write(offset, &bytes[..length]);
        inner.end(fate, Operation::Write, &self.name)
    }

    fn sync(&mut self) -> Result<(), FileError> {
        let inner = &mut *self.lock(Operation::Sync)?;
        let fate = inner.begin(Operation::Sync, &self.name)?;
        if fate == Fate::Fails {
            inner.inodes[self.inode].fail_to_sync(&mut inner.random);
        } else if !inner.is_off && inner.lie != Some(Lie::Sync) {
            inner.inodes[self.inode].sync();
        }
        inner.end(fate, Operation::Sync, &self.name)
    }
}
