//! Which keys are known to a GPU, and where: the host's index of the multiples that stand in its memory.
//!
//! ```text
//!   batch ── plan ──> tasks: keys that are known │ keys to be known from now on │ all others
//!                        │ kernels, see cuda/verify.cu
//!   answers ── learn ────┘ valid: the key is known from now on; not valid: its place is free again
//! ```
//!
//! Rules. (1) A key gets a place with its second valid signature, so that keys that come once cost nothing. (2) It is known
//! to later batches once the batch that brought it came back, so nobody reads what is being written. (3) A place that a
//! batch in flight uses is not given to another key. (4) Keys that are used stay: each use is outlived by one round of the
//! hand that looks for a place, up to [`USES_MAX`]. (5) Where too many claims prove false, none is followed.
//!
//! None of it can change an answer. Beside the multiples the GPU keeps what they are of: a key of ed25519 is compared
//! with that of the signature, and one of secp256k1 proves whose signature it is by itself. What does not fit is verified
//! as if nothing were known.

use std::collections::hash_map::RandomState;
use std::collections::{HashMap, HashSet};
use std::hash::BuildHasher as _;
use std::ops::Range;

use super::sums::GROUP;
use crate::device::Answer;
use crate::signatures::{NO_CLAIM, Scheme, Signatures};

/// In place of a place, as in `cuda/verify.cu`.
const NOWHERE: u32 = u32::MAX;

/// Tasks whose sum is apart from all others, as in `cuda/scheme/ed25519_sums.cuh`: those whose answers are known.
pub(super) const FIRST: usize = 4;

/// Rounds of the hand that a key outlives at most without being used.
const USES_MAX: u8 = 7;

/// Places that the hand looks at before it gives up.
const STEPS_MAX: usize = 8;

/// Of a batch one signature in so many may bring a key, which costs about as much as to verify it.
const SHARE_OF_NEW: usize = 4;

/// Claims that count: what was seen before them counts half.
const RECENT: u32 = 1_024;

/// An ed25519 key, or the address of a secp256k1 key and zeros.
type Id = [u8; 32];

/// What a thread of a kernel does, as in `cuda/verify.cu`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Task {
    pub signature: u32,
    pub place: u32,
}

/// The tasks of a batch.
#[derive(Debug)]
pub(super) struct Plan {
    /// One for each signature: first those whose key is known, then `first`, then those whose key is to be, then the others.
    pub tasks: Vec<Task>,
    pub known: usize,
    /// Those whose answers are known, and whose keys are not.
    pub first: usize,
    pub new: usize,
    /// Whether those whose key is not known are verified in sums.
    pub is_summed: bool,
    /// By signature.
    ids: Vec<Option<Id>>,
}

/// See the module.
pub(super) struct Places {
    index: HashMap<Id, Entry>,
    places: Vec<Place>,
    places_max: usize,
    hand: usize,
    /// Keys that signed once, by hash, in two generations.
    seen: [HashSet<u64>; 2],
    hasher: RandomState,
    /// Whether an id is only claimed.
    is_claimed: bool,
    /// Of the last claims of keys that are known: how many, and how many were false.
    claims: [u32; 2],
}

enum Entry {
    /// A batch in flight brings it.
    Coming,
    At(u32),
}

/// Where a key is, or was.
struct Place {
    id: Option<Id>,
    /// Tasks in flight that use it.
    users: u32,
    uses: u8,
}

impl Plan {
    /// Nothing is known, and nothing is to be.
    pub fn without_keys(count: usize) -> Plan {
        let task = |signature| Task { signature: signature as u32, place: NOWHERE };
        let (tasks, ids) = ((0..count).map(task).collect(), vec![None; count]);
        Plan { tasks, known: 0, first: 0, new: 0, is_summed: false, ids }
    }

    /// Those whose key is to be known.
    pub fn new_tasks(&self) -> Range<usize> {
        let first = self.known + self.first;
        first..first + self.new
    }

    /// Those whose key is not known, in groups of which each may share a sum, without the first of them.
    pub fn groups(&self) -> impl Iterator<Item = &[Task]> {
        self.tasks[self.known..].get(FIRST..).unwrap_or_default().chunks(GROUP)
    }
}

impl Places {
    /// Room for so many keys of a scheme.
    pub fn new(scheme: Scheme, places_max: usize) -> Places {
        Places {
            index: HashMap::new(),
            places: Vec::new(),
            places_max,
            hand: 0,
            seen: [HashSet::new(), HashSet::new()],
            hasher: RandomState::new(),
            is_claimed: scheme == Scheme::Secp256k1,
            claims: [0; 2],
        }
    }

