//! Plain transfers: wei for an account without code, in a few dozen nanoseconds.
//!
//! Nothing runs, so the interpreter has no part in it; each check of the interpreter's stands here, in its order, and
//! the outcome is the same to the last bit. It holds from [`Fork::London`] on.

use alloy_primitives::U256;

use super::cells::Turn;
use super::run::{Run, Status};
use crate::checks::intrinsic_gas;
use crate::environment::{Environment, Fork};
use crate::executed::{Outcome, Receipt};
use crate::plan::{BENEFICIARY, Way};
use crate::prices::Rate;
use crate::reject::Reject;
use crate::state::{Basics, State};
use crate::transaction::Fields;

/// The most gas that a transaction may ask for since Osaka (EIP-7825).
const GAS_MAX: u64 = 1 << 24;

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
        let terms = self.environment.prices.terms(transaction, self.environment.base_fee);
        let (terms, gas) = match terms.and_then(|terms| Ok((terms, gas(fields, &self.environment)?))) {
            Ok(known) => known,
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
        let contention_fee = terms.contention_fee(gas, Rate::ZERO);
        let fee = terms.fee(gas, contention_fee);
        let moved = if sender == recipient { U256::ZERO } else { fields.value };
        cell.set(Some(Basics { nonce: before.nonce + 1, balance: before.balance - fee - moved, ..before }));
        let status = if sender == recipient { Status::Done } else { Status::Paid };
        let id = transaction.id();
        let (logs, created) = (Vec::new(), None);
        let receipt = Receipt { id, success: true, gas_used: gas, fee, contention_fee, logs, created };
        Ran::Through(Outcome::Executed(receipt), status)
    }

    fn check_sender(&self, state: &State, sender: &Basics, fields: &Fields) -> Result<(), Reject> {
        if sender.code != 0 && !self.is_delegation(state, sender.code) {
            return Err(Reject::SenderIsContract);
        }
        if fields.nonce != sender.nonce {
            return Err(if fields.nonce > sender.nonce { Reject::NonceGap } else { Reject::StaleNonce });
        }
        if fields.cost_max().is_none_or(|cost| cost > sender.balance) {
            return Err(Reject::InsufficientFunds);
        }
        Ok(())
    }

    /// Whether an account can be paid by adding to it later: it has no code, and its balance is far from the end of
    /// numbers. Looks at nothing that may change meanwhile.
    fn takes_wei(&self, state: &State, recipient: u32, value: U256) -> bool {
        let is_small = |wei: U256| wei.as_limbs()[3] == 0;
        let below = self.below(state, recipient).unwrap_or_default();
        below.code == 0 && !self.is_recoded(recipient) && is_small(value) && is_small(below.balance)
    }

    fn is_delegation(&self, state: &State, code: u32) -> bool {
        let hash = self.code_hash(state, code);
        self.code(state, &hash).is_delegation()
    }
}

/// Checks what needs no state, and gives the gas that the transfer uses.
fn gas(fields: &Fields, environment: &Environment) -> Result<u64, Reject> {
    let Environment { fork, chain_id, gas_limit, .. } = environment;
    if fields.chain_id.is_some_and(|id| id != *chain_id) {
        return Err(Reject::WrongChain);
    }
    if *fork >= Fork::Osaka && fields.gas_limit > GAS_MAX {
        return Err(Reject::GasLimitTooHigh);
    }
    if fields.gas_limit > *gas_limit {
        return Err(Reject::GasLimitTooHigh);
    }
    if fields.nonce == u64::MAX {
        return Err(Reject::NonceTooHigh);
    }
    let gas = intrinsic_gas(fields);
    if gas > fields.gas_limit { Err(Reject::IntrinsicGas) } else { Ok(gas) }
}
