//! What a transaction of a running block may read and change.

use alloy_primitives::{Address, KECCAK256_EMPTY, U256};

use super::super::Touch;
use super::{Company, RunView};
use crate::access::{AccessSet, Mode};
use crate::execute::Ahead;
use crate::plan::{BENEFICIARY, Key, Way};
use crate::state::{Account, Basics};

impl RunView<'_> {
    /// An account, beside others.
    pub(super) fn account_beside(&mut self, address: &Address) -> Result<Option<Basics>, Touch> {
        if let Some(touch) = self.row.account(address) {
            if touch.absorbs() {
                self.run.absorb(self.state, &mut self.turn, touch.key());
            }
            return Ok(self.run.account(self.state, &self.turn, touch.key()));
        }
        let known = self.run.plan.keys.account(address).map(|key| &self.run.plan.keys.accounts[key as usize]);
        let is_named = known.is_some_and(|known| known.is_named);
        let may_change = known.is_some_and(|known| known.is_changed || known.is_credited);
        let is_precompile = self.precompiles.contains(address);
        ensure(!self.is_enforced() || is_precompile || !is_named, Touch::Undeclared)?;
        ensure(!may_change, Touch::Unplanned)?;
        let place = self.state.find(address);
        let basics = place.and_then(|place| self.state.basics_at(place, address));
        let has_code = basics.is_some_and(|basics| basics.code != 0);
        // Whether there is code may change too, by somebody whose turn came earlier and who runs later.
        self.stray(address, None);
        ensure(!self.is_enforced() || is_precompile || has_code, Touch::Undeclared)?;
        Ok(basics)
    }

    /// An account, when all before are through.
    pub(super) fn account_alone(
        &mut self,
        address: &Address,
        key: Option<Key>,
    ) -> Result<Option<Account>, Touch> {
        let account = match key {
            Some(key) => {
                ensure(self.alone().0.may_read_account(self.turn.position(), key), Touch::Unplanned)?;
                self.run.absorb(self.state, &mut self.turn, key);
                if key == BENEFICIARY {
                    self.run.pay_tips(self.state, &mut self.turn);
                }
                self.run.account(self.state, &self.turn, key).map(|basics| self.account_of(basics))
            }
            None => self.alone().1.account(address).unwrap_or_else(|| self.state.account(address)),
        };
        if self.is_enforced() && !self.access.covers_account(*address) {
            let known = key.map(|key| &self.run.plan.keys.accounts[key as usize]);
            let is_named = known.is_some_and(|known| known.is_named);
            let has_code = account.is_some_and(|account| account.code_hash != KECCAK256_EMPTY);
            let is_code_to_read = has_code && !is_named;
            ensure(self.precompiles.contains(address) || is_code_to_read, Touch::Undeclared)?;
        }
        Ok(account)
    }

    /// A slot, beside others.
    pub(super) fn slot_beside(
        &mut self,
        address: &Address,
        key: Option<Key>,
        slot: &U256,
    ) -> Result<U256, Touch> {
        if let Some(key) = key {
            if let Some(touch) = self.row.slot(key, slot) {
                return Ok(self.run.named_slot(self.state, &self.turn, touch.key()));
            }
            if self.row.has_whole(key) {
                return Ok(self.run.slot(self.state, &self.turn, key, slot));
            }
        }
        ensure(!self.is_enforced(), Touch::Undeclared)?;
        let keys = &self.run.plan.keys;
        let may_change = key.is_some_and(|key| {
            let is_written = |named: Key| keys.slots[named as usize].is_written;
            keys.accounts[key as usize].is_written || keys.slot(key, slot).is_some_and(is_written)
        });
        ensure(!may_change, Touch::Unplanned)?;
        self.stray(address, Some(*slot));
        Ok(self.state.slot(address, slot))
    }

    /// A slot, when all before are through.
    pub(super) fn slot_alone(
        &mut self,
        address: &Address,
        key: Option<Key>,
        slot: &U256,
    ) -> Result<U256, Touch> {
        let covered = !self.is_enforced() || self.access.covers_slot(*address, *slot, Mode::Read);
        ensure(covered, Touch::Undeclared)?;
        let Some(key) = key else {
            let changed = self.alone().1.slot(address, slot);
            return Ok(changed.unwrap_or_else(|| self.state.slot(address, slot)));
        };
        let named = self.run.plan.keys.slot(key, slot);
        ensure(self.alone().0.may_read_slot(self.turn.position(), key, named), Touch::Unplanned)?;
        Ok(self.run.slot(self.state, &self.turn, key, slot))
    }

    /// Whether the transaction may change an account or slot of the block, which its row names or not.
    pub(super) fn ensure_change(
        &self,
        is_named: impl Fn() -> bool,
        is_covered: impl Fn(&AccessSet) -> bool,
        is_free: impl Fn(&Ahead) -> bool,
    ) -> Result<(), Touch> {
        match &self.company {
            Company::Others(_) if is_named() => Ok(()),
            Company::Others(_) if self.is_enforced() => Err(Touch::Undeclared),
            Company::Others(_) => Err(Touch::Unplanned),
            Company::Nobody(alone) => {
                ensure(!self.is_enforced() || is_covered(self.access), Touch::Undeclared)?;
                ensure(is_free(&alone.0), Touch::Unplanned)
            }
        }
    }

    pub(super) fn ensure_slot_change(
        &self,
        address: &Address,
        key: Option<Key>,
        slot: &U256,
    ) -> Result<(), Touch> {
        let position = self.turn.position();
        let is_named = || {
            let of_slot = |key| self.row.slot(key, slot).is_some_and(|touch| touch.way() == Way::WriteSlot);
            self.may_write(address) || key.is_some_and(of_slot)
        };
        let is_free = |ahead: &Ahead| match key {
            Some(key) => {
                ahead.may_write_slot(position, key, self.run.plan.keys.slot(key, slot), address, slot)
            }
            None => ahead.is_no_stray(position, address, Some(*slot)),
        };
        self.ensure_change(is_named, |access| access.covers_slot(*address, *slot, Mode::Write), is_free)
    }

    pub(super) fn may_write(&self, address: &Address) -> bool {
        self.row.account(address).is_some_and(|touch| touch.way() == Way::Write)
    }
}

fn ensure(holds: bool, touch: Touch) -> Result<(), Touch> {
    if holds { Ok(()) } else { Err(touch) }
}
