//! Blocks, transactions, receipts and logs as Ethereum's tools expect them: names, order and words are geth's.

use alloy_consensus::TxEnvelope;
use alloy_consensus::transaction::Recovered;
use alloy_eips::eip2718::Decodable2718;
use alloy_primitives::{Address, B256, Bloom, Bytes, Log, U64, U128, U256, hex};
use alloy_rlp::{Encodable, RlpEncodable};
use alloy_rpc_types_eth::Transaction;
use pelton_engine::codec;
use pelton_engine::transaction::{Fields, Kind, Listed, Signature};
use serde_json::{Map, Value, json};

use crate::history::{Entry, Included};

/// A number as a hexadecimal quantity.
pub fn quantity(number: impl Into<u128>) -> Value {
    json!(U128::from(number.into()))
}

/// A block: header, and its transactions as hashes or as a whole.
pub fn block(entry: &Entry, whole: bool) -> Value {
    let mut block = header(entry);
    let index = 0..entry.transactions.len();
    let transactions: Vec<Value> = if whole {
        index.map(|index| transaction(entry, index)).collect()
    } else {
        index.map(|index| json!(entry.transactions[index].receipt.id)).collect()
    };
    block.insert("size".into(), quantity(entry.bytes));
    block.insert("transactions".into(), transactions.into());
    let uncles: Vec<B256> = entry.uncles.iter().map(|uncle| uncle.hash_slow()).collect();
    block.insert("uncles".into(), json!(uncles));
    if let Some(withdrawals) = &entry.withdrawals {
        block.insert("withdrawals".into(), json!(withdrawals));
    }
    block.into()
}

/// The header of a block.
pub fn header(entry: &Entry) -> Map<String, Value> {
    let fields = serde_json::to_value(entry.header()).expect("a header has only plain fields");
    let Value::Object(mut fields) = fields else { unreachable!("a header is an object") };
    fields.insert("hash".into(), json!(entry.hash));
    fields
}

/// A transaction in a block.
pub fn transaction(entry: &Entry, index: usize) -> Value {
    let one = &entry.transactions[index];
    let place = json!({
        "blockHash": entry.hash,
        "blockNumber": U64::from(entry.number()),
        "blockTimestamp": U64::from(entry.environment.timestamp),
        "transactionIndex": U64::from(index),
    });
    fields_of(&one.wire, one.sender, one.price, place)
}

/// A transaction that waits for a block.
pub fn waiting(wire: &Bytes, sender: Address, price: u128) -> Value {
    let place =
        json!({ "blockHash": null, "blockNumber": null, "blockTimestamp": null, "transactionIndex": null });
    fields_of(wire, sender, price, place)
}

fn fields_of(wire: &Bytes, sender: Address, price: u128, place: Value) -> Value {
    let mut fields = match TxEnvelope::decode_2718_exact(wire) {
        Ok(envelope) => {
            let inner = Recovered::new_unchecked(envelope, sender);
            let shown = Transaction {
                inner,
                block_hash: None,
                block_number: None,
                transaction_index: None,
                effective_gas_price: Some(price),
                block_timestamp: None,
            };
            serde_json::to_value(shown).expect("a transaction has only plain fields")
        }
        Err(_) => declared(wire, sender, price),
    };
    if let (Value::Object(fields), Value::Object(place)) = (&mut fields, place) {
        fields.extend(place);
    }
    fields
}

/// A transaction of type `0x65`, which only Pelton knows.
fn declared(wire: &Bytes, sender: Address, price: u128) -> Value {
    let decoded = codec::decode(wire.clone()).expect("what is in a block was decoded before");
    let Fields { nonce, gas_limit, max_fee_per_gas, max_priority_fee_per_gas, max_contention_fee, .. } =
        decoded.fields();
    let Fields { to, value, input, .. } = decoded.fields();
    let (signature, key) = match decoded.signature() {
        Signature::Ed25519 { rs, key } => (Bytes::copy_from_slice(rs), B256::from(*key)),
        Signature::Secp256k1 { rs, .. } => (Bytes::copy_from_slice(rs), B256::ZERO),
    };
    json!({
        "type": U64::from(Kind::Declared as u8),
        "hash": decoded.id(),
        "from": sender,
        "chainId": decoded.fields().chain_id.map(U64::from),
        "nonce": U64::from(*nonce),
        "gas": U64::from(*gas_limit),
        "gasPrice": U128::from(price),
        "maxFeePerGas": U128::from(*max_fee_per_gas),
        "maxPriorityFeePerGas": U128::from(*max_priority_fee_per_gas),
        "maxContentionFee": U128::from(*max_contention_fee),
        "to": to,
        "value": value,
        "input": input,
        "reads": access_list(&decoded.fields().reads),
        "writes": access_list(&decoded.fields().writes),
        "publicKey": key,
        "signature": signature,
    })
}

/// Accounts and slots as in an access list.
pub fn access_list(listed: &[Listed]) -> Value {
    let item = |one: &Listed| {
        let keys: Vec<B256> = one.slots.iter().map(|slot| B256::from(*slot)).collect();
        json!({ "address": one.address, "storageKeys": keys })
    };
    listed.iter().map(item).collect()
}

