//! `Replay`: the transactions of a block once more, on the state before it.

use std::sync::Arc;

use alloy_consensus::TxEnvelope;
use alloy_eips::eip2718::Decodable2718 as _;
use alloy_primitives::{Bytes, U256};
use pelton_engine::codec;
use pelton_engine::environment::Environment;
use pelton_engine::evm::call::{Call, Calls, Ended, Ran, Refused, Rules};
use pelton_engine::transaction::Kind;
use serde_json::Value;

use super::super::Node;
use super::super::failure::Failure;
use super::{Options, trace};
use crate::history::{At, Entry, Included};
use crate::import::{begin, call_of};

/// A block that runs again.
pub(super) struct Replay {
    calls: Calls<At>,
    environment: Environment,
    is_own: bool,
}

impl Replay {
    /// Before the first transaction of a block.
    ///
    /// # Errors
    /// If the state before it is not known.
    pub(super) fn new(node: &Node, entry: &Arc<Entry>) -> Result<Replay, Failure> {
        let parent =
            entry.number().checked_sub(1).ok_or_else(|| Failure::server("genesis is not traceable"))?;
        node.check_state(parent)?;
        let environment = entry.environment.clone();
        let mut calls = Calls::new(node.history().at(parent), &environment);
        let blobs = node.schedule().timed_at(environment.timestamp).and_then(|timed| timed.blobs);
        if let Some(blobs) = blobs {
            let fraction = u64::try_from(blobs.update_fraction).unwrap_or(u64::MAX);
            calls.set_blob_fee(environment.blob_excess_gas, fraction);
        }
        if !node.is_own() {
            begin(&mut calls, entry.header(), environment.fork);
        }
        Ok(Replay { calls, environment, is_own: node.is_own() })
    }

    /// Runs the next transaction.
    pub(super) fn run(&mut self, one: &Included) -> Result<(), Failure> {
        let call = call(one)?;
        let ran = self.calls.run(&call, self.rules());
        self.settle(one, &call, ran)
    }

    /// The same, and tells what it did; none if that is too long.
    pub(super) fn trace(&mut self, one: &Included, options: &Options) -> Result<Option<Value>, Failure> {
        let (call, rules) = (call(one)?, self.rules());
        match trace(&mut self.calls, &call, rules, options)? {
            Ok((ran, shown)) => self.settle(one, &call, Ok(ran)).map(|()| shown),
            Err(refused) => self.settle(one, &call, Err(refused)).map(|()| None),
        }
    }

    /// Pelton's own transactions are checked elsewhere, and pay by rules of their own.
    fn rules(&self) -> Rules {
        if self.is_own { Rules::Question } else { Rules::Transaction }
    }

    /// Compares with the receipt, and makes the sender pay what it says.
    fn settle(&mut self, one: &Included, call: &Call, ran: Result<Ran, Refused>) -> Result<(), Failure> {
        let receipt = &one.receipt;
        let is_same = |ran: &Ran| {
            (ran.ended == Ended::Success, ran.gas_used) == (receipt.success, receipt.gas_used)
                && (!receipt.success || ran.logs == receipt.logs)
        };
        let ran = ran.ok().filter(is_same);
        let ran = ran.ok_or_else(|| {
            let words = "its replay came out otherwise than its receipt: it paid for contention, or touched what it had not declared";
            Failure::server(format!("transaction {}: {words}", receipt.id))
        })?;
        if self.is_own {
            let base_fee = u128::from(self.environment.base_fee);
            let tip = call.max_priority_fee_per_gas.unwrap_or(call.max_fee_per_gas);
            let price = call.max_fee_per_gas.min(base_fee + tip);
            let paid = U256::from(price) * U256::from(ran.gas_used);
            let mut account = self.calls.account(&one.sender).unwrap_or_default();
            account.balance = (account.balance + paid).saturating_sub(receipt.fee);
            self.calls.set_account(one.sender, Some(account));
        }
        Ok(())
    }
}

/// What a transaction of a block calls.
fn call(one: &Included) -> Result<Call, Failure> {
    match TxEnvelope::decode_2718_exact(&one.wire) {
        Ok(envelope) => Ok(call_of(&envelope, one.sender)),
        Err(_) => declared(&one.wire, one),
    }
}

/// The same of type `0x65`: as type 2, with all that it declares as its list.
fn declared(wire: &Bytes, one: &Included) -> Result<Call, Failure> {
    let decoded = codec::decode(wire.clone()).map_err(|_| Failure::server("it cannot be decoded"))?;
    let fields = decoded.fields();
    Ok(Call {
        kind: Kind::DynamicFee as u8,
        from: one.sender,
        to: fields.to,
        gas_limit: fields.gas_limit,
        max_fee_per_gas: fields.max_fee_per_gas,
        max_priority_fee_per_gas: Some(fields.max_priority_fee_per_gas),
        value: fields.value,
        input: fields.input.clone(),
        nonce: fields.nonce,
        chain_id: fields.chain_id,
        access_list: fields.reads.iter().chain(&fields.writes).cloned().collect(),
        ..Call::default()
    })
}
