//! `kill -9` on a network that is kept in a folder, while somebody sends to it: what was answered is there afterwards.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use alloy_primitives::{Address, U256, hex};
use pelton_engine::transaction::{Fields, Kind};
use pelton_workloads::Scheme;
use pelton_workloads::encode::sign;
use pelton_workloads::wallet::Account;
use serde_json::{Value, json};

use super::{Devnet, ask};

/// Kills in a usual run of the tests, of one chain.
const KILLS: u64 = 40;
/// Blocks and receipts that are looked at after each.
const NEWEST: usize = 8;
const RECIPIENT: Address = Address::repeat_byte(0x77);
const WEI: u64 = 5;

/// A chain over all of its lives, as a client sees it.
struct Client {
    folder: tempfile::TempDir,
    account: Account,
    /// Receipts that were answered, in order.
    receipts: Vec<Value>,
}

impl Client {
    fn new() -> Client {
        let folder = tempfile::tempdir().expect("a folder");
        let secret = hex!("ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80");
        let account = Account::of_secret(Scheme::Secp256k1, secret).expect("it is a scalar");
        Client { folder, account, receipts: Vec::new() }
    }

    fn start(&self) -> Devnet {
        let path = self.folder.path().join("chain");
        Devnet::start(&["--threads", "1", "--data-dir", path.to_str().expect("a name")])
    }

    fn transfer(&self, nonce: u64) -> String {
        self.signed(nonce, Some(RECIPIENT), &[])
    }

    fn signed(&self, nonce: u64, to: Option<Address>, input: &[u8]) -> String {
        let fields = Fields {
            kind: Kind::DynamicFee,
            chain_id: Some(31_337),
            nonce,
            gas_limit: if to.is_some() { 21_000 } else { 100_000 },
            max_fee_per_gas: 1_000_000_000_000,
            max_priority_fee_per_gas: 1,
            max_contention_fee: 0,
            to,
            value: U256::from(WEI),
            input: input.to_vec().into(),
            reads: vec![],
            writes: vec![],
            authorizations: vec![],
        };
        format!("0x{}", hex::encode(sign(&fields, &self.account)))
    }

    /// Sends one transaction after the other, each when the one before has its receipt, until the network is killed some
    /// time after a few.
    fn live(&mut self, seed: u64) {
        let mut devnet = self.start();
        let mut nonce = self.check(&devnet, NEWEST);
        let address =
            devnet.ready["http"].as_str().expect("an address").trim_start_matches("http://").to_owned();
        let (answered, receipts) = (AtomicU64::new(0), Mutex::new(Vec::new()));
        thread::scope(|scope| {
            scope.spawn(|| {
                loop {
                    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "eth_sendRawTransactionSync",
                        "params": [self.transfer(nonce), "0x4e20"] });
                    let Ok(answer) = ask(&address, &body.to_string()) else { return };
                    assert!(answer["result"].is_object(), "{answer}");
                    receipts.lock().expect("nobody panics").push(answer["result"].clone());
                    answered.fetch_add(1, Ordering::Relaxed);
                    nonce += 1;
                }
            });
            while answered.load(Ordering::Relaxed) < 1 + seed % 5 {
                wait(500);
            }
            wait(seed * 997 % 7_000);
            devnet.process.kill().expect("it runs");
        });
        devnet.process.wait().expect("it ends");
        self.receipts.append(&mut receipts.into_inner().expect("nobody panics"));
    }

    /// Checks that everything that was answered is there, so many blocks and receipts one by one, and gives the next nonce.
    fn check(&self, devnet: &Devnet, newest: usize) -> u64 {
        let number =
            |value: &Value| U256::from_str_radix(&value.as_str().expect("a number")[2..], 16).expect("hex");
        for receipt in self.receipts.iter().rev().take(newest) {
            let found =
                devnet.call("eth_getTransactionReceipt", &json!([receipt["transactionHash"]]).to_string());
            assert_eq!(found, *receipt, "a receipt that was answered");
        }
        let sender = self.account.address();
        let nonce = number(&devnet.call("eth_getTransactionCount", &json!([sender, "latest"]).to_string()));
        assert!(nonce >= U256::from(self.receipts.len()), "{nonce} were executed, more were answered");
        let balance = number(&devnet.call("eth_getBalance", &json!([RECIPIENT, "latest"]).to_string()));
        assert_eq!(balance, nonce * U256::from(WEI), "balances are those after the last block");
        let height = number(&devnet.call("eth_blockNumber", "[]")).to::<u64>();
        assert_eq!(U256::from(height), nonce, "each transaction made a block");
        let mut above = None;
        for number in (0..=height).rev().take(newest) {
            let block =
                devnet.call("eth_getBlockByNumber", &json!([format!("{number:#x}"), false]).to_string());
            assert!(above.is_none_or(|parent| parent == block["hash"]), "block {number} is below the next");
            above = Some(block["parentHash"].clone());
            let same = devnet.call("eth_getBlockByHash", &json!([block["hash"], false]).to_string());
            assert_eq!(same, block, "a block by its hash");
            let transactions = block["transactions"].as_array().expect("a list").len();
            assert_eq!(transactions, usize::from(number > 0), "what block {number} holds");
        }
        height
    }
}

