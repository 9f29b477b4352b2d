//! `Row`: what one transaction of a plan names, found by address and slot.

use alloy_primitives::{Address, U256};

use crate::plan::{Key, Plan, Touch, Way};

/// Accounts and slots that a transaction names, each at most once, by rising numbers.
#[derive(Clone, Copy)]
pub(super) struct Row<'a> {
    plan: &'a Plan,
    accounts: &'a [Touch],
    slots: &'a [Touch],
}

/// Up to so many are looked at one by one.
const FEW: usize = 8;

impl<'a> Row<'a> {
    /// The row of a transaction.
    pub(super) fn of(plan: &'a Plan, position: u32) -> Row<'a> {
        let row = plan.rows.row(position);
        let (accounts, slots) = row.split_at(row.partition_point(|touch| !touch.is_slot()));
        Row { plan, accounts, slots }
    }

    /// The row of nobody.
    pub(super) fn none(plan: &'a Plan) -> Row<'a> {
        Row { plan, accounts: &[], slots: &[] }
    }

    /// How it names an account.
    pub(super) fn account(&self, address: &Address) -> Option<Touch> {
        let keys = &self.plan.keys;
        if self.accounts.len() <= FEW {
            let is_it = |touch: &&Touch| keys.accounts[touch.key() as usize].address == *address;
            return self.accounts.iter().find(is_it).copied();
        }
        let key = keys.account(address)?;
        let found = self.accounts.binary_search_by_key(&key, |touch| touch.key());
        found.ok().map(|index| self.accounts[index])
    }

    /// How it names a slot.
    pub(super) fn slot(&self, account: Key, slot: &U256) -> Option<Touch> {
        let keys = &self.plan.keys;
        if self.slots.len() <= FEW {
            let is_it = |touch: &&Touch| {
                let known = &keys.slots[touch.key() as usize];
                known.slot == *slot && known.account == account
            };
            return self.slots.iter().find(is_it).copied();
        }
        let key = keys.slot(account, slot)?;
        let found = self.slots.binary_search_by_key(&key, |touch| touch.key());
        found.ok().map(|index| self.slots[index])
    }

    /// Whether it names an account with all its slots.
    pub(super) fn has_whole(&self, account: Key) -> bool {
        let is_whole = |touch: &Touch| matches!(touch.way(), Way::Write | Way::ReadWhole);
        self.accounts.iter().any(|touch| touch.key() == account && is_whole(touch))
    }
}
