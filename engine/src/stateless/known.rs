//! `Known`: the part of a state that a witness proves, and which of it was used.

use std::cell::Cell;

use alloy_primitives::{Address, B256, U256};

use super::Missing;
use crate::evm::Code;
use crate::reads::{NotCovered, Reads};
use crate::state::Account;
use crate::writes::WriteSet;

/// See the head of this file.
pub(super) struct Known {
    accounts: Entries<Address, Option<Account>>,
    slots: Entries<(Address, U256), U256>,
    codes: Entries<B256, Code>,
    /// The first thing that was asked for and is not here.
    missed: Cell<Option<Missing>>,
}

/// Entries by rising key.
struct Entries<K, V> {
    entries: Vec<(K, V)>,
    is_used: Vec<Cell<bool>>,
}

impl<K: Ord + Copy, V> Entries<K, V> {
    fn new(entries: Vec<(K, V)>) -> Entries<K, V> {
        let is_used = vec![Cell::new(false); entries.len()];
        Entries { entries, is_used }
    }

    fn find(&self, key: &K) -> Option<&V> {
        let at = self.entries.binary_search_by_key(key, |entry| entry.0).ok()?;
        self.is_used[at].set(true);
        Some(&self.entries[at].1)
    }

    fn unused(&self) -> Option<K> {
        self.is_used.iter().position(|is_used| !is_used.get()).map(|at| self.entries[at].0)
    }
}

impl Known {
    /// What accounts and slots hold, absent ones included, and the codes of some of them, in the canonical form.
    pub(super) fn new(touched: WriteSet) -> Known {
        let WriteSet { accounts, slots, codes } = touched;
        Known {
            accounts: Entries::new(accounts),
            slots: Entries::new(slots),
            codes: Entries::new(codes),
            missed: Cell::new(None),
        }
    }

    /// What was asked for and is not here.
    pub(super) fn missed(&self) -> Option<Missing> {
        self.missed.get()
    }

    /// Something that nobody has asked for.
    pub(super) fn unused(&self) -> Option<Missing> {
        let account = self.accounts.unused().map(Missing::Account);
        let slot = || self.slots.unused().map(|(address, slot)| Missing::Slot(address, slot));
        account.or_else(slot).or_else(|| self.codes.unused().map(Missing::Code))
    }

    fn miss(&self, what: Missing) -> NotCovered {
        self.missed.set(self.missed.get().or(Some(what)));
        NotCovered
    }
}

impl Reads for Known {
    fn account(&self, address: &Address) -> Result<Option<Account>, NotCovered> {
        self.accounts.find(address).copied().ok_or_else(|| self.miss(Missing::Account(*address)))
    }

    fn slot(&self, address: &Address, slot: &U256) -> Result<U256, NotCovered> {
        let found = self.slots.find(&(*address, *slot));
        found.copied().ok_or_else(|| self.miss(Missing::Slot(*address, *slot)))
    }

    fn code(&self, hash: &B256) -> Result<&Code, NotCovered> {
        self.codes.find(hash).ok_or_else(|| self.miss(Missing::Code(*hash)))
    }

    /// One that only the whole state has is noted as new once more, which changes no root.
    fn has_code(&self, hash: &B256) -> bool {
        self.codes.entries.binary_search_by_key(hash, |entry| entry.0).is_ok()
    }

    /// Never, as the trait says. Whoever makes a witness gives up where the state is not like that, and were slots left
    /// that should be void, the root would not be the chain's.
    fn has_slots(&self, _address: &Address) -> bool {
        false
    }

    fn slots_of(&self, _address: &Address) -> Vec<U256> {
        Vec::new()
    }
}
