//! Keys as operators make them who do not trust each other, and a chain that runs with them.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use super::{Validator, members, path, pelton, run, wait_until};

/// One operator's ceremony among these, killed at the end of the test if it has not ended.
struct Operator(Child);

impl Operator {
    fn start(folder: &Path, index: usize, members: &[String], more: &[&str]) -> Operator {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pelton"));
        command.args([
            "keys",
            "ceremony",
            "--json",
            "--key",
            &path(folder, &format!("identity-{index}.hex")),
        ]);
        command.args(["--out", &path(folder, &format!("keys-{index}"))]).args(more);
        command.args(members.iter().flat_map(|member| ["--member", member]));
        Operator(command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().expect("it starts"))
    }

    fn made(mut self) -> Value {
        let mut out = self.0.stdout.take().expect("it is piped");
        let mut text = String::new();
        std::io::Read::read_to_string(&mut out, &mut text).expect("text");
        assert!(self.0.wait().expect("it ends").success(), "{text}");
        serde_json::from_str(&text).expect("one JSON object")
    }
}

impl Drop for Operator {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn identity(folder: &Path, index: usize) -> String {
    let file = path(folder, &format!("identity-{index}"));
    run(&["keys", "identity", "--out", &file, "--plain"]).trim().to_owned()
}

fn file(folder: &Path, name: &str) -> Vec<u8> {
    fs::read(folder.join(name)).expect("it was written")
}

#[test]
fn four_operators_make_a_key_together_and_run_a_chain_with_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let places = members(4);
    let at = |index: usize| places[index].split_once(',').expect("two ports").0.to_owned();
    let keyed: Vec<String> =
        (0..4).map(|index| format!("{}@{}", identity(folder, index), at(index))).collect();

    let mut all: Vec<Operator> = (0..3).map(|index| Operator::start(folder, index, &keyed, &[])).collect();
    // One is killed, and started again when the last one comes.
    wait_until("it begins", || folder.join("keys-0/ceremony-1").exists());
    all[0] = Operator::start(folder, 0, &keyed, &["--time-max", "0"]);
    assert!(!all[0].0.wait().expect("it ends").success(), "there was no time");
    all[0] = Operator::start(folder, 0, &keyed, &[]);
    all.push(Operator::start(folder, 3, &keyed, &[]));
    let made: Vec<Value> = all.into_iter().map(Operator::made).collect();
    assert!(made.iter().all(|one| one["groupKey"] == made[0]["groupKey"] && one["quorum"] == 3));
    let committee = file(folder, "keys-0/committee.json");
    assert!((1..4).all(|index| file(folder, &format!("keys-{index}/committee.json")) == committee));
    assert!(!folder.join("keys-0/ceremony-1").exists(), "what was kept is gone");

    // The committee names its members in the order of their keys.
    let committee: Value = serde_json::from_slice(&committee).expect("JSON");
    let order = committee["validators"].as_array().expect("a list").iter();
    let order = order.map(|key| keyed.iter().position(|one| one.starts_with(key.as_str().expect("a key"))));
    let order: Vec<usize> = order.collect::<Option<_>>().expect("the members that were named");
    let mut genesis =
        vec!["genesis".to_owned(), "--well-known".into(), "--out".into(), path(folder, "chain.json")];
    genesis.extend(["--committee".into(), path(folder, "keys-1/committee.json")]);
    order.iter().for_each(|index| genesis.extend(["--member".into(), places[*index].clone()]));
    run(&genesis.iter().map(String::as_str).collect::<Vec<_>>());
    let key = |index: usize| format!("keys-{index}/validator.hex");
    let validators: Vec<Validator> =
        (0..4).map(|index| Validator::start(folder, index, &key(index), &[])).collect();
    let to = serde_json::json!([{ "from": "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266",
        "to": "0x70997970C51812dc3A010C7d01b50e0d17dc79C8", "value": "0x1" }]);
    assert!(!validators[0].call("eth_estimateGas", &to).is_null(), "it answers");
    wait_until("all make blocks", || validators.iter().all(|one| one.height() > 1));
    let block = validators[0].block(1);
    assert!(validators.iter().all(|one| one.block(1) == block), "one chain");
}

#[test]
fn a_ceremony_that_cannot_be_is_refused_in_words() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let member = format!("{}@127.0.0.1:9", identity(folder, 0));
    let stranger = format!("0x{}@127.0.0.1:9", "11".repeat(32));
    let (key, out) = (path(folder, "identity-0.hex"), path(folder, "keys"));
    let ceremony = ["keys", "ceremony", "--key", &key, "--out", &out, "--time-max", "0", "--member"];
    for (more, code, words) in [
        (&[&member[..], "--absent-max", "1"][..], 1, "0 may be absent"),
        (&[&stranger], 1, "no --member"),
        (&["here"], 2, "give a public key and an address"),
        (&[&member, "--member", &member], 1, "named twice"),
    ] {
        let output = pelton(&[&ceremony[..], more].concat());
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{said}");
        assert!(said.contains(words), "{said}");
    }
}
