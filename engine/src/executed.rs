//! `Executed`: what became of a block and each of its transactions.

mod digest;

use alloy_primitives::{Address, B256, Log, U256};

use crate::reject::Reject;
use crate::writes::WriteSet;

/// What a transaction that ran left behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// Id of the transaction.
    pub id: B256,
    /// Whether its effects were kept. If not, it still paid, and its nonce is used.
    pub success: bool,
    /// Gas paid for.
    pub gas_used: u64,
    /// Wei that the sender paid, burnt parts included.
    pub fee: U256,
    /// The part of it that was for contention and is burnt: a multiple of the gas used.
    pub contention_fee: U256,
    /// Events, in order.
    pub logs: Vec<Log>,
    /// The contract that a transaction without recipient created.
    pub created: Option<Address>,
}

impl Receipt {
    /// The burnt part of the fee, in wei.
    pub fn burnt(&self, base_fee: u64) -> U256 {
        U256::from(u128::from(self.gas_used) * u128::from(base_fee)) + self.contention_fee
    }

    /// Wei per gas used, all told: the fee is a multiple of the gas.
    pub fn effective_gas_price(&self) -> U256 {
        self.fee / U256::from(self.gas_used.max(1))
    }

    /// The producer's part of the fee, in wei.
    pub fn tip(&self, base_fee: u64) -> U256 {
        self.fee - self.burnt(base_fee)
    }
}

/// What became of one transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It ran, and paid.
    Executed(Receipt),
    /// It could not run when its turn came; the state is as if it had not been there.
    Skipped(Reject),
}

impl Outcome {
    /// The receipt, if it ran.
    pub fn receipt(&self) -> Option<&Receipt> {
        match self {
            Outcome::Executed(receipt) => Some(receipt),
            Outcome::Skipped(_) => None,
        }
    }
}

/// What became of a block: a function of the state below it, its environment and its transactions in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Executed {
    /// One for each transaction, in block order.
    pub outcomes: Vec<Outcome>,
    /// Gas of all that ran.
    pub gas_used: u64,
    /// Wei that left the state.
    pub burnt: U256,
    /// Wei that the beneficiary got.
    pub tips: U256,
    /// All changes to the state, the beneficiary's included.
    pub writes: WriteSet,
}

impl Executed {
    /// Sums up outcomes that made these writes.
    pub(crate) fn new(outcomes: Vec<Outcome>, base_fee: u64, writes: WriteSet) -> Executed {
        let mut executed = Executed { outcomes, writes, ..Executed::default() };
        for receipt in executed.outcomes.iter().filter_map(Outcome::receipt) {
            executed.gas_used += receipt.gas_used;
            executed.burnt += receipt.burnt(base_fee);
            executed.tips += receipt.tip(base_fee);
        }
        executed
    }
}
