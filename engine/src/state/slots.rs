//! `Slots`: the values that contracts keep, none of them zero.
//!
//! ```text
//! (address, slot) ──hash──> index (256 parts) ──place──> records ──next──> the same account's other slots
//! ```
//!
//! The chain through all slots of an account is there for the one purpose of destroying it.

use std::hint::black_box;
use std::ops::Range;

use alloy_primitives::map::AddressMap;
use alloy_primitives::{Address, U256};

use super::accounts::{NOWHERE, Place};
use super::chunked::Chunked;
use super::index::Index;
use super::seed::Seed;

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
    seed: Seed,
    parts: Vec<Index>,
    records: Chunked<Record>,
    free: Vec<Place>,
    /// The newest slot of each account that has any.
    heads: AddressMap<Place>,
}

impl Default for Slots {
    fn default() -> Slots {
        Slots {
            seed: Seed::default(),
            parts: vec![Index::with_capacity(0); PARTS],
            records: Chunked::default(),
            free: Vec::new(),
            heads: AddressMap::default(),
        }
    }
}

impl Slots {
    /// Where a slot lies that is not zero.
    pub(super) fn find(&self, address: &Address, slot: &U256) -> Option<Place> {
        self.find_hashed(self.seed.of_slot(address, slot), address, slot)
    }

    fn find_hashed(&self, hash: u64, address: &Address, slot: &U256) -> Option<Place> {
        self.parts[part(hash)].find(hash, |place| self.records.get(place).is(address, slot))
    }

    /// Where these slots lie, those that are not zero. Waits for memory overlap, as in
    /// [`Accounts::find_each`](super::accounts::Accounts::find_each).
    pub(super) fn find_each<'a>(
        &self,
        mut slots: impl Iterator<Item = (&'a Address, &'a U256)>,
        mut found: impl FnMut(Option<Place>),
    ) {
        const BATCH: usize = 16;
        let mut batch: Vec<((&Address, &U256), u64, Option<Place>)> = Vec::with_capacity(BATCH);
        loop {
            batch.clear();
            batch.extend(slots.by_ref().take(BATCH).map(|(address, slot)| {
                let hash = self.seed.of_slot(address, slot);
                ((address, slot), hash, self.parts[part(hash)].glance(hash))
            }));
            self.approach(batch.iter().filter_map(|(_, _, place)| *place));
            for ((address, slot), hash, place) in &batch {
                let is_it = |place: &Place| self.records.get(*place).is(address, slot);
                found(place.and_then(|place| {
                    Some(place).filter(is_it).or_else(|| self.find_hashed(*hash, address, slot))
                }));
            }
            if batch.len() < BATCH {
                return;
            }
        }
    }

    /// Brings the records in these places near.
    pub(super) fn approach(&self, places: impl Iterator<Item = Place>) {
        black_box(places.fold(0, |sum, place| sum ^ self.records.get(place).value.as_limbs()[0]));
    }

    /// Sets a slot whose place is known, if it still lies there and does not become zero.
    pub(super) fn set_at(&mut self, place: Place, address: &Address, slot: &U256, value: U256) -> bool {
        let record = self.records.get_mut(place);
        let is_here = record.is(address, slot) && !record.value.is_zero() && !value.is_zero();
        if is_here {
            record.value = value;
        }
        is_here
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

    /// Number of slots.
    pub(super) fn len(&self) -> usize {
        self.records.len() - self.free.len()
    }

    /// How many places there are, used or free.
    pub(super) fn places(&self) -> usize {
        self.records.len()
    }

    /// The slots in a range of places, as far as there are so many.
    pub(super) fn within(&self, places: Range<usize>) -> impl Iterator<Item = (Address, U256)> {
        let used = self.records.within(places).filter(|record| !record.value.is_zero());
        used.map(|record| (record.address, record.slot))
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
        let hash = self.seed.of_slot(address, slot);
        self.parts[part(hash)].insert(hash, place);
    }

    fn remove(&mut self, place: Place) {
        let Record { slot, address, next, previous, .. } = self.records.get(place).clone();
        let hash = self.seed.of_slot(&address, &slot);
        self.parts[part(hash)].remove(hash, place);
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

fn part(hash: u64) -> usize {
    (hash >> 40) as usize % PARTS
}