/// A receipt.
pub fn receipt(entry: &Entry, index: usize) -> Value {
    let one = &entry.transactions[index];
    let logs: Vec<Value> = one
        .receipt
        .logs
        .iter()
        .enumerate()
        .map(|(at, log)| log_fields(entry, index, one.logs_before + at as u64, log))
        .collect();
    let to = recipient(&one.wire);
    let mut receipt = json!({
        "blockHash": entry.hash,
        "blockNumber": U64::from(entry.number()),
        "contractAddress": one.receipt.created,
        "cumulativeGasUsed": U64::from(one.cumulative_gas),
        "effectiveGasPrice": U128::from(one.price),
        "from": one.sender,
        "gasUsed": U64::from(one.receipt.gas_used),
        "logs": logs,
        "logsBloom": one.receipt.logs.iter().collect::<Bloom>(),
        "to": to,
        "transactionHash": one.receipt.id,
        "transactionIndex": U64::from(index),
        "type": U64::from(type_of(&one.wire)),
    });
    let fields = receipt.as_object_mut().expect("it was just made one");
    match one.root {
        Some(root) => fields.insert("root".into(), json!(root)),
        None => fields.insert("status".into(), quantity(u8::from(one.receipt.success))),
    };
    if !one.receipt.contention_fee.is_zero() {
        fields.insert("contentionFee".into(), json!(one.receipt.contention_fee));
    }
    if let Some((gas, price)) = one.blob_gas {
        fields.insert("blobGasUsed".into(), quantity(gas));
        fields.insert("blobGasPrice".into(), quantity(price));
    }
    receipt
}

/// A log in a block.
pub fn log_fields(entry: &Entry, index: usize, log_index: u64, log: &Log) -> Value {
    json!({
        "address": log.address,
        "topics": log.data.topics(),
        "data": log.data.data,
        "blockNumber": U64::from(entry.number()),
        "transactionHash": entry.transactions[index].receipt.id,
        "transactionIndex": U64::from(index),
        "blockHash": entry.hash,
        "blockTimestamp": U64::from(entry.environment.timestamp),
        "logIndex": U64::from(log_index),
        "removed": false,
    })
}

/// The type byte of an encoded transaction; 0 for a legacy one.
pub fn type_of(wire: &Bytes) -> u8 {
    wire.first().copied().filter(|first| *first < 0x80).unwrap_or(0)
}

/// The recipient of an encoded transaction; none if it creates a contract.
pub fn recipient(wire: &Bytes) -> Option<Address> {
    use alloy_consensus::Transaction as _;
    match TxEnvelope::decode_2718_exact(wire) {
        Ok(envelope) => envelope.to(),
        Err(_) => codec::decode(wire.clone()).ok().and_then(|decoded| decoded.fields().to),
    }
}

#[derive(RlpEncodable)]
struct ReceiptRlp<'a> {
    outcome: Bytes,
    cumulative_gas: u64,
    bloom: Bloom,
    logs: &'a Vec<Log>,
}

/// A receipt as it stands under the receipts root (EIP-2718, 658).
pub fn receipt_bytes(one: &Included) -> Vec<u8> {
    let outcome = match one.root {
        Some(root) => Bytes::copy_from_slice(root.as_slice()),
        None if one.receipt.success => Bytes::from_static(&[1]),
        None => Bytes::new(),
    };
    let bloom = one.receipt.logs.iter().collect();
    let mut bytes = Vec::new();
    let kind = type_of(&one.wire);
    if kind > 0 {
        bytes.push(kind);
    }
    ReceiptRlp { outcome, cumulative_gas: one.cumulative_gas, bloom, logs: &one.receipt.logs }
        .encode(&mut bytes);
    bytes
}

/// The words of a revert, if it carries some: `Error(string)`, or a `Panic(uint256)` of Solidity's.
pub fn revert_words(output: &[u8]) -> Option<String> {
    let (selector, rest) = output.split_at_checked(4)?;
    match selector {
        [0x08, 0xc3, 0x79, 0xa0] => {
            let offset = usize::try_from(U256::from_be_slice(rest.get(..32)?)).ok()?;
            let length_end = offset.checked_add(32)?;
            let length = usize::try_from(U256::from_be_slice(rest.get(offset..length_end)?)).ok()?;
            let text = rest.get(length_end..length_end.checked_add(length)?)?;
            Some(String::from_utf8_lossy(text).into_owned())
        }
        [0x4e, 0x48, 0x7b, 0x71] => {
            let code = U256::from_be_slice(rest.get(..32)?);
            Some(match u64::try_from(code) {
                Ok(0x00) => "generic panic".to_owned(),
                Ok(0x01) => "assert(false)".to_owned(),
                Ok(0x11) => "arithmetic underflow or overflow".to_owned(),
                Ok(0x12) => "division or modulo by zero".to_owned(),
                Ok(0x21) => "enum overflow".to_owned(),
                Ok(0x22) => "invalid encoded storage byte array accessed".to_owned(),
                Ok(0x31) => "out-of-bounds array access; popping on an empty array".to_owned(),
                Ok(0x32) => "out-of-bounds access of an array or bytesN".to_owned(),
                Ok(0x41) => "out of memory".to_owned(),
                Ok(0x51) => "uninitialized function".to_owned(),
                _ => format!("unknown panic code: {}", hex::encode_prefixed(code.to_be_bytes_trimmed_vec())),
            })
        }
        _ => None,
    }
}
