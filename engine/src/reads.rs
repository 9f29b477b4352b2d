//! `Reads`: the state below a block, as far as it is known.
//!
//! The same executor runs on a whole [`State`], and where there is none on the part of it that a
//! [witness](crate::stateless) proves. What is not known is an error there; it is never taken for absent.

use alloy_primitives::{Address, B256, U256};

use crate::evm::Code;
use crate::state::{Account, State};

/// It is not known what the state holds there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NotCovered;

/// See the head of this file.
pub(crate) trait Reads {
    /// The account, if there is one.
    fn account(&self, address: &Address) -> Result<Option<Account>, NotCovered>;

    /// The value of a slot, zero if it was never set.
    fn slot(&self, address: &Address, slot: &U256) -> Result<U256, NotCovered>;

    /// The code of an account that has this hash of its code.
    fn code(&self, hash: &B256) -> Result<&Code, NotCovered>;

    /// Whether a code need not be noted as new.
    fn has_code(&self, hash: &B256) -> bool;

    /// Whether an account that was created or deleted had a slot that was not zero. Where all contracts are made by
    /// transactions, none has: neither one without a nonce and code has slots, nor can any other be created or deleted.
    fn has_slots(&self, address: &Address) -> bool;

    /// All slots of such an account.
    fn slots_of(&self, address: &Address) -> Vec<U256>;
}

impl Reads for State {
    fn account(&self, address: &Address) -> Result<Option<Account>, NotCovered> {
        Ok(State::account(self, address))
    }

    fn slot(&self, address: &Address, slot: &U256) -> Result<U256, NotCovered> {
        Ok(State::slot(self, address, slot))
    }

    fn code(&self, hash: &B256) -> Result<&Code, NotCovered> {
        Ok(State::code(self, hash).expect("every code hash of the state has its code"))
    }

    fn has_code(&self, hash: &B256) -> bool {
        State::code(self, hash).is_some()
    }

    fn has_slots(&self, address: &Address) -> bool {
        State::has_slots(self, address)
    }

    fn slots_of(&self, address: &Address) -> Vec<U256> {
        State::slots_of(self, address).map(|(slot, _)| slot).collect()
    }
}
