//! The figures and lists that a page or a terminal asks for: the same as by every other method.

use std::time::Duration;

use alloy_primitives::{Address, B256};
use pelton_node::history::Keep;
use pelton_node::rpc::limits::Limits;
use serde_json::{Value, json};

use crate::chain::wait_until;
use crate::client::{call, fail, number, standard, start};
use crate::wallet::{address, payment, sign};

const PAYEE: Address = Address::repeat_byte(0x66);

#[test]
fn the_newest_blocks_in_short_say_what_their_headers_say() {
    let node = standard();
    for nonce in 0..3 {
        call(node, "eth_sendRawTransactionSync", json!([sign(payment(nonce, PAYEE, 1), 0).0]));
    }
    let blocks = call(node, "pelton_blocks", json!([]));
    let blocks = blocks.as_array().expect("a list");
    assert_eq!(blocks.iter().map(|block| number(&block["number"])).collect::<Vec<_>>(), [3, 2, 1, 0]);
    for block in blocks {
        let header = call(node, "eth_getBlockByNumber", json!([block["number"], false]));
        for field in ["hash", "timestamp", "gasUsed", "baseFeePerGas", "size"] {
            assert_eq!(block[field], header[field], "{field}");
        }
        let count = header["transactions"].as_array().expect("a list").len() as u64;
        assert_eq!((number(&block["transactions"]), number(&block["failed"])), (count, 0));
    }
    let two = call(node, "pelton_blocks", json!(["0x2", 2]));
    assert_eq!(two.as_array().expect("a list"), &blocks[1..3]);
    assert_eq!(call(node, "pelton_blocks", json!(["0x9"])), json!([]));
    assert_eq!(fail(node, "pelton_blocks", json!(["latest", 101])).0, -32_602);
}

#[test]
fn an_accounts_transactions_are_found_a_page_at_a_time_newest_first() {
    let node = standard();
    let mut sent: Vec<B256> = Vec::new();
    for nonce in 0..60 {
        let (wire, id) = sign(payment(nonce, PAYEE, 1), 3);
        call(node, "eth_sendRawTransaction", json!([wire]));
        sent.push(id);
        call(node, "eth_sendRawTransaction", json!([sign(payment(nonce, address(9), 1), 4).0]));
    }
    let count = |account| number(&call(node, "eth_getTransactionCount", json!([address(account)])));
    wait_until(|| (count(3), count(4)) == (60, 60));
    sent.reverse();
    for account in [address(3), PAYEE] {
        let (mut found, mut next): (Vec<B256>, _) = (Vec::new(), json!([account]));
        let sizes = [25, 25, 10].map(|size| {
            let page = call(node, "pelton_accountTransactions", next.take());
            let list = page["transactions"].as_array().expect("a list");
            assert_eq!(list.len(), size, "{page}");
            for one in list {
                let place = json!([one["blockNumber"], one["transactionIndex"]]);
                let whole = call(node, "eth_getTransactionByBlockNumberAndIndex", place);
                assert_eq!((&whole["hash"], &one["success"]), (&one["hash"], &json!(true)));
            }
            found.extend(
                list.iter().map(|one| serde_json::from_value::<B256>(one["hash"].clone()).expect("a hash")),
            );
            next = json!([account, page["older"]["blockNumber"], page["older"]["belowIndex"]]);
            page["older"].is_null()
        });
        assert_eq!((found, sizes), (sent.clone(), [false, false, true]));
    }
    let nobody = call(node, "pelton_accountTransactions", json!([Address::repeat_byte(0x99)]));
    assert_eq!(nobody, json!({ "transactions": [], "older": null }));
}

#[test]
fn a_transaction_that_came_through_has_a_time_for_each_stage_and_one_that_waits_for_those_before() {
    let node = standard();
    let (wire, id) = sign(payment(0, PAYEE, 1), 5);
    call(node, "eth_sendRawTransactionSync", json!([wire]));
    let timeline = call(node, "pelton_transactionStatus", json!([id]))["timeline"].take();
    let stages = timeline["stages"].as_array().expect("a list");
    let names: Vec<&str> = stages.iter().filter_map(|stage| stage["stage"].as_str()).collect();
    assert_eq!(names, pelton_pipeline::topology::STAGES);
    let done: Vec<u64> = stages.iter().filter_map(|stage| stage["doneNs"].as_u64()).collect();
    assert!(done.len() == names.len() && done.is_sorted() && done[0] > 0, "{timeline}");
    let made = number(&call(node, "eth_getBlockByNumber", json!(["0x1", false]))["timestamp"]);
    let arrived_ms = timeline["arrivedUnixMs"].as_u64().expect("a time");
    assert!(arrived_ms / 1_000 <= made + 1 && made < arrived_ms / 1_000 + 20, "{timeline} {made}");

    let (wire, id) = sign(payment(7, PAYEE, 1), 5);
    call(node, "eth_sendRawTransaction", json!([wire]));
    let status = call(node, "pelton_transactionStatus", json!([id]));
    let passed = status["timeline"]["stages"].as_array().expect("a list");
    let passed: Vec<_> = passed.iter().map(|one| (one["stage"].as_str(), one["doneNs"].is_u64())).collect();
    let before = ["ingest", "verify", "dedup"].map(|stage| (Some(stage), true));
    assert_eq!((status["status"].as_str(), passed), (Some("waiting"), before.to_vec()));

    let unknown = call(node, "pelton_transactionStatus", json!([B256::repeat_byte(1)]));
    assert_eq!(unknown["timeline"], Value::Null);
}

#[test]
fn live_figures_add_up() {
    let node = start(Limits::standard(2), Keep::STANDARD, Duration::ZERO);
    let quiet = call(node, "pelton_stages", json!([]));
    assert_eq!(
        (&quiet["latency"], &quiet["meanings"], &quiet["waiting"]),
        (&Value::Null, &json!({}), &json!(0))
    );
    call(node, "eth_sendRawTransactionSync", json!([sign(payment(0, PAYEE, 1), 0).0]));
    call(node, "eth_sendRawTransaction", json!([sign(payment(5, PAYEE, 1), 0).0]));
    let mut wrong = payment(0, PAYEE, 1);
    wrong.chain_id = 1;
    assert_eq!(fail(node, "eth_sendRawTransaction", json!([sign(wrong, 1).0])).0, -32_000);
    let reason = |figures: &Value| figures["stages"][1]["rejected"]["WrongChain"].clone();
    wait_until(|| reason(&call(node, "pelton_stages", json!([]))) == 1);
    let figures = call(node, "pelton_stages", json!([]));
    let chain = &figures["chain"];
    assert_eq!(
        (&chain["height"], &chain["committed"], &chain["failed"], &chain["gasUsed"], &figures["waiting"]),
        (&json!(1), &json!(1), &json!(0), &json!(21_000), &json!(1))
    );
    assert_eq!(figures["meanings"]["WrongChain"]["meaning"], "Signed for another chain.");
    let latency = &figures["latency"];
    let quantiles = ["p50Ns", "p99Ns", "maxNs"].map(|name| latency[name].as_u64().expect("a time"));
    assert!(latency["transactions"] == 1 && quantiles[0] > 0 && quantiles.is_sorted(), "{latency}");
    assert!(figures["uptimeNs"].as_u64() > quiet["uptimeNs"].as_u64());
}
