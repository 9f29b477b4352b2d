//! Mainnet's order of steps, with what a call is excused from.

use std::marker::PhantomData;

use revm::context::journaled_state::account::JournaledAccountTr;
use revm::context::result::{EVMError, HaltReason};
use revm::context::{Cfg, ContextTr, JournalTr, Transaction as _};
use revm::handler::{EvmTr, Handler, pre_execution};
use revm::inspector::InspectorHandler;
use revm::interpreter::InitialAndFloorGas;
use revm::interpreter::interpreter::EthInterpreter;

use super::{Inner, Reads, Rules};

pub(super) type Failure = EVMError<std::convert::Infallible>;

/// Mainnet's steps under these rules.
pub(super) struct Steps<R> {
    rules: Rules,
    reads: PhantomData<R>,
}

impl<R> Steps<R> {
    pub(super) fn new(rules: Rules) -> Steps<R> {
        Steps { rules, reads: PhantomData }
    }
}

impl<R: Reads> Handler for Steps<R> {
    type Evm = Inner<R>;
    type Error = Failure;
    type HaltReason = HaltReason;

    fn validate_against_state_and_deduct_caller(
        &self,
        evm: &mut Self::Evm,
        _gas: &mut InitialAndFloorGas,
    ) -> Result<(), Failure> {
        if self.rules == Rules::Transaction {
            return pre_execution::validate_against_state_and_deduct_caller(evm.ctx());
        }
        let (block, tx, cfg, journal, _, _) = evm.ctx().all_mut();
        let mut caller = journal.load_account_with_code_mut(tx.caller())?.data;
        if self.rules == Rules::Unsigned {
            let info = &caller.account().info;
            pre_execution::validate_account_nonce_and_code(
                info,
                tx.nonce(),
                true,
                cfg.is_nonce_check_disabled(),
            )?;
        }
        let balance = pre_execution::calculate_caller_fee(*caller.balance(), tx, block, cfg)?;
        caller.set_balance(balance);
        // As in geth: of who is not held to a nonce, the one after the last is the first.
        if tx.kind().is_call() && !caller.bump_nonce() {
            caller.set_nonce(0);
        }
        Ok(())
    }
}

impl<R: Reads> InspectorHandler for Steps<R> {
    type IT = EthInterpreter;
}
