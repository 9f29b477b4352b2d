//! `Recorder`: a state that notes what is asked of it.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use alloy_primitives::{Address, B256, U256};

use crate::evm::Code;
use crate::reads::{NotCovered, Reads};
use crate::state::{Account, State};
use crate::writes::WriteSet;

/// See the head of this file.
pub(super) struct Recorder<'a> {
    state: &'a State,
    accounts: RefCell<BTreeMap<Address, Option<Account>>>,
    slots: RefCell<BTreeMap<(Address, U256), U256>>,
    codes: RefCell<BTreeMap<B256, Code>>,
    /// An account whose slots became void, which nobody can prove without the whole state.
    void: Cell<Option<Address>>,
}

impl<'a> Recorder<'a> {
    /// Nothing was asked yet.
    pub(super) fn new(state: &'a State) -> Recorder<'a> {
        Recorder {
            state,
            accounts: RefCell::default(),
            slots: RefCell::default(),
            codes: RefCell::default(),
            void: Cell::new(None),
        }
    }

    /// All that was asked for, with what the state holds there.
    ///
    /// # Errors
    /// An account with slots became void.
    pub(super) fn into_touched(self) -> Result<WriteSet, Address> {
        match self.void.get() {
            Some(address) => Err(address),
            None => Ok(WriteSet {
                accounts: self.accounts.into_inner().into_iter().collect(),
                slots: self.slots.into_inner().into_iter().collect(),
                codes: self.codes.into_inner().into_iter().collect(),
            }),
        }
    }
}

impl Reads for Recorder<'_> {
    fn account(&self, address: &Address) -> Result<Option<Account>, NotCovered> {
        let account = self.state.account(address);
        self.accounts.borrow_mut().insert(*address, account);
        Ok(account)
    }

    fn slot(&self, address: &Address, slot: &U256) -> Result<U256, NotCovered> {
        let value = self.state.slot(address, slot);
        self.slots.borrow_mut().insert((*address, *slot), value);
        Ok(value)
    }

    fn code(&self, hash: &B256) -> Result<&Code, NotCovered> {
        let code = Reads::code(self.state, hash)?;
        self.codes.borrow_mut().insert(*hash, code.clone());
        Ok(code)
    }

    fn has_code(&self, hash: &B256) -> bool {
        self.state.has_code(hash)
    }

    fn has_slots(&self, address: &Address) -> bool {
        let has_slots = self.state.has_slots(address);
        if has_slots {
            self.void.set(Some(*address));
        }
        has_slots
    }

    fn slots_of(&self, address: &Address) -> Vec<U256> {
        Reads::slots_of(self.state, address)
    }
}
