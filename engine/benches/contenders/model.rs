//! The ideal: how much sooner a block could be done on so many cores if who waits for whom were known, and cost nothing.
//!
//! Each transaction takes as long as the gas that it uses. Two of them may run at the same time unless one changes what
//! the other touches: the nonce and balance of an account, or a slot. Payments to one account do not exclude each other.
//! Code counts as nothing. A block then takes at least its longest chain, and at least all its gas divided by the cores.

use std::collections::HashMap;

use alloy_primitives::{Address, U256};

/// How a transaction touches a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Read,
    Write,
    Add,
}

/// An account's nonce and balance, or a slot.
pub type Key = (Address, Option<U256>);

/// When the last of each kind is done with a key, in gas.
#[derive(Clone, Copy, Default)]
struct Done {
    read: u64,
    write: u64,
    add: u64,
}

/// A block as its transactions come.
#[derive(Default)]
pub struct Model {
    keys: HashMap<Key, Done>,
    gas: u64,
    chain: u64,
}

impl Model {
    /// Adds the next transaction.
    pub fn add(&mut self, gas: u64, touches: &[(Key, Mode)]) {
        let begin = touches.iter().map(|(key, mode)| {
            let Done { read, write, add } = self.keys.get(key).copied().unwrap_or_default();
            match mode {
                Mode::Read => write.max(add),
                Mode::Add => write.max(read),
                Mode::Write => read.max(write).max(add),
            }
        });
        let end = begin.max().unwrap_or(0) + gas;
        for (key, mode) in touches {
            let done = self.keys.entry(*key).or_default();
            let last = match mode {
                Mode::Read => &mut done.read,
                Mode::Add => &mut done.add,
                Mode::Write => &mut done.write,
            };
            *last = end.max(*last);
        }
        self.gas += gas;
        self.chain = self.chain.max(end);
    }
}

/// How many times sooner these blocks, one after the other, could be done on so many cores.
pub fn ideal(blocks: &[Model], cores: usize) -> f64 {
    let least = |block: &Model| (block.gas as f64 / cores as f64).max(block.chain as f64);
    let all: u64 = blocks.iter().map(|block| block.gas).sum();
    all as f64 / blocks.iter().map(least).sum::<f64>()
}
