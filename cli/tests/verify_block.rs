//! `pelton verify-block` as a user meets it: a process that has a file and nothing else.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

fn pelton(folder: &Path, arguments: &[&str]) -> Output {
    let program = env!("CARGO_BIN_EXE_pelton");
    let mut command = Command::new(program);
    command.args(arguments).current_dir(folder).env("XDG_CACHE_HOME", folder);
    command.output().expect("the program starts")
}

/// Runs a small bench that writes `block`, and gives its report.
fn bench(folder: &Path, arguments: &[&str]) -> Value {
    let small = ["bench", "--json", "--accounts", "60", "--witness", "block"];
    let output = pelton(folder, &[&small[..], arguments].concat());
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("standard output is one JSON object")
}

fn verify(folder: &Path) -> Value {
    let output = pelton(folder, &["verify-block", "block", "--json"]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("standard output is one JSON object")
}

#[test]
fn a_block_of_every_workload_leads_without_a_state_to_what_it_led_its_chain_to() {
    let folder = tempfile::tempdir().expect("a folder");
    for workload in ["transfers", "hot-account", "erc20", "mix", "hostile", "hybrid:hot=0.9", "mint", "dex"] {
        for scheme in ["secp256k1", "ed25519"] {
            let arguments = ["--transactions", "600", "--workload", workload, "--scheme", scheme];
            let report = bench(folder.path(), &arguments);
            let checked = verify(folder.path());
            let blocks = report["audit"]["blocks"].as_u64().expect("blocks");
            let (height, newest) = (checked["height"].as_u64(), checked["newest_height"].as_u64());
            assert_eq!(newest, Some(blocks), "{workload}");
            match blocks.checked_sub(8).filter(|height| *height > 0) {
                Some(spoken_of) => {
                    assert_eq!(height, Some(spoken_of), "{workload}");
                    assert_eq!(checked["root_after_in_headers"], true, "{workload}");
                }
                None => {
                    assert_eq!(height, Some(blocks), "{workload}");
                    assert_eq!(checked["root_after"], report["audit"]["state_root"], "{workload}");
                }
            }
        }
    }
}

#[test]
fn a_file_that_is_damaged_or_not_there_is_refused_in_one_line() {
    let folder = tempfile::tempdir().expect("a folder");
    bench(folder.path(), &["--transactions", "100"]);
    let path = folder.path().join("block");
    let good = std::fs::read(&path).expect("it was written");
    let refused = |what: &str| {
        let output = pelton(folder.path(), &["verify-block", "block"]);
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0), "{what}: {stderr}");
        assert!(stderr.starts_with("pelton: block: ") && stderr.lines().count() == 1, "{what}: {stderr}");
        stderr
    };
    for at in [0, 20, 60, 100, 150, 200, good.len() / 3, good.len() / 2, good.len() - 1] {
        let mut damaged = good.clone();
        damaged[at] ^= 0x10;
        std::fs::write(&path, damaged).expect("the folder can be written to");
        refused(&format!("byte {at}"));
    }
    std::fs::remove_file(&path).expect("it is there");
    refused("no file");
    std::fs::write(&path, &good).expect("the folder can be written to");
    assert_eq!(verify(folder.path())["file_bytes"].as_u64(), Some(good.len() as u64));
    let output = pelton(folder.path(), &["verify-block", "block", "--chain-id", "5"]);
    assert_eq!(output.status.code(), Some(1), "another chain has other limits");
}
