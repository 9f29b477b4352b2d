//! `Accounts`: a record of one cache line for each account, and an index that finds it.
//!
//! ```text
//! address ──hash──> index (256 parts) ──place──> records, in chunks that never move
//!  20 bytes           8 bytes each                 64 bytes: address 20 │ code u32 │ nonce u64 │ balance 32
//! ```
//!
//! A place names an account as long as it lives; a later account may take it over, so whoever keeps a place compares
//! the address, which lies in the same cache line. The index grows in 256 parts and the records in chunks, so that
//! no single insert has to move more than a small share of them.

use std::hint::black_box;
use std::ops::Range;

use alloy_primitives::{Address, U256};

use super::chunked::Chunked;
use super::index::Index;
use super::seed::Seed;

const PARTS: usize = 256;

/// Where an account lies.
pub(crate) type Place = u32;

/// No place at all.
pub(crate) const NOWHERE: Place = Place::MAX;

/// The number of a code within a state; 0 for no code.
pub(crate) type CodeId = u32;

/// The code of a record that no account uses.
const FREE: CodeId = CodeId::MAX;

/// Nonce, balance and code of an account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Basics {
    pub(crate) nonce: u64,
    pub(crate) balance: U256,
    pub(crate) code: CodeId,
}

/// An account with its address.
#[derive(Clone, Debug)]
#[repr(C, align(64))]
struct Record {
    address: Address,
    code: CodeId,
    nonce: u64,
    balance: U256,
}

const _: () = assert!(size_of::<Record>() == 64, "an account lies in one cache line");

/// All accounts.
#[derive(Clone, Debug)]
pub(super) struct Accounts {
    seed: Seed,
    parts: Vec<Index>,
    records: Chunked<Record>,
    free: Vec<Place>,
}

impl Default for Accounts {
    fn default() -> Accounts {
        Accounts {
            seed: Seed::default(),
            parts: vec![Index::with_capacity(0); PARTS],
            records: Chunked::default(),
            free: Vec::new(),
        }
    }
}

impl Accounts {
    pub(super) fn len(&self) -> usize {
        self.records.len() - self.free.len()
    }

    /// Where the account with this address lies.
    pub(super) fn find(&self, address: &Address) -> Option<Place> {
        self.find_hashed(self.seed.of_address(address), address)
    }

    /// Tells each item where its account lies and what it is. Most of the time for one is spent waiting for memory, and
    /// here the waits for several overlap.
    pub(super) fn find_each<T>(
        &self,
        items: &mut [T],
        address: impl Fn(&T) -> &Address,
        mut found: impl FnMut(&mut T, Option<(Place, Basics)>),
    ) {
        const BATCH: usize = 32;
        for batch in items.chunks_mut(BATCH) {
            let mut glances = [(0, None); BATCH];
            let glances = &mut glances[..batch.len()];
            let mut near = 0;
            for (item, (hash, _)) in batch.iter().zip(&mut *glances) {
                *hash = self.seed.of_address(address(item));
                near ^= self.parts[part(*hash)].approach(*hash);
            }
            // Which entry is the right one is known when it is here. Who guesses that wrong waits, and all others with it.
            black_box(near);
            for (hash, place) in &mut *glances {
                *place = self.parts[part(*hash)].glance(*hash);
            }
            // None of these depends on another, so that all of them are on their way at the same time.
            self.approach(glances.iter().filter_map(|(_, place)| *place));
            for (item, (hash, place)) in batch.iter_mut().zip(&*glances) {
                let (hash, place) = (*hash, *place);
                let address = address(item);
                let is_it = |place: &Place| self.records.get(*place).address == *address;
                // Where the index has no such hash there is no such account.
                let place = place
                    .and_then(|place| Some(place).filter(is_it).or_else(|| self.find_hashed(hash, address)));
                found(item, place.map(|place| (place, self.records.get(place).basics())));
            }
        }
    }

    /// Brings the records in these places near.
    pub(super) fn approach(&self, places: impl Iterator<Item = Place>) {
        black_box(places.fold(0, |sum, place| sum ^ self.records.get(place).nonce));
    }

    fn find_hashed(&self, hash: u64, address: &Address) -> Option<Place> {
        self.parts[part(hash)].find(hash, |place| self.records.get(place).address == *address)
    }

    /// The account at a place, if it is still this one.
    pub(super) fn at(&self, place: Place, address: &Address) -> Option<Basics> {
        let record = self.records.get(place);
        (record.address == *address && record.code != FREE).then(|| record.basics())
    }

    /// Sets an account, which may be new. Gives its place.
    pub(super) fn set(&mut self, address: &Address, basics: Basics) -> Place {
        let hash = self.seed.of_address(address);
        let Basics { nonce, balance, code } = basics;
        let record = Record { address: *address, code, nonce, balance };
        if let Some(place) = self.find_hashed(hash, address) {
            *self.records.get_mut(place) = record;
            return place;
        }
        let place = match self.free.pop() {
            Some(place) => {
                *self.records.get_mut(place) = record;
                place
            }
            None => self.records.push(record),
        };
        self.parts[part(hash)].insert(hash, place);
        place
    }

    /// Sets an account whose place is known, if it still lies there.
    pub(super) fn set_at(&mut self, place: Place, address: &Address, basics: Basics) -> bool {
        let record = self.records.get_mut(place);
        let is_here = record.address == *address && record.code != FREE;
        if is_here {
            let Basics { nonce, balance, code } = basics;
            (record.nonce, record.balance, record.code) = (nonce, balance, code);
        }
        is_here
    }

    pub(super) fn remove(&mut self, address: &Address) {
        let hash = self.seed.of_address(address);
        if let Some(place) = self.find_hashed(hash, address) {
            self.parts[part(hash)].remove(hash, place);
            self.records.get_mut(place).code = FREE;
            self.free.push(place);
        }
    }

    /// How many places there are, used or free.
    pub(super) fn places(&self) -> usize {
        self.records.len()
    }

    /// The addresses of accounts in a range of places, as far as there are so many.
    pub(super) fn within(&self, places: Range<usize>) -> impl Iterator<Item = Address> {
        let used = self.records.within(places).filter(|record| record.code != FREE);
        used.map(|record| record.address)
    }

    /// All accounts, in no order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (Address, Basics)> {
        let used = self.records.iter().filter(|record| record.code != FREE);
        used.map(|record| (record.address, record.basics()))
    }
}

impl Record {
    fn basics(&self) -> Basics {
        Basics { nonce: self.nonce, balance: self.balance, code: self.code }
    }
}

/// The part of the index: by bits that it does not look at itself.
fn part(hash: u64) -> usize {
    (hash >> 40) as usize % PARTS
}
