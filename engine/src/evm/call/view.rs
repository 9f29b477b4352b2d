//! `CallView`: what calls changed so far, over a state that somebody else keeps.

use alloy_primitives::map::{AddressMap, B256Map, U256Map};
use alloy_primitives::{Address, B256, Bytes, KECCAK256_EMPTY, U256};
use revm::state::{Account as Journaled, AccountInfo, Bytecode};

use crate::environment::Environment;
use crate::evm::Code;
use crate::evm::fate::Fate;
use crate::state::{Account, State};
use crate::writes::WriteSet;

/// A state that can be read: the newest one, or that at some height.
pub trait Reads {
    /// The account, if there is one.
    fn account(&self, address: &Address) -> Option<Account>;
    /// The value of a slot, zero if it was never set.
    fn slot(&self, address: &Address, slot: &U256) -> U256;
    /// The code with this hash.
    fn code(&self, hash: &B256) -> Option<Code>;
    /// All slots of an account that are not zero, in no order.
    fn slots_of(&self, address: &Address) -> Vec<U256>;
}

impl Reads for &State {
    fn account(&self, address: &Address) -> Option<Account> {
        State::account(self, address)
    }

    fn slot(&self, address: &Address, slot: &U256) -> U256 {
        State::slot(self, address, slot)
    }

    fn code(&self, hash: &B256) -> Option<Code> {
        State::code(self, hash).cloned()
    }

    fn slots_of(&self, address: &Address) -> Vec<U256> {
        State::slots_of(self, address).map(|(slot, _)| slot).collect()
    }
}

/// Slots of one account.
#[derive(Default)]
struct Slots {
    /// Those of the state do not count any more.
    void_below: bool,
    values: U256Map<U256>,
}

/// Changes over a state.
pub(super) struct CallView<R> {
    state: R,
    environment: Environment,
    accounts: AddressMap<Option<Account>>,
    slots: AddressMap<Slots>,
    codes: B256Map<Code>,
}

impl<R: Reads> CallView<R> {
    pub(super) fn new(state: R, environment: Environment) -> CallView<R> {
        let (accounts, slots, codes) = Default::default();
        CallView { state, environment, accounts, slots, codes }
    }

    pub(super) fn set_environment(&mut self, environment: Environment) {
        self.environment = environment;
    }

    pub(super) fn code(&self, hash: &B256) -> Option<Code> {
        self.codes.get(hash).cloned().or_else(|| self.state.code(hash))
    }

    pub(super) fn account(&self, address: &Address) -> Option<Account> {
        self.accounts.get(address).copied().unwrap_or_else(|| self.state.account(address))
    }

    pub(super) fn set_account(&mut self, address: Address, account: Option<Account>) {
        self.accounts.insert(address, account);
    }

    pub(super) fn set_code(&mut self, address: Address, code: Bytes) {
        let code = Code::new(code);
        let mut account = self.account(&address).unwrap_or_default();
        account.code_hash = if code.is_empty() { KECCAK256_EMPTY } else { code.hash() };
        self.codes.insert(account.code_hash, code);
        self.set_account(address, Some(account));
    }

    pub(super) fn set_slot(&mut self, address: Address, slot: U256, value: U256) {
        self.slots.entry(address).or_default().values.insert(slot, value);
    }

    pub(super) fn void_slots(&mut self, address: Address) {
        let slots = self.slots.entry(address).or_default();
        slots.void_below = true;
        slots.values.clear();
    }

    pub(super) fn slot(&self, address: &Address, slot: &U256) -> U256 {
        let changed = self.slots.get(address);
        let value = changed.and_then(|slots| slots.values.get(slot).copied());
        let void = changed.is_some_and(|slots| slots.void_below);
        value.unwrap_or_else(|| if void { U256::ZERO } else { self.state.slot(address, slot) })
    }

    /// Takes what a call left of an account.
    pub(super) fn keep(&mut self, address: Address, account: &Journaled, fate: Fate) {
        match fate {
            Fate::Gone => self.set_account(address, None),
            Fate::Created | Fate::Changed => {
                let info = &account.info;
                let (nonce, balance, code_hash) = (info.nonce, info.balance, info.code_hash);
                self.set_account(address, Some(Account { nonce, balance, code_hash }));
                if let Some(code) = info.code.as_ref().filter(|_| code_hash != KECCAK256_EMPTY) {
                    self.codes.insert(code_hash, Code::of(code));
                }
            }
            Fate::Untouched | Fate::Same => {}
        }
        if matches!(fate, Fate::Gone | Fate::Created) {
            self.void_slots(address);
        }
        if fate.keeps_slots() {
            for (slot, value) in account.changed_storage_slots() {
                self.set_slot(address, *slot, value.present_value());
            }
        }
    }

    /// All that is not as it was in the state, in the canonical form.
    pub(super) fn writes(&self) -> WriteSet {
        let CallView { state, accounts, slots, codes, .. } = self;
        let codes = codes.iter().map(|(hash, code)| (*hash, code.clone())).collect();
        let mut writes = WriteSet { codes, ..WriteSet::default() };
        let accounts = accounts.iter().filter(|(address, account)| state.account(address) != **account);
        writes.accounts.extend(accounts.map(|(address, account)| (*address, *account)));
        for (address, Slots { void_below, values }) in slots {
            if *void_below {
                let void = state.slots_of(address).into_iter().filter(|slot| !values.contains_key(slot));
                writes.slots.extend(void.map(|slot| ((*address, slot), U256::ZERO)));
            }
            let changed = values.iter().filter(|(slot, value)| state.slot(address, slot) != **value);
            writes.slots.extend(changed.map(|(slot, value)| ((*address, *slot), *value)));
        }
        writes.sort_unique();
        writes
    }
}

impl<R: Reads> revm::Database for CallView<R> {
    type Error = std::convert::Infallible;

    fn basic(&mut self, address: Address) -> Result<Option<AccountInfo>, Self::Error> {
        Ok(self.account(&address).map(|Account { nonce, balance, code_hash }| AccountInfo {
            balance,
            nonce,
            code_hash,
            account_id: None,
            code: None,
        }))
    }

    fn code_by_hash(&mut self, hash: B256) -> Result<Bytecode, Self::Error> {
        Ok(self.code(&hash).expect("every code hash of the state has its code").analysed().clone())
    }

    fn storage(&mut self, address: Address, slot: U256) -> Result<U256, Self::Error> {
        Ok(self.slot(&address, &slot))
    }

    fn block_hash(&mut self, number: u64) -> Result<B256, Self::Error> {
        Ok(self.environment.block_hash(number))
    }
}
