//! What a block's accounts and slots are while it runs: in place in cells, or as they were below the block.

use alloy_primitives::map::U256Map;
use alloy_primitives::{Address, B256, KECCAK256_EMPTY, U256};

use super::cells::Turn;
use super::run::{Run, Status};
use crate::evm::{Code, prepare};
use crate::executed::Outcome;
use crate::plan::{BENEFICIARY, Class, Key};
use crate::state::{Basics, CodeId, NOWHERE, State};
use crate::transaction::Verified;

/// Whether an account is as it was below the block.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Standing {
    /// As it was.
    #[default]
    Below,
    /// It is what the cell says.
    There,
    /// There is none any more.
    Gone,
}

/// An account that the block names.
#[derive(Debug, Default)]
pub(super) struct AccountCell {
    pub(super) basics: Basics,
    pub(super) standing: Standing,
    /// It may have been changed back to what it was below the block: anything but a transfer changed it.
    pub(super) may_be_same: bool,
    /// The slots that it had below the block do not count any more.
    pub(super) is_void: bool,
    /// How many of its credits are part of the balance.
    pub(super) absorbed: u32,
    /// Changed slots that the block does not name.
    pub(super) slots: Option<Box<U256Map<U256>>>,
}

/// A slot that the block names: its value, if it was changed.
pub(super) type SlotCell = Option<U256>;

/// Tips that are part of the beneficiary's balance.
#[derive(Debug, Default)]
pub(super) struct TipsPaid {
    /// Those of the transactions before this position.
    before: u32,
    pub(super) wei: U256,
}

const _: () =
    assert!(size_of::<AccountCell>() <= 64, "an account of a block takes no more than one in the state");

impl AccountCell {
    pub(super) fn basics(&self, below: impl FnOnce() -> Option<Basics>) -> Option<Basics> {
        match self.standing {
            Standing::Below => below(),
            Standing::There => Some(self.basics),
            Standing::Gone => None,
        }
    }

    pub(super) fn set(&mut self, basics: Option<Basics>) {
        self.standing = if basics.is_some() { Standing::There } else { Standing::Gone };
        self.basics = basics.unwrap_or_default();
    }
}

impl Run {
    /// The account below the block.
    pub(super) fn below(&self, state: &State, key: Key) -> Option<Basics> {
        let known = &self.plan.keys.accounts[key as usize];
        let planned = (known.place != NOWHERE).then(|| state.basics_at(known.place, &known.address));
        planned.flatten().or_else(|| {
            let place = state.find(&known.address)?;
            state.basics_at(place, &known.address)
        })
    }

    /// An account as the transaction sees it.
    pub(crate) fn account(&self, state: &State, turn: &Turn, key: Key) -> Option<Basics> {
        self.accounts.read(turn, key).basics(|| self.below(state, key))
    }

    /// Adds the credits of all earlier transfers to an account that the transaction alone touches.
    pub(crate) fn absorb(&self, state: &State, turn: &mut Turn, key: Key) {
        let position = turn.position();
        let credits = self.plan.credits.row(key);
        let mut cell = self.accounts.write(turn, key);
        let waiting = &credits[cell.absorbed as usize..];
        let earlier = waiting.iter().take_while(|credit| credit.position < position);
        let mut sum = U256::ZERO;
        for credit in earlier {
            cell.absorbed += 1;
            if self.status(credit.position) == Status::Paid {
                sum += credit.value;
            }
        }
        if !sum.is_zero() {
            let mut basics = cell.basics(|| self.below(state, key)).unwrap_or_default();
            basics.balance += sum;
            cell.set(Some(basics));
        }
    }

    /// Adds the tips of all earlier transactions to the beneficiary's balance. They are through.
    pub(crate) fn pay_tips(&self, state: &State, turn: &mut Turn) {
        let mut paid = self.tips.lock().expect("no holder of this lock panics");
        let mut wei = U256::ZERO;
        for earlier in paid.before..turn.position() {
            let outcome = self.outcomes.read(turn, earlier);
            let receipt = outcome.as_ref().and_then(Outcome::receipt);
            wei += receipt.map_or(U256::ZERO, |receipt| receipt.tip(self.environment.base_fee));
        }
        (paid.before, paid.wei) = (turn.position(), paid.wei + wei);
        self.pay(state, turn, BENEFICIARY, wei);
    }

    /// Adds to the balance of an account that the transaction alone touches.
    pub(crate) fn pay(&self, state: &State, turn: &mut Turn, key: Key, wei: U256) {
        if !wei.is_zero() {
            let mut cell = self.accounts.write(turn, key);
            let mut basics = cell.basics(|| self.below(state, key)).unwrap_or_default();
            basics.balance += wei;
            cell.set(Some(basics));
        }
    }

    /// A slot that the block names, as the transaction sees it.
    pub(crate) fn named_slot(&self, state: &State, turn: &Turn, slot: Key) -> U256 {
        if let Some(value) = *self.slots.read(turn, slot) {
            return value;
        }
        let known = &self.plan.keys.slots[slot as usize];
        let account = &self.plan.keys.accounts[known.account as usize];
        if account.is_written && self.accounts.read(turn, known.account).is_void {
            return U256::ZERO;
        }
        self.slot_below(state, slot)
    }

