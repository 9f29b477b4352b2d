//! What is inside of blocks and transactions: bytes, proofs, traces, and blocks that might come.

use alloy_consensus::{Block, TxEnvelope};
use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use alloy_rlp::Decodable as _;
use pelton_engine::commitment::verifier::Verifier;
use pelton_engine::state::Account;
use pelton_engine::writes::{account_key, account_value, slot_key, slot_value};
use serde_json::{Value, json};

use crate::client::{call, fail, number, standard};
use crate::contract::{count, deploy};
use crate::wallet::address;

fn parsed<T: serde::de::DeserializeOwned>(value: &Value) -> T {
    serde_json::from_value(value.clone()).expect("of this form")
}

#[test]
fn raw_blocks_decode_to_what_is_shown() {
    let node = standard();
    let contract = deploy(node);
    let receipt = count(node, contract, 1);
    let bytes: Bytes = parsed(&call(node, "debug_getRawBlock", json!(["0x2"])));
    let shown = call(node, "eth_getBlockByNumber", json!(["0x2", false]));
    let block = Block::<TxEnvelope>::decode(&mut bytes.as_ref()).expect("a block");
    assert_eq!(json!(block.header.state_root), shown["stateRoot"]);
    assert_eq!(json!(block.body.transactions[0].tx_hash()), shown["transactions"][0]);
    assert_eq!(number(&shown["gasUsed"]), block.header.gas_used);
    let header: Bytes = parsed(&call(node, "debug_getRawHeader", json!(["0x2"])));
    assert_eq!(header, alloy_rlp::encode(&block.header));
    let raw = call(node, "debug_getRawTransaction", json!([receipt["transactionHash"]]));
    assert_eq!(keccak256(parsed::<Bytes>(&raw)), parsed::<B256>(&receipt["transactionHash"]));
    let receipts: Vec<Bytes> = parsed(&call(node, "debug_getRawReceipts", json!(["0x2"])));
    assert_eq!(receipts.len(), 1);
    assert_eq!(fail(node, "debug_getRawBlock", json!(["0x9"])).0, -32_000);
}

#[test]
fn a_witness_proves_an_account_and_slots_under_the_root_of_the_header() {
    let node = standard();
    let contract = deploy(node);
    count(node, contract, 1);
    for (block, is_there) in [("latest", true), ("0x0", false)] {
        let proof = call(node, "pelton_getProof", json!([contract, ["0x0", "0x7"], block]));
        let header = call(node, "eth_getBlockByNumber", json!([block, false]));
        assert_eq!((&proof["root"], &proof["blockHash"]), (&header["stateRoot"], &header["hash"]));
        let root: B256 = parsed(&proof["root"]);
        let witness: Bytes = parsed(&proof["witness"]);
        let verifier = Verifier::open(&root, &witness).expect("it is a witness of that root");
        let account = is_there.then(|| Account {
            nonce: number(&proof["account"]["nonce"]),
            balance: parsed(&proof["account"]["balance"]),
            code_hash: parsed(&proof["account"]["codeHash"]),
        });
        assert_eq!(proof["account"].is_object(), is_there);
        let proven = verifier.get(&account_key(&contract)).expect("it is covered");
        assert_eq!(proven, account.map(|account| account_value(&account)));
        for (at, slot) in [0_u64, 7].into_iter().enumerate() {
            let value: U256 = parsed(&proof["storage"][at]["value"]);
            let proven = verifier.get(&slot_key(&contract, &U256::from(slot))).expect("it is covered");
            assert_eq!(proven, (!value.is_zero()).then(|| slot_value(&value)));
            assert_eq!(value.is_zero(), slot == 7 || !is_there);
        }
        let other = verifier.get(&account_key(&Address::repeat_byte(9)));
        assert!(other.is_err() || other == Ok(None), "nothing is said of others but that they are not there");
    }
}

