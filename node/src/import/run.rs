//! Runs one block of Ethereum's on the state below it, and checks all that its header says of the outcome.

use std::sync::Arc;

use alloy_consensus::transaction::SignerRecoverable as _;
use alloy_consensus::{Block, Header, Transaction as _, TxEnvelope, proofs};
use alloy_eips::eip2718::Encodable2718 as _;
use alloy_primitives::{Address, B256, Bloom, Bytes, U256, address};
use alloy_trie::root::ordered_trie_root_with_encoder;
use pelton_engine::environment::{Environment, Fork};
use pelton_engine::evm::call::{Call, Calls, Ended, Reads, Rules};
use pelton_engine::executed::Receipt;
use pelton_engine::state::State;
use pelton_engine::transaction::{Authorization, Listed};
use pelton_engine::writes::WriteSet;

use super::schedule::Schedule;
use crate::history::{Entry, Included};
use crate::json::receipt_bytes;
use crate::merkle::Tree;

/// What blocks call by themselves, by the names that EIP-7910 gives them, with the fork that brought each.
pub const SYSTEM_CONTRACTS: [(&str, Address, Fork); 4] = [
    ("BEACON_ROOTS_ADDRESS", BEACON_ROOTS, Fork::Cancun),
    ("HISTORY_STORAGE_ADDRESS", HISTORY, Fork::Prague),
    ("WITHDRAWAL_REQUEST_PREDEPLOY_ADDRESS", WITHDRAWALS, Fork::Prague),
    ("CONSOLIDATION_REQUEST_PREDEPLOY_ADDRESS", CONSOLIDATIONS, Fork::Prague),
];
/// Where roots of the beacon chain are kept (EIP-4788).
const BEACON_ROOTS: Address = address!("000F3df6D732807Ef1319fB7B8bB8522d0Beac02");
/// Where older hashes of blocks are kept (EIP-2935).
const HISTORY: Address = address!("0000F90827F1C53a10cb7A02335B175320002935");
/// Requests to leave (EIP-7002).
const WITHDRAWALS: Address = address!("00000961Ef480Eb55e80D19ad83579A64c007002");
/// Requests to join stakes (EIP-7251).
const CONSOLIDATIONS: Address = address!("0000BBdDc7CE488642fb579F8B00f3a590007251");
/// Hashes that a block can ask for.
const HASHES: usize = 256;
const WEI_PER_GWEI: u64 = 1_000_000_000;

/// What a block is run in.
pub(super) struct Runner<'a> {
    pub(super) schedule: &'a Schedule,
    pub(super) parent: &'a Entry,
    pub(super) state: &'a State,
}

impl Runner<'_> {
    /// Runs a block; gives it as clients see it, and what it changes.
    ///
    /// # Errors
    /// What does not agree, in words.
    pub(super) fn run(&self, block: Block<TxEnvelope>, bytes: u64) -> Result<(Entry, WriteSet), String> {
        let Block { header, body } = block;
        let hash = header.hash_slow();
        let environment = self.environment(&header)?;
        let mut calls = Calls::new(self.state, &environment);
        let blobs = self.schedule.timed_at(header.timestamp).and_then(|timed| timed.blobs);
        if let Some(blobs) = blobs {
            let fraction = u64::try_from(blobs.update_fraction).unwrap_or(u64::MAX);
            calls.set_blob_fee(environment.blob_excess_gas, fraction);
        }
        begin(&mut calls, &header, environment.fork);
        let mut transactions = Vec::with_capacity(body.transactions.len());
        for transaction in &body.transactions {
            let before = transactions.last();
            let included = self.transaction(&mut calls, transaction, before, &environment)?;
            transactions.push(included);
        }
        for withdrawal in body.withdrawals.iter().flatten() {
            calls.credit(withdrawal.address, U256::from(withdrawal.amount) * U256::from(WEI_PER_GWEI));
        }
        end(&mut calls, &header, &body.ommers, environment.fork);
        agree(
            "transactions root",
            header.transactions_root,
            proofs::calculate_transaction_root(&body.transactions),
        )?;
        agree("ommers hash", header.ommers_hash, proofs::calculate_ommers_root(&body.ommers))?;
        let writes = calls.writes();
        agree_with(&header, &transactions, self.root_after(&writes))?;
        let withdrawals = body.withdrawals.map(|withdrawals| withdrawals.0);
        let mut entry = Entry::imported(header, hash, environment, transactions, withdrawals, bytes);
        entry.uncles = body.ommers;
        Ok((entry, writes))
    }

    fn environment(&self, header: &Header) -> Result<Environment, String> {
        let parent = self.parent;
        agree("number", header.number, parent.number() + 1)?;
        agree("parent", header.parent_hash, parent.hash)?;
        let mut block_hashes = vec![parent.hash];
        block_hashes.extend(parent.environment.block_hashes.iter().take(HASHES - 1));
        Ok(environment(self.schedule, header, block_hashes))
    }

    fn transaction(
        &self,
        calls: &mut Calls<&State>,
        transaction: &TxEnvelope,
        before: Option<&Included>,
        environment: &Environment,
    ) -> Result<Included, String> {
        let id = *transaction.tx_hash();
        let sender = transaction.recover_signer().map_err(|error| format!("transaction {id}: {error}"))?;
        let ran = calls.run(&call_of(transaction, sender), Rules::Transaction);
        let ran = ran.map_err(|refused| format!("transaction {id} cannot run: {refused:?}"))?;
        let price = transaction.effective_gas_price(Some(environment.base_fee));
        let blob_gas = transaction.blob_gas_used().map(|gas| (gas, calls.blob_fee()));
        let receipt = Receipt {
            id,
            success: ran.ended == Ended::Success,
            gas_used: ran.gas_used,
            fee: U256::from(price) * U256::from(ran.gas_used),
            contention_fee: U256::ZERO,
            logs: ran.logs,
            created: ran.created,
        };
        let has_root = environment.fork < Fork::Byzantium;
        Ok(Included {
            wire: transaction.encoded_2718().into(),
            sender,
            price,
            cumulative_gas: before.map_or(0, |before| before.cumulative_gas) + ran.gas_used,
            logs_before: before.map_or(0, |before| before.logs_before + before.receipt.logs.len() as u64),
            blob_gas,
            root: has_root.then(|| self.root_after(&calls.writes())),
            receipt,
        })
    }

    fn root_after(&self, writes: &WriteSet) -> B256 {
        let mut after = self.state.clone();
        after.apply(writes);
        Tree::new(&after.writes()).root()
    }
}

