//! `Overlay`: what transactions changed so far, over a state that stays as it is.

use alloy_primitives::map::{AddressMap, B256Map};
use alloy_primitives::{Address, B256, KECCAK256_EMPTY, U256};
use revm::state::Account as Journaled;

use super::Code;
use crate::environment::Fork;
use crate::state::{Account, Slots, State};
use crate::writes::WriteSet;

/// What a transaction does to an account that it touched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// Nothing at all.
    Untouched,
    /// Nonce, balance and code stay, slots may have changed.
    Same,
    /// Nonce, balance or code change.
    Changed,
    /// As before, and older slots are void.
    Created,
    /// There is no account any more.
    Gone,
}

impl Fate {
    pub(super) fn of(account: &Journaled, fork: Fork) -> Fate {
        let is_new = account.is_loaded_as_not_existing();
        let dies_if_empty = fork >= Fork::SpuriousDragon;
        if !account.is_touched() {
            Fate::Untouched
        } else if account.is_selfdestructed() || (dies_if_empty && account.is_empty()) {
            if is_new { Fate::Untouched } else { Fate::Gone }
        } else if account.is_created() {
            Fate::Created
        } else if account.is_changed() || (is_new && account.is_empty()) {
            Fate::Changed
        } else {
            Fate::Same
        }
    }

    /// Whether nonce, balance or code change.
    pub(super) fn changes_account(self) -> bool {
        !matches!(self, Fate::Untouched | Fate::Same)
    }

    /// Whether the changes of slots count.
    pub(super) fn keeps_slots(self) -> bool {
        !matches!(self, Fate::Untouched | Fate::Gone)
    }
}

/// Slots of one account.
#[derive(Default)]
struct Storage {
    /// Slots of the state do not count any more.
    void_below: bool,
    slots: Slots,
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

    /// Makes room for so many more accounts.
    pub(super) fn reserve(&mut self, accounts: usize) {
        self.accounts.reserve(accounts);
    }

    pub(super) fn set_account(&mut self, address: Address, account: Account) {
        self.accounts.insert(address, Some(account));
    }

    /// Takes what a transaction left of an account.
    pub(super) fn keep(&mut self, state: &State, address: Address, account: Journaled, fate: Fate) {
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

    fn keep_account(&mut self, state: &State, address: Address, account: &Journaled) {
        let info = &account.info;
        let (nonce, balance, code_hash) = (info.nonce, info.balance, info.code_hash);
        self.set_account(address, Account { nonce, balance, code_hash });
        if let Some(code) = &info.code
            && code_hash != KECCAK256_EMPTY
            && state.code(&code_hash).is_none()
        {
            self.codes.insert(code_hash, Code(code.clone()));
        }
    }

    /// Sets all slots of an account to zero. Where there are none, which is nearly always, it leaves no trace; those that
    /// were changed before stay known as changed, so that a write set has the same keys wherever a block is cut in two.
    fn void_slots(&mut self, state: &State, address: Address) {
        if state.slots(&address).is_some() {
            self.storage.entry(address).or_default().void_below = true;
        }
        if let Some(storage) = self.storage.get_mut(&address) {
            storage.slots.values_mut().for_each(|value| *value = U256::ZERO);
        }
    }

    /// All changes, in the canonical form.
    pub(super) fn into_writes(self, state: &State) -> WriteSet {
        let mut writes = WriteSet {
            accounts: self.accounts.into_iter().collect(),
            slots: Vec::new(),
            codes: self.codes.into_iter().collect(),
        };
        for (address, storage) in self.storage {
            if storage.void_below {
                let below = state.slots(&address).into_iter().flat_map(|slots| slots.keys());
                let void = below.filter(|slot| !storage.slots.contains_key(*slot));
                writes.slots.extend(void.map(|slot| ((address, *slot), U256::ZERO)));
            }
            writes.slots.extend(storage.slots.into_iter().map(|(slot, value)| ((address, slot), value)));
        }
        writes.sort_unique();
        writes
    }
}
