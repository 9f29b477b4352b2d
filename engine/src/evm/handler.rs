//! The order of steps in a transaction: mainnet's, but that the beneficiary is paid elsewhere.

use std::marker::PhantomData;

use revm::context::result::{EVMError, HaltReason};
use revm::handler::{FrameResult, Handler};

use super::Inner;
use super::database::Touch;

/// Mainnet's handler without the payment to the beneficiary.
#[derive(Default)]
pub(super) struct FeesOutside<'a>(PhantomData<&'a ()>);

impl<'a> Handler for FeesOutside<'a> {
    type Evm = Inner<'a>;
    type Error = EVMError<Touch>;
    type HaltReason = HaltReason;

    fn reward_beneficiary(&self, _evm: &mut Inner<'a>, _result: &mut FrameResult) -> Result<(), Self::Error> {
        Ok(())
    }
}
