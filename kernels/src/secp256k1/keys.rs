//! The keys of accounts that sign often, by address, for many threads and in bounded memory.
//!
//! An entry is made from a key alone, and the address it is found by is computed here from that key. So no entry leads to
//! the key of another account, whoever asked for it to be kept, and none grows stale: an account has one key for ever.
//!
//! ```text
//!   address ── hash ──> set, behind its lock    [ key, uses | key, uses | … up to 8 ]
//!                                                     ^ hand
//! ```
//!
//! A key that is asked for gains a use, up to [`USES_MAX`]. A new key that finds its set full moves the hand on by one: it
//! takes the place of the key there if that has no use left, and otherwise takes a use from it and is not kept. So keys
//! that are asked for once in a while stay, and those that came once go first. Who floods with keys of their own has to
//! spend eight valid signatures for each time that an honest account signs, to have that account forgotten; the price to
//! the account is that its next signature is recovered, as if it were new. Nobody outside knows which keys share a set.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher as _;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::known_key::KnownKey;

/// Keys in a full set.
const SET_LEN: usize = 8;

/// Uses that a key keeps at most: so many rounds of the hand it outlives without being asked for.
const USES_MAX: u8 = 7;

/// Keys by address, never more than a given number; each takes 88 bytes.
#[derive(Debug)]
pub struct Keys {
    hasher: RandomState,
    sets: Vec<Mutex<Set>>,
    set_len: usize,
}

#[derive(Debug, Default)]
struct Set {
    entries: Vec<Entry>,
    hand: usize,
}

#[derive(Debug)]
struct Entry {
    key: KnownKey,
    address: [u8; 20],
    uses: u8,
}

impl Keys {
    /// Room for `keys_max` keys, or up to seven less where that is no multiple of eight and above it.
    pub fn new(keys_max: usize) -> Self {
        let set_len = keys_max.min(SET_LEN);
        let sets = keys_max.checked_div(set_len).unwrap_or(0);
        Self { hasher: RandomState::new(), sets: (0..sets).map(|_| Mutex::default()).collect(), set_len }
    }

    /// The key of `address`, if it is known, and one more use for it.
    pub fn get(&self, address: &[u8; 20]) -> Option<KnownKey> {
        let mut set = self.set(address)?;
        let entry = set.entries.iter_mut().find(|entry| entry.address == *address)?;
        entry.uses = USES_MAX.min(entry.uses + 1);
        Some(entry.key)
    }

    /// Remembers a key, if its set has room or a key without a use to give up.
    pub fn insert(&self, key: KnownKey) {
        let address = key.address();
        let Some(mut set) = self.set(&address) else { return };
        if set.entries.iter().any(|entry| entry.address == address) {
            return;
        }
        let new = Entry { key, address, uses: 0 };
        if set.entries.len() < self.set_len {
            set.entries.push(new);
            return;
        }
        set.hand = (set.hand + 1) % self.set_len;
        let hand = set.hand;
        let old = &mut set.entries[hand];
        if old.uses == 0 {
            *old = new;
        } else {
            old.uses -= 1;
        }
    }

    /// How many keys are known.
    pub fn len(&self) -> usize {
        self.sets.iter().map(|set| lock(set).entries.len()).sum()
    }

    /// Whether none is known.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The set of `address`; none if there is room for no key at all.
    fn set(&self, address: &[u8; 20]) -> Option<MutexGuard<'_, Set>> {
        let sets = self.sets.len() as u64;
        let place = self.hasher.hash_one(address).checked_rem(sets)?;
        Some(lock(&self.sets[place as usize]))
    }
}

/// An entry is whole at any time, so a thread that panicked with the lock left nothing bad behind.
fn lock(set: &Mutex<Set>) -> MutexGuard<'_, Set> {
    set.lock().unwrap_or_else(PoisonError::into_inner)
}
