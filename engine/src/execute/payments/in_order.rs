//! `InOrder`: payments one after the other, each on what those before it left.

use super::super::charge::Charge;
use super::ledger::{Changes, Ledger};
use super::{STRIDE, Tally, Unfit};
use crate::environment::Environment;
use crate::executed::Outcome;
use crate::reject::Reject;
use crate::state::State;
use crate::transaction::Verified;

/// A block of payments while one thread goes through it.
pub(super) struct InOrder<'a> {
    state: &'a State,
    environment: &'a Environment,
    ledger: Ledger,
    outcomes: Vec<Outcome>,
    tally: Tally,
    /// Those of the tips that are part of the beneficiary's balance.
    paid: Tally,
    parties: Vec<(u32, u32)>,
}

/// The beneficiary's number, which is the first in the ledger.
const BENEFICIARY: u32 = 0;

impl<'a> InOrder<'a> {
    pub(super) fn new(state: &'a State, environment: &'a Environment, count: usize) -> InOrder<'a> {
        let mut ledger = Ledger::with_capacity(2 * count + 1);
        assert_eq!(ledger.number(&environment.beneficiary), BENEFICIARY, "it is the first account");
        InOrder {
            state,
            environment,
            ledger,
            outcomes: Vec::with_capacity(count),
            tally: Tally::default(),
            paid: Tally::default(),
            parties: Vec::with_capacity(STRIDE),
        }
    }

    /// Goes on with the next few.
    pub(super) fn run(&mut self, stride: &[Verified]) -> Result<(), Unfit> {
        Verified::approach(stride.iter());
        self.parties.clear();
        for transaction in stride {
            let sender = self.ledger.number(&transaction.sender());
            let to = transaction.fields().to.as_ref().expect("a payment has a recipient");
            self.parties.push((sender, self.ledger.number(to)));
        }
        self.ledger.look_up(self.state)?;
        for (transaction, at) in stride.iter().zip(0..) {
            let (sender, recipient) = self.parties[at];
            let outcome = match self.pay(transaction, sender, recipient) {
                Ok(charge) => Outcome::Executed(charge.receipt(transaction)),
                Err(reject) => Outcome::Skipped(reject),
            };
            self.outcomes.push(outcome);
        }
        Ok(())
    }

    fn pay(&mut self, transaction: &Verified, sender: u32, recipient: u32) -> Result<Charge, Reject> {
        let charge = Charge::of(transaction, self.environment)?;
        if sender == BENEFICIARY {
            self.pay_tips();
        }
        let fields = transaction.fields();
        let cost_max = fields.cost_max().ok_or(Reject::InsufficientFunds);
        self.ledger.take(sender, fields.nonce, cost_max, charge.fee + fields.value)?;
        self.ledger.give_numbered(recipient, fields.value);
        self.tally.add(&charge);
        Ok(charge)
    }

    /// Adds the tips of all payments so far to the beneficiary's balance.
    fn pay_tips(&mut self) {
        let base_fee = self.environment.base_fee;
        let due = self.tally.tips(base_fee) - self.paid.tips(base_fee);
        self.ledger.give_numbered(BENEFICIARY, due);
        self.paid = self.tally;
    }

    /// Outcomes in block order, what was paid, and what changed.
    pub(super) fn end(mut self) -> (Vec<Outcome>, Tally, Changes) {
        self.pay_tips();
        (self.outcomes, self.tally, self.ledger.into_changes())
    }
}
