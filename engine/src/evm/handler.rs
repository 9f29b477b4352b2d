//! The order of steps in a transaction: mainnet's, but that the beneficiary is paid elsewhere, and that access lists may
//! be warmed in another way.

use std::marker::PhantomData;

use revm::context::result::{EVMError, HaltReason};
use revm::context::{ContextTr, JournalTr};
use revm::handler::{EvmTr, FrameResult, Handler, PrecompileProvider, pre_execution};
use revm::primitives::hardfork::SpecId;

use super::{Context, Inner, Touch, View};

/// Mainnet's handler without the payment to the beneficiary.
pub(super) struct FeesOutside<V>(PhantomData<V>);

impl<V> Default for FeesOutside<V> {
    fn default() -> FeesOutside<V> {
        FeesOutside(PhantomData)
    }
}

impl<V: View> Handler for FeesOutside<V> {
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

    fn reward_beneficiary(&self, _evm: &mut Inner<V>, _result: &mut FrameResult) -> Result<(), Self::Error> {
        Ok(())
    }
}
