//! `Archive`: final blocks and what came of them, on disk for whoever asks.
//!
//! ```text
//!              push, sync                      step
//! blocks ──> Writer ──> newest segment ──> index of a full one ──> oldest segments removed, if not all is kept,
//!                            │                    │                or moved to an object store by a Mover
//!                     terms in memory        pages on disk
//!                            └─────────┬──────────┘
//!                  Archive: a block by height or id, a transaction by id, heights with some logs
//! ```
//!
//! # What it promises
//!
//! 1. Blocks are durable after [`Writer::sync`]. Who makes them durable here first and then in the state's log finds all
//!    that the state stands on here, whenever the power goes.
//! 2. An opened archive ends at the block that the state stands at. What is here above it was told to nobody and is
//!    passed over; if anything below is missing or is of another chain, there is an error, never a gap.
//! 3. Segments are only appended to. Once full they never change, so a copy of one is a copy for good.
//! 4. What is found is checked: a block against the hash of its frame, a transaction against its id. What an index says is
//!    only where to look.
//! 5. Segments may be moved to an [object store](objects). Where that fails there is an error, and never the answer that
//!    there is no such block.
//! 6. Readers take a lock for what lies in memory alone, never for what the disk does.
//!
//! Logs are found by an inverted index: for each contract and each topic at its place, the blocks that have such a log. Blooms
//! would be of no use: with a few thousand logs in a block every bit is set.
//!
//! Deliberately absent: what waits, the state of earlier heights, an index over all segments. A look-up by id reads a page
//! of each segment until it has found it, the newest first.

mod index;
mod moved;
mod mover;
pub mod objects;
mod opening;
pub mod record;
pub mod remote;
mod segment;
mod shelf;
mod term;
mod writer;

use std::ops::RangeInclusive;
use std::sync::Arc;

use alloy_primitives::B256;

use crate::archive::record::Record;
use crate::archive::remote::Remote;
use crate::archive::segment::Reader;
use crate::archive::shelf::{Place, Shelf};
use crate::block::Header;
use crate::store::error::StoreError;
use crate::store::files::{File, Files};

pub use mover::Mover;
pub use opening::{begin_above, open};
pub use term::Term;
pub use writer::Writer;

/// What one process chooses.
#[derive(Clone, Debug)]
pub struct Settings {
    /// A segment is full when it is so long.
    pub segment_bytes: u64,
    /// Entries in a page of an index.
    pub page_entries: u32,
    /// Newest blocks that are kept in the folder at least; a segment goes when all of its blocks are older: to the object
    /// store, if there is one.
    pub blocks_max: u64,
    /// Bytes of a piece, the least that is fetched of a segment in the object store.
    pub piece_bytes: u32,
    /// The object store that full segments go to, by a [`Mover`].
    pub remote: Option<Arc<Remote>>,
}

impl Settings {
    /// For a node that keeps everything.
    pub const fn standard() -> Settings {
        Settings {
            segment_bytes: 32 << 20,
            page_entries: 256,
            blocks_max: u64::MAX,
            piece_bytes: 256 << 10,
            remote: None,
        }
    }

    /// So small that rare paths become common, for tests.
    pub const fn tiny() -> Settings {
        Settings {
            segment_bytes: 4_096,
            page_entries: 3,
            blocks_max: u64::MAX,
            piece_bytes: 700,
            remote: None,
        }
    }
}

/// See the head of this file. Clones read the same.
#[derive(Clone)]
pub struct Archive {
    files: Arc<dyn Files>,
    remote: Option<Arc<Remote>>,
    shelf: Arc<Shelf>,
}

impl Archive {
    /// Height of the oldest block that is kept; one above the newest if none is.
    pub fn oldest(&self) -> u64 {
        self.shelf.oldest()
    }

    /// Height of the newest durable block; 0 if there is none.
    pub fn newest(&self) -> u64 {
        self.shelf.newest()
    }

    /// The block at a height, if it is kept.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] or [`StoreError::File`] if it cannot be read.
    pub fn block(&self, height: u64) -> Result<Option<Record>, StoreError> {
        self.read(height, Reader::next)
    }

