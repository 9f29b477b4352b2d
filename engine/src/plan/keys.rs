//! `Keys`: the accounts and slots that a block names, numbered as they come.

use alloy_primitives::{Address, U256};

use super::touch::Key;
use crate::state::{Index, NOWHERE, Place, Seed, State};

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
    /// Some transaction says that it changes it, or it is the beneficiary: who promised not to touch it may not read its
    /// code. Unlike all below, this does not depend on predictions.
    pub(crate) is_named: bool,
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
    account_index: Index,
    slot_index: Index,
    seed: Seed,
    /// How many of the accounts have been looked up.
    found: usize,
}

impl Keys {
    pub(super) fn with_capacity(accounts: usize) -> Keys {
        Keys {
            accounts: Vec::with_capacity(accounts),
            slots: Vec::new(),
            account_index: Index::with_capacity(accounts),
            slot_index: Index::with_capacity(0),
            seed: Seed::default(),
            found: 0,
        }
    }

    /// The number of an account, new or not.
    pub(super) fn intern_account(&mut self, address: &Address) -> Key {
        let hash = self.seed.of_address(address);
        let accounts = &mut self.accounts;
        let found = self.account_index.find(hash, |key| accounts[key as usize].address == *address);
        found.unwrap_or_else(|| {
            let key = accounts.len() as Key;
            accounts.push(AccountKey {
                address: *address,
                place: NOWHERE,
                first_slot: NO_KEY,
                is_named: false,
                is_changed: false,
                is_credited: false,
                is_written: false,
                is_read_whole: false,
                has_written_slot: false,
                has_code: false,
                budget: 0,
            });
            self.account_index.insert(hash, key);
            key
        })
    }

    /// Looks all accounts up in a state that were not looked up before.
    pub(super) fn find_accounts(&mut self, state: &State) {
        let fresh = &mut self.accounts[self.found..];
        state.find_each(
            fresh,
            |account| &account.address,
            |account, found| {
                if let Some((place, basics)) = found {
                    account.place = place;
                    account.has_code = basics.code != 0;
                    account.budget = basics.balance.saturating_to();
                }
            },
        );
        self.found = self.accounts.len();
    }

    /// The number of a slot, new or not.
    pub(super) fn intern_slot(&mut self, account: Key, slot: &U256) -> Key {
        let hash = self.seed.of_numbered_slot(account, slot);
        let slots = &mut self.slots;
        let is_it = |key: Key| slots[key as usize].slot == *slot && slots[key as usize].account == account;
        let found = self.slot_index.find(hash, is_it);
        found.unwrap_or_else(|| {
            let key = slots.len() as Key;
            let next = std::mem::replace(&mut self.accounts[account as usize].first_slot, key);
            slots.push(SlotKey { account, slot: *slot, place: NOWHERE, next, is_written: false });
            self.slot_index.insert(hash, key);
            key
        })
    }

    /// Looks all slots up in a state.
    pub(super) fn find_slots(&mut self, state: &State) {
        let accounts = &self.accounts;
        let slots = self.slots.iter().map(|known| (&accounts[known.account as usize].address, &known.slot));
        let mut places = Vec::with_capacity(self.slots.len());
        state.find_slots(slots, |place| places.push(place.unwrap_or(NOWHERE)));
        self.slots.iter_mut().zip(places).for_each(|(known, place)| known.place = place);
    }

    /// The number of an account, if the block names it.
    pub(crate) fn account(&self, address: &Address) -> Option<Key> {
        let hash = self.seed.of_address(address);
        self.account_index.find(hash, |key| self.accounts[key as usize].address == *address)
    }

    /// The number of a slot, if the block names it.
    pub(crate) fn slot(&self, account: Key, slot: &U256) -> Option<Key> {
        if self.accounts[account as usize].first_slot == NO_KEY {
            return None;
        }
        let is_it = |key: Key| {
            let known = &self.slots[key as usize];
            known.slot == *slot && known.account == account
        };
        self.slot_index.find(self.seed.of_numbered_slot(account, slot), is_it)
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
