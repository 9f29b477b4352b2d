//! `Genesis`: the state below the first block.

use std::collections::BTreeMap;

use alloy_primitives::{Address, Bytes, U256};

use crate::evm::Code;
use crate::state::{Account, State};
use crate::writes::WriteSet;

/// One account of the genesis state.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GenesisAccount {
    /// Wei.
    pub balance: U256,
    /// Next nonce.
    pub nonce: u64,
    /// Code that runs when the account is called; may be empty.
    pub code: Bytes,
    /// Slots.
    pub storage: BTreeMap<U256, U256>,
}

/// All accounts of the genesis state.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Genesis {
    /// By address; empty ones without slots are left out of the state.
    pub accounts: BTreeMap<Address, GenesisAccount>,
}

impl Genesis {
    /// The genesis state.
    pub fn state(&self) -> State {
        let mut state = State::default();
        state.apply(&self.writes());
        state
    }

    /// The genesis state as changes to the empty one, so that its root is found like every other.
    pub fn writes(&self) -> WriteSet {
        let mut writes = WriteSet::default();
        for (address, given) in &self.accounts {
            let code = Code::new(given.code.clone());
            let account = Account { nonce: given.nonce, balance: given.balance, code_hash: code.hash() };
            if !account.is_empty() || !given.storage.is_empty() {
                writes.accounts.push((*address, Some(account)));
            }
            if !code.is_empty() {
                writes.codes.push((account.code_hash, code));
            }
            let slots = given.storage.iter().filter(|(_, value)| !value.is_zero());
            writes.slots.extend(slots.map(|(slot, value)| ((*address, *slot), *value)));
        }
        writes.canonical()
    }
}
