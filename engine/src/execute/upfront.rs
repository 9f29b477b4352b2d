//! What has to hold of a transaction before anything of it runs, as the interpreter asks it, in its order.
//!
//! It holds from [`Fork::London`] on, for transactions that create nothing and delegate nothing.

use super::run::Run;
use crate::checks::IntrinsicGas;
use crate::environment::{Environment, Fork};
use crate::reject::Reject;
use crate::state::{Basics, State};
use crate::transaction::{Fields, Verified};

/// The most gas that a transaction may ask for since Osaka (EIP-7825).
const GAS_MAX: u64 = 1 << 24;

/// Gas of a transaction before anything of it runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Upfront {
    /// Used by then.
    pub(crate) gas: u64,
    /// Used in the end, at least (EIP-7623).
    pub(crate) floor: u64,
}

impl Upfront {
    /// Checks what needs no state, after the [terms](crate::prices::Terms).
    ///
    /// # Errors
    /// The first reason why the transaction cannot run.
    pub(crate) fn of(transaction: &Verified, environment: &Environment) -> Result<Upfront, Reject> {
        let fields = transaction.fields();
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
        let IntrinsicGas { used: gas, floor } = transaction.intrinsic_gas();
        let floor = if *fork >= Fork::Prague { floor } else { 0 };
        if gas.max(floor) > fields.gas_limit {
            return Err(Reject::IntrinsicGas);
        }
        Ok(Upfront { gas, floor })
    }
}

impl Run {
    /// Checks what needs the sender's account.
    pub(crate) fn check_sender(&self, state: &State, sender: &Basics, fields: &Fields) -> Result<(), Reject> {
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

    fn is_delegation(&self, state: &State, code: u32) -> bool {
        let hash = self.code_hash(state, code);
        self.code(state, &hash).is_delegation()
    }
}
