//! Opening an archive: it is brought to the height at which the state stands.
//!
//! 1. The folder is synced; what was never finished is removed, and indexes without a segment.
//! 2. Segments that begin above the next block are removed, the newest first: the state never knew their blocks.
//! 3. Each full segment must end where the next one begins. Its index is read, or made anew from its blocks.
//! 4. The newest one is read up to the block that the state stands at, which must be the very same. The next block is
//!    written behind that, over what may be there.

use std::collections::VecDeque;
use std::sync::Arc;

use alloy_primitives::B256;

use crate::archive::index;
use crate::archive::segment::{self, Reader};
use crate::archive::shelf::{Index, Shelf, Volume};
use crate::archive::term::keys_of;
use crate::archive::writer::End;
use crate::archive::{Settings, Writer};
use crate::store::error::StoreError;
use crate::store::files::Files;
use crate::store::frame::Chain;
use crate::store::record::Tip;

/// Opens the archive of the chain with this genesis, whose state stands at this block; makes it if that is genesis.
///
/// # Errors
/// [`StoreError::Damaged`] if a block is missing or another, [`StoreError::File`] if the disk refuses.
pub fn open(
    files: &Arc<dyn Files>,
    settings: &Settings,
    genesis: B256,
    tip: &Tip,
) -> Result<Writer, StoreError> {
    let folder = files.as_ref();
    let mut firsts = tidy(folder, tip.height)?;
    if firsts.is_empty() {
        if tip.height > 0 {
            let what = "the folder keeps a state and not the blocks that led to it";
            return Err(StoreError::damaged(&segment::name(1), 0, what));
        }
        segment::create(folder, &genesis, 1, &genesis.0)?;
        firsts.push(1);
    }
    let mut volumes = VecDeque::new();
    for pair in firsts.windows(2) {
        volumes.push_back(full(folder, &genesis, pair[0], pair[1])?);
    }
    let newest = firsts[firsts.len() - 1];
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
    if tidy(files.as_ref(), tip.height)?.is_empty() {
        segment::create(files.as_ref(), &genesis, tip.height + 1, &tip.id.0)?;
        return Ok(());
    }
    Err(StoreError::Exists)
}

fn another(first: u64) -> StoreError {
    StoreError::damaged(&segment::name(first), 0, "the state stands at another block")
}

/// Removes what is not needed, and gives the heights at which segments begin.
fn tidy(files: &dyn Files, height: u64) -> Result<Vec<u64>, StoreError> {
    files.sync_directory()?;
    let names = files.list()?;
    for unfinished in [segment::UNFINISHED, index::UNFINISHED] {
        if names.iter().any(|name| name == unfinished) {
            files.remove(unfinished)?;
        }
    }
    let mut firsts: Vec<u64> = names.iter().filter_map(|name| segment::first_of(name)).collect();
    while let Some(first) = firsts.pop_if(|first| *first > height + 1) {
        files.remove(&segment::name(first))?;
        files.sync_directory()?;
    }
    let newest = firsts.last();
    let is_needless = |first: &u64| firsts.binary_search(first).is_err() || Some(first) == newest;
    for first in names.iter().filter_map(|name| index::first_of(name)).filter(is_needless) {
        files.remove(&index::name(first))?;
    }
    Ok(firsts)
}

/// A segment that the next one follows.
fn full(files: &dyn Files, genesis: &B256, first: u64, next: u64) -> Result<Volume, StoreError> {
    let mut reader = Reader::open(files, genesis, first)?;
    let before = reader.frames.chain;
    let chain = Reader::open(files, genesis, next)?.frames.chain;
    if let Some(volume) = indexed(files, genesis, (first, before), (next, chain))? {
        return Ok(volume);
    }
    let mut volume = Volume::empty(first, before);
    read_until(&mut reader, &mut volume, next)?;
    if reader.frames.chain != chain {
        return Err(reader.damaged("the segment after it does not go on from it"));
    }
    Ok(volume)
}

/// The same by its index, if that is there and good.
fn indexed(
    files: &dyn Files,
    genesis: &B256,
    (first, before): (u64, Chain),
    (next, chain): (u64, Chain),
) -> Result<Option<Volume>, StoreError> {
    let name = index::name(first);
    match index::read(files, genesis, first) {
        Ok(head) if head.chain == chain && head.offsets.len() as u64 == next - first => {
            let index = Index::File(Arc::new(head.pages));
            Ok(Some(Volume { first, before, offsets: head.offsets, index }))
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
    matches!(error, StoreError::File(error) if error.kind == std::io::ErrorKind::NotFound)
}

/// The newest segment, up to the block that the state stands at.
fn last(files: &dyn Files, genesis: &B256, first: u64, tip: &Tip) -> Result<(Volume, End), StoreError> {
    let mut reader = Reader::open(files, genesis, first)?;
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
