//! `Draft`: a transaction that is still to be signed, with what the node knows better: nonce, fees, gas, accounts and slots.

use alloy_primitives::{Address, B256, Bytes, U64, U128, U256};
use pelton_engine::transaction::{Fields, Kind, Listed};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use pelton_bench_harness::http::Endpoint;

/// How much more is offered than the next block asks for, so that the next few do not matter.
const FEE_FACTOR: u128 = 2;

/// What is wanted; the node is asked for what is none.
pub struct Draft {
    /// Who signs.
    pub from: Address,
    /// None creates a contract.
    pub to: Option<Address>,
    /// Wei sent along.
    pub value: U256,
    /// Call data or creation code.
    pub input: Bytes,
    /// Whether it is to be of type `0x65`.
    pub is_declared: bool,
    /// Declared reads beside those that the node finds.
    pub reads: Vec<Listed>,
    /// Position among the sender's transactions.
    pub nonce: Option<u64>,
    /// Most gas that it may use.
    pub gas_limit: Option<u64>,
    /// Wei per gas, all told.
    pub max_fee_per_gas: Option<u128>,
    /// Wei per gas for the producer.
    pub max_priority_fee_per_gas: Option<u128>,
    /// Wei for hot keys.
    pub max_contention_fee: Option<u128>,
}

impl Draft {
    /// All that is to be signed.
    ///
    /// # Errors
    /// What the node says, above all that the call would fail.
    pub fn complete(self, node: &Endpoint) -> Result<Fields, String> {
        let mut call = json!({ "from": self.from, "value": self.value, "input": self.input });
        if let Some(to) = self.to {
            call["to"] = json!(to);
        }
        let writes = if self.is_declared { touched(node, &call)? } else { Vec::new() };
        let reads =
            self.reads.into_iter().filter(|read| writes.iter().all(|write| write.address != read.address));
        let reads: Vec<Listed> = reads.collect();
        call["accessList"] = reads.iter().chain(&writes).map(shown).collect();
        if reads.is_empty() && writes.is_empty() {
            call.as_object_mut().expect("it was made one").remove("accessList");
        }
        let chain_id = number(node, "eth_chainId", json!([]))?;
        let nonce =
            or(self.nonce, || number(node, "eth_getTransactionCount", json!([self.from, "pending"])))?;
        let gas_limit = or(self.gas_limit, || number(node, "eth_estimateGas", json!([call])))?;
        let tip = || ask::<U128>(node, "eth_maxPriorityFeePerGas", json!([])).map(|tip| tip.to::<u128>());
        let tip = or(self.max_priority_fee_per_gas, tip)?;
        let price =
            || ask::<U128>(node, "eth_gasPrice", json!([])).map(|price| price.to::<u128>() * FEE_FACTOR);
        let max_fee_per_gas = or(self.max_fee_per_gas, price)?.max(tip);
        let contention = || match self.is_declared {
            true => bound(node, &call, gas_limit),
            false => Ok(0),
        };
        Ok(Fields {
            kind: if self.is_declared { Kind::Declared } else { Kind::DynamicFee },
            chain_id: Some(chain_id),
            nonce,
            gas_limit,
            max_fee_per_gas,
            max_priority_fee_per_gas: tip,
            max_contention_fee: or(self.max_contention_fee, contention)?,
            to: self.to,
            value: self.value,
            input: self.input,
            reads,
            writes,
            authorizations: Vec::new(),
        })
    }
}

/// What the call touches, as the node finds out by running it.
fn touched(node: &Endpoint, call: &Value) -> Result<Vec<Listed>, String> {
    let found = node.call("eth_createAccessList", &json!([call]))?;
    if let Some(words) = found["error"].as_str() {
        return Err(words.to_owned());
    }
    let items = found["accessList"].as_array().into_iter().flatten();
    items.map(listed).collect()
}

fn listed(item: &Value) -> Result<Listed, String> {
    let keys: Vec<B256> = parsed(&item["storageKeys"])?;
    let slots = keys.into_iter().map(|key| U256::from_be_bytes(key.0)).collect();
    Ok(Listed { address: parsed(&item["address"])?, slots })
}

fn shown(listed: &Listed) -> Value {
    let keys: Vec<B256> = listed.slots.iter().map(|slot| B256::from(*slot)).collect();
    json!({ "address": listed.address, "storageKeys": keys })
}

/// The most that any of the next blocks takes for hot keys.
fn bound(node: &Endpoint, call: &Value, gas_limit: u64) -> Result<u128, String> {
    let mut call = call.clone();
    call["gas"] = json!(U64::from(gas_limit));
    call["writes"] = call.get("accessList").cloned().unwrap_or_else(|| json!([]));
    let quote = node.call("pelton_quoteAccess", &json!([call]))?;
    parsed::<U256>(&quote["feeBound"]).map(|bound| bound.saturating_to())
}

fn or<T>(given: Option<T>, otherwise: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    given.map_or_else(otherwise, Ok)
}

fn number(node: &Endpoint, method: &str, params: Value) -> Result<u64, String> {
    ask::<U64>(node, method, params).map(|number| number.to())
}

fn ask<T: DeserializeOwned>(node: &Endpoint, method: &str, params: Value) -> Result<T, String> {
    parsed(&node.call(method, &params)?)
}

fn parsed<T: DeserializeOwned>(value: &Value) -> Result<T, String> {
    serde_json::from_value(value.clone()).map_err(|error| format!("the node answers {value}: {error}"))
}
