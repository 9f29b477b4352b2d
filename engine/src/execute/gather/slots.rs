//! Slots that are not as they were below the block, in order.

use alloy_primitives::{Address, U256};

use super::super::account::AccountCell;
use super::super::cells::Turn;
use super::super::run::Run;
use super::sort_by_prefix;
use crate::plan::Key;
use crate::state::{NOWHERE, Place, State};
use crate::writes::WriteSet;

/// A slot that changed: those of the accounts that the block names but not of its keys are numbered behind its keys.
type Number = u32;

impl Run {
    /// Writes slots that are not as they were below, in order; gives where they lay.
    pub(super) fn slot_changes(&mut self, state: &State, writes: &mut WriteSet) -> Vec<Place> {
        for key in 0..self.plan.keys.accounts.len() as Key {
            let address = self.address(key);
            let cell = self.accounts.get_mut(key);
            if cell.is_void || cell.slots.is_some() {
                let is_named = |slot: &U256| self.plan.keys.slot(key, slot).is_some();
                unnamed_slot_changes(state, &address, cell, is_named, writes);
            }
        }
        let unnamed = std::mem::take(&mut writes.slots);
        let keys = self.plan.keys.slots.len() as Key;
        let changed = self.changed_slots(state, &unnamed);
        writes.slots.reserve_exact(changed.len());
        let mut places = Vec::with_capacity(changed.len());
        for number in changed {
            match number.checked_sub(keys) {
                None => {
                    let known = &self.plan.keys.slots[number as usize];
                    let value = self.slots.get_mut(number).expect("it changed, so it has a value");
                    let owner = self.plan.keys.accounts[known.account as usize].address;
                    writes.slots.push(((owner, known.slot), value));
                    places.push(known.place);
                }
                Some(other) => {
                    writes.slots.push(unnamed[other as usize]);
                    places.push(NOWHERE);
                }
            }
        }
        places
    }

    /// The numbers of all slots that changed, in order of address and slot.
    fn changed_slots(&self, state: &State, unnamed: &[((Address, U256), U256)]) -> Vec<Number> {
        let (turn, keys) = (Turn::after(&self.plan), self.plan.keys.slots.len() as Key);
        let is_changed = |key: &Key| {
            let value = *self.slots.read(&turn, *key);
            value.is_some_and(|value| self.slot_below(state, *key) != value)
        };
        let named: Vec<Key> = (0..keys).filter(is_changed).collect();
        // Slots are many and their owners few: these are sorted once.
        let mut ranks = vec![None; self.plan.keys.accounts.len()];
        let mut owners: Vec<Address> = unnamed.iter().map(|((address, _), _)| *address).collect();
        let owner = |key: &Key| self.plan.keys.slots[*key as usize].account;
        for account in named.iter().map(owner) {
            if ranks[account as usize].replace(0).is_none() {
                owners.push(self.address(account));
            }
        }
        owners.sort_unstable();
        let rank = |address: &Address| owners.partition_point(|owner| owner < address) as u32;
        for account in named.iter().map(owner) {
            let known = &mut ranks[account as usize];
            *known = known.filter(|rank| *rank > 0).or_else(|| Some(rank(&self.address(account))));
        }
        let begins = |rank: u32, slot: &U256| (rank, slot.as_limbs()[3]);
        let slot = |number: Number| match number.checked_sub(keys) {
            None => self.plan.keys.slots[number as usize].slot,
            Some(other) => unnamed[other as usize].0.1,
        };
        let mut changed = Vec::with_capacity(named.len() + unnamed.len());
        for key in named {
            let rank = ranks[owner(&key) as usize].expect("all owners have a rank");
            changed.push((begins(rank, &slot(key)), key));
        }
        let others = (keys..).zip(unnamed);
        changed.extend(others.map(|(number, ((address, slot), _))| (begins(rank(address), slot), number)));
        sort_by_prefix(&mut changed, slot);
        changed.into_iter().map(|(_, number)| number).collect()
    }
}

/// Adds the slots of an account that the block does not name.
fn unnamed_slot_changes(
    state: &State,
    address: &Address,
    cell: &mut AccountCell,
    is_named: impl Fn(&U256) -> bool,
    writes: &mut WriteSet,
) {
    let changed = cell.slots.take().unwrap_or_default();
    if cell.is_void {
        let void = state.slots_of(address).filter(|(slot, _)| !changed.contains_key(slot) && !is_named(slot));
        writes.slots.extend(void.map(|(slot, _)| ((*address, slot), U256::ZERO)));
    }
    for (slot, value) in *changed {
        if state.slot(address, &slot) != value {
            writes.slots.push(((*address, slot), value));
        }
    }
}
