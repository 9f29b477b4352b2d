//! Recovery: from the files to the state after the last block that can be read.
//!
//! 1. The folder is synced: what a former process renamed is now durable, if it was not.
//! 2. The newest checkpoint is taken, or the one before where that one is damaged.
//! 3. The log is read from there. It may end in a torn record, but not below what is known to have been synced, and not
//!    below the checkpoint.
//! 4. The checkpoint and the log are merged into memory, and the trie is built over all of it. Its root must be the one
//!    that was recorded.
//! 5. Records behind the last place that is known to have been synced are written once more, synced, and marked. Only then is
//!    the state said to be durable.
//!
//! Nothing is cut off: a torn record is not read, and the next one goes to a new segment. So recovery can itself be cut off
//! anywhere, and is then simply done again.

use std::sync::Arc;

use alloy_primitives::B256;
use alloy_primitives::map::B256Set;
use rayon::slice::ParallelSliceMut;

use crate::evm::Code;
use crate::state::State;
use crate::store::Settings;
use crate::store::checkpoint::{self, Head, Reader, TIPS_MAX};
use crate::store::codes::{self, Codes, Stored};
use crate::store::error::StoreError;
use crate::store::files::Files;
use crate::store::frame::Chain;
use crate::store::log::{LogReader, Tail};
use crate::store::merge::{Delta, Merge};
use crate::store::record::{Record, Tip};
use crate::store::segment;
use crate::trie::Trie;
use crate::writes::WriteSet;

/// What was found.
pub struct Recovered {
    /// Id of genesis: which chain it is.
    pub genesis: B256,
    /// The last block that is durable.
    pub tip: Tip,
    /// That block and those before it, rising; more than a header looks back, where there were so many.
    pub tips: Vec<Tip>,
    /// What was noted with the last block; nothing was with genesis.
    pub notes: Vec<u8>,
    /// The state after it.
    pub state: State,
    /// The commitment to the state.
    pub trie: Trie,
    /// Newer checkpoints that could not be used, and why. An older one and its longer log made up for them.
    pub skipped: Vec<StoreError>,
}

/// The files of a store, by kind.
pub(crate) struct Inventory {
    /// Heights, rising.
    pub checkpoints: Vec<u64>,
    /// Heights of the first records of segments, rising.
    pub segments: Vec<u64>,
    /// Whether there is a file of codes.
    pub has_codes: bool,
}

impl Inventory {
    /// Lists a folder, and removes what was never finished.
    pub(crate) fn take(files: &dyn Files) -> Result<Inventory, StoreError> {
        files.sync_directory()?;
        let names = files.list()?;
        for unfinished in [checkpoint::UNFINISHED, segment::UNFINISHED] {
            if names.iter().any(|name| name == unfinished) {
                files.remove(unfinished)?;
            }
        }
        Ok(Inventory {
            checkpoints: names.iter().filter_map(|name| checkpoint::height_of(name)).collect(),
            segments: names.iter().filter_map(|name| segment::first_of(name)).collect(),
            has_codes: names.iter().any(|name| name == codes::NAME),
        })
    }
}

/// All that a store goes on from.
pub(crate) struct Found {
    pub recovered: Recovered,
    pub codes: Codes,
    /// Hash of the last frame of the log.
    pub chain: Chain,
    /// Height and length of the checkpoint that was used.
    pub checkpoint: (u64, u64),
}

/// Recovers from the newest checkpoint that can be used.
pub(crate) fn recover(
    files: &Arc<dyn Files>,
    settings: &Settings,
    inventory: &Inventory,
) -> Result<Found, StoreError> {
    let mut skipped = Vec::new();
    for height in inventory.checkpoints.iter().rev() {
        match from_checkpoint(files, settings, &inventory.segments, *height) {
            Ok(mut found) => {
                found.recovered.skipped = skipped;
                return Ok(found);
            }
            Err(error) if error.blames(&checkpoint::name(*height)) => skipped.push(error),
            Err(error) => return Err(error),
        }
    }
    Err(skipped
        .into_iter()
        .next()
        .unwrap_or_else(|| StoreError::damaged(&checkpoint::name(0), 0, "there is a log, but no checkpoint")))
}

