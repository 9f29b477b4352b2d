//! `Merge`: an old checkpoint and what was logged after it make the state of today, in order, piece by piece.
//!
//! ```text
//! old checkpoint   a c d f ...    ──┐
//!                                   ├──> a b d' f ...    in pieces of so many entries
//! delta            b c=deleted d' ──┘
//! ```
//!
//! Neither needs the live state: a checkpoint is made from files alone, while blocks go on, and a restart is the same merge
//! into memory.

use std::cmp::Ordering;
use std::iter::Peekable;
use std::vec;

use alloy_primitives::{Address, U256};

use crate::state::Account;
use crate::store::checkpoint::Reader;
use crate::store::error::StoreError;
use crate::store::runs::Runs;
use crate::writes::WriteSet;

/// Changes that are sorted at once.
const RUN: usize = 1 << 16;

/// What some blocks changed.
#[derive(Default)]
pub(crate) struct Delta {
    /// What is not sorted yet.
    newest: WriteSet,
    accounts: Runs<Address, Option<Account>>,
    slots: Runs<(Address, U256), U256>,
}

impl Delta {
    /// Adds the changes of the next block.
    pub(crate) fn add(&mut self, writes: WriteSet) {
        self.newest.accounts.extend(writes.accounts);
        self.newest.slots.extend(writes.slots);
        if self.newest.len() >= RUN {
            self.sort();
        }
    }

    fn sort(&mut self) {
        let run = std::mem::take(&mut self.newest).canonical();
        self.accounts.push(run.accounts);
        self.slots.push(run.slots);
    }
}

/// The merged state, piece by piece.
pub(crate) struct Merge {
    /// None once it is at its end.
    old: Option<Reader>,
    accounts: Entries<Address, Option<Account>>,
    slots: Entries<(Address, U256), U256>,
    piece_entries: usize,
}

impl Merge {
    /// Merges into pieces of so many entries at most.
    pub(crate) fn new(old: Reader, mut delta: Delta, piece_entries: usize) -> Merge {
        delta.sort();
        let (accounts, slots) = (Entries::new(delta.accounts), Entries::new(delta.slots));
        Merge { old: Some(old), accounts, slots, piece_entries }
    }

    /// The next piece: of accounts, or of slots once those are over. None at the end.
    pub(crate) fn next(&mut self) -> Result<Option<WriteSet>, StoreError> {
        while !(self.accounts.is_over() && self.slots.is_over()) {
            if self.accounts.is_short() || self.accounts.is_over() && self.slots.is_short() {
                self.read()?;
            }
            let mut piece = WriteSet::default();
            if self.accounts.is_over() {
                piece.slots = self.slots.pull(self.piece_entries);
                piece.slots.retain(|(_, value)| !value.is_zero());
            } else {
                piece.accounts = self.accounts.pull(self.piece_entries);
                piece.accounts.retain(|(_, account)| account.is_some());
            }
            if !piece.is_empty() {
                return Ok(Some(piece));
            }
        }
        Ok(None)
    }

    /// Reads the next chunk of the old checkpoint.
    fn read(&mut self) -> Result<(), StoreError> {
        let chunk = match &mut self.old {
            Some(old) => old.next()?,
            None => None,
        };
        let Some(chunk) = chunk else {
            self.old = None;
            self.accounts.ended = true;
            self.slots.ended = true;
            return Ok(());
        };
        if !chunk.slots.is_empty() {
            self.accounts.ended = true;
        }
        self.accounts.old = chunk.accounts.into_iter().peekable();
        self.slots.old = chunk.slots.into_iter().peekable();
        Ok(())
    }
}

/// An old run and new ones, of which the new ones count where both have a key.
struct Entries<K, V> {
    /// What was read of the old run.
    old: Peekable<vec::IntoIter<(K, V)>>,
    /// Whether all of the old run was read.
    ended: bool,
    new: Runs<K, V>,
}

impl<K: Ord + Copy, V> Entries<K, V> {
    fn new(new: Runs<K, V>) -> Entries<K, V> {
        Entries { old: Vec::new().into_iter().peekable(), ended: false, new }
    }

    /// Whether more of the old run must be read before anything can be said.
    fn is_short(&self) -> bool {
        !self.ended && self.old.len() == 0
    }

    fn is_over(&self) -> bool {
        self.ended && self.old.len() == 0 && self.new.is_empty()
    }

    /// So many merged entries, those that delete included, or fewer where the old run is short.
    fn pull(&mut self, limit: usize) -> Vec<(K, V)> {
        let mut merged = Vec::with_capacity(limit);
        while merged.len() < limit && !self.is_short() {
            let order = match (self.old.peek(), self.new.peek()) {
                (None, None) => break,
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some(old), Some(new)) => old.0.cmp(new),
            };
            match order {
                Ordering::Less => merged.extend(self.old.next()),
                Ordering::Equal => drop(self.old.next()),
                Ordering::Greater => merged.extend(self.new.next()),
            }
        }
        merged
    }
}
