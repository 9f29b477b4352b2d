//! What hot keys cost, and that it is known beforehand.

use std::net::SocketAddr;
use std::time::Duration;

use alloy_primitives::{Address, B256, TxKind, U256, bytes};
use pelton_node::history::Keep;
use pelton_node::rpc::limits::Limits;
use serde_json::{Value, json};

use crate::chain::wait_until;
use crate::client::{call, fail, number, standard, start, wei};
use crate::wallet::{MAX_FEE, address, legacy, payment, sign};

const PAYEE: Address = Address::repeat_byte(0x44);

/// Creates a contract that goes round in circles until its gas is used up, and lets so much run in it that the block after
/// the newest takes a price for it. The first block is the one after `height`, whose accounts 0 and 2 have these nonces.
fn heat(node: SocketAddr, nonces: [u64; 2]) -> Address {
    let creation = legacy(nonces[0], TxKind::Create, bytes!("625b5f565f526003601df3"));
    let receipt = call(node, "eth_sendRawTransactionSync", json!([sign(creation, 0).0, 20_000]));
    let contract: Address = serde_json::from_value(receipt["contractAddress"].clone()).expect("an address");
    let circle = |nonce| {
        let mut circle = legacy(nonces[0] + nonce, TxKind::Call(contract), Default::default());
        circle.gas_limit = 16_000_000;
        sign(circle, 0).0
    };
    // The first comes last, so that all of them are in one block.
    for nonce in [2, 3, 4, 5] {
        call(node, "eth_sendRawTransaction", json!([circle(nonce)]));
    }
    call(node, "eth_sendRawTransactionSync", json!([circle(1), 20_000]));
    // The prices of a block follow from the eighth before it, where they were; and by the ninth the contract has cooled.
    for nonce in nonces[1]..nonces[1] + 7 {
        call(node, "eth_sendRawTransactionSync", json!([sign(payment(nonce, PAYEE, 1), 2).0, 20_000]));
    }
    contract
}

#[test]
fn a_quote_says_what_a_hot_contract_costs_before_and_the_receipt_after() {
    let node = standard();
    let contract = heat(node, [0, 0]);
    let ask = |request: Value| call(node, "pelton_quoteAccess", json!([request]));
    let cold = json!({ "from": address(1), "to": PAYEE, "gas": "0xf4240" });
    assert_eq!((&ask(cold.clone())["keys"], &ask(cold)["fee"]), (&json!([]), &json!("0x0")));
    let request = json!({ "from": address(1), "to": contract, "gas": "0xf4240" });
    let quote = ask(request);
    let keys = quote["keys"].as_array().expect("a list");
    assert_eq!(keys.len(), 1, "{quote}");
    assert_eq!((&keys[0]["address"], &keys[0]["slot"]), (&json!(contract), &Value::Null));
    assert!(number(&keys[0]["excess"]) > 0 && wei(&keys[0]["price"]) > U256::ZERO);
    assert!(wei(&quote["fee"]) > U256::ZERO && wei(&quote["fee"]) < wei(&quote["feeBound"]));
    let narrow = json!({ "from": address(1), "to": contract, "gas": "0xf4240", "reads": [], "writes": [
        { "address": contract, "storageKeys": [B256::ZERO] }
    ] });
    assert!(wei(&ask(narrow)["fee"]) <= wei(&quote["fee"]));

    let before = wei(&call(node, "eth_getBalance", json!([address(1), "latest"])));
    let (last, id) = sign(legacy(0, TxKind::Call(contract), Default::default()), 1);
    let receipt = call(node, "eth_sendRawTransactionSync", json!([last, 20_000]));
    assert_eq!(number(&receipt["gasUsed"]), 1_000_000);
    let block = call(node, "eth_getBlockByNumber", json!([receipt["blockNumber"], false]));
    let paid = before - wei(&call(node, "eth_getBalance", json!([address(1), "latest"])));
    let (price, used) = (wei(&receipt["effectiveGasPrice"]), wei(&receipt["gasUsed"]));
    assert_eq!(price * used, paid, "the price is what was paid for each gas, all told");
    // A legacy transaction leaves all that it offers to the producer, but for base fee and contention.
    assert_eq!(price, U256::from(MAX_FEE));
    assert!(wei(&receipt["contentionFee"]) + wei(&block["baseFeePerGas"]) * used < paid);
    assert_eq!(call(node, "eth_getTransactionByHash", json!([id]))["gasPrice"], receipt["effectiveGasPrice"]);
    assert!(wei(&receipt["contentionFee"]) > U256::ZERO, "{receipt}");
    assert!(wei(&receipt["contentionFee"]) <= wei(&quote["fee"]), "it was posted: {receipt} {quote}");
    assert_eq!(fail(node, "pelton_quoteAccess", json!([{}, "0xffff"])).0, -32_602);
}

#[test]
fn what_offers_too_little_for_hot_keys_waits_says_so_and_goes_on_once_it_offers_enough() {
    let node = start(Limits::standard(2), Keep::STANDARD, Duration::from_millis(600));
    // Whoever is held up for longer than a block finds everything cooled, and tries again.
    for attempt in 0..5 {
        let contract = heat(node, [6 * attempt, 7 * attempt]);
        let mut small = legacy(attempt, TxKind::Call(contract), Default::default());
        small.gas_price = u128::from(number(&call(node, "eth_baseFee", json!([])))) + 1;
        let (wire, id) = sign(small.clone(), 1);
        assert_eq!(call(node, "eth_sendRawTransaction", json!([wire])), json!(id));
        let status = call(node, "pelton_transactionStatus", json!([id]));
        if status["reason"] != "ContentionFeeTooLow" {
            wait_until(|| call(node, "pelton_transactionStatus", json!([id]))["blockNumber"].is_string());
            continue;
        }
        assert_eq!((&status["status"], &status["stage"]), (&json!("waiting"), &json!("schedule")));
        let advice = status["advice"].as_str().expect("words");
        let least = advice.split(|letter: char| !letter.is_ascii_digit()).find(|digits| !digits.is_empty());
        let least: u128 = least.and_then(|digits| digits.parse().ok()).expect("it says how much");
        assert!(least > small.gas_price, "{advice}");
        assert_eq!(call(node, "txpool_status", json!([]))["pending"], "0x1", "it stays in the pool");
        small.gas_price = 2 * least;
        let receipt = call(node, "eth_sendRawTransactionSync", json!([sign(small, 1).0, 20_000]));
        assert_eq!(call(node, "pelton_transactionStatus", json!([id]))["reason"], "Replaced");
        assert!(wei(&receipt["effectiveGasPrice"]) <= U256::from(2 * least), "{receipt}");
        return;
    }
    panic!("it was never seen waiting");
}
