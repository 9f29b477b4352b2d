//! `Queue`: what waits of one sender, by nonce.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use alloy_primitives::{Address, U256};
use pelton_engine::reject::Reject;
use pelton_engine::transaction::Verified;

use super::{Accounts, Funds, Market, Ready, Waiting};
use crate::room::Room;
use crate::stages::dedup::outbids;

#[derive(Debug, Default)]
pub(super) struct Queue {
    pub(super) next: u64,
    pub(super) in_flight: u64,
    pub(super) in_flight_cost: U256,
    pub(super) waiting: BTreeMap<u64, Waiting>,
    /// How much waits from `next` on without a gap.
    pub(super) run: Room,
    /// As how much of this the pool counts it.
    pub(super) counted: Room,
    /// As what the head stands in `ready`, if it does.
    pub(super) offered: Option<Ready>,
    /// Something that was in flight was skipped, so that the next nonce is not known until all of it is settled.
    pub(super) skipped: bool,
}

impl Queue {
    /// Whether a transaction of this sender may wait, with room for so many.
    pub(super) fn judge(
        &self,
        new: &Verified,
        cost_max: U256,
        funds: &Funds,
        sender_max: usize,
    ) -> Result<(), Reject> {
        let nonce = new.fields().nonce;
        let nonce_min = if self.skipped { funds.nonce } else { self.next };
        if funds.is_contract {
            Err(Reject::SenderIsContract)
        } else if nonce < nonce_min {
            Err(Reject::StaleNonce)
        } else if cost_max > funds.balance {
            Err(Reject::InsufficientFunds)
        } else if let Some(Waiting { transaction: before, .. }) = self.waiting.get(&nonce) {
            let fees = (before.fields().max_fee_per_gas, before.fields().max_priority_fee_per_gas);
            if before.id() == new.id() {
                Err(Reject::Duplicate)
            } else if outbids(new.fields(), fees) {
                Ok(())
            } else {
                Err(Reject::ReplacementUnderpriced)
            }
        } else if self.waiting.len() >= sender_max {
            Err(Reject::SenderFull)
        } else {
            Ok(())
        }
    }

    /// As what its head may be taken, if it may.
    pub(super) fn ready(&self, market: &Market, sender: &Address, accounts: &impl Accounts) -> Option<Ready> {
        let head = self.waiting.get(&self.next).filter(|_| !self.skipped)?;
        let tip = market.tip(&head.transaction).ok()?;
        let is_paid = self.in_flight_cost.saturating_add(head.cost_max) <= accounts.funds(sender).balance;
        is_paid.then_some((tip, Reverse(head.sequence), *sender))
    }

    /// Whether its head offers too little.
    pub(super) fn is_too_dear(&self, market: &Market) -> bool {
        let head = self.waiting.get(&self.next).filter(|_| !self.skipped);
        head.is_some_and(|head| market.tip(&head.transaction).is_err())
    }

    /// Takes the head back from among the ready.
    pub(super) fn withdraw(&mut self, ready: &mut BTreeSet<Ready>) {
        if let Some(offered) = self.offered.take() {
            ready.remove(&offered);
        }
    }

    /// Goes on counting from where the run ended, since something may have closed the gap behind it.
    pub(super) fn extend_run(&mut self) {
        while let Some(waiting) = self.waiting.get(&(self.next + self.run.transactions as u64)) {
            self.run += waiting.room();
        }
    }

    /// Hears that what waits at this nonce has come in place of another.
    pub(super) fn exchange(&mut self, nonce: u64, before: Room, after: Room) {
        if !self.is_behind_gap(nonce) {
            self.run += after;
            self.run -= before;
        }
    }

    /// Counts the run anew.
    pub(super) fn count_run(&mut self) {
        self.run = Room::default();
        self.extend_run();
    }

    /// Whether something is missing before this nonce.
    pub(super) fn is_behind_gap(&self, nonce: u64) -> bool {
        nonce >= self.next + self.run.transactions as u64
    }

    /// How much can be taken one after the other: nothing if the head cannot be.
    pub(super) fn moving(&self) -> Room {
        if self.offered.is_some() { self.run } else { Room::default() }
    }
}
