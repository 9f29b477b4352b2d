//! Opening an archive: it is brought to the height at which the state stands.
//!
//! 1. The folder is synced; what was never finished is removed, and indexes without a segment.
//! 2. Segments that begin above the next block are removed, the newest first: the state never knew their blocks.
//! 3. Each full segment must end where the next one begins. Its index is read, or made anew from its blocks. Of one that is
//!    in an object store alone the mark says where it begins and ends; where the file is here too, it is as if there were no
//!    mark, and a mover finds out the rest. Nothing is asked of the object store unless such an index is lost.
//! 4. The newest one is read up to the block that the state stands at, which must be the very same. The next block is
//!    written behind that, over what may be there.

use std::collections::{BTreeSet, VecDeque};
use std::io::ErrorKind;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use alloy_primitives::B256;

use crate::archive::index;
use crate::archive::moved::{self, Moved, MovedFile};
use crate::archive::remote::Remote;
use crate::archive::segment::{self, Reader};
use crate::archive::shelf::{Index, Shelf, Volume};
use crate::archive::term::keys_of;
use crate::archive::writer::End;
use crate::archive::{Settings, Writer};
use crate::store::error::StoreError;
use crate::store::files::{File, FileError, Files, Operation};
use crate::store::frame::Chain;
use crate::store::record::Tip;

/// Opens the archive of the chain with this genesis, whose state stands at this block; makes it if that is genesis.
///
/// # Errors
/// [`StoreError::Damaged`] if a block is missing or another, [`StoreError::File`] if the disk refuses,
/// [`StoreError::Elsewhere`] if segments were moved to an object store and there is none in these settings.
pub fn open(
    files: &Arc<dyn Files>,
    settings: &Settings,
    genesis: B256,
    tip: &Tip,
) -> Result<Writer, StoreError> {
    let folder = files.as_ref();
    let mut spines = spines(folder, settings, &genesis, tip.height)?;
    if spines.is_empty() {
        if tip.height > 0 {
            let what = "the folder keeps a state and not the blocks that led to it";
            return Err(StoreError::damaged(&segment::name(1), 0, what));
        }
        segment::create(folder, &genesis, 1, &genesis.0)?;
        spines.push(Spine { first: 1, before: genesis.0, moved: None });
    }
    let mut volumes = VecDeque::new();
    for pair in spines.windows(2) {
        volumes.push_back(full(folder, settings, &genesis, (&pair[0], &pair[1]))?);
    }
    if let Some(remote) = &settings.remote {
        let moved = spines.iter().filter(|spine| spine.moved.is_some()).count();
        remote.segments.store(moved as u64, Ordering::Relaxed);
    }
    let newest = spines[spines.len() - 1].first;
    let (volume, end) = last(folder, &genesis, newest, tip)?;
    volumes.push_back(volume);
    let writer = Writer::new(files.clone(), settings.clone(), genesis, Arc::new(Shelf::new(volumes)), end);
    let is_same = match newest > tip.height && tip.height > 0 {
        true => writer.archive().block(tip.height)?.is_none_or(|record| record.id == tip.id),
        false => true,
    };
    if is_same { Ok(writer) } else { Err(another(newest)) }
}

/// Begins an archive above the block that a state from elsewhere stands at, without those that led to it.
///
/// # Errors
/// [`StoreError::Exists`] if there is one, [`StoreError::File`] if the disk refuses.
pub fn begin_above(files: &Arc<dyn Files>, genesis: B256, tip: &Tip) -> Result<(), StoreError> {
    if tidy(files.as_ref(), tip.height)?.firsts.is_empty() {
        segment::create(files.as_ref(), &genesis, tip.height + 1, &tip.id.0)?;
        return Ok(());
    }
    Err(StoreError::Exists)
}

fn another(first: u64) -> StoreError {
    StoreError::damaged(&segment::name(first), 0, "the state stands at another block")
}

/// A segment that was found, and what is before its first block.
struct Spine {
    first: u64,
    before: Chain,
    moved: Option<Arc<Moved>>,
}

/// All segments, the oldest first.
fn spines(
    files: &dyn Files,
    settings: &Settings,
    genesis: &B256,
    height: u64,
) -> Result<Vec<Spine>, StoreError> {
    let Found { firsts, here, marks } = tidy(files, height)?;
    let mut spines = Vec::with_capacity(firsts.len());
    for first in firsts {
        if here.binary_search(&first).is_ok() {
            if settings.remote.is_none() && marks.binary_search(&first).is_ok() {
                // Nobody will move it, and it may be removed one day.
                files.remove(&moved::name(first))?;
                files.sync_directory()?;
            }
            let file = files.open(&segment::name(first))?;
            let before = Reader::open(file, genesis, first)?.frames.chain;
            spines.push(Spine { first, before, moved: None });
            continue;
        }
        if settings.remote.is_none() {
            return Err(StoreError::Elsewhere { file: segment::name(first) });
        }
        let moved = Arc::new(Moved::read(files, genesis, first)?);
        spines.push(Spine { first, before: moved.before, moved: Some(moved) });
    }
    match spines.last() {
        Some(Spine { first, moved: Some(_), .. }) => Err(StoreError::damaged(
            &segment::name(*first),
            0,
            "the state stands at a block of a segment that was moved",
        )),
        _ => Ok(spines),
    }
}

