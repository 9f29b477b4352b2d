//! Limits: what all nodes of a chain must hold in common.
//!
//! A setting may differ from process to process; a limit may not, since blocks are judged by it. Nodes compare
//! [`Limits::digest`] before they talk.

use alloy_primitives::B256;

/// The consensus limits of one chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Chain id that every transaction must be signed for.
    pub chain_id: u64,
    /// Encoded size of one transaction, in bytes.
    pub transaction_bytes_max: u32,
    /// Gas limit of one transaction (EIP-7825).
    pub transaction_gas_max: u64,
    /// Addresses plus slots in the lists of one transaction.
    pub access_entries_max: u32,
    /// Delegations in one transaction (EIP-7702).
    pub authorizations_max: u32,
    /// Contract creation code, in bytes (EIP-3860).
    pub init_code_bytes_max: u32,
    /// Transactions in one block.
    pub block_transactions_max: u32,
    /// Encoded transactions of one block, in bytes.
    pub block_bytes_max: u32,
    /// Sum of the gas limits of a block's transactions.
    pub block_gas_max: u64,
    /// Gas used at which the base fee stays as it is.
    pub block_gas_target: u64,
    /// The base fee never falls below this, in wei. Prices of hot keys are multiples of it, so it is not next to nothing.
    pub base_fee_min: u64,
    /// As many keys, used as much as prices let them, fill a block at its target.
    pub contention_lanes: u64,
    /// The excess that makes a key's price e times as high, in units of a key's share of the target.
    pub contention_denominator: u64,
    /// The most that a block may hold of one key, in units of a key's share of the target.
    pub contention_load_max: u64,
    /// Keys that have a price of their own.
    pub hot_keys_max: u32,
    /// The header of height h carries the state root and the prices of height h − `root_lag`.
    pub root_lag: u64,
}

impl Limits {
    /// The limits of a chain of this id, as used in production and in benchmarks.
    pub const fn standard(chain_id: u64) -> Limits {
        Limits {
            chain_id,
            transaction_bytes_max: 128 * 1024,
            transaction_gas_max: 16_777_216,
            access_entries_max: 512,
            authorizations_max: 16,
            init_code_bytes_max: 49_152,
            block_transactions_max: 4_096,
            block_bytes_max: 4 << 20,
            block_gas_max: 4_000_000_000,
            block_gas_target: 1_000_000_000,
            base_fee_min: 10_000_000,
            contention_lanes: 16,
            contention_denominator: 16,
            contention_load_max: 4,
            hot_keys_max: 4_096,
            root_lag: 8,
        }
    }

    /// Limits so small that rare paths become common, for tests.
    pub const fn tiny(chain_id: u64) -> Limits {
        Limits {
            block_transactions_max: 7,
            block_bytes_max: 160 * 1024,
            hot_keys_max: 3,
            root_lag: 2,
            ..Limits::standard(chain_id)
        }
    }

    /// One hash over all limits.
    pub fn digest(&self) -> B256 {
        let mut hash = blake3::Hasher::new();
        for value in [
            self.chain_id,
            self.transaction_bytes_max.into(),
            self.transaction_gas_max,
            self.access_entries_max.into(),
            self.authorizations_max.into(),
            self.init_code_bytes_max.into(),
            self.block_transactions_max.into(),
            self.block_bytes_max.into(),
            self.block_gas_max,
            self.block_gas_target,
            self.base_fee_min,
            self.contention_lanes,
            self.contention_denominator,
            self.contention_load_max,
            self.hot_keys_max.into(),
            self.root_lag,
        ] {
            hash.update(&value.to_be_bytes());
        }
        B256::from(*hash.finalize().as_bytes())
    }
}

const _: () = {
    let limits = Limits::standard(1);
    assert!(limits.block_bytes_max >= limits.transaction_bytes_max + 4, "every transaction fits a block");
    assert!(limits.block_gas_max >= limits.transaction_gas_max, "every transaction fits a block");
    assert!(limits.block_gas_target > 0, "the base fee is a share of it");
    assert!(limits.block_gas_target <= limits.block_gas_max, "the target can be reached");
    let tiny = Limits::tiny(1);
    assert!(tiny.block_bytes_max >= tiny.transaction_bytes_max + 4, "every transaction fits a tiny block");
};
