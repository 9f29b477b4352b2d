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
//! as if nothing were known. So here keys are told apart by a hash of 64 bits, made once for each signature, and a look-up
//! touches 16 bytes of an index and as many of a place.

mod ids;
mod plan;

use std::collections::{HashMap, HashSet};

use crate::device::Answer;
use crate::signatures::{Scheme, Signatures};
use ids::{Hashed, Secrets, id};
pub(super) use plan::{FIRST, Plan, Task};
use plan::{Kind, NOWHERE, Stranger};

/// Rounds of the hand that a key outlives at most without being used.
const USES_MAX: u8 = 7;

/// Places that the hand looks at before it gives up.
const STEPS_MAX: usize = 8;

/// Of a batch one signature in so many may bring a key, which costs about as much as to verify it.
const SHARE_OF_NEW: usize = 4;

/// Signatures that are looked up at once: first all hashes, then where these are, then what is there, so that the memory
/// answers many of them at a time.
const AT_ONCE: usize = 64;

/// Claims that count: what was seen before them counts half.
const RECENT: u32 = 1_024;

/// See the module.
pub(super) struct Places {
    /// Where each key is that has a place, by hash.
    index: HashMap<u64, u32, Hashed>,
    places: Vec<Place>,
    places_max: usize,
    hand: usize,
    /// Keys that signed once, by hash, in two generations.
    seen: [HashSet<u64, Hashed>; 2],
    secrets: Secrets,
    /// Whether an id is only claimed.
    is_claimed: bool,
    /// Of the last claims of keys that are known: how many, and how many were false.
    claims: [u32; 2],
}

/// Where a key is, or was.
struct Place {
    hash: u64,
    /// Tasks in flight that use it.
    users: u32,
    uses: u8,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Free,
    /// A batch in flight brings the key.
    Coming,
    Known,
}

impl Places {
    /// Room for so many keys of a scheme.
    pub fn new(scheme: Scheme, places_max: usize) -> Places {
        Places {
            index: HashMap::default(),
            places: Vec::new(),
            places_max,
            hand: 0,
            seen: Default::default(),
            secrets: Secrets::new(),
            is_claimed: scheme == Scheme::Secp256k1,
            claims: [0; 2],
        }
    }

    /// What is to be done with two batches, one behind the other. The first half of the first one, whose answers are known,
    /// is always verified as if no key were known: so both ways are looked at.
    pub fn plan(&mut self, first: &Signatures, second: &Signatures) -> Plan {
        let count = first.len() + second.len();
        let follows = !self.is_claimed || self.claims[1] <= self.claims[0] / 2;
        let mut kinds: [Kind; 4] = Default::default();
        let (mut hashes, mut found) = ([None; AT_ONCE], [NOWHERE; AT_ONCE]);
        for start in (0..count).step_by(AT_ONCE) {
            let some = start..count.min(start + AT_ONCE);
            for (hash, signature) in hashes.iter_mut().zip(some.clone()) {
                *hash = self.hash(first, second, signature);
            }
            for (place, hash) in found.iter_mut().zip(&hashes[..some.len()]) {
                *place = hash.and_then(|hash| self.index.get(&hash).copied()).unwrap_or(NOWHERE);
            }
            for (signature, (hash, found)) in some.zip(hashes.iter().zip(&found)) {
                let may_come = kinds[2].tasks.len() * SHARE_OF_NEW < count;
                let (kind, place, stranger) = self.kind(*hash, *found, follows, may_come);
                let kind = if kind == 3 && signature < first.len() { 1 } else { kind };
                kinds[kind].tasks.push(Task { signature: signature as u32, place });
                if kind > 0 {
                    kinds[kind].strangers.push(stranger);
                }
            }
        }
        let [known, first, new] = [0, 1, 2].map(|kind: usize| kinds[kind].tasks.len());
        let tasks = kinds.each_ref().map(|kind| &kind.tasks[..]).concat();
        let strangers = kinds.each_ref().map(|kind| &kind.strangers[..]).concat();
        Plan { tasks, known, first, new, is_summed: false, strangers }
    }

    /// Whose key would help with a signature of two batches, one behind the other, if any.
    fn hash(&self, first: &Signatures, second: &Signatures, signature: usize) -> Option<u64> {
        let id = match signature.checked_sub(first.len()) {
            Some(index) => id(second, index),
            None if signature < first.len() / 2 => None,
            None => id(first, signature),
        };
        id.map(|id| self.secrets.hash(&id))
    }