    /// Its header and what its makers noted, which takes less time.
    ///
    /// # Errors
    /// As [`Archive::block`].
    pub fn head(&self, height: u64) -> Result<Option<(Header, Vec<u8>)>, StoreError> {
        self.read(height, Reader::next_head)
    }

    fn read<T>(
        &self,
        height: u64,
        read: impl FnOnce(&mut Reader) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        let Some(mut place) = self.shelf.place(height) else { return Ok(None) };
        let mut file = self.segment(&place);
        // It may have been moved before it was opened; a file that is open is not harmed by that.
        if file.is_err() && place.moved.is_none() {
            let Some(again) = self.shelf.place(height) else { return Ok(None) };
            if again.moved.is_some() {
                (file, place) = (self.segment(&again), again);
            }
        }
        let reader = file.and_then(|file| Reader::at(file, place.first, height, place.offset, place.before));
        match reader.and_then(|mut reader| read(&mut reader)) {
            Ok(read) => Ok(Some(read)),
            // Its segment went meanwhile.
            Err(_) if height < self.oldest() => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn segment(&self, place: &Place) -> Result<Box<dyn File>, StoreError> {
        opening::segment(self.files.as_ref(), self.remote.as_ref(), place.first, place.moved.as_ref())
    }

    /// The height of the block with this id, if it is kept.
    ///
    /// # Errors
    /// As [`Archive::block`].
    pub fn height_of(&self, id: &B256) -> Result<Option<u64>, StoreError> {
        for (height, _) in self.candidates(&Term::Block(*id))? {
            if self.head(height)?.is_some_and(|(header, _)| header.id() == *id) {
                return Ok(Some(height));
            }
        }
        Ok(None)
    }

    /// The block that a transaction ran in, if it is kept, and its place among those that ran there.
    ///
    /// # Errors
    /// As [`Archive::block`].
    pub fn transaction(&self, id: &B256) -> Result<Option<(Record, usize)>, StoreError> {
        for (height, place) in self.candidates(&Term::Transaction(*id))? {
            let Some(record) = self.block(height)? else { continue };
            let place = place as usize;
            let mut ran = record.outcomes.iter().filter_map(|(_, outcome)| outcome.receipt());
            if ran.nth(place).is_some_and(|receipt| receipt.id == *id) {
                return Ok(Some((record, place)));
            }
        }
        Ok(None)
    }

    /// Heights of this range, rising, whose blocks may have logs that fulfil all conditions, each by one of its terms; all
    /// heights that are kept if there is no condition. Hardly any is given that has none, and none is left out that has one.
    ///
    /// # Errors
    /// As [`Archive::block`].
    pub fn heights(
        &self,
        range: RangeInclusive<u64>,
        conditions: &[Vec<Term>],
    ) -> Result<Vec<u64>, StoreError> {
        let range = *range.start().max(&self.oldest())..=*range.end().min(&self.newest());
        let mut heights: Option<Vec<u64>> = None;
        for terms in conditions {
            let mut fulfil = Vec::new();
            for term in terms {
                let found = self.shelf.find(self.files.as_ref(), term.key(), &range)?;
                fulfil.extend(found.into_iter().map(|(height, _)| height));
            }
            fulfil.sort_unstable();
            fulfil.dedup();
            if let Some(before) = &heights {
                fulfil.retain(|height| before.binary_search(height).is_ok());
            }
            heights = Some(fulfil);
        }
        Ok(heights.unwrap_or_else(|| range.collect()))
    }

    /// Heights of blocks that may have what a term says, the newest first, and of a transaction its place among those that
    /// ran there. Whoever looks at all of them misses none.
    ///
    /// # Errors
    /// As [`Archive::block`].
    pub fn candidates(&self, term: &Term) -> Result<impl Iterator<Item = (u64, u32)> + use<>, StoreError> {
        let found = self.shelf.find(self.files.as_ref(), term.key(), &(0..=u64::MAX))?;
        Ok(found.into_iter().rev())
    }
}
