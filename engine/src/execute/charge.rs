//! `Charge`: what a plain payment costs, which is known without any state.

use alloy_primitives::U256;

use super::upfront::Upfront;
use crate::environment::Environment;
use crate::executed::Receipt;
use crate::prices::Rate;
use crate::reject::Reject;
use crate::transaction::Verified;

/// What a transaction pays that runs nothing.
#[derive(Clone, Copy, Debug)]
pub(super) struct Charge {
    pub(super) gas: u64,
    /// Wei, all told.
    pub(super) fee: U256,
    /// The part of it that is for contention.
    pub(super) contention_fee: U256,
}

impl Charge {
    /// Checks what needs no state, in the interpreter's order.
    ///
    /// # Errors
    /// The first reason why the transaction cannot run.
    pub(super) fn of(transaction: &Verified, environment: &Environment) -> Result<Charge, Reject> {
        let terms = environment.prices.terms(transaction, environment.base_fee)?;
        let Upfront { gas, floor } = Upfront::of(transaction, environment)?;
        let gas = gas.max(floor);
        let contention_fee = terms.contention_fee(gas, Rate::ZERO);
        Ok(Charge { gas, fee: terms.fee(gas, contention_fee), contention_fee })
    }

    /// The receipt of a payment that went well.
    pub(super) fn receipt(&self, transaction: &Verified) -> Receipt {
        let Charge { gas, fee, contention_fee } = *self;
        let (id, logs, created) = (transaction.id(), Vec::new(), None);
        Receipt { id, success: true, gas_used: gas, fee, contention_fee, logs, created }
    }
}
