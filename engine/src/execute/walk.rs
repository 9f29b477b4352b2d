//! The walk: what could not run beside others runs alone, in block order.
//!
//! ```text
//! block order    0  1  2  3  4  5  6  7  8
//! after workers  ✓  ✓  ✗  ✓  ·  ✓  ✗  ·  ✓       ✗ stopped, or alone   · waited for one of those
//! walk                 2     4     6  7           each finds all before it through; 3, 5 and 8 are ahead of some
//! ```
//!
//! What ran ahead of a transaction found all that it named as serial execution would have shown it, since the graph
//! held back everything else. It is right unless an earlier transaction, which runs only now, does what its own row
//! does not say: changes what the one ahead touched, or reads what that one changed. [`Ahead`] knows both; if it happens,
//! the whole block is run once more, all of it in a walk. So wrong hints cost as much again as the block alone, at most.

use std::sync::PoisonError;

use alloy_primitives::map::HashMap;
use alloy_primitives::{Address, U256};

use super::cells::Turn;
use super::run::{Run, Status};
use super::transfer::Ran;
use crate::evm::{Evm, RunView, Single};
use crate::plan::{Class, Key, Way};
use crate::state::State;
use crate::writes::WriteSet;

/// How many transactions' accounts are brought near at a time.
const STRIDE: u32 = 32;

/// Something that ran ahead is not what serial execution would have made of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Conflict;

impl Run {
    /// Runs all that has not run, in block order, and gives what they changed besides the keys of the block.
    pub(super) fn walk(&mut self, state: &State) -> Result<WriteSet, Conflict> {
        let ahead = Ahead::of(self);
        let run = &*self;
        // Where nobody is ahead, whoever stays within its row is free to do as it likes.
        let mut single = ahead.is_empty().then(|| Single::new(run, state));
        let mut evm: Option<Evm<RunView<'_>>> = None;
        let (mut ahead, mut near) = (Some(ahead), 0);
        let count = run.plan.transactions.len() as u32;
        for position in 0..count {
            if matches!(run.status(position), Status::Done | Status::Paid) {
                continue;
            }
            if position >= near {
                near = count.min(position + STRIDE);
                run.approach(state, position..near);
            }
            let mut turn = Turn::of(position);
            let ran = match (run.plan.classes[position as usize], &mut single) {
                (Class::Transfer, _) => run.transfer(state, &mut turn, true),
                (Class::Call | Class::Predicted, Some(single)) => {
                    let outcome = single.run(&mut turn, true);
                    outcome.map_or(Ran::Not, |outcome| Ran::Through(outcome, Status::Done))
                }
                (Class::Call | Class::Predicted | Class::Alone, _) => Ran::Not,
            };
            let (outcome, status) = match ran {
                Ran::Through(outcome, status) => (outcome, status),
                Ran::Not => {
                    let fresh = || Evm::alone(run, state, ahead.take().expect("it is taken once"));
                    let evm = evm.get_or_insert_with(fresh);
                    (evm.run_planned(&mut turn).map_err(|_| Conflict)?, Status::Done)
                }
            };
            *run.outcomes.write(&mut turn, position) = Some(outcome);
            run.set_status(position, status);
        }
        Ok(evm.map(Evm::into_other_writes).unwrap_or_default())
    }
}

/// The last transactions ahead that touched something, each as one above its position; 0 for none.
#[derive(Clone, Copy, Debug, Default)]
struct Last {
    read: u32,
    changed: u32,
    /// For accounts: with all slots.
    read_whole: u32,
    written: u32,
    credited: u32,
}

/// What ran ahead, by what it touched.
#[derive(Debug, Default)]
pub(crate) struct Ahead {
    /// By key; empty if nothing ran ahead.
    accounts: Vec<Last>,
    slots: Vec<Last>,
    strays: HashMap<(Address, Option<U256>), u32>,
}

impl Ahead {
    fn of(run: &Run) -> Ahead {
        let is_through = |position: &u32| matches!(run.status(*position), Status::Done | Status::Paid);
        let count = run.plan.transactions.len() as u32;
        let Some(first) = (0..count).find(|position| !is_through(position)) else {
            return Ahead::default();
        };
        let mut ahead = Ahead::default();
        for position in first..count {
            if run.status(position) == Status::Waiting {
                continue;
            }
            if ahead.accounts.is_empty() {
                ahead.accounts.resize(run.plan.keys.accounts.len(), Last::default());
                ahead.slots.resize(run.plan.keys.slots.len(), Last::default());
            }
            if is_through(&position) {
                ahead.note(run, position);
            }
            // Also what stopped has absorbed before it did.
            for touch in run.plan.rows.row(position).iter().filter(|touch| touch.absorbs()) {
                ahead.accounts[touch.key() as usize].changed = position + 1;
            }
        }
        let strays = run.strays.lock().unwrap_or_else(PoisonError::into_inner);
        for stray in &*strays {
            let last = ahead.strays.entry((stray.address, stray.slot)).or_default();
            *last = (*last).max(stray.position + 1);
        }
        ahead
    }

    fn is_empty(&self) -> bool {
        self.accounts.is_empty() && self.strays.is_empty()
    }

    fn note(&mut self, run: &Run, position: u32) {
        let above = position + 1;
        for touch in run.plan.rows.row(position) {
            let table = if touch.is_slot() { &mut self.slots } else { &mut self.accounts };
            let last = &mut table[touch.key() as usize];
            match touch.way() {
                Way::Credit => last.credited = above,
                Way::Read | Way::ReadSlot => last.read = above,
                Way::ReadWhole => (last.read, last.read_whole) = (above, above),
                Way::Debit | Way::WriteSlot => (last.read, last.changed) = (above, above),
                Way::Write => {
                    (last.read, last.changed) = (above, above);
                    (last.read_whole, last.written) = (above, above);
                }
            }
        }
    }

    /// Whether the account is as the transaction at this position has to find it.
    pub(crate) fn may_read_account(&self, position: u32, key: Key) -> bool {
        self.account(key).changed <= position
    }

    /// Whether nobody ahead of this position looked at the account.
    pub(crate) fn may_change_account(
        &self,
        position: u32,
        key: Key,
        address: &Address,
        recodes: bool,
    ) -> bool {
        let last = self.account(key);
        last.read.max(last.changed) <= position
            && (!recodes || last.credited <= position)
            && self.is_no_stray(position, address, None)
    }

    /// Whether a slot of a key of the block is as the transaction at this position has to find it.
    pub(crate) fn may_read_slot(&self, position: u32, key: Key, named: Option<Key>) -> bool {
        self.account(key).written.max(self.slot(named).changed) <= position
    }

    /// Whether nobody ahead of this position looked at the slot.
    pub(crate) fn may_write_slot(
        &self,
        position: u32,
        key: Key,
        named: Option<Key>,
        address: &Address,
        slot: &U256,
    ) -> bool {
        let (account, last) = (self.account(key), self.slot(named));
        account.read_whole.max(account.written).max(last.read).max(last.changed) <= position
            && self.is_no_stray(position, address, Some(*slot))
    }

    /// Whether nobody ahead of this position read this without naming it.
    pub(crate) fn is_no_stray(&self, position: u32, address: &Address, slot: Option<U256>) -> bool {
        self.strays.is_empty() || self.strays.get(&(*address, slot)).is_none_or(|above| *above <= position)
    }

    fn account(&self, key: Key) -> Last {
        self.accounts.get(key as usize).copied().unwrap_or_default()
    }

    fn slot(&self, named: Option<Key>) -> Last {
        named.and_then(|key| self.slots.get(key as usize)).copied().unwrap_or_default()
    }
}
