//! `Writer`: appends blocks to an archive, and keeps its files in order.

use std::sync::Arc;

use alloy_primitives::B256;

use crate::archive::index;
use crate::archive::record;
use crate::archive::segment;
use crate::archive::shelf::{Index, Shelf, Volume};
use crate::archive::term::{Key, keys_of};
use crate::archive::{Archive, Settings};
use crate::block::Block;
use crate::executed::Outcome;
use crate::store::error::StoreError;
use crate::store::files::{File, Files};
use crate::store::frame::{self, Chain, Kind};

/// See [`Archive`](crate::archive::Archive). There is one for each archive.
pub struct Writer {
    pub(super) files: Arc<dyn Files>,
    pub(super) settings: Settings,
    pub(super) genesis: B256,
    pub(super) shelf: Arc<Shelf>,
    /// The newest segment.
    file: Box<dyn File>,
    /// Where the next frame goes.
    end: u64,
    /// Hash of the last frame that is durable.
    chain_durable: Chain,
    /// Hash of the last frame.
    chain: Chain,
    /// Height of the last block that was pushed.
    height: u64,
    /// Frames that are not written yet.
    pending: Vec<u8>,
    /// Of each of them where it begins, and the keys of its block.
    waiting: Vec<(usize, Vec<(Key, u32)>)>,
    is_poisoned: bool,
}

/// Where an archive ends.
pub(super) struct End {
    /// The newest segment.
    pub file: Box<dyn File>,
    /// Behind its last block.
    pub offset: u64,
    /// Hash of the last frame.
    pub chain: Chain,
    /// Height of the last block.
    pub height: u64,
}

impl Writer {
    pub(super) fn new(
        files: Arc<dyn Files>,
        settings: Settings,
        genesis: B256,
        shelf: Arc<Shelf>,
        end: End,
    ) -> Writer {
        let End { file, offset, chain, height } = end;
        Writer {
            files,
            settings,
            genesis,
            shelf,
            file,
            end: offset,
            chain_durable: chain,
            chain,
            height,
            pending: Vec::new(),
            waiting: Vec::new(),
            is_poisoned: false,
        }
    }

    /// For whoever reads.
    pub fn archive(&self) -> Archive {
        let (files, remote) = (self.files.clone(), self.settings.remote.clone());
        Archive { files, remote, shelf: self.shelf.clone() }
    }

    /// Adds the next block, what came of its transactions, the root of the state after it, and notes.
    ///
    /// # Panics
    /// If it is not the next one: a bug.
    pub fn push(&mut self, block: &Block, state_root: &B256, notes: &[u8], outcomes: &[Outcome]) {
        assert_eq!(block.header().height, self.height + 1, "blocks are pushed in order");
        self.height += 1;
        self.waiting.push((self.pending.len(), keys_of(&block.id(), outcomes.iter())));
        frame::put(&mut self.pending, &mut self.chain, Kind::Block, |out| {
            record::encode(out, block, state_root, notes, outcomes);
        });
    }

    /// Bytes that a sync would write.
    pub fn pending_bytes(&self) -> usize {
        self.pending.len()
    }

    /// Makes all blocks that were pushed durable; only then they are found.
    ///
    /// # Errors
    /// [`StoreError::File`] if the disk refuses; from then on [`StoreError::Poisoned`].
    pub fn sync(&mut self) -> Result<(), StoreError> {
        self.guarded(|writer| if writer.pending.is_empty() { Ok(()) } else { writer.append() })
    }

    /// Writes the index of a full segment, or removes one that nobody asked to keep; gives whether there was anything to do.
    ///
    /// # Errors
    /// As [`Writer::sync`].
    pub fn step(&mut self) -> Result<bool, StoreError> {
        self.guarded(|writer| Ok(writer.index_one()? || writer.remove_one()?))
    }

    fn append(&mut self) -> Result<(), StoreError> {
        if self.end >= self.settings.segment_bytes {
            let first = self.shelf.newest() + 1;
            (self.file, self.end) =
                segment::create(self.files.as_ref(), &self.genesis, first, &self.chain_durable)?;
            self.shelf.change().push_back(Volume::empty(first, self.chain_durable));
        }
        self.file.write_at(self.end, &self.pending)?;
        self.file.sync()?;
        let mut volumes = self.shelf.change();
        let volume = volumes.back_mut().expect("an archive has a segment");
        for (at, keys) in self.waiting.drain(..) {
            volume.add(self.end + at as u64, keys);
        }
        self.end += self.pending.len() as u64;
        self.chain_durable = self.chain;
        self.pending.clear();
        Ok(())
    }

    fn index_one(&mut self) -> Result<bool, StoreError> {
        let (place, pages) = {
            // Nobody else changes what is here, and others only read it.
            let volumes = self.shelf.look();
            let full = volumes.iter().zip(volumes.iter().skip(1)).enumerate();
            let mut without = full.filter_map(|(place, (volume, next))| match &volume.index {
                Index::Memory(entries) => Some((place, volume, next.before, entries)),
                Index::File(_) => None,
            });
            let Some((place, volume, chain, entries)) = without.next() else { return Ok(false) };
            let (of, page_entries) = ((volume.first, &chain), self.settings.page_entries);
            let files = self.files.as_ref();
            let pages = index::write(files, &self.genesis, of, &volume.offsets, entries, page_entries)?;
            (place, pages)
        };
        self.shelf.change()[place].index = Index::File(Arc::new(pages));
        Ok(true)
    }

    fn remove_one(&mut self) -> Result<bool, StoreError> {
        if self.settings.remote.is_some() {
            // It will be moved.
            return Ok(false);
        }
        let needed = (self.shelf.newest() + 1).saturating_sub(self.settings.blocks_max);
        let mut volumes = self.shelf.change();
        if volumes.len() < 2 || volumes[0].end() > needed {
            return Ok(false);
        }
        let oldest = volumes.pop_front().expect("there are two");
        drop(volumes);
        self.files.remove(&segment::name(oldest.first))?;
        // Before the next one goes: what is left never has a gap.
        self.files.sync_directory()?;
        if let Index::File(_) = oldest.index {
            self.files.remove(&index::name(oldest.first))?;
        }
        Ok(true)
    }

    /// Does something after which, if it failed, nothing more is done.
    fn guarded<T>(
        &mut self,
        work: impl FnOnce(&mut Writer) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        if self.is_poisoned {
            return Err(StoreError::Poisoned);
        }
        let result = work(self);
        self.is_poisoned = result.is_err();
        result
    }
}
