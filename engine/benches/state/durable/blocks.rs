//! The accounts that all contenders hold, and blocks that change them.

use alloy_primitives::{Address, KECCAK256_EMPTY, U256};
use pelton_engine::state::Account;
use pelton_engine::writes::WriteSet;

use crate::accounts::spread;

/// As many accounts are made together.
const LOAD: usize = 100_000;

/// Blocks that follow from nothing but their number.
pub struct Blocks {
    accounts: u32,
    changes: usize,
    height: u64,
}

impl Blocks {
    pub fn new(accounts: u32, changes: usize) -> Blocks {
        Blocks { accounts, changes, height: 0 }
    }

    /// All accounts, in several blocks.
    pub fn genesis(&self) -> impl Iterator<Item = WriteSet> {
        (0..self.accounts)
            .step_by(LOAD)
            .map(|from| writes((from..self.accounts.min(from + LOAD as u32)).collect(), 0))
    }

    /// The next block: so many accounts drawn at random, each once.
    pub fn next_block(&mut self) -> WriteSet {
        self.height += 1;
        let number = |pick: u64| (spread(self.height << 32 | pick) % u64::from(self.accounts)) as u32;
        let mut numbers: Vec<u32> = (0..self.changes as u64).map(number).collect();
        numbers.sort_unstable();
        numbers.dedup();
        writes(numbers, self.height)
    }
}

fn writes(numbers: Vec<u32>, height: u64) -> WriteSet {
    let mut accounts: Vec<_> =
        numbers.into_iter().map(|number| (address(number), Some(account(number, height)))).collect();
    accounts.sort_unstable_by_key(|entry| entry.0);
    WriteSet { accounts, ..WriteSet::default() }
}

/// The address of an account by its number.
pub fn address(number: u32) -> Address {
    Address::from_slice(&blake3::hash(&number.to_be_bytes()).as_bytes()[..20])
}

fn account(number: u32, height: u64) -> Account {
    let balance = U256::from(1_000_000_000_000_000_000_u64) * U256::from(number % 1_000) + U256::from(height);
    Account { nonce: height, balance, code_hash: KECCAK256_EMPTY }
}
