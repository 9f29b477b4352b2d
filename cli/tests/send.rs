//! `pelton send` against `pelton devnet`, with keys of both kinds.
#![cfg(feature = "node")]

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;

/// A network that ends with the test.
struct Devnet {
    process: Child,
    url: String,
    key: PathBuf,
    folder: tempfile::TempDir,
}

impl Devnet {
    fn start() -> Devnet {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pelton"));
        command.args(["devnet", "--port", "0", "--json", "--threads", "2"]).stdout(Stdio::piped());
        let mut process = command.spawn().expect("the program starts");
        let mut line = String::new();
        let stdout = process.stdout.take().expect("it is piped");
        BufReader::new(stdout).read_line(&mut line).expect("it says where it listens");
        let ready: Value = serde_json::from_str(&line).expect("one JSON object");
        let folder = tempfile::tempdir().expect("a folder");
        let key = folder.path().join("key.hex");
        fs::write(&key, ready["accounts"][0]["key"].as_str().expect("a key")).expect("a file");
        Devnet { process, url: ready["http"].as_str().expect("an address").to_owned(), key, folder }
    }

    fn send(&self, key: &Path, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pelton"));
        command.args(["send", "--json", "--rpc-url", &self.url, "--key-file"]).arg(key).args(arguments);
        command.stdin(Stdio::null()).output().expect("the program runs")
    }

    fn sent(&self, key: &Path, arguments: &[&str]) -> Value {
        let output = self.send(key, arguments);
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).expect("one JSON object")
    }
}

impl Drop for Devnet {
    fn drop(&mut self) {
        self.process.kill().expect("it runs until it is stopped");
        self.process.wait().expect("it ends");
    }
}

#[test]
fn a_declared_account_is_paid_and_pays_on_and_a_contract_is_made() {
    let devnet = Devnet::start();
    let own = devnet.folder.path().join("own.hex");
    fs::write(&own, "0x4242424242424242424242424242424242424242424242424242424242424242").expect("a file");
    let address =
        devnet.sent(&own, &["--declared", "--address"])["address"].as_str().expect("one").to_owned();
    let paid = devnet.sent(&devnet.key, &["--to", &address, "--value", "1ether"]);
    assert_eq!((paid["status"].as_str(), paid["type"].as_str()), (Some("0x1"), Some("0x2")));
    let payee = "0x7777777777777777777777777777777777777777";
    let on = devnet.sent(&own, &["--declared", "--to", payee, "--value", "2gwei"]);
    assert_eq!((on["status"].as_str(), on["type"].as_str()), (Some("0x1"), Some("0x65")));
    // A contract that stores 1 in its slot 0 when it is called.
    let made = devnet.sent(&devnet.key, &["--data", "0x6460015f55005f526005601bf3"]);
    let contract = made["contractAddress"].as_str().expect("it was made").to_owned();
    let called = devnet.sent(&own, &["--declared", "--to", &contract]);
    assert_eq!(called["status"], "0x1", "what it touches was found out and declared: {called}");
}

#[test]
fn what_cannot_be_sent_is_explained_and_passwords_are_no_arguments() {
    let devnet = Devnet::start();
    let poor = devnet.folder.path().join("poor.hex");
    fs::write(&poor, "11".repeat(32)).expect("a file");
    let payee = "0x7777777777777777777777777777777777777777";
    let output = devnet.send(&poor, &["--to", payee, "--value", "1ether"]);
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{words}");
    assert!(words.contains("insufficient funds"), "{words}");
    let garbage = devnet.folder.path().join("garbage");
    fs::write(&garbage, "not a key").expect("a file");
    assert_eq!(devnet.send(&garbage, &["--to", payee]).status.code(), Some(2));
    let keystore = devnet.folder.path().join("keystore.json");
    fs::write(&keystore, KEYSTORE).expect("a file");
    let unasked = devnet.send(&keystore, &["--to", payee]);
    assert!(String::from_utf8_lossy(&unasked.stderr).contains("--password-file"), "nobody can be asked here");
    let mut command = Command::new(env!("CARGO_BIN_EXE_pelton"));
    command.args(["send", "--address", "--password-file", "-", "--key-file"]).arg(&keystore);
    let mut process =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the program starts");
    process.stdin.take().expect("piped").write_all(b"testpassword\n").expect("it reads");
    let output = process.wait_with_output().expect("it ends");
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "0x008AeEda4D805471dF9b2A5B0f38A0C3bCBA786b");
}

/// The example of the format's description, whose address it names.
const KEYSTORE: &str = r#"{ "version": 3, "crypto": { "cipher": "aes-128-ctr",
    "cipherparams": { "iv": "6087dab2f9fdbbfaddc31a909735c1e6" },
    "ciphertext": "5318b4d5bcd28de64ee5559e671353e16f075ecae9f99c7a79a38af5f869aa46", "kdf": "pbkdf2",
    "kdfparams": { "c": 262144, "dklen": 32, "prf": "hmac-sha256",
        "salt": "ae3cd4e7013836a3df6bd7241b12db061dbe2c6785853cce422d148a624ce0bd" },
    "mac": "517ead924a9d0dc3124507e3393d175ce3ff7c1e96529c6c555ce9e51205e9b2" } }"#;
