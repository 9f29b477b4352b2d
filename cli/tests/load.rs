//! `pelton load` against `pelton devnet`: every way in, and all that was sent is accounted for.
#![cfg(feature = "node")]

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;

const WORKLOAD: [&str; 6] = ["--transactions", "300", "--accounts", "40", "--seed", "7"];

/// A network that ends with the test.
struct Devnet {
    process: Child,
    ready: Value,
}

impl Devnet {
    fn start(arguments: &[&str]) -> Devnet {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pelton"));
        command
            .args(["devnet", "--port", "0", "--feed-port", "0", "--json", "--threads", "2"])
            .args(arguments);
        let mut process = command.stdout(Stdio::piped()).spawn().expect("the program starts");
        let mut line = String::new();
        let stdout = process.stdout.take().expect("it is piped");
        BufReader::new(stdout).read_line(&mut line).expect("it says where it listens");
        Devnet { process, ready: serde_json::from_str(&line).expect("one JSON object") }
    }

    fn url(&self) -> &str {
        self.ready["http"].as_str().expect("an address")
    }
}

impl Drop for Devnet {
    fn drop(&mut self) {
        self.process.kill().expect("it runs until it is stopped");
        self.process.wait().expect("it ends");
    }
}

/// Folder for workloads and genesis files.
struct Place(tempfile::TempDir);

impl Place {
    fn load(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pelton"));
        command.args(["load", "--json", "--cache"]).arg(self.0.path()).args(arguments);
        command.stdin(Stdio::null()).output().expect("the program runs")
    }

    fn genesis(&self, workload: &[&str]) -> PathBuf {
        let path = self.0.path().join("genesis.json");
        let output = self.load(&[workload, &["--write-genesis", path.to_str().expect("a name")]].concat());
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        path
    }

    /// Starts a network with the accounts of a workload, and sends that.
    fn run(&self, workload: &[&str], feed: Option<&str>, more: &[&str]) -> Value {
        let genesis = self.genesis(workload);
        let devnet = Devnet::start(&["--genesis", genesis.to_str().expect("a name")]);
        let feed = feed.map(|scheme| format!("{scheme}://{}", devnet.ready["feed"].as_str().expect("one")));
        let feed: Vec<&str> = feed.iter().flat_map(|url| ["--feed", url]).collect();
        let output = self.load(&[workload, &["--rpc-url", devnet.url()], &feed, more].concat());
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).expect("one JSON object")
    }
}

fn place() -> Place {
    Place(tempfile::tempdir().expect("a folder"))
}

#[test]
fn every_way_in_leads_to_blocks() {
    let place = place();
    for (feed, more) in [
        (None, &["--batch", "37", "--reads", "50"][..]),
        (Some("tcp"), &["--connections", "3"]),
        (Some("quic"), &["--connections", "2"]),
        (Some("quic"), &["--claim-senders", "--rate", "2000"]),
    ] {
        let report = place.run(&WORKLOAD, feed, more);
        assert_eq!((&report["sent"], &report["committed"]), (&300.into(), &300.into()), "{report}");
        assert_eq!((&report["unexpected"], &report["isCutShort"]), (&0.into(), &false.into()), "{report}");
        assert!(report["latencyMs"]["p50"].as_f64().expect("a number") > 0.0, "{report}");
        assert_eq!(report["reads"].as_array().map(Vec::len), Some(if feed.is_none() { 2 } else { 0 }));
    }
}

#[test]
fn what_is_turned_away_is_told_by_reason() {
    let hostile = ["--workload", "hostile", "--transactions", "300", "--accounts", "60"];
    let place = place();
    for feed in [None, Some("tcp")] {
        let report = place.run(&hostile, feed, &["--patience", "2", "--connections", "1"]);
        let rejected = report["rejected"].as_object().expect("reasons");
        let count = rejected.values().map(|count| count.as_u64().expect("a number")).sum::<u64>();
        assert!(rejected.len() > 3 && count > 0, "{report}");
        let [committed, failed] =
            ["committed", "failed"].map(|name| report[name].as_u64().expect("a number"));
        assert_eq!(committed + failed + count, 300, "{report}");
        assert_eq!(report["unexpected"], 0, "{report}");
    }
}

#[test]
fn a_node_with_other_accounts_is_found_out_before_anything_is_sent() {
    let (place, devnet) = (place(), Devnet::start(&[]));
    let output = place.load(&[&WORKLOAD[..], &["--rpc-url", devnet.url()]].concat());
    assert_eq!(output.status.code(), Some(1));
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(words.contains("--write-genesis"), "{words}");
    for wrong in [&["--rpc-url", "ftp://x"][..], &["--claim-senders"], &["--batch", "0"]] {
        assert_eq!(place.load(wrong).status.code(), Some(2), "{wrong:?}");
    }
}
