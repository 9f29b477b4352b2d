//! A state, and blocks on top of it.

use std::sync::OnceLock;

use alloy_primitives::{Address, B256, U256};
use pelton_engine::environment::{Environment, Fork};
use pelton_engine::state::State;
use pelton_engine::transaction::Verified;

use crate::revm_loop::Map;

/// How large a workload is.
pub struct Size {
    pub blocks: usize,
    /// Transactions of a block of transfers.
    pub transfers: usize,
    /// Transactions of a block of calls.
    pub calls: usize,
    /// Accounts of plain workloads, where their names do not say how many.
    pub accounts: usize,
    /// Accounts of generated workloads, each with a key that has to be made.
    pub keys: u32,
}

impl Size {
    pub const FULL: Size =
        Size { blocks: 8, transfers: 4_096, calls: 1_024, accounts: 100_000, keys: 10_000 };
    pub const QUICK: Size = Size { blocks: 3, keys: 2_500, ..Size::FULL };
    pub const TEST: Size = Size { blocks: 2, transfers: 300, calls: 300, accounts: 1_000, keys: 200 };
}

/// A state, and blocks on top of it.
pub struct Workload {
    pub name: String,
    /// The state below the first block.
    pub state: State,
    pub blocks: Vec<(Environment, Vec<Verified>)>,
    map: OnceLock<Map>,
}

impl Workload {
    pub fn new(name: &str, state: State, blocks: Vec<(Environment, Vec<Verified>)>) -> Workload {
        Workload { name: name.to_owned(), state, blocks, map: OnceLock::new() }
    }

    pub fn transactions(&self) -> usize {
        self.blocks.iter().map(|(_, transactions)| transactions.len()).sum()
    }

    /// The state below the first block, as the revm loop keeps it.
    pub fn map(&self) -> Map {
        self.map.get_or_init(|| Map::of(&self.state)).clone()
    }
}

/// The surroundings of a block.
pub fn environment(chain_id: u64, height: u64) -> Environment {
    Environment {
        fork: Fork::OWN,
        chain_id,
        number: height,
        timestamp: height,
        beneficiary: Address::repeat_byte(0xbe),
        gas_limit: u64::MAX,
        base_fee: 7,
        prev_randao: B256::ZERO,
        difficulty: U256::ZERO,
        blob_excess_gas: 0,
        prices: Default::default(),
        block_hashes: Vec::new(),
    }
}
