//! `Accounts`: a record of one cache line for each account, and a table that finds it.
//!
//! ```text
//! address ──hash──> table (256 parts) ──place──> records, in chunks that never move
//!  20 bytes           1 + 4 bytes each             64 bytes: address 20 │ code u32 │ nonce u64 │ balance 32
//! ```
//!
//! A place names an account as long as it lives; a later account may take it over, so whoever keeps a place compares
//! the address, which lies in the same cache line. The table grows in 256 parts and the records in chunks, so that
//! no single insert has to move more than a small share of them.

use std::hash::{BuildHasher, Hasher};

use alloy_primitives::{Address, U256};
use foldhash::fast::RandomState;
use hashbrown::HashTable;

use super::chunked::Chunked;

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
    /// Its seed is drawn anew for each process, so that nobody outside can choose addresses that collide.
    seed: RandomState,
    parts: Vec<HashTable<Place>>,
    records: Chunked<Record>,
    free: Vec<Place>,
}

impl Default for Accounts {
    fn default() -> Accounts {
        Accounts {
            seed: RandomState::default(),
            parts: vec![HashTable::new(); PARTS],
            records: Chunked::default(),
            free: Vec::new(),
        }
    }
}

impl Accounts {
    pub(super) fn hash(&self, address: &Address) -> u64 {
        hash(&self.seed, address)
    }

    pub(super) fn len(&self) -> usize {
        self.records.len() - self.free.len()
    }

    /// Where the account with this address and hash lies.
    pub(super) fn find(&self, hash: u64, address: &Address) -> Option<Place> {
        self.parts[part(hash)].find(hash, |place| self.records.get(*place).address == *address).copied()
    }

    /// The account at a place, if it is still this one.
    pub(super) fn at(&self, place: Place, address: &Address) -> Option<Basics> {
        let record = self.records.get(place);
        (record.address == *address && record.code != FREE).then(|| record.basics())
    }

    /// Sets an account, which may be new. Gives its place.
    pub(super) fn set(&mut self, address: &Address, basics: Basics) -> Place {
        let hash = self.hash(address);
        let Basics { nonce, balance, code } = basics;
        let record = Record { address: *address, code, nonce, balance };
        if let Some(place) = self.find(hash, address) {
            *self.records.get_mut(place) = record;
            return place;
        }
        let place = self.free.pop().unwrap_or_else(|| self.records.push(record.clone()));
        *self.records.get_mut(place) = record;
        let (seed, records) = (&self.seed, &self.records);
        let rehash = |place: &Place| self::hash(seed, &records.get(*place).address);
        self.parts[part(hash)].insert_unique(hash, place, rehash);
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
        let hash = self.hash(address);
        let records = &mut self.records;
        let entry = self.parts[part(hash)].find_entry(hash, |place| records.get(*place).address == *address);
        if let Ok(entry) = entry {
            let (place, _) = entry.remove();
            records.get_mut(place).code = FREE;
            self.free.push(place);
        }
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

fn hash(seed: &RandomState, address: &Address) -> u64 {
    let mut hasher = seed.build_hasher();
    hasher.write(address.as_slice());
    hasher.finish()
}

/// The part of the table: by bits that the table itself uses last.
fn part(hash: u64) -> usize {
    (hash >> 40) as usize % PARTS
}
