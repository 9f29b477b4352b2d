//! Validators as their users run them: keys, a chain file, and processes that agree; also when one is killed.
#![cfg(feature = "node")]

#[path = "validators/ceremony.rs"]
mod ceremony;

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use alloy_primitives::{B256, Bytes, keccak256};
use pelton_workloads::{CHAIN_ID, Name, Scheme, Spec, Workload, generate};
use serde_json::{Value, json};

/// Longest that anything may take, on a machine that has much else to do.
const PATIENCE: Duration = Duration::from_secs(240);
const LOOK_AFTER: Duration = Duration::from_millis(50);

fn pelton(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pelton"));
    command.args(arguments).stdin(Stdio::null()).output().expect("the program starts")
}

fn run(arguments: &[&str]) -> String {
    let output = pelton(arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

fn path(folder: &Path, name: &str) -> String {
    folder.join(name).to_str().expect("a name").to_owned()
}

/// Places for so many validators, as `pelton genesis` takes them.
fn members(count: usize) -> Vec<String> {
    let sockets: Vec<_> =
        (0..2 * count).map(|_| TcpListener::bind(("127.0.0.1", 0)).expect("a port")).collect();
    let port = |socket: &TcpListener| socket.local_addr().expect("it is bound").port();
    sockets.chunks(2).map(|pair| format!("127.0.0.1:{},{}", port(&pair[0]), port(&pair[1]))).collect()
}

/// A validator's process, killed at the end of the test.
struct Validator {
    process: Child,
    ready: Value,
}

impl Validator {
    fn start(folder: &Path, index: usize, key: &str, more: &[&str]) -> Validator {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pelton"));
        command.args(["node", "--chain", &path(folder, "chain.json"), "--key", &path(folder, key)]);
        command.args(["--data-dir", &path(folder, &format!("data-{index}")), "--port", "0", "--json"]);
        let mut process =
            command.args(["--threads", "1"]).args(more).stdout(Stdio::piped()).spawn().expect("it starts");
        let mut line = String::new();
        BufReader::new(process.stdout.take().expect("it is piped"))
            .read_line(&mut line)
            .expect("it is ready");
        Validator { process, ready: serde_json::from_str(&line).expect("one JSON object") }
    }

    fn call(&self, method: &str, params: &Value) -> Value {
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }).to_string();
        let address = self.ready["http"].as_str().expect("an address").trim_start_matches("http://");
        let mut stream = TcpStream::connect(address).expect("it listens");
        let length = body.len();
        write!(
            stream,
            "POST / HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\nConnection: close\r\n\
             Content-Length: {length}\r\n\r\n{body}"
        )
        .expect("it reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it answers");
        let body = answer.split("\r\n\r\n").nth(1).expect("an answer has a body");
        serde_json::from_str::<Value>(body).expect("JSON")["result"].clone()
    }

    fn has(&self, id: &B256) -> bool {
        !self.call("eth_getTransactionReceipt", &json!([id])).is_null()
    }

    fn height(&self) -> u64 {
        let height = self.call("eth_blockNumber", &json!([]));
        u64::from_str_radix(height.as_str().expect("a number").trim_start_matches("0x"), 16)
            .expect("a number")
    }

    /// Hash and state root at a height.
    fn block(&self, height: u64) -> (Value, Value) {
        let block = self.call("eth_getBlockByNumber", &json!([format!("{height:#x}"), false]));
        (block["hash"].clone(), block["stateRoot"].clone())
    }
}

impl Drop for Validator {
    fn drop(&mut self) {
        // SIGKILL, which nothing can prepare for.
        self.process.kill().expect("it runs until it is killed");
        self.process.wait().expect("it ends");
    }
}

#[expect(clippy::disallowed_methods, reason = "real validators take real time")]
fn wait_until(what: &str, holds: impl Fn() -> bool) {
    let began = std::time::Instant::now();
    while !holds() {
        assert!(began.elapsed() < PATIENCE, "{what}: not after {PATIENCE:?}");
        std::thread::sleep(LOOK_AFTER);
    }
}

/// Hands some transactions in, each to another validator, and gives their ids.
fn submit(to: &[Validator], transactions: &[(Bytes, pelton_workloads::Expectation)]) -> Vec<B256> {
    let hand_in = |(index, (wire, _)): (usize, &(Bytes, _))| {
        let id = to[index % to.len()].call("eth_sendRawTransaction", &json!([wire]));
        assert_eq!(id, json!(keccak256(wire)));
        keccak256(wire)
    };
    transactions.iter().enumerate().map(hand_in).collect()
}

fn have_all(all: &[Validator], ids: &[B256]) -> bool {
    all.iter().all(|one| ids.iter().rev().all(|id| one.has(id)))
}

