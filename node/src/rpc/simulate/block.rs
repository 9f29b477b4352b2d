//! One simulated block: its calls run one after the other, and then its header is known.

use std::cmp::Ordering;

use alloy_consensus::{Header, Transaction as _, TxEnvelope};
use alloy_eips::eip2718::Encodable2718 as _;
use alloy_eips::eip7685::EMPTY_REQUESTS_HASH;
use alloy_primitives::{Address, Bloom, Log, U64, U256};
use alloy_rpc_types_eth::TransactionRequest;
use alloy_trie::root::ordered_trie_root_with_encoder;
use pelton_engine::environment::{Environment, Fork};
use pelton_engine::evm::call::{Call, Calls, Ended, Ran, Refused, Rules};
use pelton_engine::executed::Receipt;
use serde_json::{Value, json};

use super::super::calls::{failed, refused_words};
use super::super::debug::block_bytes;
use super::super::failure::Failure;
use super::chain::Planned;
use super::transfers::Transfers;
use super::{Simulation, unsigned};
use crate::history::{At, Entry, Included};
use crate::import::{begin, call_of, end};
use crate::json;

/// A block while it is made.
pub(super) struct Making<'a, 'b> {
    simulation: &'a mut Simulation<'b>,
    calls: Calls<At>,
    header: Header,
    environment: Environment,
    transactions: Vec<Included>,
    /// What came of each call, and its logs as they are shown.
    results: Vec<(Value, Vec<(u64, Log)>)>,
    log_count: u64,
}

impl<'a, 'b> Making<'a, 'b> {
    /// Begins a block on what the calls before have left.
    pub(super) fn new(
        simulation: &'a mut Simulation<'b>,
        calls: Calls<At>,
        planned: &Planned,
        environment: Environment,
    ) -> Result<Making<'a, 'b>, Failure> {
        let mut calls = calls.in_block(&environment).without_gas_cap();
        let blobs = simulation.node.schedule().timed_at(environment.timestamp).and_then(|timed| timed.blobs);
        if let Some(blobs) = blobs {
            let fraction = u64::try_from(blobs.update_fraction).unwrap_or(u64::MAX);
            calls.set_blob_fee(environment.blob_excess_gas, fraction);
        }
        if let Some(price) = planned.overrides.blob_base_fee {
            calls.set_blob_price(price.saturating_to());
        }
        super::super::overrides::override_state(&mut calls, &planned.state)?;
        let header = simulation.header_of(planned, &environment);
        if !simulation.node.is_own() {
            begin(&mut calls, &header, environment.fork);
        }
        Ok(Making {
            simulation,
            calls,
            header,
            environment,
            transactions: Vec::new(),
            results: Vec::new(),
            log_count: 0,
        })
    }

    /// Runs a call.
    pub(super) fn run(&mut self, mut request: TransactionRequest) -> Result<(), Failure> {
        let from = request.from.unwrap_or_default();
        let used = self.gas_used();
        let left = self.environment.gas_limit - used;
        let nonce = || self.calls.account(&from).map_or(0, |account| account.nonce);
        request.nonce = Some(request.nonce.unwrap_or_else(nonce));
        let gas = request.gas.unwrap_or(left);
        if gas > left {
            let words = format!("block gas limit reached: {used} >= {}", self.environment.gas_limit);
            return Err(Failure::new(Failure::BLOCK_GAS, words));
        }
        request.gas = Some(gas.min(self.simulation.gas_left));
        let transaction = unsigned::transaction(request, self.environment.chain_id)?;
        let mut call = call_of(&transaction, from);
        let validates = self.simulation.validates;
        if !validates {
            // It is not looked at, and the last one would be refused in any case.
            call.nonce = 0;
        }
        let rules = if validates { Rules::Unsigned } else { Rules::Question };
        // Who pays nothing is not held to the base fee, unless everything is to be as in a real block.
        let is_free = !validates && call.max_fee_per_gas == 0;
        self.calls.set_base_fee(if is_free { 0 } else { self.environment.base_fee });
        let transfers = Transfers::new(self.simulation.shows_transfers, self.log_count);
        let ran = self.check_nonce(&call).and_then(|()| {
            let (ran, transfers) = self.calls.run_watched(&call, rules, transfers);
            ran.map(|ran| (ran, transfers))
        });
        let (ran, transfers) = ran.map_err(|refused| {
            Failure::new(code_of(&refused), refused_words(&refused, &call, &self.environment))
        })?;
        self.simulation.gas_left -= ran.gas_used.min(self.simulation.gas_left);
        let price = transaction.effective_gas_price(Some(self.environment.base_fee));
        self.log_count = transfers.count;
        self.results.push((result(&ran), transfers.logs));
        self.include(&transaction, from, ran, price);
        Ok(())
    }