/// What a block calls before its transactions.
pub(crate) fn begin<R: Reads>(calls: &mut Calls<R>, header: &Header, fork: Fork) {
    if let Some(root) = header.parent_beacon_block_root.filter(|_| fork >= Fork::Cancun) {
        calls.system(BEACON_ROOTS, root.0.into());
    }
    if fork >= Fork::Prague {
        calls.system(HISTORY, header.parent_hash.0.into());
    }
}

/// What it calls and pays after them and after withdrawals.
pub(crate) fn end<R: Reads>(calls: &mut Calls<R>, header: &Header, uncles: &[Header], fork: Fork) {
    if fork >= Fork::Prague {
        for contract in [WITHDRAWALS, CONSOLIDATIONS] {
            calls.system(contract, Bytes::new());
        }
    }
    let reward = Schedule::reward(fork);
    if !reward.is_zero() {
        let with_uncles = reward + reward * U256::from(uncles.len()) / U256::from(32);
        calls.credit(header.beneficiary, with_uncles);
    }
    for uncle in uncles {
        let depth = header.number.saturating_sub(uncle.number).min(8);
        calls.credit(uncle.beneficiary, reward * U256::from(8 - depth) / U256::from(8));
    }
}

/// What transactions see of a block with this header.
pub(crate) fn environment(schedule: &Schedule, header: &Header, block_hashes: Vec<B256>) -> Environment {
    Environment {
        fork: schedule.fork(header),
        chain_id: schedule.config.chain_id,
        number: header.number,
        timestamp: header.timestamp,
        beneficiary: header.beneficiary,
        gas_limit: header.gas_limit,
        base_fee: header.base_fee_per_gas.unwrap_or_default(),
        prev_randao: header.mix_hash,
        difficulty: header.difficulty,
        blob_excess_gas: header.excess_blob_gas.unwrap_or_default(),
        prices: Arc::default(),
        block_hashes,
    }
}

/// A signed transaction as a call.
pub(crate) fn call_of(transaction: &TxEnvelope, sender: Address) -> Call {
    let listed = transaction.access_list().into_iter().flat_map(|list| list.iter()).map(|item| Listed {
        address: item.address,
        slots: item.storage_keys.iter().map(|key| U256::from_be_bytes(key.0)).collect(),
    });
    let authorizations = transaction.authorization_list().unwrap_or_default().iter();
    let authorizations = authorizations.map(|signed| Authorization {
        chain_id: signed.chain_id,
        address: signed.address,
        nonce: signed.nonce,
        y_parity: signed.y_parity(),
        r: signed.r(),
        s: signed.s(),
    });
    Call {
        kind: alloy_consensus::Typed2718::ty(transaction),
        from: sender,
        to: transaction.to(),
        gas_limit: transaction.gas_limit(),
        max_fee_per_gas: transaction.max_fee_per_gas(),
        max_priority_fee_per_gas: transaction.max_priority_fee_per_gas(),
        value: transaction.value(),
        input: transaction.input().clone(),
        nonce: transaction.nonce(),
        chain_id: transaction.chain_id(),
        access_list: listed.collect(),
        authorizations: authorizations.collect(),
        blob_hashes: transaction.blob_versioned_hashes().unwrap_or_default().to_vec(),
        max_fee_per_blob_gas: transaction.max_fee_per_blob_gas().unwrap_or_default(),
    }
}

/// Whether the outcome is what the header says.
fn agree_with(header: &Header, transactions: &[Included], state_root: B256) -> Result<(), String> {
    let gas_used = transactions.last().map_or(0, |last| last.cumulative_gas);
    agree("gas used", header.gas_used, gas_used)?;
    let receipts_root = ordered_trie_root_with_encoder(transactions, |one, out| {
        out.extend_from_slice(&receipt_bytes(one));
    });
    agree("receipts root", header.receipts_root, receipts_root)?;
    let bloom: Bloom = transactions.iter().flat_map(|one| &one.receipt.logs).collect();
    agree("bloom", header.logs_bloom, bloom)?;
    agree("state root", header.state_root, state_root)
}

fn agree<T: PartialEq + std::fmt::Display>(what: &str, said: T, found: T) -> Result<(), String> {
    match said == found {
        true => Ok(()),
        false => Err(format!("{what}: the header says {said}, and it is {found}")),
    }
}
