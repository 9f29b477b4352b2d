//! Transactions become blocks, and all that is asked about them agrees.

use std::time::{Duration, Instant};

use alloy_consensus::proofs::{calculate_receipt_root, calculate_transaction_root};
use alloy_consensus::{EthereumReceipt, TxEnvelope, TxReceipt, TxType};
use alloy_eips::eip2718::Decodable2718;
use alloy_primitives::{Address, U256};
use pelton_node::history::Keep;
use pelton_node::rpc::limits::Limits;
use serde_json::{Value, json};

use crate::client::{call, fail, number, post, standard, start, wei};
use crate::wallet::{address, payment, sign};

const PAYEE: Address = Address::repeat_byte(0x77);

#[test]
fn a_payment_is_committed_at_once_and_every_method_tells_the_same_of_it() {
    let node = standard();
    let before = wei(&call(node, "eth_getBalance", json!([address(0), "latest"])));
    let (wire, id) = sign(payment(0, PAYEE, 5), 0);
    let receipt = call(node, "eth_sendRawTransactionSync", json!([wire]));
    assert_eq!((&receipt["status"], &receipt["transactionHash"]), (&json!("0x1"), &json!(id)));
    assert_eq!(call(node, "eth_getTransactionReceipt", json!([id])), receipt);
    assert_eq!(call(node, "eth_getBlockReceipts", json!(["latest"])), json!([receipt]));
    assert_eq!(call(node, "eth_blockNumber", json!([])), "0x1");

    let transaction = call(node, "eth_getTransactionByHash", json!([id]));
    let block = call(node, "eth_getBlockByNumber", json!(["latest", true]));
    assert_eq!(block["transactions"], json!([transaction]));
    assert_eq!(call(node, "eth_getBlockByHash", json!([block["hash"], true])), block);
    for (method, name) in [
        ("eth_getTransactionByBlockHashAndIndex", &block["hash"]),
        ("eth_getTransactionByBlockNumberAndIndex", &json!("0x1")),
    ] {
        assert_eq!(call(node, method, json!([name, "0x0"])), transaction);
        assert_eq!(call(node, method, json!([name, "0x1"])), Value::Null);
    }
    assert_eq!(transaction["from"], json!(address(0)), "{transaction}");
    assert_eq!(transaction["blockHash"], block["hash"]);

    let paid = wei(&receipt["gasUsed"]) * wei(&receipt["effectiveGasPrice"]);
    assert_eq!(wei(&call(node, "eth_getBalance", json!([address(0)]))), before - paid - U256::from(5));
    assert_eq!(wei(&call(node, "eth_getBalance", json!([PAYEE, block["hash"]]))), U256::from(5));
    assert_eq!(call(node, "eth_getBalance", json!([PAYEE, "0x0"])), "0x0", "below the block it had nothing");
    assert_eq!(call(node, "eth_getTransactionCount", json!([address(0), "pending"])), "0x1");
    assert_eq!(call(node, "pelton_transactionStatus", json!([id]))["status"], "committed");
}

#[test]
fn a_batch_of_transactions_fills_blocks_whose_roots_are_ethereums() {
    let node = standard();
    let wires: Vec<_> = (0..200).map(|nonce| sign(payment(nonce, PAYEE, 1), 1).0).collect();
    let request = |(id, wire)| json!({ "jsonrpc": "2.0", "id": id, "method": "eth_sendRawTransaction", "params": [wire] });
    let batch: Value = wires.iter().enumerate().map(request).collect();
    let (status, body) = post(node, &batch.to_string());
    assert_eq!(status, 200);
    let responses: Vec<Value> = serde_json::from_str(&body).expect("a list");
    for (at, response) in responses.iter().enumerate() {
        assert_eq!(response["id"], json!(at), "answers come in the order of the questions");
        assert!(response["result"].is_string(), "{response}");
    }
    wait_until(|| call(node, "eth_getTransactionCount", json!([address(1), "latest"])) == "0xc8");
    let mut seen = 0;
    for height in 1..=number(&call(node, "eth_blockNumber", json!([]))) {
        let name = format!("{height:#x}");
        let block = call(node, "eth_getBlockByNumber", json!([name, false]));
        let ids = block["transactions"].as_array().expect("a list");
        assert!(!ids.is_empty(), "no block is empty");
        let raw = |id| call(node, "eth_getRawTransactionByHash", json!([id]));
        let envelopes: Vec<TxEnvelope> = ids.iter().map(|id| decode(&raw(id))).collect();
        assert_eq!(json!(calculate_transaction_root(&envelopes)), block["transactionsRoot"]);
        let receipts = call(node, "eth_getBlockReceipts", json!([name]));
        let encodable: Vec<_> = receipts.as_array().expect("a list").iter().map(plain_receipt).collect();
        assert_eq!(json!(calculate_receipt_root(&encodable)), block["receiptsRoot"]);
        seen += ids.len();
    }
    assert_eq!(seen, 200);
}

fn decode(wire: &Value) -> TxEnvelope {
    let bytes: alloy_primitives::Bytes = serde_json::from_value(wire.clone()).expect("bytes");
    TxEnvelope::decode_2718_exact(&bytes).expect("a transaction")
}

