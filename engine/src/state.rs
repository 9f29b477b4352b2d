//! `State`: all accounts, slots and codes of the chain, flat in memory.
//!
//! ```text
//! accounts  address ──> nonce, balance, code hash
//! storage   address ──> slot ──> value            slots of one account lie together, so that it can be destroyed
//! codes     hash ─────> analysed code             never removed
//! ```
//!
//! A zero slot is never stored, and since [`Fork::SpuriousDragon`](crate::environment::Fork) execution writes no empty
//! account. The state changes only by [`State::apply`]; history, proofs and disk are somebody else's.

use alloy_primitives::map::{AddressMap, B256Map, U256Map};
use alloy_primitives::{Address, B256, KECCAK256_EMPTY, U256};

use crate::evm::Code;
use crate::writes::WriteSet;

/// What the state holds of one account, besides its slots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Account {
    /// Transactions sent, or contracts created.
    pub nonce: u64,
    /// Wei.
    pub balance: U256,
    /// Keccak-256 of the code; of nothing if there is none.
    pub code_hash: B256,
}

impl Default for Account {
    fn default() -> Account {
        Account { nonce: 0, balance: U256::ZERO, code_hash: KECCAK256_EMPTY }
    }
}

impl Account {
    /// Whether it is as if it was not there (EIP-161).
    pub fn is_empty(&self) -> bool {
        *self == Account::default()
    }
}

/// The slots of one account; none of them is zero.
pub(crate) type Slots = U256Map<U256>;

/// All accounts, slots and codes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    accounts: AddressMap<Account>,
    storage: AddressMap<Slots>,
    codes: B256Map<Code>,
}

impl State {
    /// The account, if there is one.
    pub fn account(&self, address: &Address) -> Option<Account> {
        self.accounts.get(address).copied()
    }

    /// The value of a slot, zero if it was never set.
    pub fn slot(&self, address: &Address, slot: &U256) -> U256 {
        self.slots(address).and_then(|slots| slots.get(slot)).copied().unwrap_or_default()
    }

    /// All slots of an account that are not zero; none if there is no such slot.
    pub(crate) fn slots(&self, address: &Address) -> Option<&Slots> {
        self.storage.get(address)
    }

    /// The code with this hash.
    pub fn code(&self, hash: &B256) -> Option<&Code> {
        self.codes.get(hash)
    }

    /// Number of accounts.
    pub fn len(&self) -> usize {
        self.accounts.len()
    }

    /// Whether there is no account.
    pub fn is_empty(&self) -> bool {
        self.accounts.is_empty()
    }

    /// The sum of all balances, in wei.
    pub fn total_balance(&self) -> U256 {
        self.accounts.values().fold(U256::ZERO, |sum, account| sum + account.balance)
    }

    /// The whole state as changes to an empty one.
    pub fn writes(&self) -> WriteSet {
        let slots_of = |(address, slots): (&Address, &Slots)| {
            let address = *address;
            slots.iter().map(move |(slot, value)| ((address, *slot), *value)).collect::<Vec<_>>()
        };
        let mut writes = WriteSet {
            accounts: self.accounts.iter().map(|(address, account)| (*address, Some(*account))).collect(),
            slots: self.storage.iter().flat_map(slots_of).collect(),
            codes: self.codes.iter().map(|(hash, code)| (*hash, code.clone())).collect(),
        };
        writes.sort_unique();
        writes
    }

    /// Makes these writes.
    pub fn apply(&mut self, writes: &WriteSet) {
        for (address, account) in &writes.accounts {
            match account {
                Some(account) => self.accounts.insert(*address, *account),
                None => self.accounts.remove(address),
            };
        }
        for (hash, code) in &writes.codes {
            self.codes.entry(*hash).or_insert_with(|| code.clone());
        }
        // Sorted by address, so each account's map is looked up once.
        for of_one in writes.slots.chunk_by(|a, b| a.0.0 == b.0.0) {
            let address = of_one[0].0.0;
            let slots = self.storage.entry(address).or_default();
            for ((_, slot), value) in of_one {
                match value.is_zero() {
                    true => slots.remove(slot),
                    false => slots.insert(*slot, *value),
                };
            }
            if slots.is_empty() {
                self.storage.remove(&address);
            }
        }
    }
}