fn chain(folder: &Path, count: usize) -> Workload {
    let pattern = Name::Transfers.into();
    let spec = Spec { pattern, scheme: Scheme::Ed25519, accounts: 20, transactions: 60, seed: 5 };
    let workload = generate(&spec, &|_| ());
    run(&["keys", "--validators", &count.to_string(), "--out", &path(folder, "keys"), "--plain"]);
    let mut arguments = vec!["genesis".to_owned(), "--json".to_owned()];
    let committee = path(folder, "keys/committee.json");
    arguments.extend(["--committee".into(), committee, "--out".into(), path(folder, "chain.json")]);
    arguments.extend(["--chain-id".into(), CHAIN_ID.to_string()]);
    members(count).into_iter().for_each(|member| arguments.extend(["--member".into(), member]));
    for (address, account) in &workload.genesis.accounts {
        arguments.extend(["--fund".into(), format!("{address}={}", account.balance)]);
    }
    let made = run(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
    let made: Value = serde_json::from_str(&made).expect("one JSON object");
    assert_eq!((made["chainId"].as_u64(), made["validators"].as_u64()), (Some(CHAIN_ID), Some(count as u64)));
    workload
}

#[test]
fn a_validator_that_is_killed_catches_up_alone_while_the_chain_goes_on_under_load() {
    let folder = tempfile::tempdir().expect("a folder");
    let workload = chain(folder.path(), 4);
    let start =
        |index: usize| Validator::start(folder.path(), index, &format!("keys/validator-{index}.hex"), &[]);
    let mut all: Vec<Validator> = (0..4).map(start).collect();
    // One sender's transactions go to different validators, so each has to come to the others.
    let mut ids = submit(&all, &workload.transactions[..20]);
    wait_until("all have what any was handed", || have_all(&all, &ids));

    ids.extend(submit(&all, &workload.transactions[20..30]));
    drop(all.pop());
    let before = all[0].height();
    ids.extend(submit(&all, &workload.transactions[30..40]));
    wait_until("three of four go on", || have_all(&all, &ids[20..]) && all[0].height() > before + 2);

    all.push(start(3));
    ids.extend(submit(&all, &workload.transactions[40..]));
    wait_until("it catches up, and all have all", || have_all(&all, &ids));
    let common = all.iter().map(Validator::height).min().expect("there are four");
    for height in (0..=common).rev().take(20).chain([1, before]) {
        let of_first = all[0].block(height);
        assert!(all.iter().all(|one| one.block(height) == of_first), "a fork at height {height}");
    }
}

/// A chain whose genesis has a contract besides accounts.
fn chain_with_a_contract(folder: &Path, count: usize) -> Workload {
    let pattern = Name::Transfers.into();
    let spec = Spec { pattern, scheme: Scheme::Ed25519, accounts: 200, transactions: 60, seed: 6 };
    let workload = generate(&spec, &|_| ());
    let mut alloc = serde_json::Map::new();
    for (address, account) in &workload.genesis.accounts {
        alloc.insert(address.to_string(), json!({ "balance": format!("{:#x}", account.balance) }));
    }
    alloc.insert(CONTRACT.into(), json!({ "balance": "0x7", "code": CODE, "storage": { SLOT: SLOT } }));
    let config = json!({ "chainId": CHAIN_ID });
    let geth = json!({ "config": config, "difficulty": "0x0", "gasLimit": "0x1c9c380", "alloc": alloc });
    let (keys, file) = (path(folder, "keys"), path(folder, "geth.json"));
    fs::write(&file, geth.to_string()).expect("a file");
    run(&["keys", "--validators", &count.to_string(), "--out", &keys, "--plain"]);
    let committee = path(folder, "keys/committee.json");
    let out = path(folder, "chain.json");
    let mut arguments = vec!["genesis", "--committee", &committee, "--genesis", &file, "--out", &out];
    let members = members(count);
    members.iter().for_each(|member| arguments.extend(["--member", member]));
    run(&arguments);
    workload
}

const CONTRACT: &str = "0x00000000000000000000000000000000000000aa";
const CODE: &str = "0x6001600255";
const SLOT: &str = "0x0000000000000000000000000000000000000000000000000000000000000003";

/// How many pieces of a state a validator has kept when it was started.
fn pieces(metrics: &str) -> u64 {
    let mut stream = TcpStream::connect(metrics).expect("it listens");
    write!(stream, "GET /metrics HTTP/1.1\r\nHost: {metrics}\r\nConnection: close\r\n\r\n")
        .expect("it reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it answers");
    let name = "pelton_catch_up_pieces_total{outcome=\"kept\"}";
    let line = answer.lines().find_map(|line| line.strip_prefix(name)).expect("it is always counted");
    line.trim().parse().expect("a number")
}

#[test]
fn one_whose_folder_is_gone_and_one_that_was_long_away_take_the_state_and_follow_the_chain() {
    let folder = tempfile::tempdir().expect("a folder");
    let workload = chain_with_a_contract(folder.path(), 4);
    let socket = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    let metrics = socket.local_addr().expect("it is bound").to_string();
    drop(socket);
    let start = |index: usize| {
        let key = format!("keys/validator-{index}.hex");
        let last = ["--snapshot-after", "15", "--metrics", &metrics];
        Validator::start(folder.path(), index, &key, if index == 3 { &last } else { &last[..2] })
    };
    let mut all: Vec<Validator> = std::thread::scope(|scope| {
        let starting: Vec<_> = (0..4).map(|index| scope.spawn(move || start(index))).collect();
        starting.into_iter().map(|one| one.join().expect("it starts")).collect()
    });
    let mut ids = submit(&all, &workload.transactions[..20]);
    wait_until("all have what any was handed", || have_all(&all, &ids));

    for (is_gone, part) in [(true, 20..40), (false, 40..60)] {
        drop(all.pop());
        if is_gone {
            fs::remove_dir_all(folder.path().join("data-3")).expect("it was there");
        }
        ids = submit(&all, &workload.transactions[part]);
        let goal = all[0].height() + 25;
        wait_until("three of four go on", || have_all(&all, &ids) && all[0].height() > goal);
        all.push(start(3));
        let late = &all[3];
        assert!(pieces(&metrics) > 0, "it took the state");
        assert!(late.block(1).0.is_null() && !all[0].block(1).0.is_null(), "and not the blocks");
        let contract = json!([CONTRACT, "latest"]);
        assert_eq!(late.call("eth_getCode", &contract), CODE);
        assert_eq!(late.call("eth_getStorageAt", &json!([CONTRACT, "0x3", "latest"])), SLOT);
        // Of the block at which it begins it has no more than the header.
        let begins = late.height().max(goal);
        wait_until("it follows", || late.height() > begins + 8);
        let height = late.height().min(all[0].height());
        for height in height - 8..=height {
            assert_eq!(late.block(height), all[0].block(height), "a fork at height {height}");
        }
        let (address, _) = workload.genesis.accounts.iter().nth(5).expect("there are 200");
        let balance = json!([address, format!("{height:#x}")]);
        assert_eq!(late.call("eth_getBalance", &balance), all[0].call("eth_getBalance", &balance));
    }
    // Its votes count: without another one they are needed.
    drop(all.remove(0));
    let height = all[2].height();
    wait_until("two and the one that came go on", || all[2].height() > height + 5);
    drop(all.pop());
    all.push(start(3));
    wait_until("it goes on where it stood, too", || all[2].height() > height + 10);
}

#[test]
fn one_validator_with_a_password_is_a_network_and_stops_when_its_input_ends() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("password"), "a password\n").expect("a file");
    let (keys, password) = (path(folder.path(), "keys"), path(folder.path(), "password"));
    let geth = r#"{"config":{"chainId":77},"difficulty":"0x0","gasLimit":"0x1c9c380","alloc":{
        "0x00000000000000000000000000000000000000aa":{"balance":"0x7","nonce":"0x2","code":"0x6001"}}}"#;
    fs::write(folder.path().join("geth.json"), geth).expect("a file");
    run(&["keys", "--validators", "1", "--out", &keys, "--password-file", &password]);
    let file = fs::read_to_string(folder.path().join("keys/validator-0.json")).expect("a keystore");
    assert_eq!(serde_json::from_str::<Value>(&file).expect("JSON")["version"], 4);
    let committee = path(folder.path(), "keys/committee.json");
    let (geth, chain) = (path(folder.path(), "geth.json"), path(folder.path(), "chain.json"));
    let genesis = ["genesis", "--committee", &committee, "--genesis", &geth, "--member", &members(1)[0]];
    run(&[&genesis[..], &["--out", &chain]].concat());

    let key = "keys/validator-0.json";
    let one = Validator::start(folder.path(), 0, key, &["--password-file", &password]);
    let account = json!(["0x00000000000000000000000000000000000000aa", "latest"]);
    assert_eq!(one.call("eth_getBalance", &account), "0x7");
    assert_eq!(one.call("eth_chainId", &json!([])), "0x4d");
    wait_until("it makes blocks", || one.height() > 1);
    // The folder is its own while it runs.
    let key = path(folder.path(), key);
    let data = path(folder.path(), "data-0");
    let again = ["node", "--chain", &chain, "--key", &key, "--password-file", &password, "--data-dir", &data];
    let output = pelton(&again);
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    drop(one);

    // It goes on where it stood, and ends with its input, which is at its end already.
    let said = run(&[&again[..], &["--port", "0", "--attached"]].concat());
    let last: Value = serde_json::from_str(said.lines().last().expect("lines")).expect("one JSON object");
    assert!(last["totals"]["stages"].is_array(), "{said}");
    let owner = fs::read_to_string(folder.path().join("data-0/owner")).expect("a file");
    fs::write(folder.path().join("data-0/owner"), owner.replace("0x", "0y")).expect("a file");
    let output = pelton(&[&again[..], &["--port", "0", "--attached"]].concat());
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));

    let (wrong, other) = (path(folder.path(), "wrong"), path(folder.path(), "other"));
    fs::write(&wrong, "another password").expect("a file");
    run(&["keys", "--validators", "1", "--out", &other, "--plain"]);
    let plain = path(folder.path(), "other/validator-0.hex");
    for (arguments, code) in [
        (vec!["node", "--chain", &chain, "--key", &key, "--password-file", &wrong, "--data-dir", &data], 2),
        (vec!["node", "--chain", &geth, "--key", &plain, "--data-dir", &data], 2),
        (vec!["node", "--chain", &chain, "--key", &plain, "--data-dir", &data], 2),
        (vec!["keys", "--validators", "0", "--out", &other, "--plain"], 2),
        (vec!["keys", "--validators", "1", "--out", &other, "--plain"], 1),
        (vec!["keys", "--validators", "1", "--out", &other], 2),
        (vec!["genesis", "--committee", &geth, "--member", "127.0.0.1:1,2", "--well-known"], 2),
        (vec!["genesis", "--committee", &committee, "--member", "127.0.0.1:1"], 2),
        (vec!["genesis", "--committee", &committee, "--member", "127.0.0.1:1,2"], 2),
        (
            vec![
                "genesis",
                "--committee",
                &committee,
                "--member",
                "127.0.0.1:1,2",
                "--well-known",
                "--limit",
                "x=1",
            ],
            2,
        ),
        (
            vec![
                "genesis",
                "--committee",
                &committee,
                "--member",
                "127.0.0.1:1,2",
                "--well-known",
                "--out",
                &chain,
            ],
            1,
        ),
    ] {
        let output = pelton(&arguments);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}");
        assert!(output.stderr.starts_with(b"pelton: "), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn a_bench_of_validators_commits_all_on_all_and_says_what_it_cost() {
    let cache = tempfile::tempdir().expect("a folder");
    let cache = cache.path().to_str().expect("a name");
    let size = ["--transactions", "400", "--accounts", "60", "--scheme", "ed25519", "--cache", cache];
    let report = run(&[&["bench", "--validators", "4", "--json"], &size[..]].concat());
    let report: Value = serde_json::from_str(&report).expect("one JSON object");
    assert_eq!((report["offered"].as_u64(), report["committed"].as_u64()), (Some(400), Some(400)));
    let shares = report["shares"].as_array().expect("a list");
    assert_eq!(shares.len(), 4);
    for share in shares {
        let stages = share["totals"]["stages"].as_array().expect("a list");
        assert!(stages.iter().any(|stage| stage["name"] == "agree"));
        assert!(share["totals"]["consensusBytesSent"].as_u64() > Some(0));
    }
    assert!(report["finalityMs"]["p50"].as_f64() > Some(0.0));
    assert!(report["sentPerCommittedByte"].as_f64() > Some(1.0));
}

#[test]
fn a_network_of_several_is_one_command_and_ends_with_it() {
    let temporary = tempfile::tempdir().expect("a folder");
    let left = || fs::read_dir(temporary.path()).expect("it is there").count();
    let start = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pelton"));
        command
            .args(["devnet", "--validators", "4", "--port", "0", "--json"])
            .env("TMPDIR", temporary.path());
        let mut process = command.stdout(Stdio::piped()).spawn().expect("it starts");
        let mut line = String::new();
        let output = process.stdout.take().expect("it is piped");
        BufReader::new(output).read_line(&mut line).expect("it is ready");
        let ready: Value = serde_json::from_str(&line).expect("one JSON object");
        let validators = ready["validators"].as_array().expect("a list").clone();
        assert_eq!((validators.len(), ready["accounts"].as_array().map(Vec::len)), (4, Some(10)));
        assert_eq!(left(), 1, "it keeps all in one folder");
        (process, validators)
    };
    let is_gone = |one: &Value| !Path::new(&format!("/proc/{}/exe", one["pid"])).exists();

    let (mut process, validators) = start();
    let stopped = Command::new("kill").args(["-TERM", &process.id().to_string()]).status();
    assert!(stopped.expect("every system has it").success());
    assert_eq!(process.wait().expect("it ends").code(), Some(128 + 15));
    assert!(validators.iter().all(is_gone), "none outlives it");
    assert_eq!(left(), 0, "its folder goes with it");

    let (mut process, validators) = start();
    process.kill().expect("it runs");
    process.wait().expect("it ends");
    wait_until("none outlives it", || validators.iter().all(is_gone));
}
