//! The official cases of Ethereum's JSON-RPC, asked of the chain that belongs to them, which is imported first.
//!
//! A case is a file of `>> request` and `<< response` lines. What comes back must be equal, to the last field, but where the
//! file says that only the shape counts. The cases that do not pass stand in `official/differences.txt`, each with its
//! reason; one that stands there and passes fails this test, so that the list only shrinks.

use std::collections::BTreeMap;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::Duration;

use pelton_node::import::Chain;
use pelton_node::rpc::limits::Limits;
use serde_json::{Value, json};

use crate::client::post;

const DATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data/execution-apis/tests");
const DIFFERENCES: &str = include_str!("official/differences.txt");

#[test]
fn the_official_cases_pass_but_for_those_that_are_listed_with_a_reason() {
    let data = Path::new(DATA);
    if !data.is_dir() {
        return eprintln!("skipped: ../shared/data/execution-apis is absent");
    }
    let node = serve(data);
    let listed = differences();
    let (mut wrong, mut seen, mut passed) = (Vec::new(), Vec::new(), 0);
    for path in cases(data) {
        let name = path.strip_prefix(data).expect("it lies there").with_extension("").display().to_string();
        let outcome = run(node, &fs::read_to_string(&path).expect("a text"));
        match (outcome, listed.contains_key(&name)) {
            (Ok(()), false) => passed += 1,
            (Ok(()), true) => wrong.push(format!("{name} passes and must leave the list")),
            (Err(what), false) => wrong.push(format!("{name}: {what}")),
            (Err(_), true) => {}
        }
        seen.push(name);
    }
    let absent = listed.keys().filter(|name| !seen.contains(name));
    wrong.extend(absent.map(|name| format!("{name} is listed and there is no such case")));
    eprintln!("{passed} of {} official cases pass, {} differ for a reason", seen.len(), listed.len());
    assert!(passed > 0 && wrong.is_empty(), "{} cases:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn a_chain_whose_blocks_do_not_do_what_they_say_is_not_imported() {
    let data = Path::new(DATA);
    if !data.is_dir() {
        return eprintln!("skipped: ../shared/data/execution-apis is absent");
    }
    let folder = tempfile::tempdir().expect("a folder");
    let [genesis, blocks] = ["genesis.json", "chain.rlp"].map(|name| folder.path().join(name));
    let import = |text: String, bytes: &[u8]| {
        fs::write(&genesis, text).and_then(|()| fs::write(&blocks, bytes)).expect("a file");
        Chain::read(&genesis, &blocks).map(|chain| chain.history.newest().number())
    };
    let text = fs::read_to_string(data.join("genesis.json")).expect("a text");
    let bytes = fs::read(data.join("chain.rlp")).expect("bytes");
    assert_eq!(import(text.clone(), &bytes).expect("all agrees"), 54);
    let poorer = text.replacen("0xc097ce7bc90715b34b9f1000000000", "0xc097ce7bc90715b34b9f0fffffffff", 1);
    assert_ne!(poorer, text, "it has such an account");
    assert!(import(poorer, &bytes).is_err(), "another genesis has another hash");
    let cut = import(text.clone(), &bytes[..bytes.len() - 1]).expect_err("the last block is cut off");
    assert!(cut.to_string().starts_with("block 54: "), "{cut}");
    let mut other = bytes.clone();
    *other.last_mut().expect("a byte") ^= 1;
    import(text, &other).expect_err("the last byte belongs to something that is checked");
}

/// Serves the chain; ends with the process.
fn serve(data: &Path) -> SocketAddr {
    let chain = Chain::read(&data.join("genesis.json"), &data.join("chain.rlp")).expect("all blocks agree");
    let (sender, receiver) = mpsc::channel();
    let serve = move || {
        let address = SocketAddr::from(([127, 0, 0, 1], 0));
        let ready = |address| sender.send(address).expect("the test waits");
        pelton_node::serve::chain(chain, Limits::standard(2), address, ready)
    };
    std::thread::Builder::new().spawn(serve).expect("a thread");
    receiver.recv_timeout(Duration::from_secs(20)).expect("it is ready")
}

/// The cases that differ, with the reason.
fn differences() -> BTreeMap<String, String> {
    let lines = DIFFERENCES.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let split = |line: &str| {
        let (name, reason) = line.split_once(": ").expect("each line says why");
        (name.to_owned(), reason.to_owned())
    };
    lines.map(split).collect()
}

/// All files of cases, in order.
fn cases(data: &Path) -> Vec<PathBuf> {
    let entries =
        |folder: &Path| fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    let folders = entries(data).filter(|path| path.is_dir());
    let mut all: Vec<PathBuf> = folders.flat_map(|folder| entries(&folder).collect::<Vec<_>>()).collect();
    all.sort();
    all
}

/// Asks what a case asks, and compares.
fn run(node: SocketAddr, case: &str) -> Result<(), String> {
    // What a trace says is as certain as what a block says.
    let is_trace = case.contains("debug_trace");
    let only_shape = !is_trace && case.lines().any(|line| line.starts_with("// speconly:"));
    let mut response = Value::Null;
    let mut compared = 0;
    for line in case.lines() {
        if let Some(request) = line.strip_prefix(">> ") {
            response = serde_json::from_str(&post(node, request).1).map_err(|error| error.to_string())?;
        } else if let Some(expected) = line.strip_prefix("<< ") {
            let expected: Value = serde_json::from_str(expected).expect("a response is JSON");
            compared += 1;
            match only_shape {
                true => similar("", &expected, &response)?,
                false => equal("", &expected, &response)?,
            }
        }
    }
    if compared == 0 { Err("it compares nothing".into()) } else { Ok(()) }
}

/// Says where two values differ first.
fn equal(place: &str, expected: &Value, found: &Value) -> Result<(), String> {
    match (expected, found) {
        (Value::Object(expected), Value::Object(found)) => {
            for name in expected.keys().chain(found.keys()) {
                let of = |fields: &serde_json::Map<String, Value>| fields.get(name).cloned();
                let (expected, found) = (of(expected), of(found));
                match (expected, found) {
                    (Some(expected), Some(found)) => equal(&format!("{place}.{name}"), &expected, &found)?,
                    (expected, found) => {
                        return Err(differs(&format!("{place}.{name}"), &json!(expected), &json!(found)));
                    }
                }
            }
            Ok(())
        }
        (Value::Array(expected), Value::Array(found)) if expected.len() == found.len() => {
            let pairs = expected.iter().zip(found).enumerate();
            pairs
                .into_iter()
                .try_for_each(|(at, (expected, found))| equal(&format!("{place}[{at}]"), expected, found))
        }
        // What Go's own libraries say of a wrong parameter is no part of the interface.
        (Value::String(expected), Value::String(_))
            if place == ".error.message" && expected.contains("Go value") =>
        {
            Ok(())
        }
        (expected, found) if expected == found => Ok(()),
        (expected, found) => Err(differs(place, expected, found)),
    }
}

/// The same fields of the same kinds; lists may be of any length.
fn similar(place: &str, expected: &Value, found: &Value) -> Result<(), String> {
    match (expected, found) {
        (Value::Object(expected), Value::Object(found))
            if place.ends_with("ending") || place.ends_with("queued") =>
        {
            // Keyed by account and nonce.
            let (Some(expected), Some(found)) = (expected.values().next(), found.values().next()) else {
                return Ok(());
            };
            similar(place, expected, found)
        }
        (Value::Object(expected), Value::Object(found)) => {
            if let Some(name) = expected.keys().find(|name| !found.contains_key(*name)) {
                return Err(differs(&format!("{place}.{name}"), &expected[name], &Value::Null));
            }
            expected.iter().try_for_each(|(name, one)| similar(&format!("{place}.{name}"), one, &found[name]))
        }
        (Value::Array(expected), Value::Array(found)) => match (expected.first(), found.is_empty()) {
            (None, _) => Ok(()),
            (Some(_), true) => Err(differs(place, &json!(expected), &json!([]))),
            (Some(first), false) => found.iter().enumerate().try_for_each(|(at, one)| {
                let like = expected.get(at).unwrap_or(first);
                similar(&format!("{place}[{at}]"), like, one)
            }),
        },
        (Value::String(_), Value::String(_))
        | (Value::Number(_), Value::Number(_))
        | (Value::Bool(_), Value::Bool(_)) => Ok(()),
        (expected, found) if expected == found => Ok(()),
        (expected, found) => Err(differs(place, expected, found)),
    }
}

fn differs(place: &str, expected: &Value, found: &Value) -> String {
    let short = |value: &Value| value.to_string().chars().take(160).collect::<String>();
    format!("{place}: {} expected, {} found", short(expected), short(found))
}
