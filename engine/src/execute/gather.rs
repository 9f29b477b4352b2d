//! What a block changed: the difference between its cells and the state below it.

mod slots;

use std::sync::PoisonError;

use alloy_primitives::Address;

use super::account::Standing;
use super::cells::{Cells, Turn};
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
    slot_places: Vec<Place>,
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
    pub(super) fn of_payments(executed: Executed, places: Vec<Place>, effort: Effort) -> Finished {
        Finished { executed, places, slot_places: Vec::new(), effort }
    }

    /// How much of it could not run beside others.
    pub fn effort(&self) -> Effort {
        self.effort
    }

    /// What it will change in the state below the block.
    pub fn writes(&self) -> &WriteSet {
        &self.executed.writes
    }

    /// Brings the state below the block up to date.
    pub fn apply(self, state: &mut State) -> Executed {
        state.apply_at(&self.executed.writes, &self.places, &self.slot_places);
        self.executed
    }
}

impl Run {
    /// Runs what could not run beside others, and puts everything together. All workers have left.
    pub fn finish(mut self, state: &State) -> Finished {
        if let Some(payments) = self.payments.take() {
            match payments.finish(state, &self.environment, &self.plan.transactions) {
                Some(finished) => return finished,
                None => self = self.in_detail(state),
            }
        }
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
        let outcomes = std::mem::replace(&mut self.outcomes, Cells::new(0));
        let ran = outcomes.into_values().map(|outcome| outcome.expect("every transaction is through"));
        let mut executed = Executed::new(ran.collect(), self.environment.base_fee, WriteSet::default());
        let paid = self.tips.lock().unwrap_or_else(PoisonError::into_inner).wei;
        self.pay(state, &mut turn, BENEFICIARY, executed.tips - paid);
        let mut writes = WriteSet { accounts: Vec::new(), ..others };
        self.pay_credits(state, &mut turn);
        let places = self.account_changes(state, others.accounts, &mut writes);
        let slot_places = self.slot_changes(state, &mut writes);
        writes.codes.extend(self.codes.into_inner().unwrap_or_else(PoisonError::into_inner));
        executed.writes = writes.sorted_codes();
        Finished { executed, places, slot_places, effort }
    }

    /// Adds all credits that nobody has looked at.
    fn pay_credits(&self, state: &State, turn: &mut Turn) {
        let places = |from: usize| {
            let keys = &self.plan.keys.accounts;
            keys[from..keys.len().min(from + STRIDE)].iter().map(|known| known.place)
        };
        for key in 0..self.plan.keys.accounts.len() {
            if key % STRIDE == 0 {
                state.approach(places(key).filter(|place| *place != NOWHERE));
            }
            if !self.plan.credits.row(key as Key).is_empty() {
                self.absorb(state, turn, key as Key);
            }
        }
    }

    /// Writes accounts that are not as they were below, in the order of their addresses; gives where they lay.
    fn account_changes(
        &mut self,
        state: &State,
        others: Vec<(Address, Option<Account>)>,
        writes: &mut WriteSet,
    ) -> Vec<Place> {
        let keys = self.plan.keys.accounts.len() as Key;
        let mut changed: Vec<(u64, u32)> = Vec::with_capacity(keys as usize + others.len());
        for key in 0..keys {
            if self.is_changed(state, key) {
                changed.push((prefix(&self.address(key)), key));
            }
        }
        // Those that the block does not name are numbered behind those that it names.
        changed.extend((keys..).zip(&others).map(|(number, (address, _))| (prefix(address), number)));
        let address = |number: u32| match number.checked_sub(keys) {
            None => self.plan.keys.accounts[number as usize].address,
            Some(other) => others[other as usize].0,
        };
        sort_by_prefix(&mut changed, address);
        writes.accounts.reserve_exact(changed.len());
        let mut places = Vec::with_capacity(changed.len());
        for (_, number) in changed {
            match number.checked_sub(keys) {
                None => {
                    let cell = self.accounts.get_mut(number);
                    let now = (cell.standing == Standing::There).then_some(cell.basics);
                    let known = &self.plan.keys.accounts[number as usize];
                    let account = now.map(|basics| self.account_of(state, basics));
                    writes.accounts.push((known.address, account));
                    places.push(known.place);
                }
                Some(other) => {
                    writes.accounts.push(others[other as usize]);
                    places.push(NOWHERE);
                }
            }
        }
        places
    }

    fn is_changed(&mut self, state: &State, key: Key) -> bool {
        let cell = self.accounts.get_mut(key);
        let (standing, may_be_same, basics) = (cell.standing, cell.may_be_same, cell.basics);
        let now = (standing == Standing::There).then_some(basics);
        // A transfer uses a nonce or adds wei, and so cannot end where it began.
        standing != Standing::Below && !(may_be_same && now == self.below(state, key))
    }

    fn account_of(&self, state: &State, Basics { nonce, balance, code }: Basics) -> Account {
        Account { nonce, balance, code_hash: self.code_hash(state, code) }
    }
}

/// How many accounts are brought near at a time.
const STRIDE: usize = 32;

pub(super) fn prefix(address: &Address) -> u64 {
    u64::from_be_bytes(*address.first_chunk().expect("20 bytes are more than 8"))
}

/// Sorts beginnings of keys with numbers of the whole ones.
pub(super) fn sort_by_prefix<P: Ord, K: Ord>(items: &mut [(P, u32)], key: impl Fn(u32) -> K) {
    items.sort_unstable();
    // Keys that begin alike stand together and are few, unless somebody made them so.
    for alike in items.chunk_by_mut(|a, b| a.0 == b.0).filter(|alike| alike.len() > 1) {
        alike.sort_unstable_by_key(|(_, number)| key(*number));
    }
}
