//! `Ledger`: the accounts that payments touch, numbered as they come, one cache line each.

use alloy_primitives::{Address, KECCAK256_EMPTY, U256};

use super::super::gather::{prefix, sort_by_prefix};
use super::slips::{Credit, Debit};
use super::{STRIDE, Unfit};
use crate::reject::Reject;
use crate::state::{Account, Index, NOWHERE, Place, Seed, State};

/// An account without code.
#[derive(Debug)]
#[repr(C, align(64))]
struct Entry {
    address: Address,
    /// Where it lies in the state.
    place: Place,
    nonce: u64,
    balance: U256,
}

const _: () = assert!(size_of::<Entry>() == 64, "an account of a ledger lies in one cache line");

/// See the head of this file.
pub(super) struct Ledger {
    entries: Vec<Entry>,
    is_changed: Vec<bool>,
    index: Index,
    seed: Seed,
    /// How many of the entries have been looked up.
    found: usize,
    numbers: Vec<u32>,
}

/// What became of the accounts of a ledger that changed, by rising addresses.
#[derive(Debug, Default)]
pub(super) struct Changes {
    pub(super) accounts: Vec<(Address, Option<Account>)>,
    /// Where each lay below the block.
    pub(super) places: Vec<Place>,
}

impl Changes {
    /// These and then those, whose addresses are all greater.
    pub(super) fn followed_by(mut self, mut other: Changes) -> Changes {
        self.accounts.append(&mut other.accounts);
        self.places.append(&mut other.places);
        self
    }
}

impl Ledger {
    /// A ledger that holds so many without growing.
    pub(super) fn with_capacity(accounts: usize) -> Ledger {
        Ledger {
            entries: Vec::with_capacity(accounts),
            is_changed: Vec::with_capacity(accounts),
            index: Index::with_capacity(accounts),
            seed: Seed::default(),
            found: 0,
            numbers: Vec::with_capacity(STRIDE),
        }
    }

    /// The number of an account, new or not.
    pub(super) fn number(&mut self, address: &Address) -> u32 {
        let hash = self.seed.of_address(address);
        let entries = &mut self.entries;
        let found = self.index.find(hash, |number| entries[number as usize].address == *address);
        found.unwrap_or_else(|| {
            let number = entries.len() as u32;
            entries.push(Entry { address: *address, place: NOWHERE, nonce: 0, balance: U256::ZERO });
            self.is_changed.push(false);
            self.index.insert(hash, number);
            number
        })
    }

    /// Looks up what is new.
    ///
    /// # Errors
    /// An account has code, or more wei than can be added to without a thought.
    pub(super) fn look_up(&mut self, state: &State) -> Result<(), Unfit> {
        let mut is_fit = true;
        state.find_each(
            &mut self.entries[self.found..],
            |entry| &entry.address,
            |entry, found| {
                if let Some((place, basics)) = found {
                    (entry.place, entry.nonce, entry.balance) = (place, basics.nonce, basics.balance);
                    is_fit &= basics.code == 0 && is_small(basics.balance);
                }
            },
        );
        self.found = self.entries.len();
        if is_fit { Ok(()) } else { Err(Unfit::Kind) }
    }

    /// Takes wei from a sender and uses its nonce, if it has that nonce and owns the most that this may cost.
    pub(super) fn take(
        &mut self,
        sender: u32,
        nonce: u64,
        cost_max: Result<U256, Reject>,
        wei: U256,
    ) -> Result<(), Reject> {
        let entry = &mut self.entries[sender as usize];
        if nonce != entry.nonce {
            return Err(if nonce > entry.nonce { Reject::NonceGap } else { Reject::StaleNonce });
        }
        if cost_max? > entry.balance {
            return Err(Reject::InsufficientFunds);
        }
        entry.nonce += 1;
        entry.balance -= wei;
        self.is_changed[sender as usize] = true;
        Ok(())
    }

    /// Gives wei to an account with this number.
    pub(super) fn give_numbered(&mut self, recipient: u32, wei: U256) {
        if !wei.is_zero() {
            self.entries[recipient as usize].balance += wei;
            self.is_changed[recipient as usize] = true;
        }
    }

    /// Gives wei to an account.
    pub(super) fn give(&mut self, state: &State, recipient: &Address, wei: U256) -> Result<(), Unfit> {
        let recipient = self.number(recipient);
        self.look_up(state)?;
        self.give_numbered(recipient, wei);
        Ok(())
    }

    /// Takes what these slips say, from accounts that have got nothing yet.
    pub(super) fn take_all(&mut self, state: &State, slips: &[Debit]) -> Result<(), Unfit> {
        for stride in slips.chunks(STRIDE) {
            let numbers = self.numbers_of(state, stride.iter().map(|slip| &slip.sender))?;
            for (slip, sender) in stride.iter().zip(&numbers) {
                let Debit { nonce, cost_max, wei, .. } = *slip;
                let taken = self.take(*sender, nonce, Ok(U256::from(cost_max)), U256::from(wei));
                taken.map_err(|_| Unfit::Order)?;
            }
            self.numbers = numbers;
        }
        Ok(())
    }

    /// Gives what these slips say.
    pub(super) fn give_all(&mut self, state: &State, slips: &[Credit]) -> Result<(), Unfit> {
        for stride in slips.chunks(STRIDE) {
            let numbers = self.numbers_of(state, stride.iter().map(|slip| &slip.recipient))?;
            for (slip, recipient) in stride.iter().zip(&numbers) {
                self.give_numbered(*recipient, U256::from(slip.wei));
            }
            self.numbers = numbers;
        }
        Ok(())
    }

    /// The numbers of some accounts, which have been looked up.
    fn numbers_of<'a>(
        &mut self,
        state: &State,
        addresses: impl Iterator<Item = &'a Address>,
    ) -> Result<Vec<u32>, Unfit> {
        let mut numbers = std::mem::take(&mut self.numbers);
        numbers.clear();
        numbers.extend(addresses.map(|address| self.number(address)));
        self.look_up(state)?;
        Ok(numbers)
    }

    /// What changed.
    pub(super) fn into_changes(self) -> Changes {
        let changed =
            self.entries.iter().zip(&self.is_changed).zip(0..).filter(|((_, changed), _)| **changed);
        let mut order: Vec<(u64, u32)> = Vec::with_capacity(self.entries.len());
        order.extend(changed.map(|((entry, _), number)| (prefix(&entry.address), number)));
        sort_by_prefix(&mut order, |number| self.entries[number as usize].address);
        let mut changes =
            Changes { accounts: Vec::with_capacity(order.len()), places: Vec::with_capacity(order.len()) };
        for (_, number) in order {
            let Entry { address, place, nonce, balance } = self.entries[number as usize];
            changes.accounts.push((address, Some(Account { nonce, balance, code_hash: KECCAK256_EMPTY })));
            changes.places.push(place);
        }
        changes
    }
}

/// Whether as much again can be added to it as a block can hold without coming to the end of numbers.
fn is_small(wei: U256) -> bool {
    wei.as_limbs()[3] == 0
}
