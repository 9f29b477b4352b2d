//! `Payments`: blocks in which nothing but wei moves, as most do when a chain is busy.
//!
//! Nothing runs in them, and all that a payment needs of the state is two accounts without code. So there is nothing to plan:
//! no keys, no graph, no cells. One thread goes through the block in order, on a [ledger](ledger) of the accounts that come up.
//! Several threads deal it out among them, so that each account is one thread's own:
//!
//! ```text
//!           slices of the block                      shards: accounts by their first bytes
//!            ┌──> receipts, slips for each shard ─┬──> take, give, sort ──┐
//! block ─────┼──> receipts, slips for each shard ─┼──> take, give, sort ──┼──> write set
//!            └──> receipts, slips for each shard ─┴──> take, give, sort ──┘
//! ```
//!
//! What a payment costs and whom it pays is known without the state, so a slice writes the receipts as if all could pay; a
//! shard finds out whether its accounts can, by what they had below the block. If one cannot, be it that its nonce is wrong or
//! that it spends what it gets in the same block, the block is gone through in order after all. If an account turns out to have code,
//! or more wei than can be added to without a thought, the block is none of payments, and is planned like any other.
//!
//! Whoever goes through in order does what [`serial`](crate::serial::serial) does; whoever deals out does the same as long as
//! nobody is refused: taking and giving commute, and each sender's nonces come in block order.

mod in_order;
mod ledger;
mod phases;
mod slips;

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU8, Ordering};

use alloy_primitives::U256;

use super::cells::{Cells, Turn};
use super::charge::Charge;
use super::gather::{Effort, Finished};
use crate::environment::Environment;
use crate::executed::{Executed, Outcome};
use crate::state::State;
use crate::transaction::Verified;
use crate::writes::WriteSet;
use in_order::InOrder;
use ledger::{Changes, Ledger};
use phases::Phases;
use slips::Slips;

/// How many transactions or slips are brought near at a time.
const STRIDE: usize = 32;

/// Slices, and shards, for each worker: whoever is late does fewer of them.
const PARTS_PER_WORKER: usize = 2;

/// Why a block cannot be dealt with in this way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
enum Unfit {
    /// Somebody may be refused, which its place in the block decides.
    Order = 1,
    /// There is more in it than payments.
    Kind = 2,
}

/// A block of payments while it is dealt out.
pub(super) struct Payments {
    phases: Phases,
    slices: Box<[OnceLock<Slice>]>,
    shards: Box<[OnceLock<Changes>]>,
    outcomes: Cells<Option<Outcome>>,
    /// The gravest [`Unfit`] so far; 0 for none.
    unfit: AtomicU8,
}

/// What came of some transactions that follow each other.
struct Slice {
    /// For each shard.
    slips: Box<[Slips]>,
    tally: Tally,
}

/// What payments paid.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    gas_used: u64,
    fees: U256,
    contention_fees: U256,
}

impl Tally {
    fn add(&mut self, charge: &Charge) {
        self.gas_used += charge.gas;
        self.fees += charge.fee;
        if !charge.contention_fee.is_zero() {
            self.contention_fees += charge.contention_fee;
        }
    }

    fn plus(self, other: &Tally) -> Tally {
        Tally {
            gas_used: self.gas_used + other.gas_used,
            fees: self.fees + other.fees,
            contention_fees: self.contention_fees + other.contention_fees,
        }
    }

    fn burnt(&self, base_fee: u64) -> U256 {
        U256::from(u128::from(self.gas_used) * u128::from(base_fee)) + self.contention_fees
    }

    fn tips(&self, base_fee: u64) -> U256 {
        self.fees - self.burnt(base_fee)
    }
}

impl Payments {
    /// A block of so many payments, for at most so many workers at a time; fewer than two deal nothing out.
    pub(super) fn new(count: usize, workers: usize) -> Payments {
        let parts = if workers < 2 { 0 } else { workers * PARTS_PER_WORKER };
        Payments {
            phases: Phases::new(parts),
            slices: (0..parts).map(|_| OnceLock::new()).collect(),
            shards: (0..parts).map(|_| OnceLock::new()).collect(),
            outcomes: Cells::new(if parts > 0 { count } else { 0 }),
            unfit: AtomicU8::new(0),
        }
    }

    /// How many workers to begin with.
    pub(super) fn start(&self) -> usize {
        self.phases.parts() / PARTS_PER_WORKER
    }

    /// Does what there is to do, and calls `wake` where others could do something again. True for the last worker.
    pub(super) fn work(
        &self,
        state: &State,
        environment: &Environment,
        transactions: &[Verified],
        wake: &dyn Fn(),
    ) -> bool {
        let slice = |number| {
            let made = self.slice(number, environment, transactions);
            assert!(self.slices[number].set(made).is_ok(), "each slice is dealt out once");
        };
        let shard = |number| {
            let made =
                if self.is_fit() { self.shard(number, state, environment) } else { Changes::default() };
            assert!(self.shards[number].set(made).is_ok(), "each shard is settled once");
        };
        let wake_others = || (1..self.start()).for_each(|_| wake());
        self.phases.work(slice, shard, wake_others)
    }

