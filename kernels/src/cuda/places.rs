//! Which keys are known to a GPU, and where: the host's index of the multiples that stand in its memory.
//!
//! ```text
//!   batch ── look up, by several threads ──> found: keys that are known │ all others
//!                                              │ plan
//!                                              v
//!            tasks: keys that are known │ keys to be known from now on │ all others
//!                        │ kernels, see cuda/verify.cu
//!   answers ── learn ────┘ valid: the key is known from now on; not valid: its place is free again
//! ```
//!
//! Rules. (1) A key gets a place with its second valid signature, so that keys that come once cost nothing. (2) It is known
//! to later batches once the batch that brought it came back, so nobody reads what is being written. (3) A key that loses
//! its place is found no more, and the place waits until all batches that may have found it are back. (4) Keys that are
//! used stay: each use is outlived by one round of the hand that looks for a place, up to a bound. (5) Where too many claims
//! prove false, none is followed.
//!
//! None of it can change an answer. Beside the multiples the GPU keeps what they are of: a key of ed25519 is compared
//! with that of the signature, and one of secp256k1 proves whose signature it is by itself. What does not fit is verified
//! as if nothing were known. So here keys are told apart by a hash of 64 bits, made once for each signature, and a look-up
//! touches one line of a table, by 40 of these bits.

mod ids;
mod index;
mod look;
mod plan;

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;

use crate::device::Answer;
use crate::signatures::Scheme;
use ids::Hashed;
use index::{Index, PLACES_MAX};
pub(super) use look::{Found, Look};
use plan::NOWHERE;
pub(super) use plan::{FIRST, Plan, Task};

/// Places that the hand looks at before it gives up.
const STEPS_MAX: usize = 8;

/// Of a batch one signature in so many may bring a key, which costs about as much as to verify it.
const SHARE_OF_NEW: usize = 4;

/// One place in so many may wait for another key.
const SHARE_OF_WAITING: usize = 8;

/// Claims that count: what was seen before them counts half.
const RECENT: u32 = 1_024;

/// See the module.
pub(super) struct Places {
    index: Arc<Index>,
    places: Vec<Place>,
    places_max: usize,
    hand: usize,
    /// Places without a key.
    free: Vec<u32>,
    /// Those that lost one, and the last batch that may have found it.
    waiting: VecDeque<(u64, u32)>,
    /// Whose keys come with batches in flight.
    coming: HashSet<u64, Hashed>,
    /// How many were looked up, and which of them are not back.
    batches: u64,
    in_flight: VecDeque<u64>,
    /// Whether an id is only claimed.
    is_claimed: bool,
    /// Of the last claims of keys that are known: how many, and how many were false.
    claims: [u32; 2],
}

/// Where a key is, or was.
struct Place {
    hash: u64,
    is_known: bool,
}

impl Places {
    /// Room for so many keys of a scheme.
    pub fn new(scheme: Scheme, places_max: usize) -> Places {
        let places_max = places_max.min(PLACES_MAX);
        Places {
            index: Arc::new(Index::new(places_max)),
            places: Vec::new(),
            places_max,
            hand: 0,
            free: Vec::new(),
            waiting: VecDeque::new(),
            coming: HashSet::default(),
            batches: 0,
            in_flight: VecDeque::new(),
            is_claimed: scheme == Scheme::Secp256k1,
            claims: [0; 2],
        }
    }

    /// How the next batch is looked up, which is in flight from now on.
    pub fn look(&mut self) -> Look {
        self.batches += 1;
        self.in_flight.push_back(self.batches);
        let follows = !self.is_claimed || self.claims[1] <= self.claims[0] / 2;
        Look { index: self.index.clone(), batch: self.batches, follows }
    }

