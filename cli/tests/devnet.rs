//! `pelton devnet` as a user meets it: the ready line, an answer, what is refused, and what is left when it is killed.
#![cfg(feature = "node")]

#[path = "devnet/kill.rs"]
mod kill;

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

/// A network that ends with the test.
struct Devnet {
    process: Child,
    ready: Value,
}

impl Devnet {
    fn start(arguments: &[&str]) -> Devnet {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pelton"));
        command.args(["devnet", "--port", "0", "--json"]).args(arguments).stdout(Stdio::piped());
        let mut process = command.spawn().expect("the program starts");
        let mut line = String::new();
        let stdout = process.stdout.take().expect("it is piped");
        BufReader::new(stdout).read_line(&mut line).expect("it says where it listens");
        Devnet { process, ready: serde_json::from_str(&line).expect("one JSON object") }
    }

    fn call(&self, method: &str, params: &str) -> Value {
        let body = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"{method}","params":{params}}}"#);
        let address = self.ready["http"].as_str().expect("an address").trim_start_matches("http://");
        ask(address, &body).expect("it answers")["result"].clone()
    }
}

/// What a server answers; an error if it is gone before it has said so.
fn ask(address: &str, body: &str) -> io::Result<Value> {
    let mut stream = TcpStream::connect(address)?;
    let length = body.len();
    write!(
        stream,
        "POST / HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\nConnection: close\r\n\
         Content-Length: {length}\r\n\r\n{body}"
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let body = answer.split("\r\n\r\n").nth(1).ok_or(io::ErrorKind::UnexpectedEof)?;
    Ok(serde_json::from_str(body)?)
}

impl Drop for Devnet {
    fn drop(&mut self) {
        self.process.kill().expect("it runs until it is stopped");
        self.process.wait().expect("it ends");
    }
}

#[test]
fn it_says_where_it_listens_and_whose_keys_are_rich() {
    let devnet = Devnet::start(&[]);
    assert_eq!(devnet.ready["chainId"], 31_337);
    let accounts = devnet.ready["accounts"].as_array().expect("a list");
    assert_eq!(accounts.len(), 10);
    let balance = devnet.call("eth_getBalance", &format!("[{}, \"latest\"]", accounts[9]["address"]));
    assert_eq!(balance, "0x21e19e0c9bab2400000", "10,000 ether");
}

#[test]
fn a_genesis_file_in_the_format_of_geth_decides_accounts_and_chain() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("genesis.json");
    let text = r#"{"config":{"chainId":77},"difficulty":"0x0","gasLimit":"0x1c9c380","alloc":{
        "0x00000000000000000000000000000000000000aa":{"balance":"0x7","nonce":"0x2","code":"0x6001",
        "storage":{"0x0000000000000000000000000000000000000000000000000000000000000001":
        "0x0000000000000000000000000000000000000000000000000000000000000009"}}}}"#;
    std::fs::write(&path, text).expect("it can be written");
    let devnet = Devnet::start(&["--genesis", path.to_str().expect("a name")]);
    let account = "\"0x00000000000000000000000000000000000000aa\"";
    assert_eq!(devnet.call("eth_chainId", "[]"), "0x4d");
    assert_eq!(devnet.call("eth_getBalance", &format!("[{account}, \"latest\"]")), "0x7");
    assert_eq!(devnet.call("eth_getTransactionCount", &format!("[{account}, \"latest\"]")), "0x2");
    assert_eq!(devnet.call("eth_getCode", &format!("[{account}, \"latest\"]")), "0x6001");
    let slot = devnet.call("eth_getStorageAt", &format!("[{account}, \"0x1\", \"latest\"]"));
    assert_eq!(slot, format!("0x{:064x}", 9));
}

#[test]
fn wrong_use_and_a_port_that_is_taken_are_told_apart_by_the_exit_code() {
    let taken = Devnet::start(&[]);
    let port =
        taken.ready["http"].as_str().expect("an address").rsplit(':').next().expect("a port").to_owned();
    for (arguments, expected) in [
        (vec!["devnet", "--genesis", "/nowhere/genesis.json"], 2),
        (vec!["devnet", "--port", "70000"], 2),
        (vec!["devnet", "--block-time", "soon"], 2),
        (vec!["devnet", "--keep-blocks", "5"], 2),
        (vec!["devnet", "--keep-transactions", "0"], 2),
        (vec!["devnet", "--archive", "file:///tmp"], 2),
        (vec!["devnet", "--data-dir", "/tmp/chain", "--archive", "s3://bucket"], 2),
        (vec!["devnet", "--data-dir", "/tmp/chain", "--archive", "file:///nowhere/at/all"], 2),
        (vec!["devnet", "--data-dir", "/nowhere/at/all"], 1),
        (vec!["devnet", "--port", &port], 1),
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_pelton")).args(&arguments).output().expect("it ends");
        assert_eq!(output.status.code(), Some(expected), "{arguments:?}");
        assert!(output.stderr.starts_with(b"pelton: "), "{}", String::from_utf8_lossy(&output.stderr));
    }
}
