//! Batches that are written to a slot and looked up, by as many threads as have time.
//!
//! ```text
//!             signatures    ends          keys          messages      found
//!   part 0  [ xxxx        [ xxxx        [ xxxx        [ xxxx         known, others    any thread
//!   part 1  |     xxxx    |     xxxx    |     xxxx    |     xxxxxx   known, others    any thread
//!   part 2  |         xx ]|         xx ]|         xx ]|           xx known, others    any thread
//! ```
//!
//! A part looks keys up first, and so has them at hand when it copies them. No thread writes where another one does.

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use super::input::Layout;
use super::places::{Found, Look};
use super::slot::{Piece, Room};
use crate::signatures::Signatures;
use crate::verifier::Job;

/// What is packed.
pub(super) struct Packing {
    pub layout: Layout,
    /// Of each part, once it is done.
    found: Vec<Arc<OnceLock<Found>>>,
}

impl Packing {
    /// Parts of two batches, one behind the other, that are to be packed: of so many signatures at least.
    ///
    /// # Errors
    /// If somebody still writes to the room, for people.
    pub fn begin(
        room: &mut Room,
        layout: Layout,
        known: &Arc<Signatures>,
        batch: &Arc<Signatures>,
        look: &Look,
        part_min: usize,
    ) -> Result<(Packing, Vec<Job>), String> {
        let count = (layout.count / part_min).max(1);
        let range = |part: usize| part * layout.count / count..(part + 1) * layout.count / count;
        let ranges: Vec<_> = (0..count).map(range).collect();
        let pieces: Vec<_> = ranges.iter().flat_map(|range| layout.pieces(known, batch, range)).collect();
        let mut pieces = room.pieces(&pieces)?.into_iter();
        let mut packing = Packing { layout, found: Vec::with_capacity(count) };
        let mut parts: Vec<Job> = Vec::with_capacity(count);
        for range in ranges {
            let pieces = std::array::from_fn(|_| pieces.next().expect("four for each part"));
            let found = Arc::new(OnceLock::new());
            packing.found.push(found.clone());
            let part = Part { range, batches: [known.clone(), batch.clone()], look: look.clone(), pieces };
            parts.push(Box::new(move || found.set(part.pack()).unwrap_or_else(|_| unreachable!("once"))));
        }
        Ok((packing, parts))
    }

    /// What was found, part by part.
    pub fn found(&self) -> impl Iterator<Item = &Found> + Clone {
        self.found.iter().map(|found| found.get().expect("all parts are done"))
    }
}

struct Part {
    range: Range<usize>,
    batches: [Arc<Signatures>; 2],
    look: Look,
    pieces: [Piece; 4],
}

impl Part {
    fn pack(mut self) -> Found {
        let [known, batch] = &self.batches;
        let found = self.look.up(known, batch, self.range.clone());
        Layout::write_range(known, batch, &self.range, self.pieces.each_mut().map(Piece::bytes));
        found
    }
}
