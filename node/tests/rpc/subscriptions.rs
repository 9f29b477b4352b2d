//! News by WebSocket, and filters for those who have none.

use std::time::Duration;

use alloy_primitives::{Address, B256, TxKind, bytes};
use pelton_node::history::Keep;
use pelton_node::rpc::limits::Limits;
use serde_json::{Value, json};

use crate::chain::wait_until;
use crate::client::{Socket, call, fail, hits, standard, start};
use crate::wallet::{legacy, payment, sign};

const PAYEE: Address = Address::repeat_byte(0x55);

#[test]
fn heads_logs_and_waiting_transactions_are_told_as_they_come() {
    let node = standard();
    let mut socket = Socket::open(node);
    let heads = socket.call("eth_subscribe", json!(["newHeads"]));
    assert!(heads.as_str().is_some_and(|id| id.starts_with("0x")), "tools expect hexadecimal: {heads}");
    let logs = socket.call("eth_subscribe", json!(["logs", { "topics": [B256::with_last_byte(0x2a)] }]));
    let waiting = socket.call("eth_subscribe", json!(["newPendingTransactions"]));
    // Logs its caller's data size under topic 0x2a, while it is created.
    let (wire, id) = sign(legacy(0, TxKind::Create, bytes!("602a5f5fa100")), 6);
    let receipt = call(node, "eth_sendRawTransactionSync", json!([wire]));
    let mut told: Vec<(Value, Value)> = (0..3).map(|_| socket.news()).collect();
    let mut of = |subscription: &Value| {
        let at = told.iter().position(|(of, _)| of == subscription).expect("each has news");
        told.remove(at).1
    };
    assert_eq!(of(&waiting), json!(id));
    assert_eq!(of(&heads)["hash"], receipt["blockHash"]);
    assert_eq!(of(&logs), receipt["logs"][0]);
    assert_eq!(socket.call("eth_unsubscribe", json!([heads])), true);
    assert_eq!(socket.call("eth_unsubscribe", json!([heads])), false);
}

#[test]
fn filters_give_what_is_new_since_they_were_asked() {
    let node = standard();
    let [blocks, waiting] =
        ["eth_newBlockFilter", "eth_newPendingTransactionFilter"].map(|method| call(node, method, json!([])));
    let logs = call(node, "eth_newFilter", json!([{}]));
    let receipt = call(node, "eth_sendRawTransactionSync", json!([sign(payment(0, PAYEE, 1), 7).0]));
    let changes = |filter: &Value| call(node, "eth_getFilterChanges", json!([filter]));
    assert_eq!(changes(&blocks), json!([receipt["blockHash"]]));
    assert_eq!(changes(&waiting), json!([receipt["transactionHash"]]));
    assert_eq!([changes(&blocks), changes(&waiting), changes(&logs)], [json!([]), json!([]), json!([])]);
    let (wire, _) = sign(legacy(1, TxKind::Create, bytes!("602a5f5fa100")), 7);
    let receipt = call(node, "eth_sendRawTransactionSync", json!([wire]));
    assert_eq!(changes(&logs), receipt["logs"]);
    assert_eq!(call(node, "eth_uninstallFilter", json!([blocks])), true);
    assert_eq!(fail(node, "eth_getFilterChanges", json!([blocks])), (-32_000, "filter not found".into()));
}

#[test]
fn a_subscriber_that_does_not_read_loses_its_subscription_and_nobody_else_notices() {
    let limits = Limits { messages_max: 8, ..Limits::standard(2) };
    let node = start(limits, Keep::STANDARD, Duration::ZERO);
    let mut slow = Socket::open(node);
    slow.call("eth_subscribe", json!(["newPendingTransactions", true]));
    let mut nonce = 0;
    wait_until(|| {
        let batch: Value = (nonce..nonce + 500)
            .map(|nonce| {
                let wire = sign(legacy(nonce, TxKind::Call(PAYEE), vec![1; 2_000].into()), 8).0;
                json!({ "jsonrpc": "2.0", "id": nonce, "method": "eth_sendRawTransaction", "params": [wire] })
            })
            .collect();
        nonce += 500;
        crate::client::post(node, &batch.to_string());
        hits(node, "slowSubscriber") > 0
    });
    let mut quick = Socket::open(node);
    let heads = quick.call("eth_subscribe", json!(["newHeads"]));
    call(node, "eth_sendRawTransactionSync", json!([sign(payment(0, PAYEE, 1), 9).0, 20_000]));
    assert_eq!(quick.news().0, heads);
}