#[test]
fn a_trace_tells_what_the_receipt_sums_up() {
    let node = standard();
    let contract = deploy(node);
    count(node, contract, 1);
    let receipt = count(node, contract, 2);
    let id = &receipt["transactionHash"];
    let frames = call(
        node,
        "debug_traceTransaction",
        json!([id, { "tracer": "callTracer", "tracerConfig": { "withLog": true } }]),
    );
    assert_eq!((&frames["gasUsed"], &frames["to"]), (&receipt["gasUsed"], &json!(contract)));
    assert_eq!(frames["logs"][0]["data"], json!(B256::with_last_byte(2)));
    let steps = call(node, "debug_traceTransaction", json!([id]));
    let list = steps["structLogs"].as_array().expect("a list");
    assert_eq!(steps["gas"].as_u64(), Some(number(&receipt["gasUsed"])));
    let spent: u64 = list.iter().map(|step| step["gasCost"].as_u64().expect("a cost")).sum();
    assert_eq!(spent + 21_000, number(&receipt["gasUsed"]), "all that it spent it spent in a step");
    let slot = B256::ZERO.to_string();
    let stored = list.iter().find(|step| step["op"] == "SSTORE").expect("it counts");
    assert_eq!(stored["storage"][&slot], json!(B256::with_last_byte(2)));
    let differences = json!([id, { "tracer": "prestateTracer", "tracerConfig": { "diffMode": true } }]);
    let changes = call(node, "debug_traceTransaction", differences);
    let name = contract.to_string().to_lowercase();
    assert_eq!(changes["pre"][&name]["storage"][&slot], json!(B256::with_last_byte(1)));
    assert_eq!(changes["post"][&name]["storage"][&slot], json!(B256::with_last_byte(2)));
    let payer = address(0).to_string().to_lowercase();
    assert_eq!(
        (changes["pre"][&payer]["nonce"].as_u64(), changes["post"][&payer]["nonce"].as_u64()),
        (Some(2), Some(3))
    );
    let refused = json!([{ "to": contract, "data": "0x01" }, "latest", { "tracer": "callTracer" }]);
    let refused = call(node, "debug_traceCall", refused);
    assert_eq!((&refused["error"], &refused["revertReason"]), (&json!("execution reverted"), &json!("no")));
    assert_eq!(fail(node, "debug_traceTransaction", json!([id, { "tracer": "noSuch" }])).0, -32_000);
}

#[test]
fn simulated_blocks_see_what_those_before_them_did_and_nothing_stays() {
    let node = standard();
    let contract = deploy(node);
    let ask = json!({ "from": address(0), "to": contract });
    let request = json!([{ "blockStateCalls": [{ "calls": [ask, ask] }, { "calls": [ask] }] }, "latest"]);
    let blocks = call(node, "eth_simulateV1", request);
    assert_eq!((&blocks[0]["number"], &blocks[1]["parentHash"]), (&json!("0x2"), &blocks[0]["hash"]));
    let word = |block: usize, index: usize| blocks[block]["calls"][index]["returnData"].clone();
    let counted = [1, 2, 3].map(|count| json!(B256::with_last_byte(count)));
    assert_eq!([word(0, 0), word(0, 1), word(1, 0)], counted);
    assert_eq!(call(node, "eth_getStorageAt", json!([contract, "0x0"])), json!(B256::ZERO));
    let poor = json!([{ "blockStateCalls": [{ "calls": [{ "from": Address::repeat_byte(9), "to": contract, "value": "0x1" }] }] }]);
    assert_eq!(fail(node, "eth_simulateV1", poor).0, -38_014);
    let many = json!([{ "blockStateCalls": vec![json!({}); 300] }]);
    assert_eq!(fail(node, "eth_simulateV1", many).0, -38_026);
}

#[test]
fn the_rules_of_the_chain_are_told() {
    let config = call(standard(), "eth_config", json!([]));
    assert_eq!((&config["current"]["chainId"], &config["next"]), (&json!("0x7a69"), &Value::Null));
    assert_eq!(config["current"]["blobSchedule"]["max"], 0);
    assert_eq!(config["current"]["precompiles"]["P256VERIFY"], "0x0000000000000000000000000000000000000100");
}