    /// Where a signature's task stands (0 if its key is known, 2 if it is to be, 3 if neither), its place, and whose it is.
    /// `found` is where its key was a moment ago.
    fn kind(
        &mut self,
        hash: Option<u64>,
        found: u32,
        follows: bool,
        may_come: bool,
    ) -> (usize, u32, Stranger) {
        let Some(hash) = hash else { return (3, NOWHERE, Stranger::Nobody) };
        match self.places.get_mut(found as usize).filter(|place| place.hash == hash) {
            Some(place) if place.state == State::Known && follows => {
                place.users += 1;
                place.uses = USES_MAX.min(place.uses + 1);
                (0, found, Stranger::Passing(hash))
            }
            Some(place) if place.state == State::Known => (3, NOWHERE, Stranger::Unfollowed(hash)),
            Some(_) => (3, NOWHERE, Stranger::Passing(hash)),
            None => {
                let comes = may_come && self.was_seen(hash) && !self.index.contains_key(&hash);
                match if comes { self.take_place(hash) } else { None } {
                    Some(place) => (2, place, Stranger::Passing(hash)),
                    None => (3, NOWHERE, Stranger::Passing(hash)),
                }
            }
        }
    }

    /// Takes note of the answers to what was planned.
    pub fn learn(&mut self, plan: &Plan, answers: &[Answer]) {
        let (known, others) = plan.tasks.split_at(plan.known);
        for task in known {
            let place = &mut self.places[task.place as usize];
            place.users -= 1;
            let hash = place.hash;
            let is_true = self.is_true(&answers[task.signature as usize], hash);
            self.count_claim(is_true);
        }
        for (task, stranger) in others.iter().zip(&plan.strangers) {
            let (Stranger::Passing(hash) | Stranger::Unfollowed(hash)) = *stranger else { continue };
            let is_true = self.is_true(&answers[task.signature as usize], hash);
            if let Some(place) = self.places.get_mut(task.place as usize) {
                place.users -= 1;
                place.state = if is_true { State::Known } else { State::Free };
                if !is_true {
                    self.index.remove(&hash);
                }
            } else if matches!(stranger, Stranger::Unfollowed(_)) {
                self.count_claim(is_true);
            } else if is_true {
                self.see(hash);
            }
        }
    }

    /// Whether a signature is valid and of whom it is said to be: an ed25519 signature is if it is valid.
    fn is_true(&self, answer: &Answer, hash: u64) -> bool {
        let by = || {
            let mut address = [0; 32];
            address[..20].copy_from_slice(&answer[1..21]);
            self.secrets.hash(&address)
        };
        answer[0] == 1 && (!self.is_claimed || by() == hash)
    }

    /// How many keys are known.
    #[cfg(test)]
    fn len(&self) -> usize {
        self.places.iter().filter(|place| place.state == State::Known).count()
    }

    fn count_claim(&mut self, is_true: bool) {
        self.claims[0] += 1;
        self.claims[1] += u32::from(!is_true);
        if self.claims[0] >= 2 * RECENT {
            self.claims = self.claims.map(|count| count / 2);
        }
    }

    fn was_seen(&self, hash: u64) -> bool {
        self.seen.iter().any(|seen| seen.contains(&hash))
    }

    fn see(&mut self, hash: u64) {
        if self.seen[0].len() >= self.places_max {
            self.seen[1] = std::mem::take(&mut self.seen[0]);
        }
        self.seen[0].insert(hash);
    }

    /// A place for a key that is coming: a new one, or one that has not been used of late.
    fn take_place(&mut self, hash: u64) -> Option<u32> {
        let coming = Place { hash, users: 1, uses: 0, state: State::Coming };
        let at = if self.places.len() < self.places_max {
            self.places.push(coming);
            self.places.len() - 1
        } else {
            let at = (0..STEPS_MAX.min(self.places.len())).find_map(|_| self.turn_hand())?;
            let old = std::mem::replace(&mut self.places[at], coming);
            if old.state == State::Known {
                self.index.remove(&old.hash);
            }
            at
        };
        self.index.insert(hash, at as u32);
        Some(at as u32)
    }

    /// The next place, if its key has no use left and nobody is at it.
    fn turn_hand(&mut self) -> Option<usize> {
        self.hand = (self.hand + 1) % self.places.len();
        let place = &mut self.places[self.hand];
        if place.users > 0 {
            return None;
        }
        let is_free = place.state == State::Free || place.uses == 0;
        place.uses = place.uses.saturating_sub(1);
        is_free.then_some(self.hand)
    }
}

#[cfg(test)]
mod tests;
