//! The accounts that all contenders hold, and blocks that change them.

use alloy_primitives::{Address, KECCAK256_EMPTY, U256};
use pelton_engine::state::Account;
use pelton_engine::writes::WriteSet;

/// Blocks that follow from nothing but their number.
pub struct Blocks {
    accounts: u32,
    changes: usize,
    height: u64,
    random: u64,
}

impl Blocks {
    pub fn new(accounts: u32, changes: usize) -> Blocks {
        Blocks { accounts, changes, height: 0, random: 1 }
    }

    /// All accounts.
    pub fn genesis(&self) -> WriteSet {
        self.writes((0..self.accounts).collect())
    }

    /// The next block: so many accounts drawn at random, each once.
    pub fn next_block(&mut self) -> WriteSet {
        self.height += 1;
        let numbers = (0..self.changes).map(|_| {
            self.random =
                self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            ((self.random >> 33) % u64::from(self.accounts)) as u32
        });
        let mut numbers: Vec<u32> = numbers.collect();
        numbers.sort_unstable();
        numbers.dedup();
        self.writes(numbers)
    }

    fn writes(&self, numbers: Vec<u32>) -> WriteSet {
        let mut accounts: Vec<_> =
            numbers.into_iter().map(|number| (address(number), Some(account(number, self.height)))).collect();
        accounts.sort_unstable_by_key(|entry| entry.0);
        WriteSet { accounts, ..WriteSet::default() }
    }
}

/// The address of an account by its number.
pub fn address(number: u32) -> Address {
    Address::from_slice(&blake3::hash(&number.to_be_bytes()).as_bytes()[..20])
}

fn account(number: u32, height: u64) -> Account {
    let balance = U256::from(1_000_000_000_000_000_000_u64) * U256::from(number % 1_000) + U256::from(height);
    Account { nonce: height, balance, code_hash: KECCAK256_EMPTY }
}
