//! `Shelf`: which segments there are, and where in them everything is.

use std::collections::{BTreeSet, VecDeque};
use std::ops::RangeInclusive;
use std::sync::{Arc, RwLock, RwLockReadGuard, RwLockWriteGuard};

use crate::archive::index::{Entry, Pages};
use crate::archive::moved::Moved;
use crate::archive::segment::Before;
use crate::archive::term::Key;
use crate::store::error::StoreError;
use crate::store::files::Files;
use crate::store::frame::Chain;

/// A segment.
pub(crate) struct Volume {
    /// Height of its first block.
    pub first: u64,
    /// Hash of the frame before that.
    pub before: Chain,
    /// Of each block's frame.
    pub offsets: Vec<u32>,
    /// By what its blocks are found.
    pub index: Index,
    /// Where it is, if not in the folder.
    pub moved: Option<Arc<Moved>>,
}

/// Where the entries of a segment are.
pub(crate) enum Index {
    /// Of one that grows, or has just become full.
    Memory(BTreeSet<Entry>),
    /// Of one that is full.
    File(Arc<Pages>),
}

impl Volume {
    /// One without blocks.
    pub(crate) fn empty(first: u64, before: Chain) -> Volume {
        Volume { first, before, offsets: Vec::new(), index: Index::Memory(BTreeSet::new()), moved: None }
    }

    /// Height above its last block.
    pub(crate) fn end(&self) -> u64 {
        self.first + self.offsets.len() as u64
    }

    /// Adds the next block, whose frame stands at this offset.
    pub(crate) fn add(&mut self, offset: u64, keys: Vec<(Key, u32)>) {
        let block = u32::try_from(self.offsets.len()).expect("a segment is bounded");
        self.offsets.push(u32::try_from(offset).expect("a segment is bounded"));
        let Index::Memory(entries) = &mut self.index else { unreachable!("a full segment takes no block") };
        entries.extend(keys.into_iter().map(|(key, transaction)| (key, block, transaction)));
    }
}

/// Where a block is.
pub(crate) struct Place {
    /// Height of the first block of its segment.
    pub first: u64,
    /// Of its frame.
    pub offset: u64,
    /// What is before it.
    pub before: Before,
    /// Where the segment is, if not in the folder.
    pub moved: Option<Arc<Moved>>,
}

/// All segments, the oldest first; the last one grows.
pub(crate) struct Shelf(RwLock<VecDeque<Volume>>);

impl Shelf {
    pub(crate) fn new(volumes: VecDeque<Volume>) -> Shelf {
        Shelf(RwLock::new(volumes))
    }

    /// For the one who writes.
    pub(crate) fn change(&self) -> RwLockWriteGuard<'_, VecDeque<Volume>> {
        self.0.write().expect("nobody panics who has it")
    }

    pub(crate) fn look(&self) -> RwLockReadGuard<'_, VecDeque<Volume>> {
        self.0.read().expect("nobody panics who has it")
    }

    /// Height of the oldest block; one above the newest if there is none.
    pub(crate) fn oldest(&self) -> u64 {
        self.look()[0].first
    }

    /// Height of the newest block.
    pub(crate) fn newest(&self) -> u64 {
        let volumes = self.look();
        volumes[volumes.len() - 1].end() - 1
    }

    /// Where a block is.
    pub(crate) fn place(&self, height: u64) -> Option<Place> {
        let volumes = self.look();
        let volume = volumes.partition_point(|volume| volume.first <= height).checked_sub(1)?;
        let Volume { first, before, offsets, moved, .. } = &volumes[volume];
        let at = usize::try_from(height - first).ok()?;
        let offset = u64::from(*offsets.get(at)?);
        let before = match at.checked_sub(1) {
            Some(below) => Before::Frame(offsets[below].into()),
            None => Before::Known(*before),
        };
        Some(Place { first: *first, offset, before, moved: moved.clone() })
    }

    /// Heights of this range that have entries of a key, and their transactions, rising.
    pub(crate) fn find(
        &self,
        files: &dyn Files,
        key: Key,
        range: &RangeInclusive<u64>,
    ) -> Result<Vec<(u64, u32)>, StoreError> {
        let (mut found, mut on_disk) = (Vec::new(), Vec::new());
        for volume in self.look().iter() {
            if volume.first > *range.end() || volume.end() <= *range.start() {
                continue;
            }
            match &volume.index {
                Index::Memory(entries) => {
                    let all = entries.range((key, 0, 0)..=(key, u32::MAX, u32::MAX));
                    let place = |entry: &Entry| (volume.first + u64::from(entry.1), entry.2);
                    found.extend(all.map(place));
                }
                Index::File(pages) => on_disk.push((volume.first, pages.clone())),
            }
        }
        for (first, pages) in on_disk {
            match pages.find(files, key) {
                Ok(entries) => {
                    found.extend(entries.into_iter().map(|(block, place)| (first + u64::from(block), place)));
                }
                // It went meanwhile.
                Err(_) if first < self.oldest() => {}
                Err(error) => return Err(error),
            }
        }
        found.retain(|(height, _)| range.contains(height));
        found.sort_unstable();
        Ok(found)
    }
}
