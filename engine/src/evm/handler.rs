//! The order of steps in a transaction: mainnet's, but that the beneficiary is paid elsewhere.

use std::marker::PhantomData;

use revm::context::result::{EVMError, HaltReason};
use revm::handler::{FrameResult, Handler};

use super::{Inner, Touch, View};

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

    fn reward_beneficiary(&self, _evm: &mut Inner<V>, _result: &mut FrameResult) -> Result<(), Self::Error> {
        Ok(())
    }
}