    /// Nonces are looked at before fees.
    fn check_nonce(&self, call: &Call) -> Result<(), Refused> {
        if !self.simulation.validates {
            return Ok(());
        }
        let next = self.calls.account(&call.from).map_or(0, |account| account.nonce);
        let given = call.nonce;
        match given.cmp(&next) {
            Ordering::Less => Err(Refused::NonceTooLow { next, given }),
            Ordering::Greater => Err(Refused::NonceTooHigh { next, given }),
            Ordering::Equal if given == u64::MAX => Err(Refused::NonceMax),
            Ordering::Equal => Ok(()),
        }
    }

    fn gas_used(&self) -> u64 {
        self.transactions.last().map_or(0, |last| last.cumulative_gas)
    }

    fn include(&mut self, transaction: &TxEnvelope, sender: Address, ran: Ran, price: u128) {
        let cumulative_gas = self.gas_used() + ran.gas_used;
        let receipt = Receipt {
            id: *transaction.tx_hash(),
            success: ran.ended == Ended::Success,
            gas_used: ran.gas_used,
            fee: U256::from(price) * U256::from(ran.gas_used),
            contention_fee: U256::ZERO,
            logs: ran.logs,
            created: ran.created,
        };
        self.transactions.push(Included {
            wire: transaction.encoded_2718().into(),
            sender,
            receipt,
            price,
            cumulative_gas,
            // Here logs carry their own numbers.
            logs_before: 0,
            blob_gas: transaction.blob_gas_used().map(|gas| (gas, self.calls.blob_fee())),
            root: None,
        });
    }

    /// Ends the block: its header, what clients see of it, and the calls that the next block goes on with.
    pub(super) fn finish(mut self) -> (Header, Value, Calls<At>) {
        let fork = self.environment.fork;
        if !self.simulation.node.is_own() {
            end(&mut self.calls, &self.header, &[], fork);
        }
        let gas_used = self.gas_used();
        let root = self.simulation.root_after(&self.calls.writes());
        let transactions = &self.transactions;
        let header = Header {
            gas_used,
            state_root: root,
            transactions_root: ordered_trie_root_with_encoder(transactions, |one, out| {
                out.extend_from_slice(&one.wire);
            }),
            receipts_root: ordered_trie_root_with_encoder(transactions, |one, out| {
                out.extend_from_slice(&json::receipt_bytes(one));
            }),
            logs_bloom: transactions.iter().flat_map(|one| &one.receipt.logs).collect::<Bloom>(),
            blob_gas_used: (fork >= Fork::Cancun)
                .then(|| transactions.iter().filter_map(|one| one.blob_gas).map(|(gas, _)| gas).sum()),
            requests_hash: (fork >= Fork::Prague).then_some(EMPTY_REQUESTS_HASH),
            ..self.header
        };
        let withdrawals = header.withdrawals_root.map(|_| Vec::new());
        let (hash, whole) = (header.hash_slow(), self.simulation.is_whole);
        let entry = |bytes| {
            Entry::imported(
                header.clone(),
                hash,
                self.environment.clone(),
                self.transactions,
                withdrawals,
                bytes,
            )
        };
        let mut entry = entry(0);
        entry.bytes = block_bytes(&entry).len() as u64;
        let mut shown = json::block(&entry, whole);
        shown["calls"] = with_logs(&entry, self.results);
        (header, shown, self.calls)
    }
}

/// What came of a call, but for its logs.
fn result(ran: &Ran) -> Value {
    let mut result = json!({
        "returnData": ran.output,
        "gasUsed": U64::from(ran.gas_used),
        "maxUsedGas": U64::from(ran.gas_most),
        "status": U64::from(u64::from(ran.ended == Ended::Success)),
    });
    if ran.ended != Ended::Success {
        let Failure { code, message, data } = failed(ran);
        let code = if ran.ended == Ended::Revert { code } else { Failure::MACHINE };
        result["returnData"] = json!("0x");
        result["error"] = json!({ "code": code, "message": message });
        if let Some(data) = data {
            result["error"]["data"] = json!(data);
        }
    }
    result
}

fn with_logs(entry: &Entry, results: Vec<(Value, Vec<(u64, Log)>)>) -> Value {
    let mut shown = Vec::with_capacity(results.len());
    for (index, (mut result, logs)) in results.into_iter().enumerate() {
        let show = |(log_index, log): &(u64, Log)| json::log_fields(entry, index, *log_index, log);
        result["logs"] = logs.iter().map(show).collect();
        shown.push(result);
    }
    shown.into()
}

/// The code of a refusal.
fn code_of(refused: &Refused) -> i32 {
    match refused {
        Refused::NonceTooLow { .. } => -38_010,
        Refused::NonceTooHigh { .. } => -38_011,
        Refused::FeeBelowBase => -38_012,
        Refused::IntrinsicGas { .. } => -38_013,
        Refused::Funds { .. } => -38_014,
        Refused::SenderIsContract => -38_024,
        Refused::TipAboveFee => Failure::INVALID_PARAMS,
        Refused::NonceMax | Refused::GasLimit | Refused::Other(_) => Failure::INTERNAL,
    }
}
