//! `Entry`: a final block as clients see it, with what came of each of its transactions.
//!
//! Ethereum's tools know one shape of a block. One of Pelton's is shown in it: its id stands as the hash, the root of
//! the state after it as the state root, and what such a header has besides (roots of transactions and receipts,
//! bloom) is worked out as Ethereum does, when somebody first asks. Transactions that were sealed and could not run
//! when their turn came are not shown: they have no receipt, and to every tool such a block would be broken.

use std::sync::{Arc, OnceLock};

use alloy_consensus::{EMPTY_OMMER_ROOT_HASH, Header};
use alloy_eips::eip4895::Withdrawal;
use alloy_primitives::{Address, B256, Bloom, Bytes, Log};
use alloy_trie::root::ordered_trie_root_with_encoder;
use pelton_engine::archive::record::Record;
use pelton_engine::block::{Block, Parent, Summary};
use pelton_engine::environment::Environment;
use pelton_engine::executed::{Executed, Outcome, Receipt};
use pelton_engine::limits::Limits;
use pelton_engine::prices::{PriceList, Table};

use crate::json::receipt_bytes;

/// A final block.
pub struct Entry {
    /// By this name clients ask for it.
    pub hash: B256,
    /// What its transactions saw of it.
    pub environment: Environment,
    /// Those that ran, in order.
    pub transactions: Vec<Included>,
    /// Blocks beside its ancestors that it names; only before the merge.
    pub uncles: Vec<Header>,
    /// Payments from outside, where the block can have such.
    pub withdrawals: Option<Vec<Withdrawal>>,
    /// Length of its encoding.
    pub bytes: u64,
    /// What is known of the block after it.
    pub next: Next,
    /// The header, whole or still without what is worked out from the transactions.
    header: Header,
    worked_out: OnceLock<Header>,
}

/// What a block decides of the prices of the next one.
#[derive(Clone, Debug, Default)]
pub struct Next {
    /// Wei per gas that are burnt.
    pub base_fee: u64,
    /// The hot keys from which its prices follow.
    pub table: Arc<Table>,
}

/// A transaction in a block.
pub struct Included {
    /// Its encoding.
    pub wire: Bytes,
    /// Who sent it.
    pub sender: Address,
    /// What it left behind.
    pub receipt: Receipt,
    /// Wei per gas that it paid, contention included.
    pub price: u128,
    /// Gas of the block up to and with it.
    pub cumulative_gas: u64,
    /// Number of the block's logs before its own.
    pub logs_before: u64,
    /// Blob gas that it paid for, and wei for each.
    pub blob_gas: Option<(u64, u128)>,
    /// Root of the state after it, in receipts from before Byzantium.
    pub root: Option<B256>,
}

impl Entry {
    /// A block of another chain, whose header says everything.
    pub fn imported(
        header: Header,
        hash: B256,
        environment: Environment,
        transactions: Vec<Included>,
        withdrawals: Option<Vec<Withdrawal>>,
        bytes: u64,
    ) -> Entry {
        let worked_out = OnceLock::from(header.clone());
        let next_base_fee = header.next_block_base_fee(alloy_eips::eip1559::BaseFeeParams::ethereum());
        let next = Next { base_fee: next_base_fee.unwrap_or_default(), ..Next::default() };
        let uncles = Vec::new();
        Entry { hash, environment, transactions, uncles, withdrawals, bytes, next, header, worked_out }
    }

    /// One of Pelton's own blocks, executed.
    pub fn own(
        block: &Block,
        executed: Executed,
        state_root: B256,
        prices: PriceList,
        next: Next,
        limits: &Limits,
    ) -> Entry {
        let wires = block.transactions().iter().map(|one| (one.transaction().wire().clone(), one.sender()));
        let ran = wires.zip(executed.outcomes).map(|((wire, sender), outcome)| (wire, sender, outcome));
        let bytes = block.bytes().len() as u64;
        Entry::ran((block.header(), block.id(), bytes), ran, state_root, prices, next, limits)
    }

    /// The same, of a block that was kept on disk.
    pub fn kept(record: Record, prices: PriceList, next: Next, limits: &Limits) -> Entry {
        let Record { header, id, block, state_root, notes: _, wires, outcomes } = record;
        let ran = wires.into_iter().zip(outcomes).map(|(wire, (sender, outcome))| (wire, sender, outcome));
        Entry::ran((&header, id, block.len() as u64), ran, state_root, prices, next, limits)
    }

