//! Plain transfers: wei for an account without code, in a few dozen nanoseconds.
//!
//! Nothing runs, so the interpreter has no part in it; each check of the interpreter's stands here, in its order, and
//! the outcome is the same to the last bit. It holds from [`Fork::London`](crate::environment::Fork) on.

use alloy_primitives::U256;

use super::cells::Turn;
use super::charge::Charge;
use super::run::{Run, Status};
use crate::executed::Outcome;
use crate::plan::{BENEFICIARY, Way};
use crate::reject::Reject;
use crate::state::{Basics, State};

/// What a transfer came to.
pub(super) enum Ran {
    /// This, and its credit counts if it is paid.
    Through(Outcome, Status),
    /// It is no plain transfer, or it is not known yet whether the sender can pay. Nothing happened.
    Not,
}

impl Run {
    /// Runs a transfer. If it runs alone, all before it are through; else the sender may own more than is seen here.
    pub(super) fn transfer(&self, state: &State, turn: &mut Turn, is_alone: bool) -> Ran {
        let position = turn.position();
        let transaction = &self.plan.transactions[position as usize];
        let fields = transaction.fields();
        let charge = match Charge::of(transaction, &self.environment) {
            Ok(charge) => charge,
            Err(reject) => return Ran::Through(Outcome::Skipped(reject), Status::Done),
        };
        let [debit, credit] = self.plan.rows.row(position) else {
            unreachable!("a transfer names its sender and its recipient");
        };
        debug_assert_eq!((debit.way(), credit.way()), (Way::Debit, Way::Credit), "as the plan made them");
        let (sender, recipient) = (debit.key(), credit.key());
        if debit.absorbs() || is_alone {
            self.absorb(state, turn, sender);
        }
        if is_alone && sender == BENEFICIARY {
            self.pay_tips(state, turn);
        }
        let mut cell = self.accounts.write(turn, sender);
        let before = cell.basics(|| self.below(state, sender)).unwrap_or_default();
        if let Err(reject) = self.check_sender(state, &before, fields) {
            let is_sure = is_alone || (debit.absorbs() && sender != BENEFICIARY);
            return match reject {
                Reject::InsufficientFunds if !is_sure => Ran::Not,
                reject => Ran::Through(Outcome::Skipped(reject), Status::Done),
            };
        }
        if !self.takes_wei(state, recipient, fields.value) {
            return Ran::Not;
        }
        let moved = if sender == recipient { U256::ZERO } else { fields.value };
        cell.set(Some(Basics {
            nonce: before.nonce + 1,
            balance: before.balance - charge.fee - moved,
            ..before
        }));
        let status = if sender == recipient { Status::Done } else { Status::Paid };
        Ran::Through(Outcome::Executed(charge.receipt(transaction)), status)
    }

    /// Whether an account can be paid by adding to it later: it has no code, and its balance is far from the end of
    /// numbers. Looks at nothing that may change meanwhile.
    fn takes_wei(&self, state: &State, recipient: u32, value: U256) -> bool {
        let is_small = |wei: U256| wei.as_limbs()[3] == 0;
        let below = self.below(state, recipient).unwrap_or_default();
        below.code == 0 && !self.is_recoded(recipient) && is_small(value) && is_small(below.balance)
    }
}
