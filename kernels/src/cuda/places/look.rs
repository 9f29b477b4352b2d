//! What is found out of the signatures of a batch by any thread, without changing anything that others read.

use std::hint::black_box;
use std::ops::Range;
use std::sync::Arc;

use super::ids::id;
use super::index::Index;
use super::plan::{NOWHERE, Stranger, Task};
use crate::signatures::Signatures;

/// Signatures that are looked up at once: first all hashes, then where these are, so that the memory answers many of them
/// at a time.
const AT_ONCE: usize = 64;

/// How a batch is looked up.
#[derive(Clone)]
pub struct Look {
    pub index: Arc<Index>,
    /// Which of all batches.
    pub batch: u64,
    /// Whether keys that are known are used.
    pub follows: bool,
}

/// What was found of some signatures of a batch, in their order.
#[derive(Default)]
pub struct Found {
    /// Those whose key is known.
    pub known: Vec<Task>,
    /// All others, and whose these are.
    pub others: Vec<u32>,
    pub strangers: Vec<Stranger>,
}

impl Look {
    /// Looks up signatures of two batches, one behind the other.
    pub fn up(&self, first: &Signatures, second: &Signatures, range: Range<usize>) -> Found {
        let mut found = Found { known: Vec::with_capacity(range.len()), ..Found::default() };
        let (mut hashes, mut places) = ([None; AT_ONCE], [NOWHERE; AT_ONCE]);
        for start in range.clone().step_by(AT_ONCE) {
            let some = start..range.end.min(start + AT_ONCE);
            for (hash, signature) in hashes.iter_mut().zip(some.clone()) {
                *hash = self.hash(first, second, signature);
            }
            // Many of these lines are on their way at a time; beside the rest of a look-up there is room for few.
            let touched = hashes[..some.len()].iter().flatten();
            black_box(touched.fold(0, |all, hash| all ^ self.index.touch(*hash)));
            for (place, hash) in places.iter_mut().zip(&hashes[..some.len()]) {
                *place = hash.map_or(NOWHERE, |hash| self.index.find(hash));
            }
            for (signature, (hash, place)) in some.zip(hashes.iter().zip(&places)) {
                self.sort(&mut found, signature as u32, *hash, *place);
            }
        }
        found
    }

    /// Whose key would help with a signature, if any. The first half of the first batch, whose answers are known, is always
    /// verified as if no key were known: so both ways are looked at.
    fn hash(&self, first: &Signatures, second: &Signatures, signature: usize) -> Option<u64> {
        let id = match signature.checked_sub(first.len()) {
            Some(index) => id(second, index),
            None if signature < first.len() / 2 => None,
            None => id(first, signature),
        };
        id.map(|id| self.index.secrets.hash(&id))
    }

    fn sort(&self, found: &mut Found, signature: u32, hash: Option<u64>, place: u32) {
        if place != NOWHERE && self.follows {
            self.index.count_use(place);
            found.known.push(Task { signature, place });
            return;
        }
        found.others.push(signature);
        found.strangers.push(match hash {
            None => Stranger::NOBODY,
            Some(hash) if place != NOWHERE => Stranger::unfollowed(hash),
            Some(hash) => Stranger::passing(hash, self.index.was_seen(hash)),
        });
    }
}