fn plain_receipt(receipt: &Value) -> alloy_consensus::ReceiptWithBloom<EthereumReceipt<TxType>> {
    let cumulative_gas_used = number(&receipt["cumulativeGasUsed"]);
    let receipt =
        EthereumReceipt { tx_type: TxType::Eip1559, success: true, cumulative_gas_used, logs: Vec::new() };
    TxReceipt::into_with_bloom(receipt)
}

#[test]
fn with_a_block_time_transactions_wait_and_can_be_seen_waiting() {
    let node = start(Limits::standard(2), Keep::STANDARD, Duration::from_secs(2));
    // The first block may come at once; what follows it has to wait.
    call(node, "eth_sendRawTransactionSync", json!([sign(payment(0, PAYEE, 1), 2).0, 5_000]));
    let (wire, id) = sign(payment(1, PAYEE, 1), 2);
    let (_, later) = sign(payment(3, PAYEE, 1), 2);
    assert_eq!(call(node, "eth_sendRawTransaction", json!([wire])), json!(id));
    assert_eq!(call(node, "eth_sendRawTransaction", json!([sign(payment(3, PAYEE, 1), 2).0])), json!(later));
    assert_eq!(call(node, "txpool_status", json!([])), json!({ "pending": "0x1", "queued": "0x1" }));
    assert_eq!(call(node, "eth_getTransactionCount", json!([address(2), "pending"])), "0x2");
    assert_eq!(call(node, "eth_getTransactionCount", json!([address(2), "latest"])), "0x1");
    let waiting = call(node, "eth_getTransactionByHash", json!([id]));
    assert_eq!((&waiting["blockHash"], &waiting["nonce"]), (&Value::Null, &json!("0x1")));
    assert_eq!(call(node, "eth_getTransactionReceipt", json!([id])), Value::Null);
    let content = call(node, "txpool_contentFrom", json!([address(2)]));
    assert_eq!(content["pending"]["1"], waiting);
    let status = call(node, "pelton_transactionStatus", json!([later]));
    assert_eq!((&status["status"], &status["reason"]), (&json!("waiting"), &json!("NonceGap")));
    let timeout = fail(node, "eth_sendRawTransactionSync", json!([sign(payment(2, PAYEE, 1), 2).0, 1]));
    assert_eq!(timeout.0, 4, "{timeout:?}");
    wait_until(|| call(node, "eth_getTransactionCount", json!([address(2), "latest"])) == "0x4");
}

#[test]
fn what_is_too_old_is_forgotten_and_said_to_be() {
    let keep = Keep { blocks: 3, transactions: 1_000 };
    let node = start(Limits::standard(2), keep, Duration::ZERO);
    for nonce in 0..5 {
        call(node, "eth_sendRawTransactionSync", json!([sign(payment(nonce, PAYEE, 1), 3).0]));
    }
    assert_eq!(call(node, "eth_getBlockByNumber", json!(["earliest", false]))["number"], "0x3");
    assert_eq!(call(node, "eth_getBalance", json!([PAYEE, "0x3"])), "0x3");
    assert_eq!(call(node, "eth_getBalance", json!([PAYEE, "0x4"])), "0x4");
    let pruned = (4_444, "pruned history unavailable".to_owned());
    assert_eq!(fail(node, "eth_getBalance", json!([PAYEE, "0x2"])), pruned);
    assert_eq!(fail(node, "eth_getLogs", json!([{ "fromBlock": "0x1" }])), pruned);
    assert_eq!(call(node, "eth_getTransactionByHash", json!([sign(payment(0, PAYEE, 1), 3).1])), Value::Null);
}

#[test]
fn fees_are_proposed_that_a_block_takes() {
    let node = standard();
    let history = call(node, "eth_feeHistory", json!(["0x4", "latest", [10, 50.5]]));
    assert_eq!(history["reward"][0].as_array().map(Vec::len), Some(2));
    assert!(number(&history["reward"][0][0]) > 1, "who is told of nothing offers nothing for good");
    let (tip, price) =
        (call(node, "eth_maxPriorityFeePerGas", json!([])), call(node, "eth_gasPrice", json!([])));
    let base_fee = number(&history["baseFeePerGas"][1]);
    assert_eq!(number(&price), base_fee + number(&tip));
    let mut proposed = payment(0, PAYEE, 1);
    proposed.max_fee_per_gas = number(&price).into();
    proposed.max_priority_fee_per_gas = number(&tip).into();
    let receipt = call(node, "eth_sendRawTransactionSync", json!([sign(proposed, 4).0]));
    assert_eq!(receipt["effectiveGasPrice"], price);
    assert_eq!(fail(node, "eth_feeHistory", json!([1, "latest", [50, 10]])).0, -32_000);
    assert_eq!(fail(node, "eth_feeHistory", json!([1, "latest", [101]])).0, -32_000);
    assert_eq!(
        fail(node, "eth_feeHistory", json!([1, "0x99"])),
        (-32_000, "request beyond head block".into())
    );
}

/// Waits, for some seconds at most.
#[expect(clippy::disallowed_methods, reason = "a test that waits for another process")]
pub fn wait_until(mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < Duration::from_secs(20), "it never came");
        std::thread::sleep(Duration::from_millis(10));
    }
}
