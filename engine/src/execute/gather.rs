//! What a block changed: the difference between its cells and the state below it.

use std::sync::PoisonError;

use alloy_primitives::{Address, U256};

use super::account::{AccountCell, Standing};
use super::cells::Turn;
use super::run::Run;
use super::walk::Conflict;
use crate::executed::Executed;
use crate::plan::{BENEFICIARY, Key};
use crate::state::{Account, Basics, NOWHERE, Place, State};
use crate::writes::WriteSet;

/// What became of a block, before the state knows of it.
#[derive(Debug)]
pub struct Finished {
    executed: Executed,
    /// Where the accounts of the write set lay below the block.
    places: Vec<Place>,
    effort: Effort,
}

/// How much of a block could not run beside others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Effort {
    /// Transactions that ran alone, in block order.
    pub alone: usize,
    /// Transactions that had run beside others, and ran again because an earlier one did what nobody expected.
    pub again: usize,
}

impl Finished {
    /// How much of it could not run beside others.
    pub fn effort(&self) -> Effort {
        self.effort
    }

    /// Brings the state below the block up to date.
    pub fn apply(self, state: &mut State) -> Executed {
        state.apply_at(&self.executed.writes, &self.places);
        self.executed
    }
}

impl Run {
    /// Runs what could not run beside others, and puts everything together. All workers have left.
    pub fn finish(mut self, state: &State) -> Finished {
        let through = self.through();
        let mut effort = Effort { alone: self.plan.transactions.len() - through, again: 0 };
        let others = match self.walk(state) {
            Ok(others) => others,
            Err(Conflict) => {
                effort.again = through;
                self = self.again();
                self.walk(state).expect("nothing runs ahead of a block that runs alone")
            }
        };
        let mut turn = Turn::after(&self.plan);
        let paid = self.tips.lock().unwrap_or_else(PoisonError::into_inner).wei;
        for key in 0..self.plan.keys.accounts.len() as Key {
            if !self.plan.credits.row(key).is_empty() {
                self.absorb(state, &mut turn, key);
            }
        }
        let outcomes = std::mem::replace(&mut self.outcomes, super::cells::Cells::new(0));
        let ran = outcomes.into_values().map(|outcome| outcome.expect("every transaction is through"));
        let mut executed = Executed::new(ran.collect(), self.environment.base_fee, WriteSet::default());
        self.pay(state, &mut turn, BENEFICIARY, executed.tips - paid);
        let (writes, places) = self.changes(state, others);
        executed.writes = writes;
        Finished { executed, places, effort }
    }

    fn changes(mut self, state: &State, others: WriteSet) -> (WriteSet, Vec<Place>) {
        let mut writes = WriteSet { accounts: Vec::new(), ..others };
        let mut accounts: Vec<Changed> = Vec::with_capacity(self.plan.keys.accounts.len());
        for (address, account) in others.accounts {
            accounts.push(Changed { address, account, place: NOWHERE });
        }
        for key in 0..self.plan.keys.accounts.len() as Key {
            let below = self.below(state, key);
            let cell = std::mem::take(self.accounts.get_mut(key));
            let known = &self.plan.keys.accounts[key as usize];
            if cell.standing != Standing::Below {
                let now = (cell.standing == Standing::There).then_some(cell.basics);
                if now != below {
                    let account = now.map(|basics| self.account_of(state, basics));
                    accounts.push(Changed { address: known.address, account, place: known.place });
                }
            }
            slot_changes(state, &known.address, cell, &mut writes);
        }
        for key in 0..self.plan.keys.slots.len() as Key {
            let Some(value) = *self.slots.get_mut(key) else { continue };
            let known = &self.plan.keys.slots[key as usize];
            let address = self.address(known.account);
            if state.slot(&address, &known.slot) != value {
                writes.slots.push(((address, known.slot), value));
            }
        }
        writes.codes.extend(self.codes.into_inner().unwrap_or_else(PoisonError::into_inner));
        let places = sort_accounts(accounts, &mut writes);
        (writes.canonical(), places)
    }

    fn account_of(&self, state: &State, Basics { nonce, balance, code }: Basics) -> Account {
        Account { nonce, balance, code_hash: self.code_hash(state, code) }
    }
}

struct Changed {
    address: Address,
    account: Option<Account>,
    place: Place,
}

/// Adds the slots of an account that the block does not name.
fn slot_changes(state: &State, address: &Address, cell: AccountCell, writes: &mut WriteSet) {
    let changed = cell.slots.unwrap_or_default();
    if cell.is_void {
        let void = state.slots_of(address).filter(|(slot, _)| !changed.contains_key(slot));
        writes.slots.extend(void.map(|(slot, _)| ((*address, slot), U256::ZERO)));
    }
    for (slot, value) in *changed {
        if state.slot(address, &slot) != value {
            writes.slots.push(((*address, slot), value));
        }
    }
}

/// Puts accounts into the write set in the order of their addresses, and gives their places in the same order.
fn sort_accounts(accounts: Vec<Changed>, writes: &mut WriteSet) -> Vec<Place> {
    let prefix =
        |address: &Address| u64::from_be_bytes(*address.first_chunk().expect("20 bytes are more than 8"));
    let mut order: Vec<(u64, u32)> =
        (0..).zip(&accounts).map(|(at, one)| (prefix(&one.address), at)).collect();
    order.sort_unstable();
    // Addresses that begin alike stand together and are few, unless somebody made them so.
    for alike in order.chunk_by_mut(|a, b| a.0 == b.0).filter(|alike| alike.len() > 1) {
        alike.sort_unstable_by_key(|(_, at)| accounts[*at as usize].address);
    }
    let sorted = order.iter().map(|(_, at)| &accounts[*at as usize]);
    writes.accounts.extend(sorted.clone().map(|one| (one.address, one.account)));
    sorted.map(|one| one.place).collect()
}
