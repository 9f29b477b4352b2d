//! `pelton_quoteAccess`: what a transaction would pay for the hot keys that it claims, before it is signed.

use alloy_primitives::{B256, U64, U128, U256};
use alloy_rpc_types_eth::AccessList;
use pelton_engine::access::AccessSet;
use pelton_engine::evm::call::Call;
use pelton_engine::prices::quote::{Advice, HotKey, Market, Quote, narrower};
use pelton_engine::prices::{Claim, Key, WEIGHT_ONE, WEIGHT_WRITE};
use pelton_engine::transaction::{Fields, Kind, Listed};
use serde_json::{Value, json};

use super::Node;
use super::arguments::Arguments;
use super::calls::Question;
use super::failure::{Answer, Failure};

/// How far ahead the bound looks unless told otherwise, and at most.
const BLOCKS: u64 = 8;
const BLOCKS_MAX: u64 = 10_000;

/// Takes a call as `eth_call` does, with `reads` and `writes` in the form of access lists if it is to be of type `0x65`, and
/// how many blocks ahead to look.
pub(super) fn quote(node: &Node, arguments: &Arguments) -> Answer {
    let blocks = arguments.quantity(1)?.unwrap_or(BLOCKS);
    if blocks > BLOCKS_MAX {
        return Err(Failure::params(format!("blocks ahead: at most {BLOCKS_MAX}")));
    }
    let question = Question::read(node, &arguments.first())?;
    let call = &question.call;
    let fields = fields_of(call, list(arguments, "reads")?, list(arguments, "writes")?);
    let access = AccessSet::of(&fields, call.from);
    let next = node.history().newest().next.clone();
    let market = Market::new(&next.table, next.base_fee, blocks, node.chain_limits());
    let claims = || Claim::of(&fields, call.from, &access);
    let quote = Quote::new(&market, claims(), call.gas_limit);
    // What cannot run now may run when it is sent; then nothing is known of what it would touch.
    let touched = question.calls()?.ask(call).map(|ran| ran.touched).unwrap_or_default();
    let touched_claims =
        touched.iter().map(|one| Claim { address: one.address, slots: &one.slots, weight: WEIGHT_WRITE });
    let advice = match touched.is_empty() {
        true => Vec::new(),
        false => narrower(&market, claims(), touched_claims, call.gas_limit),
    };
    Ok(json!({
        "baseFee": U64::from(next.base_fee),
        "gas": U64::from(call.gas_limit),
        "keys": quote.keys.iter().map(hot).collect::<Value>(),
        "perGas": U128::from(quote.rate.per_gas()),
        "fee": quote.fee_max(),
        "blocks": U64::from(blocks),
        "feeBound": quote.fee_bound(),
        "advice": advice.iter().map(advised).collect::<Value>(),
    }))
}

/// Accounts and slots that stand under this name beside the call.
fn list(arguments: &Arguments, name: &str) -> Result<Option<Vec<Listed>>, Failure> {
    let Some(given) = arguments.value(0).and_then(|call| call.get(name)) else { return Ok(None) };
    let parsed = serde_json::from_value::<AccessList>(given.clone());
    let AccessList(items) =
        parsed.map_err(|error| Failure::params(format!("invalid argument 0: {name}: {error}")))?;
    let listed = items.into_iter().map(|item| Listed {
        address: item.address,
        slots: item.storage_keys.into_iter().map(|key| U256::from_be_bytes(key.0)).collect(),
    });
    Ok(Some(listed.collect()))
}

/// What a transaction would say that makes this call.
fn fields_of(call: &Call, reads: Option<Vec<Listed>>, writes: Option<Vec<Listed>>) -> Fields {
    let kind = match (&reads, &writes, call.kind) {
        (None, None, 0) => Kind::Legacy,
        (None, None, 1) => Kind::AccessList,
        (None, None, 4) => Kind::SetCode,
        (None, None, _) => Kind::DynamicFee,
        _ => Kind::Declared,
    };
    Fields {
        kind,
        chain_id: call.chain_id,
        nonce: call.nonce,
        gas_limit: call.gas_limit,
        max_fee_per_gas: call.max_fee_per_gas,
        max_priority_fee_per_gas: call.max_priority_fee_per_gas.unwrap_or_default(),
        max_contention_fee: 0,
        to: call.to,
        value: call.value,
        input: call.input.clone(),
        reads: reads.unwrap_or_default(),
        writes: writes.unwrap_or_else(|| call.access_list.clone()),
        authorizations: call.authorizations.clone(),
    }
}

fn hot(hot: &HotKey) -> Value {
    let HotKey { key, weight, load, excess, price } = hot;
    let mut shown = key_of(key, *weight);
    shown["load"] = json!(U64::from(*load));
    shown["excess"] = json!(U64::from(*excess));
    shown["price"] = json!(U128::from(*price));
    shown
}

fn key_of(key: &Key, weight: u64) -> Value {
    let slot = key.slot.map(|slot| json!(B256::from(slot)));
    json!({ "address": key.address, "slot": slot, "weight": weight as f64 / WEIGHT_ONE as f64 })
}

fn advised(advice: &Advice) -> Value {
    let Advice { address, claims, saving } = advice;
    let claims = claims.iter().map(|(key, weight)| key_of(key, *weight));
    json!({ "address": address, "claims": claims.collect::<Value>(), "saving": saving })
}
