//! `Environment`: what a block tells its transactions about itself.

use std::sync::Arc;

use alloy_primitives::{Address, B256, U256};

use crate::block::Header;
use crate::limits::Limits;
use crate::prices::PriceList;

/// The rules of execution, named by Ethereum's forks, oldest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fork {
    /// Block 0.
    Frontier,
    /// Block 1,150,000.
    Homestead,
    /// EIP-150: dearer calls.
    Tangerine,
    /// EIP-161: no empty accounts.
    SpuriousDragon,
    /// Revert, static calls, pairings.
    Byzantium,
    /// Shifts, CREATE2, EIP-1052.
    Petersburg,
    /// EIP-2200: net gas of storage.
    Istanbul,
    /// EIP-2929 and 2930: warm and cold.
    Berlin,
    /// EIP-1559: base fee.
    London,
    /// The merge: randomness in place of difficulty.
    Paris,
    /// PUSH0, warm beneficiary.
    Shanghai,
    /// Transient storage; self-destruct only in the creating transaction.
    Cancun,
    /// EIP-7702: delegations; EIP-7623: floor price of call data.
    Prague,
    /// EIP-7825: gas cap of a transaction. What Pelton's own blocks run by.
    Osaka,
}

impl Fork {
    /// What Pelton's own blocks run by.
    pub const OWN: Fork = Fork::Osaka;
}

/// All that a transaction can see besides the state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Environment {
    /// Rules.
    pub fork: Fork,
    /// Chain id.
    pub chain_id: u64,
    /// Height of the block.
    pub number: u64,
    /// Seconds since 1970.
    pub timestamp: u64,
    /// Who is paid the priority fees.
    pub beneficiary: Address,
    /// Gas that the whole block may use.
    pub gas_limit: u64,
    /// Wei per gas that are burnt; zero before London.
    pub base_fee: u64,
    /// The random value since the merge.
    pub prev_randao: B256,
    /// The difficulty before it.
    pub difficulty: U256,
    /// EIP-4844's excess, for the opcode that reads its price.
    pub blob_excess_gas: u64,
    /// What each hot key costs.
    pub prices: Arc<PriceList>,
    /// Ids of the blocks below, the parent first. What is not here reads as zero.
    pub block_hashes: Vec<B256>,
}

impl Environment {
    /// The environment of one of Pelton's own blocks, with the prices that follow from the block its header speaks of. Of
    /// earlier blocks it knows the parent alone, so that no node needs
    /// more than the header to execute it.
    pub fn of(header: &Header, prices: Arc<PriceList>, limits: &Limits) -> Environment {
        Environment {
            fork: Fork::OWN,
            chain_id: limits.chain_id,
            number: header.height,
            timestamp: header.timestamp_ms / 1_000,
            beneficiary: header.beneficiary,
            gas_limit: limits.block_gas_max,
            base_fee: header.base_fee,
            prev_randao: header.parent,
            difficulty: U256::ZERO,
            blob_excess_gas: 0,
            prices,
            block_hashes: vec![header.parent],
        }
    }

    /// The id of a block below this one, zero if it is not known.
    pub fn block_hash(&self, number: u64) -> B256 {
        let below = self.number.checked_sub(number).and_then(|depth| depth.checked_sub(1));
        let index = below.and_then(|below| usize::try_from(below).ok());
        index.and_then(|index| self.block_hashes.get(index)).copied().unwrap_or_default()
    }
}