    fn ran(
        (header, hash, bytes): (&pelton_engine::block::Header, B256, u64),
        ran: impl Iterator<Item = (Bytes, Address, Outcome)>,
        state_root: B256,
        prices: PriceList,
        next: Next,
        limits: &Limits,
    ) -> Entry {
        let environment = Environment::of(header, Arc::new(prices), limits);
        let (mut cumulative_gas, mut logs_before) = (0, 0);
        let mut transactions = Vec::new();
        for (wire, sender, outcome) in ran {
            let Outcome::Executed(receipt) = outcome else { continue };
            cumulative_gas += receipt.gas_used;
            let logs = receipt.logs.len() as u64;
            transactions.push(Included {
                wire,
                sender,
                price: receipt.effective_gas_price().saturating_to(),
                receipt,
                cumulative_gas,
                logs_before,
                blob_gas: None,
                root: None,
            });
            logs_before += logs;
        }
        let header = Header {
            parent_hash: header.parent,
            ommers_hash: EMPTY_OMMER_ROOT_HASH,
            beneficiary: environment.beneficiary,
            state_root,
            number: environment.number,
            gas_limit: environment.gas_limit,
            gas_used: cumulative_gas,
            timestamp: environment.timestamp,
            mix_hash: environment.prev_randao,
            base_fee_per_gas: Some(environment.base_fee),
            ..Header::default()
        };
        Entry {
            hash,
            environment,
            transactions,
            uncles: Vec::new(),
            withdrawals: None,
            bytes,
            next,
            header,
            worked_out: OnceLock::new(),
        }
    }

    /// The point below Pelton's first block.
    pub fn genesis(hash: B256, state_root: B256, base_fee: u64, limits: &Limits) -> Entry {
        let environment = Environment {
            fork: pelton_engine::environment::Fork::OWN,
            chain_id: limits.chain_id,
            number: 0,
            timestamp: 0,
            beneficiary: Address::ZERO,
            gas_limit: limits.block_gas_max,
            base_fee,
            prev_randao: B256::ZERO,
            difficulty: Default::default(),
            blob_excess_gas: 0,
            prices: Arc::default(),
            block_hashes: Vec::new(),
        };
        let header = Header {
            ommers_hash: EMPTY_OMMER_ROOT_HASH,
            state_root,
            gas_limit: limits.block_gas_max,
            base_fee_per_gas: Some(base_fee),
            ..Header::default()
        };
        Entry {
            hash,
            environment,
            transactions: Vec::new(),
            uncles: Vec::new(),
            withdrawals: None,
            bytes: 0,
            next: Next { base_fee, ..Next::default() },
            header,
            worked_out: OnceLock::new(),
        }
    }

    /// A block of which hardly more is known than that a chain stands there, as long as nothing else is there to be shown.
    pub fn headless(parent: &Parent, summary: &Summary, next: Next, limits: &Limits) -> Entry {
        let mut entry = Entry::genesis(parent.id, summary.state_root, parent.base_fee, limits);
        let timestamp = parent.timestamp_ms / 1_000;
        (entry.environment.number, entry.environment.timestamp) = (parent.height, timestamp);
        (entry.header.number, entry.header.timestamp) = (parent.height, timestamp);
        entry.header.gas_used = summary.gas_used;
        entry.next = next;
        entry
    }

    /// The height.
    pub fn number(&self) -> u64 {
        self.header.number
    }

    /// The whole header.
    pub fn header(&self) -> &Header {
        self.worked_out.get_or_init(|| Header {
            transactions_root: ordered_trie_root_with_encoder(&self.transactions, |one, out| {
                out.extend_from_slice(&one.wire)
            }),
            receipts_root: ordered_trie_root_with_encoder(&self.transactions, |one, out| {
                out.extend_from_slice(&receipt_bytes(one));
            }),
            logs_bloom: self.transactions.iter().flat_map(|one| &one.receipt.logs).collect::<Bloom>(),
            ..self.header.clone()
        })
    }

    /// Gas that the transactions used.
    pub fn gas_used(&self) -> u64 {
        self.header.gas_used
    }

    /// How many of the transactions failed: they were charged and did nothing else.
    pub fn failed(&self) -> u64 {
        self.transactions.iter().filter(|one| !one.receipt.success).count() as u64
    }

    /// Every log with its transaction's index and its own index in the block.
    pub fn logs(&self) -> impl Iterator<Item = (usize, u64, &Log)> {
        self.transactions.iter().enumerate().flat_map(|(index, one)| {
            let numbered = one.receipt.logs.iter().enumerate();
            numbered.map(move |(at, log)| (index, one.logs_before + at as u64, log))
        })
    }
}
