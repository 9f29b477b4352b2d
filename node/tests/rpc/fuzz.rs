//! Requests that were good once and then bent, from a seed: each gets an answer, none of them that something broke inside.

use std::net::SocketAddr;

use pelton_pipeline::random::Random;
use serde_json::{Value, json};

use crate::client::{call, post, standard};
use crate::contract::{count, deploy};
use crate::wallet::address;

/// Requests of one run; more of them find more. `PELTON_FUZZ_CASES` says how many, and `PELTON_FUZZ_SEED` which; `enemies/fuzz` does.
const RUNS: u64 = 3_000;
const SEED: u64 = 0x5eed;

#[expect(clippy::disallowed_methods, reason = "whoever starts it says how long and with which seeds")]
fn from_environment(name: &str, or: u64) -> u64 {
    std::env::var(name).map_or(or, |text| text.parse().expect("a number"))
}

/// What chance decides, from a seed.
struct Dice(Random);

impl Dice {
    fn below(&mut self, count: usize) -> usize {
        self.0.below(count.max(1) as u64) as usize
    }

    fn one<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }
}

/// Good parameters for what takes some.
fn good(node: SocketAddr) -> Vec<Value> {
    let contract = deploy(node);
    let receipt = count(node, contract, 1);
    let (hash, block) = (&receipt["transactionHash"], &receipt["blockHash"]);
    let ask = json!({ "from": address(0), "to": contract, "data": "0x", "value": "0x0", "gas": "0x186a0" });
    let list = json!([{ "address": contract, "storageKeys": [format!("{:#066x}", 0)] }]);
    let state = json!({ contract.to_string(): { "balance": "0x1", "nonce": "0x2", "code": "0x00", "stateDiff": {} } });
    let simulated = json!({ "blockStateCalls": [{ "blockOverrides": { "number": "0x9" }, "stateOverrides": state, "calls": [ask] }], "traceTransfers": true, "validation": false });
    vec![
        json!([hash]),
        json!([block, true]),
        json!(["latest", false]),
        json!(["0x1", "0x0"]),
        json!([contract, "latest"]),
        json!([contract, "0x0", "latest"]),
        json!([contract, ["0x0", "0x1"], "0x1"]),
        json!([{ contract.to_string(): ["0x0"] }, "latest"]),
        json!([ask, "latest", state, { "time": "0x1", "baseFeePerGas": "0x0" }]),
        json!([{ "from": address(0), "to": contract, "accessList": list, "reads": list, "writes": list }, 8]),
        json!([{ "fromBlock": "0x0", "toBlock": "latest", "address": [contract], "topics": [null, [hash]] }]),
        json!(["0x4", "latest", [10, 50.5]]),
        json!(["0x02f86b827a6980843b9aca00843b9aca0082520894000000000000000000000000000000000000000080c0"]),
        json!([hash, { "tracer": "callTracer", "tracerConfig": { "withLog": true } }]),
        json!([ask, "latest", { "tracer": "prestateTracer", "stateOverrides": state }]),
        json!(["latest", { "enableMemory": true, "enableReturnData": true }]),
        json!([simulated, "latest"]),
        json!([]),
    ]
}

/// Something else than was expected.
fn strange(dice: &mut Dice) -> Value {
    let long = "f".repeat(dice.below(3_000));
    let mut deep = json!(1);
    for _ in 0..dice.below(100) {
        deep = json!([deep]);
    }
    let pool = [
        json!(null),
        json!(true),
        json!(-1),
        json!(1e300),
        json!(u64::MAX),
        json!(""),
        json!("0x"),
        json!("0x0"),
        json!("0xffffffffffffffff"),
        json!(format!("0x{long}")),
        json!(format!("0x{}", "f".repeat(64))),
        json!("latest"),
        json!("\u{0}é\u{10ffff}"),
        json!({}),
        json!([]),
        deep,
        json!({ "blockHash": "0x0", "blockNumber": "0x0" }),
    ];
    dice.one(&pool).clone()
}

/// Puts something strange in one place of a value.
fn bend(value: &mut Value, dice: &mut Dice) {
    let is_leaf =
        value.as_array().is_none_or(Vec::is_empty) && value.as_object().is_none_or(serde_json::Map::is_empty);
    if is_leaf || dice.below(6) == 0 {
        *value = strange(dice);
        return;
    }
    match value {
        Value::Array(list) if dice.below(8) == 0 => list.push(strange(dice)),
        Value::Array(list) => {
            let at = dice.below(list.len());
            bend(&mut list[at], dice);
        }
        Value::Object(fields) => {
            let names: Vec<String> = fields.keys().cloned().collect();
            let name = dice.one(&names).clone();
            match dice.below(4) {
                0 => drop(fields.remove(&name)),
                1 => drop(fields.insert(format!("{name}s"), strange(dice))),
                _ => bend(&mut fields[name.as_str()], dice),
            }
        }
        _ => {}
    }
}

/// Damages the bytes of a request.
fn damage(text: &str, dice: &mut Dice) -> String {
    let mut bytes = text.as_bytes().to_vec();
    for _ in 0..=dice.below(4) {
        let at = dice.below(bytes.len());
        match dice.below(4) {
            0 => bytes.truncate(at),
            1 => bytes.insert(at, dice.0.next_u64() as u8),
            2 if !bytes.is_empty() => bytes[at] ^= 1 << dice.below(8),
            _ => bytes.extend_from_within(at..),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[test]
fn bent_requests_are_answered_and_nothing_breaks_inside() {
    let node = standard();
    let (good, names) = (good(node), pelton_node::rpc::names());
    let seed = from_environment("PELTON_FUZZ_SEED", SEED);
    let mut dice = Dice(Random::new(seed));
    for run in 0..from_environment("PELTON_FUZZ_CASES", RUNS) {
        let mut params = dice.one(&good).clone();
        for _ in 0..dice.below(3) {
            bend(&mut params, &mut dice);
        }
        let request = json!({ "jsonrpc": "2.0", "id": run, "method": dice.one(&names), "params": params });
        let text = match dice.below(4) {
            0 => damage(&request.to_string(), &mut dice),
            1 => json!([request, request]).to_string(),
            _ => request.to_string(),
        };
        let (status, body) = post(node, &text);
        assert_ne!(status, 0, "run {run} of seed {seed} got no answer: {text}");
        let broken = body.contains("-32603") && body.contains("internal error");
        assert!(!broken, "run {run} of seed {seed}: {text}\n{body}");
        let is_json = body.is_empty() || serde_json::from_str::<Value>(&body).is_ok();
        assert!(is_json || status != 200, "run {run} of seed {seed}: {text}\n{body}");
    }
    assert_eq!(call(node, "eth_chainId", json!([])), "0x7a69");
}
