//! How a validator whose folder is empty, or which was away for long, takes the state from the others; and how it gives it to those
//! who come.
//!
//! ```text
//!  Desk ──final blocks, certificates──> Finals ──┐
//!  commit ──tables of hot keys────────> Finals   ├──> Shop: offer, pieces ──> others
//!  History ──copy of the state at a height───────┘
//!
//!  others ──> Filler ──pieces──> chain.parts ──all of them──> chain.new ──> chain, from which the validator starts
//! ```
//!
//! States are offered of heights that are multiples of [`EVERY`], so that several validators have the same one. They are
//! made when somebody asks who is far behind, and not kept longer than somebody wants them.

mod filler;
mod finals;
mod folders;
mod shop;

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use alloy_primitives::B256;
use pelton_consensus::catch_up::{Floor, Outcome};
use pelton_consensus::{Process, Settings};
use pelton_engine::block::Parent;

use crate::validator::Membership;

pub use filler::Filler;
pub use finals::Finals;
pub use folders::Folders;
pub use shop::Shop;

/// Heights of blocks whose states are offered are multiples of this.
pub const EVERY: u64 = 32;
/// A validator that is at least so many blocks behind takes the state, unless another number is chosen.
pub const BEHIND_MIN: u64 = 1_024;
/// No chain makes blocks faster than this, so whose newest block is younger than so many is not far behind, and need not ask.
const BLOCK_MS_MIN: u64 = 20;

/// What was counted of pieces that were asked for.
#[derive(Debug, Default)]
pub struct Counts {
    pub(crate) kept: AtomicU64,
    pub(crate) needless: AtomicU64,
    pub(crate) refused: AtomicU64,
    pub(crate) late: AtomicU64,
    pub(crate) bytes: AtomicU64,
}

impl Counts {
    /// Pieces by what has come of them, and the bytes of those that came.
    pub fn all(&self) -> ([(&'static str, u64); 4], u64) {
        let of = |count: &AtomicU64| count.load(Ordering::Relaxed);
        let pieces = [
            ("kept", of(&self.kept)),
            ("needless", of(&self.needless)),
            ("refused", of(&self.refused)),
            ("late", of(&self.late)),
        ];
        (pieces, of(&self.bytes))
    }
}

/// Where a validator stands before it joins the others.
pub struct Before<'a> {
    /// The point below the first block.
    pub genesis: B256,
    /// The newest block here.
    pub parent: &'a Parent,
    /// Milliseconds since 1970.
    pub unix_ms: u64,
    /// Blocks that it has to be behind to take the state.
    pub behind_min: u64,
}

/// Asks the others, and gets the state from them if this validator is far behind. Gives whether there is another folder now,
/// which has to be opened anew.
///
/// # Errors
/// What the system says, or what is wrong in the folder.
pub fn catch_up(
    membership: &Membership,
    settings: Settings,
    folder: &Path,
    before: &Before<'_>,
    counts: &Arc<Counts>,
) -> io::Result<bool> {
    let has_votes = has_votes(&membership.place.directory, &settings.partition)?;
    let young_ms = before.behind_min.saturating_mul(BLOCK_MS_MIN);
    let is_young = before.unix_ms.saturating_sub(before.parent.timestamp_ms) < young_ms;
    if membership.committee.size() == 1 || has_votes && is_young {
        return Ok(false);
    }
    let folders = Folders::of(folder);
    let filler = Filler::open(membership, (before.genesis, before.parent.height), &folders)?;
    let filler = filler.from(has_votes, before.behind_min).counting(counts.clone());
    let floor_of = filler.floor();
    let outcome = Process::catch_up(settings, membership.place.clone(), Box::new(filler))?;
    let Outcome { has_state, votes_above, late, .. } = outcome;
    counts.late.store(late, Ordering::Relaxed);
    if has_state {
        let (height, block) = floor_of.lock().take().expect("a state has a floor");
        let floor = Floor { height, block: Some(block), votes_above };
        folders.install(&floor)?;
    } else if let Some(votes_above) = votes_above {
        let found = folders.floor()?.unwrap_or(Floor { height: 1, block: None, votes_above: None });
        folders.note_floor(&Floor { votes_above: Some(votes_above), ..found })?;
    }
    Ok(has_state)
}

/// Whether consensus has left votes in a folder.
fn has_votes(directory: &Path, partition: &str) -> io::Result<bool> {
    match std::fs::read_dir(directory.join(format!("{partition}-votes"))) {
        Ok(mut files) => Ok(files.next().is_some()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}
