//! A state, and blocks on top of it.

use std::sync::{Arc, OnceLock};

use alloy_primitives::{Address, B256, U256};
use pelton_engine::environment::{Environment, Fork};
use pelton_engine::prediction::Prediction;
use pelton_engine::serial::serial;
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
    pub blocks: Vec<(Environment, Arc<[Verified]>)>,
    map: OnceLock<Map>,
    /// Whether what its transactions touch is predicted before the measurement begins.
    is_hinted: bool,
    predictions: OnceLock<Vec<Vec<Option<Prediction>>>>,
}

impl Workload {
    pub fn new(name: &str, state: State, blocks: Vec<(Environment, Vec<Verified>)>) -> Workload {
        Workload {
            name: name.to_owned(),
            state,
            blocks: blocks.into_iter().map(|(environment, block)| (environment, block.into())).collect(),
            map: OnceLock::new(),
            is_hinted: false,
            predictions: OnceLock::new(),
        }
    }

    /// The same, where transactions say little of what they touch.
    pub fn hinted(self) -> Workload {
        Workload { is_hinted: true, ..self }
    }

    pub fn is_hinted(&self) -> bool {
        self.is_hinted
    }

    /// For each block what its transactions will probably touch, seen from below the block before it: that is what a
    /// node knows when transactions come in. Empty where they say themselves.
    pub fn predictions(&self) -> &[Vec<Option<Prediction>>] {
        self.predictions.get_or_init(|| {
            let (mut below, mut state) = (self.state.clone(), self.state.clone());
            let blocks = self.blocks.iter().filter(|_| self.is_hinted);
            let predict = |(environment, block): &(Environment, Arc<[Verified]>)| {
                let predictions = Prediction::of_block(&below, environment, block);
                below = state.clone();
                serial(&mut state, environment, block);
                predictions
            };
            blocks.map(predict).collect()
        })
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
