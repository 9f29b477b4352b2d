//! `State`: all accounts, slots and codes of the chain, flat in memory.
//!
//! ```text
//! accounts  address ─────────> nonce, balance, number of the code
//! slots     address, slot ───> value
//! codes     number <── hash    analysed code, never removed
//! ```
//!
//! A zero slot is never stored, and since [`Fork::SpuriousDragon`](crate::environment::Fork) execution writes no empty
//! account. The state changes only by [`State::apply`] and its like; history, proofs and disk are somebody else's.

mod accounts;
mod chunked;
mod index;
mod seed;
mod slots;

use std::ops::Range;

use alloy_primitives::map::B256Map;
use alloy_primitives::{Address, B256, KECCAK256_EMPTY, U256};

use crate::evm::Code;
use crate::writes::WriteSet;
use accounts::Accounts;
pub(crate) use accounts::{Basics, CodeId, NOWHERE, Place};
pub(crate) use index::Index;
pub(crate) use seed::Seed;
use slots::Slots;

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

/// All accounts, slots and codes.
#[derive(Clone, Debug, Default)]
pub struct State {
    accounts: Accounts,
    slots: Slots,
    codes: Codes,
}

/// Codes by number; number 0 is no code, and stands for nothing here.
#[derive(Clone, Debug, Default)]
struct Codes {
    numbers: B256Map<CodeId>,
    codes: Vec<(B256, Code)>,
}

/// Two states are equal if they hold the same, wherever in memory.
impl PartialEq for State {
    fn eq(&self, other: &State) -> bool {
        self.writes() == other.writes()
    }
}

impl Eq for State {}

impl State {
    /// The account, if there is one.
    pub fn account(&self, address: &Address) -> Option<Account> {
        let basics = self.basics_at(self.find(address)?, address)?;
        Some(self.account_of(basics))
    }

    /// The value of a slot, zero if it was never set.
    pub fn slot(&self, address: &Address, slot: &U256) -> U256 {
        self.slots.find(address, slot).map_or(U256::ZERO, |place| self.slots.at(place, address, slot))
    }

    /// The code with this hash.
    pub fn code(&self, hash: &B256) -> Option<&Code> {
        self.codes.numbers.get(hash).map(|number| self.code_numbered(*number))
    }

    /// Number of accounts.
    pub fn len(&self) -> usize {
        self.accounts.len()
    }

    /// Number of slots that are not zero.
    pub fn slot_count(&self) -> usize {
        self.slots.len()
    }

    /// Whether there is no account.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The sum of all balances, in wei.
    pub fn total_balance(&self) -> U256 {
        self.accounts.iter().fold(U256::ZERO, |sum, (_, basics)| sum + basics.balance)
    }

    /// The whole state as changes to an empty one.
    pub fn writes(&self) -> WriteSet {
        let accounts = self.accounts.iter().map(|(address, basics)| (address, Some(self.account_of(basics))));
        let mut writes = WriteSet {
            accounts: accounts.collect(),
            slots: self.slots.iter().collect(),
            codes: self.codes.codes.clone(),
        };
        writes.sort_unique();
        writes
    }

    /// How many places there are for accounts and for slots, used or free. What is there lies in one place as long as it is
    /// there, and what comes later may take the place of what is gone.
    pub fn places(&self) -> (usize, usize) {
        (self.accounts.places(), self.slots.places())
    }

    /// The addresses of accounts in some places, as far as there are so many: to read all of them piece by piece.
    pub fn addresses_within(&self, places: Range<usize>) -> impl Iterator<Item = Address> {
        self.accounts.within(places)
    }

    /// The slots in some places, likewise.
    pub fn slots_within(&self, places: Range<usize>) -> impl Iterator<Item = (Address, U256)> {
        self.slots.within(places)
    }

    /// Makes these writes.
    pub fn apply(&mut self, writes: &WriteSet) {
        self.apply_at(writes, &vec![NOWHERE; writes.accounts.len()], &vec![NOWHERE; writes.slots.len()]);
    }

