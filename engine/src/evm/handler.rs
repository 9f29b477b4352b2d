//! The order of steps in a transaction: mainnet's, but that the beneficiary is paid elsewhere, and that access lists may
//! be warmed in another way, and that what contention may cost is set aside before and settled after.

use std::cell::Cell;
use std::marker::PhantomData;

use alloy_primitives::U256;
use revm::context::journaled_state::account::JournaledAccountTr;
use revm::context::result::{EVMError, HaltReason, InvalidTransaction};
use revm::context::{ContextTr, JournalTr};
use revm::handler::{EvmTr, FrameResult, Handler, PrecompileProvider, post_execution, pre_execution};
use revm::interpreter::InitialAndFloorGas;
use revm::primitives::hardfork::SpecId;

use super::fate::Fate;
use super::{Context, Inner, Touch, View};
use crate::access::Bound;
use crate::environment::Fork;
use crate::prices::{PriceList, Rate, Terms, Touched};
use crate::transaction::Verified;

/// Mainnet's handler without the payment to the beneficiary, for one transaction.
pub(super) struct FeesOutside<'a, V> {
    bill: &'a Bill<'a>,
    contention_fee: Cell<U256>,
    view: PhantomData<V>,
}

/// What a transaction pays beside mainnet's fees.
pub(super) struct Bill<'a> {
    pub(super) terms: Terms,
    pub(super) prices: &'a PriceList,
    pub(super) transaction: &'a Verified,
    pub(super) fork: Fork,
}

impl<'a, V> FeesOutside<'a, V> {
    pub(super) fn new(bill: &'a Bill<'a>) -> FeesOutside<'a, V> {
        FeesOutside { bill, contention_fee: Cell::new(U256::ZERO), view: PhantomData }
    }

    /// Wei that contention cost the transaction, once it ran.
    pub(super) fn contention_fee(&self) -> U256 {
        self.contention_fee.get()
    }
}

impl<V: View> Handler for FeesOutside<'_, V> {
    type Evm = Inner<V>;
    type Error = EVMError<Touch>;
    type HaltReason = HaltReason;

    /// What is listed is warm (EIP-2930). Mainnet's handler makes a map of it to ask at each first touch. To touch it now
    /// has the same effect, and makes no map, where whatever is listed may be read. No revert reaches back to here.
    fn load_accounts(&self, evm: &mut Inner<V>) -> Result<(), Self::Error> {
        if !V::MAY_READ_LISTED {
            return pre_execution::load_accounts(evm);
        }
        let (context, precompiles) = evm.ctx_precompiles();
        let spec = *context.cfg.spec();
        context.journaled_state.set_spec_id(spec);
        let other = PrecompileProvider::<Context<V>>::set_spec(precompiles, spec);
        if other || context.journaled_state.precompile_addresses().is_empty() {
            context
                .journaled_state
                .warm_precompiles(PrecompileProvider::<Context<V>>::warm_addresses(precompiles));
        }
        if spec.is_enabled_in(SpecId::SHANGHAI) {
            context.journaled_state.warm_coinbase_account(context.block.beneficiary);
        }
        let (transaction, journal) = context.tx_journal_mut();
        for item in &transaction.access_list.0 {
            journal.load_account(item.address)?;
            for slot in &item.storage_keys {
                journal.sload(item.address, (*slot).into())?;
            }
        }
        Ok(())
    }

    /// Mainnet's, and then the sender must hold what contention may cost besides.
    fn validate_against_state_and_deduct_caller(
        &self,
        evm: &mut Inner<V>,
        _gas: &mut InitialAndFloorGas,
    ) -> Result<(), Self::Error> {
        let context = evm.ctx();
        pre_execution::validate_against_state_and_deduct_caller::<_, Self::Error>(context)?;
        let Bill { terms, transaction, .. } = self.bill;
        let fields = transaction.fields();
        let aside = terms.contention_max();
        if aside.is_zero() && fields.max_contention_fee == 0 {
            return Ok(());
        }
        let (transaction, journal) = context.tx_journal_mut();
        let mut caller = journal.load_account_mut(transaction.caller)?;
        let balance = *caller.balance();
        let held = balance + U256::from(fields.gas_limit) * U256::from(terms.price());
        let needed = fields.cost_max().unwrap_or(U256::MAX);
        if held < needed {
            let (fee, balance) = (Box::new(needed), Box::new(held));
            return Err(InvalidTransaction::LackOfFundForMaxFee { fee, balance }.into());
        }
        caller.set_balance(balance - aside);
        Ok(())
    }

    /// Mainnet's, and then what contention cost is known, and the rest of what was set aside goes back.
    fn reimburse_caller(&self, evm: &mut Inner<V>, result: &mut FrameResult) -> Result<(), Self::Error> {
        let context = evm.ctx();
        let gas = result.gas();
        post_execution::reimburse_caller(context, gas, U256::ZERO)?;
        let Bill { terms, prices, transaction, fork } = self.bill;
        let aside = terms.contention_max();
        if aside.is_zero() {
            return Ok(());
        }
        let left = gas.remaining() + gas.reservoir() + gas.refunded() as u64;
        let touched = context.journaled_state.inner.state.iter().map(|(address, account)| Touched {
            address: *address,
            changed: Fate::of(account, *fork).changes_account(),
            slots: account.storage.iter().map(|(slot, value)| (*slot, value.is_changed())),
        });
        let unclaimed = match transaction.access().bound {
            Bound::Enforced => Rate::ZERO,
            Bound::Hint | Bound::Open => prices.unclaimed_rate(transaction.access(), touched),
        };
        let fee = terms.contention_fee(transaction.fields().gas_limit - left, unclaimed);
        let (transaction, journal) = context.tx_journal_mut();
        journal.load_account_mut(transaction.caller)?.incr_balance(aside - fee);
        self.contention_fee.set(fee);
        Ok(())
    }

    fn reward_beneficiary(&self, _evm: &mut Inner<V>, _result: &mut FrameResult) -> Result<(), Self::Error> {
        Ok(())
    }
}