fn from_checkpoint(
    files: &Arc<dyn Files>,
    settings: &Settings,
    segments: &[u64],
    height: u64,
) -> Result<Found, StoreError> {
    let old = Reader::open(files.as_ref(), height)?;
    let (head, length) = (old.head.clone(), old.length());
    let stored = Stored::read(files.as_ref(), &head.genesis)?;
    let mut log = LogReader::new(files.clone(), head.genesis, segments, height);
    log.skip_to(height, &head.log)?;
    let replay = Replay::read(&mut log, &head)?;
    let (stored, codes) = stored.take(head.codes, &replay.codes)?;
    let merge = Merge::new(old, replay.delta, settings.chunk_entries);
    let (mut state, mut trie) = build(merge, stored)?;
    check_root(&replay.tips[replay.tips.len() - 1 - replay.later.len()], &trie)?;
    for writes in &replay.later {
        trie.apply(&writes.trie_updates());
        state.apply(writes);
    }
    // Only now, when all of it was found to be good.
    if let Some(Tail { first, end }) = log.into_tail() {
        segment::settle(files.as_ref(), head.genesis, first, end)?;
    }
    let mut tips = replay.tips;
    tips.drain(..tips.len().saturating_sub(TIPS_MAX));
    let tip = *tips.last().expect("a checkpoint stands at a block");
    let recovered =
        Recovered { genesis: head.genesis, tip, tips, notes: replay.notes, state, trie, skipped: Vec::new() };
    Ok(Found { recovered, codes, chain: replay.chain, checkpoint: (height, length) })
}

/// Blocks after a checkpoint.
struct Replay {
    /// Those of the checkpoint and all after it.
    tips: Vec<Tip>,
    /// Of the last block.
    notes: Vec<u8>,
    /// Changes up to the last block of which the root is known.
    delta: Delta,
    /// Changes of the blocks after that.
    later: Vec<WriteSet>,
    /// Hashes of new codes.
    codes: B256Set,
    /// Hash of the last frame.
    chain: Chain,
}

impl Replay {
    /// Reads the log to its end.
    fn read(log: &mut LogReader, head: &Head) -> Result<Replay, StoreError> {
        let mut replay = Replay {
            tips: head.tips.clone(),
            notes: head.notes.clone(),
            delta: Delta::default(),
            later: Vec::new(),
            codes: B256Set::default(),
            chain: head.log,
        };
        while let Some((record, chain)) = log.next()? {
            let Record { tip, parent, notes, writes, codes } = record;
            if replay.tips.last().is_none_or(|below| below.id != parent) {
                return Err(log.damaged("a record does not stand on the block below"));
            }
            replay.codes.extend(codes);
            replay.later.push(writes);
            if tip.root.is_some() {
                replay.later.drain(..).for_each(|writes| replay.delta.add(writes));
            }
            replay.tips.push(tip);
            replay.notes = notes;
            replay.chain = chain;
        }
        Ok(replay)
    }
}

/// Merges into memory: the flat state, and the trie over it.
fn build(mut merge: Merge, codes: Vec<(B256, Code)>) -> Result<(State, Trie), StoreError> {
    let mut state = State::default();
    state.apply(&WriteSet { codes, ..WriteSet::default() });
    let mut updates = Vec::new();
    while let Some(piece) = merge.next()? {
        updates.extend(piece.trie_updates());
        state.apply(&piece);
    }
    updates.par_sort_unstable_by_key(|update| update.0);
    let mut trie = Trie::new();
    trie.apply(&updates);
    Ok((state, trie))
}

fn check_root(tip: &Tip, trie: &Trie) -> Result<(), StoreError> {
    let found = B256::from(trie.root());
    match tip.root {
        Some(recorded) if recorded != found => Err(StoreError::Root { height: tip.height, recorded, found }),
        _ => Ok(()),
    }
}
