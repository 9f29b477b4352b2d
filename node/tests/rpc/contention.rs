//! What hot keys cost, and that it is known beforehand.

use alloy_primitives::{Address, B256, TxKind, U256, bytes};
use serde_json::{Value, json};

use crate::client::{call, fail, number, standard, wei};
use crate::wallet::{address, legacy, payment, sign};

const PAYEE: Address = Address::repeat_byte(0x44);

#[test]
fn a_quote_says_what_a_hot_contract_costs_before_and_the_receipt_after() {
    let node = standard();
    // A contract that goes round in circles until its gas is used up.
    let creation = bytes!("625b5f565f526003601df3");
    let receipt =
        call(node, "eth_sendRawTransactionSync", json!([sign(legacy(0, TxKind::Create, creation), 0).0]));
    let contract: Address = serde_json::from_value(receipt["contractAddress"].clone()).expect("an address");
    let circle = |nonce, account| {
        let mut circle = legacy(nonce, TxKind::Call(contract), Default::default());
        circle.gas_limit = 16_000_000;
        sign(circle, account).0
    };
    let ask = |request: Value| call(node, "pelton_quoteAccess", json!([request]));
    let request = json!({ "from": address(1), "to": contract, "gas": "0xf4240" });
    assert_eq!((&ask(request.clone())["keys"], &ask(request.clone())["fee"]), (&json!([]), &json!("0x0")));
    // The first comes last, so that all of them are in one block.
    for nonce in [2, 3, 4, 5] {
        call(node, "eth_sendRawTransaction", json!([circle(nonce, 0)]));
    }
    call(node, "eth_sendRawTransactionSync", json!([circle(1, 0), 20_000]));
    // The prices of block 10 follow from block 2, where they were; and by block 3 the contract has cooled.
    for nonce in 0..7 {
        call(node, "eth_sendRawTransactionSync", json!([sign(payment(nonce, PAYEE, 1), 2).0, 20_000]));
    }
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

    let mut last = legacy(0, TxKind::Call(contract), Default::default());
    last.gas_limit = 1_000_000;
    let receipt = call(node, "eth_sendRawTransactionSync", json!([sign(last, 1).0, 20_000]));
    assert_eq!(number(&receipt["gasUsed"]), 1_000_000);
    assert!(wei(&receipt["contentionFee"]) > U256::ZERO, "{receipt}");
    assert!(wei(&receipt["contentionFee"]) <= wei(&quote["fee"]), "it was posted: {receipt} {quote}");
    assert_eq!(fail(node, "pelton_quoteAccess", json!([{}, "0xffff"])).0, -32_602);
}