    /// Puts everything together, all workers having left, or goes through the block in order. None if it has more in it than payments.
    pub(super) fn finish(
        self,
        state: &State,
        environment: &Environment,
        transactions: &[Verified],
    ) -> Option<Finished> {
        if self.phases.are_through() && self.is_fit() {
            return Some(self.put_together(environment.base_fee));
        }
        // What was shared out was so for nothing.
        let again = if self.phases.are_through() { transactions.len() } else { 0 };
        if self.unfit.load(Ordering::Relaxed) == Unfit::Kind as u8 {
            return None;
        }
        let mut in_order = InOrder::new(state, environment, transactions.len());
        for stride in transactions.chunks(STRIDE) {
            in_order.run(stride).ok()?;
        }
        let (outcomes, tally, changes) = in_order.end();
        let effort = Effort { alone: again, again };
        Some(finished(outcomes, tally, changes, environment.base_fee, effort))
    }

    fn is_fit(&self) -> bool {
        self.unfit.load(Ordering::Relaxed) == 0
    }

    fn note(&self, unfit: Unfit) {
        self.unfit.fetch_max(unfit as u8, Ordering::Relaxed);
    }

    /// Writes receipts, and who has to pay and to get what.
    fn slice(&self, number: usize, environment: &Environment, transactions: &[Verified]) -> Slice {
        let parts = self.phases.parts();
        let length = transactions.len().div_ceil(parts).max(1);
        let first = (number * length).min(transactions.len());
        let mine = &transactions[first..(first + length).min(transactions.len())];
        let mut slips: Box<[Slips]> = (0..parts).map(|_| Slips::with_capacity(mine.len(), parts)).collect();
        let mut tally = Tally::default();
        for (stride, first) in mine.chunks(STRIDE).zip((first..).step_by(STRIDE)) {
            Verified::approach(stride.iter());
            for (transaction, position) in stride.iter().zip(first as u32..) {
                let outcome = match Charge::of(transaction, environment) {
                    Ok(charge) => {
                        tally.add(&charge);
                        if slips::write(&mut slips, transaction, &charge).is_none() {
                            self.note(Unfit::Order);
                        }
                        Outcome::Executed(charge.receipt(transaction))
                    }
                    Err(reject) => Outcome::Skipped(reject),
                };
                *self.outcomes.write(&mut Turn::of(position), position) = Some(outcome);
            }
        }
        Slice { slips, tally }
    }

    /// Takes and gives what the slips for a shard say.
    fn shard(&self, number: usize, state: &State, environment: &Environment) -> Changes {
        let slices = || self.slices.iter().map(|slice| slice.get().expect("all slices are dealt out"));
        let slips = || slices().map(|slice| &slice.slips[number]);
        let mut ledger = Ledger::with_capacity(slips().map(Slips::len).sum());
        let settled = slips()
            .try_for_each(|slips| ledger.take_all(state, &slips.debits))
            .and_then(|()| slips().try_for_each(|slips| ledger.give_all(state, &slips.credits)))
            .and_then(|()| {
                if slips::shard_of(&environment.beneficiary, self.phases.parts()) != number {
                    return Ok(());
                }
                let tally = slices().fold(Tally::default(), |sum, slice| sum.plus(&slice.tally));
                ledger.give(state, &environment.beneficiary, tally.tips(environment.base_fee))
            });
        match settled {
            Ok(()) => ledger.into_changes(),
            Err(unfit) => {
                self.note(unfit);
                Changes::default()
            }
        }
    }

    fn put_together(self, base_fee: u64) -> Finished {
        let tallies = self.slices.iter().filter_map(OnceLock::get);
        let tally = tallies.fold(Tally::default(), |sum, slice| sum.plus(&slice.tally));
        let shards = self.shards.into_iter().map(|shard| shard.into_inner().expect("all shards are settled"));
        let changes = shards.reduce(Changes::followed_by).unwrap_or_default();
        let outcomes = self.outcomes.into_values().map(|outcome| outcome.expect("all slices are dealt out"));
        finished(outcomes.collect(), tally, changes, base_fee, Effort::default())
    }
}

fn finished(
    outcomes: Vec<Outcome>,
    tally: Tally,
    changes: Changes,
    base_fee: u64,
    effort: Effort,
) -> Finished {
    let writes = WriteSet { accounts: changes.accounts, ..WriteSet::default() };
    let (burnt, tips) = (tally.burnt(base_fee), tally.tips(base_fee));
    let executed = Executed { outcomes, gas_used: tally.gas_used, burnt, tips, writes };
    Finished::of_payments(executed, changes.places, effort)
}
