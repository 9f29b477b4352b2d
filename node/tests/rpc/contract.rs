//! Contracts: created, called, asked, and listened to.

use alloy_primitives::{Address, B256, Bytes, TxKind, U256, bytes};
use serde_json::{Value, json};
use std::net::SocketAddr;

use crate::client::{call, fail, number, respond, standard};
use crate::wallet::{address, legacy, sign};

/// Creation code of a contract that adds one to slot 0, logs it under topic 0x2a, and returns it; called with data, it
/// reverts with `Error("no")`.
fn creation() -> Bytes {
    let refuse = [
        &[0x36, 0x15, 0x60, 0x1b, 0x57][..], // CALLDATASIZE ISZERO PUSH1 0x1b JUMPI
        // The words, below the code, are copied and reverted with.
        &[0x60, 0x64, 0x60, 0x30, 0x5f, 0x39, 0x60, 0x64, 0x5f, 0xfd],
    ]
    .concat();
    let mut code = refuse;
    code.resize(0x1b, 0x00);
    code.extend_from_slice(&[0x5b, 0x5f, 0x54, 0x60, 0x01, 0x01, 0x80, 0x5f, 0x55, 0x5f, 0x52]);
    code.extend_from_slice(&[0x60, 0x2a, 0x60, 0x20, 0x5f, 0xa1, 0x60, 0x20, 0x5f, 0xf3]);
    assert_eq!(code.len(), 0x30, "the words begin where the code ends");
    code.extend_from_slice(&[0x08, 0xc3, 0x79, 0xa0]);
    for word in [U256::from(32), U256::from(2)] {
        code.extend_from_slice(&word.to_be_bytes::<32>());
    }
    code.extend_from_slice(b"no");
    code.resize(0x30 + 0x64, 0);
    let length = u8::try_from(code.len()).expect("a short contract");
    [&[0x60, length, 0x60, 0x0a, 0x5f, 0x39, 0x60, length, 0x5f, 0xf3], &code[..]].concat().into()
}

pub fn deploy(node: SocketAddr) -> Address {
    let (wire, _) = sign(legacy(0, TxKind::Create, creation()), 0);
    let receipt = call(node, "eth_sendRawTransactionSync", json!([wire]));
    assert_eq!(receipt["status"], "0x1", "{receipt}");
    serde_json::from_value(receipt["contractAddress"].clone()).expect("an address")
}

pub fn count(node: SocketAddr, contract: Address, nonce: u64) -> Value {
    let (wire, _) = sign(legacy(nonce, TxKind::Call(contract), Bytes::new()), 0);
    call(node, "eth_sendRawTransactionSync", json!([wire]))
}

#[test]
fn a_contract_is_created_called_and_its_logs_are_found() {
    let node = standard();
    let contract = deploy(node);
    assert_eq!(contract, address(0).create(0));
    let code = call(node, "eth_getCode", json!([contract, "latest"]));
    assert_eq!(code, json!(Bytes::copy_from_slice(&creation()[10..])));
    assert_eq!(call(node, "eth_getCode", json!([contract, "0x0"])), "0x");
    let receipts: Vec<Value> = (1..4).map(|nonce| count(node, contract, nonce)).collect();
    assert_eq!(
        call(node, "eth_getStorageAt", json!([contract, "0x0", "latest"])),
        json!(B256::with_last_byte(3))
    );
    assert_eq!(
        call(node, "eth_getStorageAt", json!([contract, "0x0", "0x3"])),
        json!(B256::with_last_byte(2))
    );

    let logs = call(node, "eth_getLogs", json!([{ "fromBlock": "earliest", "address": contract }]));
    let expected: Vec<&Value> = receipts.iter().map(|receipt| &receipt["logs"][0]).collect();
    assert_eq!(logs, json!(expected));
    assert_eq!(logs[2]["data"], json!(B256::with_last_byte(3)));
    let topic = B256::with_last_byte(0x2a);
    let by_topic =
        |topic: B256| call(node, "eth_getLogs", json!([{ "fromBlock": "0x0", "topics": [[topic]] }]));
    assert_eq!((by_topic(topic), by_topic(B256::ZERO)), (logs.clone(), json!([])));
    let by_hash = call(node, "eth_getLogs", json!([{ "blockHash": receipts[1]["blockHash"] }]));
    assert_eq!(by_hash, json!([logs[1]]));
    assert_eq!(
        call(node, "eth_getLogs", json!([{}])),
        json!([logs[2]]),
        "without a range it is the newest block"
    );
}

