//! `Mover`: takes full segments to an object store, on whatever thread calls it, and never one that syncs blocks.
//!
//! ```text
//! read, compared with its hashes ──> put ──> read back ──> mark ──> file removed
//!        (1)                         (2)       (3)         (4)         (5)
//! ```
//!
//! (1) What is damaged here is not moved: it would only be damaged elsewhere. (2) An object that is there already, because
//! a process ended before (4), need not be put again. (3) The only copy here goes after all of the object was read and is
//! the same. (4) From then on it is read from the store. (5) If a process ends before this, the next one does all of it
//! again, and finds at (2) that there is little to do; if the object is gone by then, it is put again.
//!
//! A fault of the store leaves everything as it was, and whoever calls tries again later. After one of the disk nothing
//! more is done.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use alloy_primitives::B256;

use crate::archive::moved::Moved;
use crate::archive::objects::{ObjectError, ObjectFault};
use crate::archive::remote::Remote;
use crate::archive::segment::{self, Reader};
use crate::archive::shelf::{Index, Shelf, Volume};
use crate::archive::writer::Writer;
use crate::store::error::StoreError;
use crate::store::files::{Files, Operation};
use crate::store::frame::{Chain, Next};

/// Pieces that are read back by one request.
const PIECES_TOGETHER: usize = 16;

/// See the head of this file. There is one for each archive at most.
pub struct Mover {
    files: Arc<dyn Files>,
    remote: Arc<Remote>,
    shelf: Arc<Shelf>,
    genesis: B256,
    piece_bytes: u32,
    /// Newest blocks that stay here at least.
    blocks_max: u64,
    /// Segments that were moved and are not known to be in the store.
    unseen: Vec<Arc<Moved>>,
    is_poisoned: bool,
}

/// A full segment that is to be moved.
struct Full {
    first: u64,
    blocks: u32,
    before: Chain,
    end: Chain,
}

impl Mover {
    /// The mover of an archive, if that has an object store.
    pub fn new(writer: &Writer) -> Option<Mover> {
        let (settings, shelf) = (&writer.settings, writer.shelf.clone());
        let remote = settings.remote.clone()?;
        let unseen = shelf.look().iter().filter_map(|volume| volume.moved.clone()).collect();
        let (files, genesis) = (writer.files.clone(), writer.genesis);
        let (piece_bytes, blocks_max) = (settings.piece_bytes, settings.blocks_max);
        Some(Mover { files, remote, shelf, genesis, piece_bytes, blocks_max, unseen, is_poisoned: false })
    }

    /// Moves the oldest segment that is to be moved; gives whether there was one.
    ///
    /// # Errors
    /// If [`StoreError::is_of_objects`], this may be tried again; else as [`Writer::sync`].
    pub fn step(&mut self) -> Result<bool, StoreError> {
        if self.is_poisoned {
            return Err(StoreError::Poisoned);
        }
        let Some(full) = self.next() else { return Ok(false) };
        let result = self.move_one(&full);
        self.is_poisoned = result.as_ref().is_err_and(|error| !error.is_of_objects());
        result.map(|()| true)
    }

    /// Asks the store whether it has what was moved before the start, and was not found the last time; gives whether
    /// all is there. What is not is counted as a fault, and stays in the figures until it is.
    ///
    /// # Errors
    /// If the store does not say.
    pub fn look(&mut self) -> Result<bool, StoreError> {
        let (remote, mut gone) = (self.remote.clone(), Vec::new());
        for moved in &self.unseen {
            if !remote.has(moved).map_err(|error| error.of(Operation::Fetch, &moved.name))? {
                let missing = ObjectError::new(ObjectFault::Missing, "a segment that was moved is gone");
                // What is made of it is the figure.
                let _ = remote.counted::<()>(Err(missing));
                gone.push(moved.clone());
            }
        }
        self.unseen = gone;
        self.remote.gone.store(self.unseen.len() as u64, Ordering::Relaxed);
        Ok(self.unseen.is_empty())
    }

    fn next(&self) -> Option<Full> {
        let (newest, volumes) = (self.shelf.newest(), self.shelf.look());
        let needed = (newest + 1).saturating_sub(self.blocks_max);
        let is_due = |volume: &Volume| {
            let is_indexed = matches!(volume.index, Index::File(_));
            volume.moved.is_none() && is_indexed && volume.end() <= needed
        };
        let mut pairs = volumes.iter().zip(volumes.iter().skip(1));
        let (volume, next) = pairs.find(|(volume, _)| is_due(volume))?;
        let blocks = u32::try_from(volume.offsets.len()).expect("a segment is bounded");
        Some(Full { first: volume.first, blocks, before: volume.before, end: next.before })
    }

    fn move_one(&self, full: &Full) -> Result<(), StoreError> {
        let bytes = self.read(full)?;
        let (first, chains) = (full.first, (full.before, full.end));
        let moved = Moved::of(&self.genesis, (first, full.blocks), chains, &bytes, self.piece_bytes);
        let name = segment::name(first);
        self.upload(&moved, bytes).map_err(|error| error.of(Operation::Upload, &name))?;
        moved.mark(self.files.as_ref(), &self.genesis)?;
        {
            let mut volumes = self.shelf.change();
            let volume = volumes.iter_mut().find(|volume| volume.first == first);
            volume.expect("nobody else takes a segment away").moved = Some(Arc::new(moved));
        }
        self.remote.segments.fetch_add(1, Ordering::Relaxed);
        self.files.remove(&name)?;
        Ok(self.files.sync_directory()?)
    }

    /// The segment's bytes up to its last block.
    fn read(&self, full: &Full) -> Result<Vec<u8>, StoreError> {
        let name = segment::name(full.first);
        let mut reader = Reader::open(self.files.open(&name)?, &self.genesis, full.first)?;
        for _ in 0..full.blocks {
            if !matches!(reader.frames.next()?, Next::Frame(..)) {
                return Err(reader.damaged("a block cannot be read"));
            }
        }
        if reader.frames.chain != full.end {
            return Err(reader.damaged("the segment after it does not go on from it"));
        }
        let mut bytes = vec![0; reader.frames.offset as usize];
        reader.frames.into_file().read_at(0, &mut bytes)?;
        Ok(bytes)
    }

    fn upload(&self, moved: &Moved, bytes: Vec<u8>) -> Result<(), ObjectError> {
        // What an object of this name holds is no fault if it is not ours yet.
        if self.remote.has(moved)? && self.compare(moved).is_ok() {
            return Ok(());
        }
        self.remote.put(&moved.name, bytes)?;
        self.compare(moved)
    }

    /// Reads all of the object; an error if it is not the same.
    fn compare(&self, moved: &Moved) -> Result<(), ObjectError> {
        for first in (0..moved.pieces.len()).step_by(PIECES_TOGETHER) {
            self.remote.fetch(moved, first..(first + PIECES_TOGETHER).min(moved.pieces.len()))?;
        }
        Ok(())
    }
}
