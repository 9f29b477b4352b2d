//! `Slots`: the values that contracts keep, none of them zero.
//!
//! ```text
//! (address, slot) ──hash──> table (256 parts) ──place──> records ──next──> the same account's other slots
//! ```
//!
//! The chain through all slots of an account is there for the one purpose of destroying it.

use std::hash::{BuildHasher, Hasher};

use alloy_primitives::map::AddressMap;
use alloy_primitives::{Address, U256};
use foldhash::fast::RandomState;
use hashbrown::HashTable;

use super::accounts::{NOWHERE, Place};
use super::chunked::Chunked;

const PARTS: usize = 256;

#[derive(Clone, Debug)]
struct Record {
    slot: U256,
    /// Zero where the record is free.
    value: U256,
    address: Address,
    next: Place,
    previous: Place,
}

/// All slots of all accounts.
#[derive(Clone, Debug)]
pub(super) struct Slots {
    seed: RandomState,
    parts: Vec<HashTable<Place>>,
    records: Chunked<Record>,
    free: Vec<Place>,
    /// The newest slot of each account that has any.
    heads: AddressMap<Place>,
}

impl Default for Slots {
    fn default() -> Slots {
        Slots {
            seed: RandomState::default(),
            parts: vec![HashTable::new(); PARTS],
            records: Chunked::default(),
            free: Vec::new(),
            heads: AddressMap::default(),
        }
    }
}

impl Slots {
    /// Where a slot lies that is not zero.
    pub(super) fn find(&self, address: &Address, slot: &U256) -> Option<Place> {
        let hash = hash(&self.seed, address, slot);
        self.parts[part(hash)].find(hash, |place| self.records.get(*place).is(address, slot)).copied()
    }

    /// The value at a place, zero unless it is still that of this slot.
    pub(super) fn at(&self, place: Place, address: &Address, slot: &U256) -> U256 {
        let record = self.records.get(place);
        if record.is(address, slot) { record.value } else { U256::ZERO }
    }

    /// Sets a slot; zero removes it.
    pub(super) fn set(&mut self, address: &Address, slot: &U256, value: U256) {
        match self.find(address, slot) {
            Some(place) if value.is_zero() => self.remove(place),
            Some(place) => self.records.get_mut(place).value = value,
            None if value.is_zero() => {}
            None => self.insert(address, slot, value),
        }
    }

    /// Whether the account has any slot.
    pub(super) fn has_any(&self, address: &Address) -> bool {
        self.heads.contains_key(address)
    }

    /// The slots of one account, in no order.
    pub(super) fn of(&self, address: &Address) -> impl Iterator<Item = (U256, U256)> {
        let mut place = self.heads.get(address).copied().unwrap_or(NOWHERE);
        std::iter::from_fn(move || {
            let record = (place != NOWHERE).then(|| self.records.get(place))?;
            place = record.next;
            Some((record.slot, record.value))
        })
    }

    /// All slots, in no order.
    pub(super) fn iter(&self) -> impl Iterator<Item = ((Address, U256), U256)> {
        let used = self.records.iter().filter(|record| !record.value.is_zero());
        used.map(|record| ((record.address, record.slot), record.value))
    }

    fn insert(&mut self, address: &Address, slot: &U256, value: U256) {
        let next = self.heads.get(address).copied().unwrap_or(NOWHERE);
        let record = Record { slot: *slot, value, address: *address, next, previous: NOWHERE };
        let place = match self.free.pop() {
            Some(place) => {
                *self.records.get_mut(place) = record;
                place
            }
            None => self.records.push(record),
        };
        if next != NOWHERE {
            self.records.get_mut(next).previous = place;
        }
        self.heads.insert(*address, place);
        let (seed, records) = (&self.seed, &self.records);
        let rehash = |place: &Place| {
            let record = records.get(*place);
            hash(seed, &record.address, &record.slot)
        };
        let hash = hash(seed, address, slot);
        self.parts[part(hash)].insert_unique(hash, place, rehash);
    }

    fn remove(&mut self, place: Place) {
        let Record { slot, address, next, previous, .. } = self.records.get(place).clone();
        let hash = hash(&self.seed, &address, &slot);
        let entry = self.parts[part(hash)].find_entry(hash, |other| *other == place);
        entry.expect("a slot that is not zero stands in the table").remove();
        if next != NOWHERE {
            self.records.get_mut(next).previous = previous;
        }
        if previous != NOWHERE {
            self.records.get_mut(previous).next = next;
        } else if next != NOWHERE {
            self.heads.insert(address, next);
        } else {
            self.heads.remove(&address);
        }
        self.records.get_mut(place).value = U256::ZERO;
        self.free.push(place);
    }
}

impl Record {
    fn is(&self, address: &Address, slot: &U256) -> bool {
        self.slot == *slot && self.address == *address
    }
}

fn hash(seed: &RandomState, address: &Address, slot: &U256) -> u64 {
    let mut hasher = seed.build_hasher();
    hasher.write(address.as_slice());
    slot.as_limbs().iter().for_each(|limb| hasher.write_u64(*limb));
    hasher.finish()
}

fn part(hash: u64) -> usize {
    (hash >> 40) as usize % PARTS
}