#[test]
fn questions_change_nothing_and_may_be_asked_of_every_height() {
    let node = standard();
    let contract = deploy(node);
    (1..4).for_each(|nonce| drop(count(node, contract, nonce)));
    let ask =
        |block: &str, overrides: Value| call(node, "eth_call", json!([{ "to": contract }, block, overrides]));
    let word = |number: u8| json!(B256::with_last_byte(number));
    assert_eq!(
        [ask("latest", json!({})), ask("0x1", json!({})), ask("0x3", json!({}))],
        [word(4), word(1), word(3)]
    );
    let slot =
        json!({ contract.to_string(): { "stateDiff": { B256::ZERO.to_string(): B256::with_last_byte(9) } } });
    assert_eq!(ask("latest", slot), word(10));
    let code = json!({ contract.to_string(): { "code": bytes!("602a5f5260205ff3") } });
    assert_eq!(ask("latest", code), word(0x2a));
    assert_eq!(call(node, "eth_getStorageAt", json!([contract, "0x0"])), word(3));

    let reverted = respond(node, "eth_call", json!([{ "to": contract, "data": "0x01" }, "latest"]));
    assert_eq!(reverted["error"]["code"], 3);
    assert_eq!(reverted["error"]["message"], "execution reverted: no");
    assert!(reverted["error"]["data"].as_str().is_some_and(|data| data.starts_with("0x08c379a0")));
    let poor = json!([{ "from": Address::repeat_byte(5), "to": contract, "value": "0x1" }, "latest"]);
    assert!(fail(node, "eth_call", poor).1.contains("insufficient funds for gas * price + value"));
    assert_eq!(
        fail(node, "eth_call", json!([{ "to": contract }, "0x63"])),
        (-32_000, "header not found".into())
    );
    let both = json!([{ "to": contract, "gasPrice": "0x1", "maxFeePerGas": "0x1" }]);
    assert_eq!(fail(node, "eth_call", both).0, -32_000);
}

#[test]
fn an_estimate_suffices_and_is_little_more_than_what_is_used() {
    let node = standard();
    let contract = deploy(node);
    let request = json!([{ "from": address(0), "to": contract }]);
    let gas = number(&call(node, "eth_estimateGas", request));
    let mut transaction = legacy(1, TxKind::Call(contract), Bytes::new());
    transaction.gas_limit = gas;
    let receipt = call(node, "eth_sendRawTransactionSync", json!([sign(transaction, 0).0]));
    assert_eq!(receipt["status"], "0x1");
    assert!(gas * 100 <= number(&receipt["gasUsed"]) * 102, "{gas} for {receipt}");
    let (code, words) = fail(node, "eth_estimateGas", json!([{ "to": contract, "data": "0x01" }]));
    assert_eq!((code, words.as_str()), (3, "execution reverted: no"));
    let short = json!([{ "to": contract, "gas": "0x5300" }]);
    assert_eq!(fail(node, "eth_estimateGas", short).1, "gas required exceeds allowance (21248)");
}

#[test]
fn an_access_list_names_the_slots_that_a_call_touches() {
    let node = standard();
    let contract = deploy(node);
    let list = call(node, "eth_createAccessList", json!([{ "from": address(0), "to": contract }]));
    assert_eq!(list["accessList"], json!([{ "address": contract, "storageKeys": [B256::ZERO] }]));
    assert!(list.get("error").is_none());
    let plain = json!([{ "from": address(0), "to": address(1), "value": "0x1" }]);
    assert_eq!(call(node, "eth_createAccessList", plain)["accessList"], json!([]));
    let refused = call(node, "eth_createAccessList", json!([{ "to": contract, "data": "0x01" }]));
    assert_eq!(refused["error"], "execution reverted");
}