#[expect(clippy::disallowed_methods, reason = "a kill comes at some time")]
fn wait(micros: u64) {
    thread::sleep(Duration::from_micros(micros));
}

fn kill_again_and_again(kills: std::ops::Range<u64>) {
    let mut client = Client::new();
    for kill in kills {
        client.live(kill);
    }
    let devnet = client.start();
    client.check(&devnet, usize::MAX);
}

#[test]
fn a_network_that_is_killed_stands_where_its_last_answer_was() {
    kill_again_and_again(0..KILLS);
}

#[test]
#[should_panic(expected = "a receipt that was answered")]
fn a_network_that_has_lost_its_chain_is_noticed() {
    let mut client = Client::new();
    client.live(1);
    std::fs::remove_dir_all(client.folder.path().join("chain")).expect("nobody has it");
    let devnet = client.start();
    client.check(&devnet, NEWEST);
}

#[test]
#[ignore = "takes five minutes: a thousand kills of 25 chains"]
fn a_network_that_is_killed_a_thousand_times_stands_where_its_last_answer_was() {
    for chain in 0..25 {
        kill_again_and_again(40 * chain..40 * (chain + 1));
    }
}

#[test]
fn a_folder_of_another_chain_or_one_in_use_is_refused() {
    let mut client = Client::new();
    client.live(0);
    let path = client.folder.path().join("chain");
    let refused = |arguments: &[&str], words: &str| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_pelton"));
        command.args(["devnet", "--port", "0", "--data-dir"]).arg(&path).args(arguments);
        let output = command.output().expect("it ends");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains(words), "{said}");
    };
    refused(&["--chain-id", "5"], "the chain of genesis");
    let running = client.start();
    refused(&[], "another process has it");
    client.check(&running, usize::MAX);
}

#[test]
fn logs_of_before_a_start_are_found_and_states_of_before_it_are_refused() {
    let client = Client::new();
    let mut devnet = client.start();
    // Creations that log one topic each: PUSH32 topic, PUSH1 0, PUSH1 0, LOG1, STOP.
    for (nonce, topic) in (0..).zip([1, 2, 1, 3]) {
        let code = [&[0x7f][..], &[topic; 32], &[0x60, 0, 0x60, 0, 0xa1, 0]].concat();
        let sent = json!([client.signed(nonce, None, &code), "0x4e20"]).to_string();
        let receipt = devnet.call("eth_sendRawTransactionSync", &sent);
        assert_eq!(receipt["logs"].as_array().map(Vec::len), Some(1), "{receipt}");
    }
    let wanted =
        json!([{ "fromBlock": "0x0", "toBlock": "latest", "topics": [[format!("0x{}", "01".repeat(32))]] }]);
    let before = devnet.call("eth_getLogs", &wanted.to_string());
    assert_eq!(before.as_array().map(Vec::len), Some(2));
    devnet.process.kill().expect("it runs");
    devnet.process.wait().expect("it ends");
    let devnet = client.start();
    assert_eq!(devnet.call("eth_getLogs", &wanted.to_string()), before);
    let address = devnet.ready["http"].as_str().expect("an address").trim_start_matches("http://");
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "eth_getBalance", "params": [RECIPIENT, "0x2"] });
    let answer = ask(address, &body.to_string()).expect("it answers");
    assert_eq!(answer["error"], json!({ "code": 4_444, "message": "historical state unavailable" }));
    assert_eq!(devnet.call("eth_getBlockByNumber", "[\"0x2\", true]")["number"], "0x2");
    assert_eq!(devnet.call("eth_getBlockByNumber", "[\"earliest\", true]")["number"], "0x0");
}