    /// What is to be done with two batches, one behind the other. The first half of the first one, whose answers are known,
    /// is always verified as if no key were known: so both ways are looked at.
    pub fn plan(&mut self, first: &Signatures, second: &Signatures) -> Plan {
        let ids = first.len() / 2..first.len();
        let ids = ids.map(|index| id(first, index)).chain((0..second.len()).map(|index| id(second, index)));
        let ids: Vec<_> = vec![None; first.len() / 2].into_iter().chain(ids).collect();
        let follows = !self.is_claimed || self.claims[1] <= self.claims[0] / 2;
        let mut kinds = [const { Vec::new() }; 4];
        for (signature, id) in ids.iter().enumerate() {
            let (kind, place) = match id.as_ref().map(|id| (id, self.index.get(id))) {
                Some((_, Some(Entry::At(place)))) if follows => {
                    let used = &mut self.places[*place as usize];
                    used.users += 1;
                    used.uses = USES_MAX.min(used.uses + 1);
                    (0, *place)
                }
                Some((id, None)) if kinds[2].len() * SHARE_OF_NEW < ids.len() && self.was_seen(id) => {
                    self.take_place(*id).map_or((3, NOWHERE), |place| (2, place))
                }
                _ if signature < first.len() => (1, NOWHERE),
                _ => (3, NOWHERE),
            };
            kinds[kind].push(Task { signature: signature as u32, place });
        }
        let [known, first, new] = [0, 1, 2].map(|kind: usize| kinds[kind].len());
        Plan { tasks: kinds.concat(), known, first, new, is_summed: false, ids }
    }

    /// Takes note of the answers to what was planned.
    pub fn learn(&mut self, plan: &Plan, answers: &[Answer]) {
        for (order, task) in plan.tasks.iter().enumerate() {
            let (Some(id), answer) = (&plan.ids[task.signature as usize], &answers[task.signature as usize])
            else {
                continue;
            };
            let is_true = answer[0] == 1 && (!self.is_claimed || answer[1..21] == id[..20]);
            if let Some(place) = self.places.get_mut(task.place as usize) {
                place.users -= 1;
            }
            let is_new = plan.new_tasks().contains(&order);
            if is_new && is_true {
                self.index.insert(*id, Entry::At(task.place));
            } else if is_new {
                self.index.remove(id);
                self.places[task.place as usize].id = None;
            } else if matches!(self.index.get(id), Some(Entry::At(_))) {
                self.count_claim(is_true);
            } else if is_true {
                self.see(id);
            }
        }
    }

    /// How many keys are known.
    #[cfg(test)]
    fn len(&self) -> usize {
        self.index.values().filter(|entry| matches!(entry, Entry::At(_))).count()
    }

    fn count_claim(&mut self, is_true: bool) {
        self.claims[0] += 1;
        self.claims[1] += u32::from(!is_true);
        if self.claims[0] >= 2 * RECENT {
            self.claims = self.claims.map(|count| count / 2);
        }
    }

    fn was_seen(&self, id: &Id) -> bool {
        let hash = self.hasher.hash_one(id);
        self.seen.iter().any(|seen| seen.contains(&hash))
    }

    fn see(&mut self, id: &Id) {
        let hash = self.hasher.hash_one(id);
        if self.seen[0].len() >= self.places_max {
            self.seen[1] = std::mem::take(&mut self.seen[0]);
        }
        self.seen[0].insert(hash);
    }

    /// A place for a key that is coming: a new one, or one that has not been used of late.
    fn take_place(&mut self, id: Id) -> Option<u32> {
        let place = if self.places.len() < self.places_max {
            self.places.push(Place { id: None, users: 0, uses: 0 });
            self.places.len() - 1
        } else {
            (0..STEPS_MAX.min(self.places.len())).find_map(|_| self.turn_hand())?
        };
        if let Some(old) = self.places[place].id.replace(id) {
            self.index.remove(&old);
        }
        (self.places[place].users, self.places[place].uses) = (1, 0);
        self.index.insert(id, Entry::Coming);
        Some(place as u32)
    }

    /// The next place, if its key has no use left and nobody is at it.
    fn turn_hand(&mut self) -> Option<usize> {
        self.hand = (self.hand + 1) % self.places.len();
        let place = &mut self.places[self.hand];
        if place.users > 0 {
            return None;
        }
        let is_free = place.id.is_none() || place.uses == 0;
        place.uses = place.uses.saturating_sub(1);
        is_free.then_some(self.hand)
    }
}

/// Whose key would help with a signature.
fn id(batch: &Signatures, index: usize) -> Option<Id> {
    match batch.scheme() {
        Scheme::Ed25519 => Some(batch.keys()[index]),
        Scheme::Secp256k1 => {
            let claim = &batch.claims()[index];
            let mut id = [0; 32];
            id[..20].copy_from_slice(claim);
            (*claim != NO_CLAIM).then_some(id)
        }
    }
}

#[cfg(test)]
mod tests;