    /// What is to be done with a batch of which all was found, in order. The first signatures are those whose answers are
    /// known.
    pub fn plan<'a>(
        &mut self,
        batch: u64,
        first: usize,
        found: impl IntoIterator<Item = &'a Found> + Clone,
    ) -> Plan {
        let parts = || found.clone().into_iter();
        let known: usize = parts().map(|part| part.known.len()).sum();
        let others: usize = parts().map(|part| part.others.len()).sum();
        let mut tasks = Vec::with_capacity(known + others);
        parts().for_each(|part| tasks.extend_from_slice(&part.known));
        // Those that go before the rest, of which there are few in most batches.
        let mut apart: [Vec<_>; 2] = Default::default();
        let (mut rest, mut strangers) = (Vec::with_capacity(others), Vec::with_capacity(others));
        for part in parts() {
            for (&signature, &stranger) in part.others.iter().zip(&part.strangers) {
                let may_come = stranger.was_seen() && apart[1].len() * SHARE_OF_NEW < known + others;
                let place = stranger.hash().filter(|_| may_come).and_then(|hash| self.take_place(hash));
                if let Some(place) = place {
                    apart[1].push((Task { signature, place }, stranger));
                } else if (signature as usize) < first {
                    apart[0].push((Task { signature, place: NOWHERE }, stranger));
                } else {
                    rest.push(Task { signature, place: NOWHERE });
                    strangers.push(stranger);
                }
            }
        }
        let [first, new] = apart.each_ref().map(Vec::len);
        let (apart, whose): (Vec<_>, Vec<_>) = apart.into_iter().flatten().unzip();
        tasks.extend(apart);
        tasks.append(&mut rest);
        strangers.splice(0..0, whose);
        Plan { batch, tasks, known, first, new, is_summed: false, strangers }
    }

    /// Takes note of the answers to what was planned, and that the batch is back.
    pub fn learn(&mut self, plan: &Plan, answers: &[Answer]) {
        let (known, others) = plan.tasks.split_at(plan.known);
        if self.is_claimed {
            for task in known {
                let hash = self.places[task.place as usize].hash;
                let is_true = self.is_true(&answers[task.signature as usize], hash);
                self.count_claim(is_true);
            }
        }
        for (task, stranger) in others.iter().zip(&plan.strangers) {
            let Some(hash) = stranger.hash() else { continue };
            let is_true = self.is_true(&answers[task.signature as usize], hash);
            if task.place != NOWHERE {
                self.came(task.place, hash, is_true);
            } else if stranger.is_unfollowed() {
                self.count_claim(is_true);
            } else if is_true {
                self.index.see(hash);
            }
        }
        self.is_back(plan.batch);
    }

    /// A key that came with a batch, if its signature is valid.
    fn came(&mut self, place: u32, hash: u64, is_true: bool) {
        self.coming.remove(&hash);
        if is_true {
            self.places[place as usize].is_known = true;
            self.index.put(hash, place);
        } else {
            self.free.push(place);
        }
    }

    /// Frees what waited for this batch and for none that is older than what is still in flight.
    fn is_back(&mut self, batch: u64) {
        self.in_flight.retain(|in_flight| *in_flight != batch);
        let oldest = self.in_flight.front().copied().unwrap_or(u64::MAX);
        while let Some((_, place)) = self.waiting.pop_front_if(|(last, _)| *last < oldest) {
            self.free.push(place);
        }
    }

    /// Whether a signature is valid and of whom it is said to be: an ed25519 signature is if it is valid.
    fn is_true(&self, answer: &Answer, hash: u64) -> bool {
        let by = || {
            let mut address = [0; 32];
            address[..20].copy_from_slice(&answer[1..21]);
            self.index.secrets.hash(&address)
        };
        answer[0] == 1 && (!self.is_claimed || by() == hash)
    }

    /// How many keys are known.
    #[cfg(test)]
    fn len(&self) -> usize {
        self.places.iter().filter(|place| place.is_known).count()
    }

    fn count_claim(&mut self, is_true: bool) {
        self.claims[0] += 1;
        self.claims[1] += u32::from(!is_true);
        if self.claims[0] >= 2 * RECENT {
            self.claims = self.claims.map(|count| count / 2);
        }
    }

    /// A place for a key that is to come, unless it comes already: a new one, or one that is free. If none is, another key
    /// loses its place, for one that comes later.
    fn take_place(&mut self, hash: u64) -> Option<u32> {
        if self.coming.contains(&hash) {
            return None;
        }
        let taken = Place { hash, is_known: false };
        let place = if let Some(place) = self.free.pop() {
            self.places[place as usize] = taken;
            place
        } else if self.places.len() < self.places_max {
            self.places.push(taken);
            self.places.len() as u32 - 1
        } else {
            self.turn_hand();
            return None;
        };
        self.coming.insert(hash);
        Some(place)
    }

    /// Takes the place of the next key that has no use left, unless enough of them wait.
    fn turn_hand(&mut self) {
        let many = self.places_max.div_ceil(SHARE_OF_WAITING);
        for _ in 0..STEPS_MAX.min(self.places.len()) {
            if self.waiting.len() >= many {
                return;
            }
            self.hand = (self.hand + 1) % self.places.len();
            let place = &mut self.places[self.hand];
            if place.is_known && self.index.take_use(self.hand) == 0 {
                place.is_known = false;
                self.index.take(place.hash, self.hand as u32);
                self.waiting.push_back((self.batches, self.hand as u32));
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests;