    /// A slot that the block names, below the block.
    pub(super) fn slot_below(&self, state: &State, slot: Key) -> U256 {
        let known = &self.plan.keys.slots[slot as usize];
        let address = self.address(known.account);
        let planned = match known.place {
            NOWHERE => U256::ZERO,
            place => state.slot_at(place, &address, &known.slot),
        };
        // It may have come, or gone and come again, since the block was planned.
        if planned.is_zero() { state.slot(&address, &known.slot) } else { planned }
    }

    /// Any slot of an account that the block names, as the transaction sees it.
    pub(crate) fn slot(&self, state: &State, turn: &Turn, key: Key, slot: &U256) -> U256 {
        if let Some(named) = self.plan.keys.slot(key, slot) {
            return self.named_slot(state, turn, named);
        }
        let cell = self.accounts.read(turn, key);
        let changed = cell.slots.as_ref().and_then(|slots| slots.get(slot)).copied();
        changed.unwrap_or_else(|| match cell.is_void {
            true => U256::ZERO,
            false => state.slot(&self.address(key), slot),
        })
    }

    /// Sets any slot of an account that the block names.
    pub(crate) fn set_slot(&self, turn: &mut Turn, key: Key, slot: &U256, value: U256) {
        match self.plan.keys.slot(key, slot) {
            Some(named) => *self.slots.write(turn, named) = Some(value),
            None => {
                self.accounts.write(turn, key).slots.get_or_insert_default().insert(*slot, value);
            }
        }
    }

    /// Sets a slot that the block names.
    pub(crate) fn set_named_slot(&self, turn: &mut Turn, slot: Key, value: U256) {
        *self.slots.write(turn, slot) = Some(value);
    }

    /// Takes wei from an account that the transaction alone touches, and uses one of its nonces.
    pub(crate) fn debit(&self, state: &State, turn: &mut Turn, key: Key, wei: U256) {
        let mut cell = self.accounts.write(turn, key);
        let before = cell.basics(|| self.below(state, key)).unwrap_or_default();
        cell.set(Some(Basics { nonce: before.nonce + 1, balance: before.balance - wei, ..before }));
    }

    /// Sets nonce, balance and code of an account that the transaction alone touches; none removes it.
    pub(crate) fn set_account(&self, state: &State, turn: &mut Turn, key: Key, basics: Option<Basics>) {
        let below = self.below(state, key).map_or(0, |basics| basics.code);
        if basics.map_or(0, |basics| basics.code) != below {
            self.recode(key);
        }
        let mut cell = self.accounts.write(turn, key);
        cell.may_be_same = true;
        cell.set(basics);
    }

    /// Looks at these transactions and at the accounts that they name, so that they are near when they are needed: most of the time
    /// for one is spent waiting for memory, and here the waits for all overlap.
    pub(super) fn approach(&self, state: &State, positions: impl Iterator<Item = u32> + Clone) {
        let keys = &self.plan.keys;
        Verified::approach(positions.clone().map(|position| &self.plan.transactions[position as usize]));
        if let Some(many) = &self.hash_many {
            let is_call = |position: &u32| self.plan.classes[*position as usize] != Class::Transfer;
            let calls = positions.clone().filter(is_call);
            prepare(calls.map(|position| &self.plan.transactions[position as usize]), many);
        }
        for position in positions {
            let row = self.plan.rows.row(position);
            let (accounts, slots) = row.split_at(row.partition_point(|touch| !touch.is_slot()));
            let accounts = accounts.iter().map(|touch| keys.accounts[touch.key() as usize].place);
            state.approach(accounts.filter(|place| *place != NOWHERE));
            let slots = slots.iter().map(|touch| keys.slots[touch.key() as usize].place);
            state.approach_slots(slots.filter(|place| *place != NOWHERE));
        }
    }

    /// Voids all slots of an account that the transaction alone touches.
    pub(crate) fn void_slots(&self, turn: &mut Turn, key: Key) {
        for named in self.plan.keys.slots_of(key) {
            *self.slots.write(turn, named) = Some(U256::ZERO);
        }
        let mut cell = self.accounts.write(turn, key);
        cell.is_void = true;
        cell.slots = None;
    }

    /// The hash of a code, old or new.
    pub(crate) fn code_hash(&self, state: &State, code: CodeId) -> B256 {
        match code.checked_sub(state.code_count()) {
            None => state.code_hash(code),
            Some(new) => self.codes.lock().expect("no holder of this lock panics")[new as usize].0,
        }
    }

    /// The code with this hash, old or new.
    pub(crate) fn code(&self, state: &State, hash: &B256) -> Code {
        let new = || {
            let codes = self.codes.lock().expect("no holder of this lock panics");
            codes.iter().find(|(new, _)| new == hash).map(|(_, code)| code.clone())
        };
        let code = state.code(hash).cloned().or_else(new);
        code.expect("every code hash of the state has its code")
    }

    /// The number of a code, which is asked for if it is new.
    pub(crate) fn code_number(
        &self,
        state: &State,
        hash: &B256,
        code: impl FnOnce() -> Option<Code>,
    ) -> CodeId {
        if *hash == KECCAK256_EMPTY {
            return 0;
        }
        state.code_number(hash).unwrap_or_else(|| {
            let mut codes = self.codes.lock().expect("no holder of this lock panics");
            let known = codes.iter().position(|(new, _)| new == hash);
            let number = known.unwrap_or_else(|| {
                codes.push((*hash, code().expect("a code that is new was just made")));
                codes.len() - 1
            });
            state.code_count() + number as CodeId
        })
    }

    pub(crate) fn address(&self, key: Key) -> Address {
        self.plan.keys.accounts[key as usize].address
    }
}
