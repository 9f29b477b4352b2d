//! `Keys`: the accounts and slots that a block names, numbered as they come.

use alloy_primitives::{Address, U256};
use foldhash::fast::RandomState;
use hashbrown::HashTable;
use std::hash::{BuildHasher, Hasher};

use super::touch::Key;
use crate::state::{NOWHERE, Place, State};

/// No key.
pub(crate) const NO_KEY: Key = Key::MAX;

/// An account that the block names.
#[derive(Debug)]
pub(crate) struct AccountKey {
    pub(crate) address: Address,
    /// Where it lay in the state when the block was planned.
    pub(crate) place: Place,
    /// The newest of its slots that the block names.
    pub(crate) first_slot: Key,
    /// Its nonce and balance may be changed by somebody, other than by credits.
    pub(crate) is_changed: bool,
    /// Somebody may pay it.
    pub(crate) is_credited: bool,
    /// Somebody may change all of it, also its code and slots that are not named.
    pub(crate) is_written: bool,
    /// Somebody may read any of its slots.
    pub(super) is_read_whole: bool,
    /// Somebody may write a slot that is named.
    pub(super) has_written_slot: bool,
    /// It had code when the block was planned.
    pub(super) has_code: bool,
    /// What its own transfers have left of the balance that it had when the block was planned.
    pub(super) budget: u128,
}

impl AccountKey {
    /// Whether anybody has to wait for anybody else because of the account itself.
    pub(super) fn is_ordered(&self) -> bool {
        self.is_changed || self.is_credited || (self.is_read_whole && self.has_written_slot)
    }
}

/// A slot that the block names.
#[derive(Debug)]
pub(crate) struct SlotKey {
    pub(crate) account: Key,
    pub(crate) slot: U256,
    /// Where it lay in the state when the block was planned.
    pub(crate) place: Place,
    /// The slot of the same account that was named before it.
    pub(crate) next: Key,
    /// Somebody may write it.
    pub(crate) is_written: bool,
}

/// All keys of a block.
#[derive(Debug)]
pub(crate) struct Keys {
    pub(crate) accounts: Vec<AccountKey>,
    pub(crate) slots: Vec<SlotKey>,
    account_table: HashTable<Key>,
    slot_table: HashTable<Key>,
    seed: RandomState,
}

impl Keys {
    pub(super) fn with_capacity(accounts: usize) -> Keys {
        Keys {
            accounts: Vec::with_capacity(accounts),
            slots: Vec::new(),
            account_table: HashTable::with_capacity(accounts),
            slot_table: HashTable::new(),
            seed: RandomState::default(),
        }
    }

    /// The number of an account, new or not.
    pub(super) fn intern_account(&mut self, state: &State, address: &Address) -> Key {
        let hash = hash_address(&self.seed, address);
        let accounts = &mut self.accounts;
        let found = self.account_table.find(hash, |key| accounts[*key as usize].address == *address);
        if let Some(key) = found {
            return *key;
        }
        let key = accounts.len() as Key;
        let place = state.find(state.hash(address), address);
        let basics = place.and_then(|place| state.basics_at(place, address)).unwrap_or_default();
        accounts.push(AccountKey {
            address: *address,
            place: place.unwrap_or(NOWHERE),
            first_slot: NO_KEY,
            is_changed: false,
            is_credited: false,
            is_written: false,
            is_read_whole: false,
            has_written_slot: false,
            has_code: basics.code != 0,
            budget: basics.balance.saturating_to(),
        });
        let (seed, accounts) = (&self.seed, &self.accounts);
        let rehash = |key: &Key| hash_address(seed, &accounts[*key as usize].address);
        self.account_table.insert_unique(hash, key, rehash);
        key
    }

    /// The number of a slot, new or not.
    pub(super) fn intern_slot(&mut self, state: &State, account: Key, slot: &U256) -> Key {
        if let Some(key) = self.slot(account, slot) {
            return key;
        }
        let key = self.slots.len() as Key;
        let owner = &mut self.accounts[account as usize];
        let place = state.find_slot(&owner.address, slot).unwrap_or(NOWHERE);
        let next = std::mem::replace(&mut owner.first_slot, key);
        self.slots.push(SlotKey { account, slot: *slot, place, next, is_written: false });
        let (seed, slots) = (&self.seed, &self.slots);
        let rehash = |key: &Key| {
            let SlotKey { account, slot, .. } = &slots[*key as usize];
            hash_slot(seed, *account, slot)
        };
        self.slot_table.insert_unique(hash_slot(seed, account, slot), key, rehash);
        key
    }

    /// The number of an account, if the block names it.
    pub(crate) fn account(&self, address: &Address) -> Option<Key> {
        let hash = hash_address(&self.seed, address);
        self.account_table.find(hash, |key| self.accounts[*key as usize].address == *address).copied()
    }

    /// The number of a slot, if the block names it.
    pub(crate) fn slot(&self, account: Key, slot: &U256) -> Option<Key> {
        if self.accounts[account as usize].first_slot == NO_KEY {
            return None;
        }
        let is_it = |key: &Key| {
            let known = &self.slots[*key as usize];
            known.slot == *slot && known.account == account
        };
        self.slot_table.find(hash_slot(&self.seed, account, slot), is_it).copied()
    }

    /// The slots of an account that the block names.
    pub(crate) fn slots_of(&self, account: Key) -> impl Iterator<Item = Key> {
        let mut key = self.accounts[account as usize].first_slot;
        std::iter::from_fn(move || {
            let this = (key != NO_KEY).then_some(key)?;
            key = self.slots[this as usize].next;
            Some(this)
        })
    }
}

fn hash_address(seed: &RandomState, address: &Address) -> u64 {
    let mut hasher = seed.build_hasher();
    hasher.write(address.as_slice());
    hasher.finish()
}

fn hash_slot(seed: &RandomState, account: Key, slot: &U256) -> u64 {
    let mut hasher = seed.build_hasher();
    slot.as_limbs().iter().for_each(|limb| hasher.write_u64(*limb));
    hasher.write_u32(account);
    hasher.finish()
}