/// Heights at which segments begin, rising.
struct Found {
    /// All.
    firsts: Vec<u64>,
    /// Those in the folder.
    here: Vec<u64>,
    /// Those that were moved, and may be in the folder yet.
    marks: Vec<u64>,
}

/// Removes what is not needed, and finds what there is.
fn tidy(files: &dyn Files, height: u64) -> Result<Found, StoreError> {
    files.sync_directory()?;
    let names = files.list()?;
    for unfinished in [segment::UNFINISHED, index::UNFINISHED, moved::UNFINISHED] {
        if names.iter().any(|name| name == unfinished) {
            files.remove(unfinished)?;
        }
    }
    let mut here: Vec<u64> = names.iter().filter_map(|name| segment::first_of(name)).collect();
    while let Some(first) = here.pop_if(|first| *first > height + 1) {
        files.remove(&segment::name(first))?;
        files.sync_directory()?;
    }
    let marks: Vec<u64> = names.iter().filter_map(|name| moved::first_of(name)).collect();
    let firsts: Vec<u64> = here.iter().chain(&marks).copied().collect::<BTreeSet<_>>().into_iter().collect();
    let newest = firsts.last();
    let is_needless = |first: &u64| firsts.binary_search(first).is_err() || Some(first) == newest;
    for first in names.iter().filter_map(|name| index::first_of(name)).filter(is_needless) {
        files.remove(&index::name(first))?;
    }
    Ok(Found { firsts, here, marks })
}

/// A segment that the next one follows.
fn full(
    files: &dyn Files,
    settings: &Settings,
    genesis: &B256,
    (spine, next): (&Spine, &Spine),
) -> Result<Volume, StoreError> {
    let Spine { first, before, moved } = spine;
    let marked = moved.as_ref().map(|moved| (moved.end, moved.first + u64::from(moved.blocks)));
    if marked.is_some_and(|end| end != (next.before, next.first)) {
        let what = "the segment after it does not go on from what was moved";
        return Err(StoreError::damaged(&moved::name(*first), 0, what));
    }
    if let Some(volume) = indexed(files, genesis, spine, next)? {
        return Ok(volume);
    }
    let file = segment(files, settings.remote.as_ref(), *first, moved.as_ref())?;
    let mut reader = Reader::open(file, genesis, *first)?;
    let mut volume = Volume { moved: moved.clone(), ..Volume::empty(*first, *before) };
    read_until(&mut reader, &mut volume, next.first)?;
    if reader.frames.chain != next.before {
        return Err(reader.damaged("the segment after it does not go on from it"));
    }
    Ok(volume)
}

/// The file of a segment, wherever it is.
pub(super) fn segment(
    files: &dyn Files,
    remote: Option<&Arc<Remote>>,
    first: u64,
    moved: Option<&Arc<Moved>>,
) -> Result<Box<dyn File>, StoreError> {
    let Some(moved) = moved else { return Ok(files.open(&segment::name(first))?) };
    let remote = remote.expect("no archive is opened without the store of what was moved").clone();
    Ok(Box::new(MovedFile { remote, moved: moved.clone() }))
}

/// The same by its index, if that is there and good.
fn indexed(
    files: &dyn Files,
    genesis: &B256,
    spine: &Spine,
    next: &Spine,
) -> Result<Option<Volume>, StoreError> {
    let Spine { first, before, moved } = spine;
    let (first, before, moved) = (*first, *before, moved.clone());
    let name = index::name(first);
    match index::read(files, genesis, first) {
        Ok(head) if head.chain == next.before && head.offsets.len() as u64 == next.first - first => {
            let index = Index::File(Arc::new(head.pages));
            Ok(Some(Volume { first, before, offsets: head.offsets, index, moved }))
        }
        Err(error) if !error.blames(&name) && !is_missing(&error) => Err(error),
        Ok(_) | Err(_) => {
            if files.list()?.contains(&name) {
                files.remove(&name)?;
            }
            Ok(None)
        }
    }
}

fn is_missing(error: &StoreError) -> bool {
    let is_missing =
        |error: &FileError| error.operation == Operation::Open && error.kind == ErrorKind::NotFound;
    matches!(error, StoreError::File(error) if is_missing(error))
}

/// The newest segment, up to the block that the state stands at.
fn last(files: &dyn Files, genesis: &B256, first: u64, tip: &Tip) -> Result<(Volume, End), StoreError> {
    let mut reader = Reader::open(files.open(&segment::name(first))?, genesis, first)?;
    let mut volume = Volume::empty(first, reader.frames.chain);
    let newest = read_until(&mut reader, &mut volume, tip.height + 1)?;
    if newest.is_some_and(|id| id != tip.id) {
        return Err(another(first));
    }
    let (offset, chain) = (reader.frames.offset, reader.frames.chain);
    let end = End { file: files.open(&segment::name(first))?, offset, chain, height: tip.height };
    Ok((volume, end))
}

/// Reads the blocks below a height, and gives the id of the last.
fn read_until(reader: &mut Reader, volume: &mut Volume, end: u64) -> Result<Option<B256>, StoreError> {
    let mut newest = None;
    while reader.next < end {
        let offset = reader.frames.offset;
        let record = reader.next()?;
        volume.add(offset, keys_of(&record.id, record.outcomes.iter().map(|(_, outcome)| outcome)));
        newest = Some(record.id);
    }
    Ok(newest)
}
