//! `Overlay`: what transactions changed so far, over a state that stays as it is.

use alloy_primitives::map::{AddressMap, B256Map, U256Map};
use alloy_primitives::{Address, B256, KECCAK256_EMPTY, U256};
use revm::state::Account as Journaled;

use super::Code;
use super::fate::Fate;
use crate::reads::{NotCovered, Reads};
use crate::state::Account;
use crate::writes::WriteSet;

/// Slots of one account.
#[derive(Default)]
struct Storage {
    /// Slots of the state do not count any more.
    void_below: bool,
    slots: U256Map<U256>,
}

/// Changes over a state.
#[derive(Default)]
pub(super) struct Overlay {
    accounts: AddressMap<Option<Account>>,
    storage: AddressMap<Storage>,
    codes: B256Map<Code>,
}

impl Overlay {
    /// The account if it was changed: deleted, or as it is now.
    pub(super) fn account(&self, address: &Address) -> Option<Option<Account>> {
        self.accounts.get(address).copied()
    }

    /// The slot if it was changed.
    pub(super) fn slot(&self, address: &Address, slot: &U256) -> Option<U256> {
        let storage = self.storage.get(address)?;
        let value = storage.slots.get(slot).copied();
        value.or_else(|| storage.void_below.then_some(U256::ZERO))
    }

    /// The code if it is new.
    pub(super) fn code(&self, hash: &B256) -> Option<&Code> {
        self.codes.get(hash)
    }

    pub(super) fn set_account(&mut self, address: Address, account: Account) {
        self.accounts.insert(address, Some(account));
    }

    /// Takes what a transaction left of an account.
    pub(super) fn keep<R: Reads>(&mut self, state: &R, address: Address, account: Journaled, fate: Fate) {
        match fate {
            Fate::Gone => {
                self.accounts.insert(address, None);
            }
            Fate::Created | Fate::Changed => self.keep_account(state, address, &account),
            Fate::Untouched | Fate::Same => {}
        }
        if matches!(fate, Fate::Gone | Fate::Created) {
            self.void_slots(state, address);
        }
        if fate.keeps_slots() {
            let mut changed = account.changed_storage_slots().peekable();
            if changed.peek().is_some() {
                let storage = self.storage.entry(address).or_default();
                storage.slots.extend(changed.map(|(slot, value)| (*slot, value.present_value())));
            }
        }
    }

    fn keep_account(&mut self, state: &impl Reads, address: Address, account: &Journaled) {
        let info = &account.info;
        let (nonce, balance, code_hash) = (info.nonce, info.balance, info.code_hash);
        self.set_account(address, Account { nonce, balance, code_hash });
        if let Some(code) = &info.code
            && code_hash != KECCAK256_EMPTY
            && !state.has_code(&code_hash)
        {
            self.codes.insert(code_hash, Code::of(code));
        }
    }

    /// Sets all slots of an account to zero. Where there are none, which is nearly always, it leaves no trace.
    fn void_slots(&mut self, state: &impl Reads, address: Address) {
        if state.has_slots(&address) {
            self.storage.entry(address).or_default().void_below = true;
        }
        if let Some(storage) = self.storage.get_mut(&address) {
            storage.slots.values_mut().for_each(|value| *value = U256::ZERO);
        }
    }

    /// All that is not as it was in the state, in the canonical form.
    ///
    /// # Errors
    /// It is not known how something was that changed.
    pub(super) fn into_writes(self, state: &impl Reads) -> Result<WriteSet, NotCovered> {
        let mut writes = WriteSet { codes: self.codes.into_iter().collect(), ..WriteSet::default() };
        for (address, account) in self.accounts {
            if state.account(&address)? != account {
                writes.accounts.push((address, account));
            }
        }
        for (address, storage) in self.storage {
            if storage.void_below {
                let void =
                    state.slots_of(&address).into_iter().filter(|slot| !storage.slots.contains_key(slot));
                writes.slots.extend(void.map(|slot| ((address, slot), U256::ZERO)));
            }
            for (slot, value) in storage.slots {
                if state.slot(&address, &slot)? != value {
                    writes.slots.push(((address, slot), value));
                }
            }
        }
        writes.sort_unique();
        Ok(writes)
    }
}