    /// Makes these writes, of accounts and slots that lay in these places if they were there.
    pub(crate) fn apply_at(&mut self, writes: &WriteSet, places: &[Place], slot_places: &[Place]) {
        self.add_codes(writes);
        for ((address, account), place) in writes.accounts.iter().zip(places) {
            match account {
                Some(account) => {
                    let basics = self.basics_of(account);
                    if *place == NOWHERE || !self.accounts.set_at(*place, address, basics) {
                        self.accounts.set(address, basics);
                    }
                }
                None => self.accounts.remove(address),
            }
        }
        for (((address, slot), value), place) in writes.slots.iter().zip(slot_places) {
            if *place == NOWHERE || !self.slots.set_at(*place, address, slot, *value) {
                self.slots.set(address, slot, *value);
            }
        }
    }

    /// Where the account with this address lies.
    pub(crate) fn find(&self, address: &Address) -> Option<Place> {
        self.accounts.find(address)
    }

    /// The same for many, in less time than one by one.
    pub(crate) fn find_each<T>(
        &self,
        items: &mut [T],
        address: impl Fn(&T) -> &Address,
        found: impl FnMut(&mut T, Option<(Place, Basics)>),
    ) {
        self.accounts.find_each(items, address, found);
    }

    /// Brings what lies in these places near.
    pub(crate) fn approach(&self, places: impl Iterator<Item = Place>) {
        self.accounts.approach(places);
    }

    /// The account at a place, if it is still this one.
    pub(crate) fn basics_at(&self, place: Place, address: &Address) -> Option<Basics> {
        self.accounts.at(place, address)
    }

    /// Where these slots lie, those that are not zero.
    pub(crate) fn find_slots<'a>(
        &self,
        slots: impl Iterator<Item = (&'a Address, &'a U256)>,
        found: impl FnMut(Option<Place>),
    ) {
        self.slots.find_each(slots, found);
    }

    /// Brings the slots in these places near.
    pub(crate) fn approach_slots(&self, places: impl Iterator<Item = Place>) {
        self.slots.approach(places);
    }

    /// The value at a place, zero unless it is still that of this slot.
    pub(crate) fn slot_at(&self, place: Place, address: &Address, slot: &U256) -> U256 {
        self.slots.at(place, address, slot)
    }

    /// Whether the account has a slot that is not zero.
    pub(crate) fn has_slots(&self, address: &Address) -> bool {
        self.slots.has_any(address)
    }

    /// All slots of an account that are not zero, in no order.
    pub fn slots_of(&self, address: &Address) -> impl Iterator<Item = (U256, U256)> {
        self.slots.of(address)
    }

    /// The number of a code, if it is known.
    pub(crate) fn code_number(&self, hash: &B256) -> Option<CodeId> {
        if *hash == KECCAK256_EMPTY { Some(0) } else { self.codes.numbers.get(hash).copied() }
    }

    /// How many numbers of codes are taken, that of no code included.
    pub(crate) fn code_count(&self) -> CodeId {
        self.codes.codes.len() as CodeId + 1
    }

    /// A code by its number, which is not 0.
    pub(crate) fn code_numbered(&self, number: CodeId) -> &Code {
        &self.codes.codes[number as usize - 1].1
    }

    /// The hash of a code by its number.
    pub(crate) fn code_hash(&self, number: CodeId) -> B256 {
        if number == 0 { KECCAK256_EMPTY } else { self.codes.codes[number as usize - 1].0 }
    }

    pub(crate) fn account_of(&self, Basics { nonce, balance, code }: Basics) -> Account {
        Account { nonce, balance, code_hash: self.code_hash(code) }
    }

    fn basics_of(&self, account: &Account) -> Basics {
        let code = self.code_number(&account.code_hash);
        let code = code.expect("every code hash of the state has its code");
        Basics { nonce: account.nonce, balance: account.balance, code }
    }

    fn add_codes(&mut self, writes: &WriteSet) {
        let Codes { numbers, codes } = &mut self.codes;
        for (hash, code) in &writes.codes {
            numbers.entry(*hash).or_insert_with(|| {
                codes.push((*hash, code.clone()));
                CodeId::try_from(codes.len()).expect("memory ends before 2^32 codes do")
            });
        }
    }
}
