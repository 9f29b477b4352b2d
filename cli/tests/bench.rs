//! `pelton bench` as a user meets it: what it prints, what it refuses, and how it exits.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

/// Runs the program with a cache of its own.
fn pelton(cache: &Path, arguments: &[&str]) -> Output {
    let program = env!("CARGO_BIN_EXE_pelton");
    Command::new(program).args(arguments).env("XDG_CACHE_HOME", cache).output().expect("the program starts")
}

/// Runs a small bench, checks its object by the schema and by what must always hold, and gives it.
fn check(cache: &Path, arguments: &[&str]) -> Value {
    let small = ["bench", "--json", "--accounts", "60"];
    let output = pelton(cache, &[&small[..], arguments].concat());
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {stderr}");
    let report: Value = serde_json::from_slice(&output.stdout).expect("standard output is one JSON object");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/bench.schema.json");
    let schema = std::fs::read_to_string(path).expect("docs has the schema");
    let schema: Value = serde_json::from_str(&schema).expect("the schema is JSON");
    let validator = jsonschema::validator_for(&schema).expect("the schema is one");
    assert!(
        validator.is_valid(&report),
        "{:?}",
        validator.iter_errors(&report).map(|e| e.to_string()).collect::<Vec<_>>()
    );

    let number = |field: &str| report[field].as_u64().expect(field);
    let rejected: u64 =
        report["rejected"].as_object().expect("rejected").values().filter_map(Value::as_u64).sum();
    assert_eq!(number("offered"), number("committed") + number("failed") + number("passed") + rejected);
    for stage in report["stages"].as_array().expect("stages") {
        let of = |field: &str| stage[field].as_u64().expect(field);
        assert_eq!(of("taken"), of("passed") + of("rejected") + of("held"), "{stage}");
    }
    report
}

#[test]
fn every_workload_on_every_scheme_comes_out_as_it_expects() {
    let cache = tempfile::tempdir().expect("a folder");
    for workload in [
        "transfers",
        "transfers:zipf=0.9",
        "transfers:senders=1",
        "hot-account",
        "erc20",
        "erc20:group=2",
        "erc20:undeclared=0.25,extra=3",
        "mix",
        "hostile",
        "hybrid:hot=0.9",
        "mint",
        "dex:pools=2",
        "liquidation",
        "game:every=50,watch=0.5",
    ] {
        for scheme in ["secp256k1", "ed25519"] {
            let arguments = ["--transactions", "600", "--workload", workload, "--scheme", scheme];
            let report = check(cache.path(), &arguments);
            let audit = &report["audit"];
            assert_eq!(audit["equal"], true);
            assert_eq!(audit["supply_conserved"], true);
            assert_eq!(audit["expectations_met"], true);
            assert_eq!(audit["blocks_rebuilt"], audit["blocks"]);
            assert_eq!(audit["state_root"], audit["serial_state_root"]);
            if workload == "hostile" {
                assert!(
                    report["rejected"].as_object().expect("rejected").len() >= 8,
                    "{}",
                    report["rejected"]
                );
                assert!(report["failed"].as_u64().expect("failed") > 0);
                continue;
            }
            let failed = report["failed"].as_u64().expect("failed");
            match workload {
                "mint" => assert_eq!(failed, 150, "half of it are mints, and half of those come too late"),
                // Seven bursts of eight loans and eighty bots, and a half.
                "liquidation" => assert_eq!(failed, 600 - 8 * 8),
                "dex:pools=2" => assert!((10..60).contains(&failed), "one in twenty is too greedy: {failed}"),
                _ => assert_eq!(failed, 0, "{workload}"),
            }
            assert_eq!(report["committed"], 600 - failed);
        }
    }
}

#[test]
fn a_pipeline_cut_after_any_stage_accounts_for_every_transaction() {
    let cache = tempfile::tempdir().expect("a folder");
    let stages = [
        "ingest",
        "verify",
        "dedup",
        "schedule",
        "seal",
        "multicast",
        "assemble",
        "order",
        "execute",
        "commit",
    ];
    for (index, stage) in stages.into_iter().enumerate() {
        let report = check(cache.path(), &["--transactions", "500", "--until", stage]);
        let whole = stage == "commit";
        assert_eq!(report["passed"], if whole { 0 } else { 500 });
        assert_eq!(report["committed"], if whole { 500 } else { 0 });
        assert_eq!(report["audit"].is_null(), !whole);
        assert_eq!(report["stages"].as_array().expect("stages").len(), index + 1);
    }
}

#[test]
fn the_same_arguments_make_the_same_workload_and_another_seed_another() {
    let cache = tempfile::tempdir().expect("a folder");
    let digest =
        |seed| check(cache.path(), &["--transactions", "100", "--seed", seed])["workload"]["digest"].clone();
    assert_eq!(digest("7"), digest("7"));
    assert_ne!(digest("7"), digest("8"));
}

#[test]
fn the_plain_back_end_and_one_thread_and_a_rate_do_the_same_work() {
    let cache = tempfile::tempdir().expect("a folder");
    let report = check(cache.path(), &["--transactions", "300", "--backend", "reference", "--threads", "1"]);
    assert_eq!(report["verify"]["backends"]["reference"], 300);
    let report = check(cache.path(), &["--seconds", "0.5", "--rate", "400"]);
    assert_eq!(report["committed"], 200);
    assert!(report["seconds"].as_f64().expect("seconds") > 0.4, "it is offered evenly");
}

#[test]
fn a_device_that_was_asked_for_and_is_not_there_is_wrong_use_and_auto_says_why_there_is_none() {
    if Path::new("/proc/driver/nvidia/gpus").exists() {
        return eprintln!("skipped: this machine has a GPU");
    }
    let cache = tempfile::tempdir().expect("a folder");
    let output = pelton(cache.path(), &["bench", "--backend", "cuda", "--transactions", "100"]);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    assert!(stderr.starts_with("pelton: --backend cuda: there is no CUDA") && stderr.lines().count() == 1);
    assert!(output.stdout.is_empty());
    for arguments in
        [["devnet", "--backend", "cuda"].as_slice(), &["devnet", "--backend", "cuda", "--validators", "4"]]
    {
        let output = pelton(cache.path(), arguments);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{stderr}");
        assert!(stderr.starts_with("pelton: --backend cuda: there is no CUDA"), "{stderr}");
    }
    let report = check(cache.path(), &["--transactions", "100", "--backend", "auto"]);
    let device = &report["verify"]["device"];
    assert!(device["unused"].as_str().expect("a reason").starts_with("there is no CUDA"), "{device}");
    let report = check(cache.path(), &["--transactions", "100", "--backend", "cpu"]);
    assert_eq!(
        (&report["verify"]["backends"]["cpu"], &report["verify"]["device"]),
        (&100.into(), &Value::Null)
    );
}

#[test]
fn a_chain_that_is_kept_is_recovered_and_not_written_over() {
    let cache = tempfile::tempdir().expect("a folder");
    let folder = cache.path().join("chain");
    let folder = folder.to_str().expect("a path");
    let report = check(cache.path(), &["--transactions", "700", "--workload", "mix", "--data-dir", folder]);
    let (audit, durability) = (&report["audit"], &report["durability"]);
    assert_eq!((&audit["recovered"], &audit["equal"]), (&Value::Bool(true), &Value::Bool(true)));
    assert_eq!(durability["recovered_state_root"], audit["state_root"]);
    assert_eq!(
        (&durability["height"], &durability["recovered_height"]),
        (&audit["blocks"], &audit["blocks"])
    );
    let last = report["stages"].as_array().and_then(|stages| stages.last()).expect("there are stages");
    assert_eq!((&last["name"], &last["passed"]), (&Value::from("persist"), &Value::from(700)));
    // How much there is per transaction depends on how the blocks fell: each writes an account once.
    let bytes = |name: &str| durability[name].as_f64().expect("a number of bytes");
    let logged = bytes("log_bytes_per_transaction");
    assert!(logged > 0.0 && bytes("written_bytes_per_transaction") > logged, "{durability}");

    let again = pelton(
        cache.path(),
        &["bench", "--transactions", "700", "--accounts", "60", "--workload", "mix", "--data-dir", folder],
    );
    let stderr = String::from_utf8_lossy(&again.stderr);
    assert_eq!(again.status.code(), Some(1), "{stderr}");
    let found = format!(
        "recovered at height {} with state root {}",
        audit["blocks"],
        audit["state_root"].as_str().expect("a root")
    );
    assert!(stderr.contains(&found), "{stderr}");
    assert_eq!(report["audit"]["recovered"], true);
    let other =
        pelton(cache.path(), &["bench", "--transactions", "100", "--accounts", "61", "--data-dir", folder]);
    assert!(String::from_utf8_lossy(&other.stderr).contains("the store holds the chain of genesis"));
}

#[test]
fn a_folder_that_cannot_be_had_is_one_line_and_exit_code_1() {
    let cache = tempfile::tempdir().expect("a folder");
    let folder = cache.path().join("no/such/parent");
    let arguments = ["bench", "--transactions", "100", "--data-dir", folder.to_str().expect("a path")];
    let output = pelton(cache.path(), &arguments);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(
        stderr.lines().last().is_some_and(|line| line.starts_with("pelton: ") && line.contains("parent")),
        "{stderr}"
    );
    assert!(output.stdout.is_empty());
}

#[test]
fn a_folder_for_the_report_is_filled() {
    let cache = tempfile::tempdir().expect("a folder");
    let out = cache.path().join("some/where");
    let report = check(cache.path(), &["--transactions", "100", "--out", out.to_str().expect("a path")]);
    let written = std::fs::read_to_string(out.join("report.json")).expect("report.json is there");
    assert_eq!(serde_json::from_str::<Value>(&written).expect("it is JSON"), report);
    assert!(
        std::fs::read_to_string(out.join("report.txt")).expect("report.txt is there").contains("committed")
    );
}

#[test]
fn a_damaged_workload_file_is_made_again() {
    let cache = tempfile::tempdir().expect("a folder");
    let arguments = ["--transactions", "100"];
    let digest = check(cache.path(), &arguments)["workload"]["digest"].clone();
    let folder = cache.path().join("pelton/workloads");
    for entry in std::fs::read_dir(folder).expect("the cache is there") {
        let path = entry.expect("an entry").path();
        let mut bytes = std::fs::read(&path).expect("a file");
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        std::fs::write(&path, bytes).expect("it can be written");
    }
    assert_eq!(check(cache.path(), &arguments)["workload"]["digest"], digest);
}

#[test]
fn wrong_use_gives_one_line_and_exit_code_2() {
    let cache = tempfile::tempdir().expect("a folder");
    for arguments in [
        &["bench", "--workload", "nonsense"][..],
        &["bench", "--workload", "transfers:"],
        &["bench", "--workload", "transfers:nonsense=1"],
        &["bench", "--workload", "transfers:zipf"],
        &["bench", "--workload", "transfers:zipf=4"],
        &["bench", "--workload", "transfers:zipf=0.9,zipf=0.9"],
        &["bench", "--workload", "hostile:zipf=0.9"],
        &["bench", "--workload", "erc20:group=100", "--accounts", "99"],
        &["bench", "--scheme", "rsa"],
        &["bench", "--transactions", "0"],
        &["bench", "--transactions", "many"],
        &["bench", "--seconds", "-1"],
        &["bench", "--seconds", "1", "--transactions", "1"],
        &["bench", "--rate", "0"],
        &["bench", "--accounts", "1"],
        &["bench", "--threads", "0"],
        &["bench", "--backend", "abacus"],
        &["bench", "--until", "never"],
        &["bench", "--until", "execute", "--data-dir", "."],
        &["bench", "--no-such-flag"],
        &["bnech"],
        &[],
    ] {
        let output = pelton(cache.path(), arguments);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {stderr}");
        assert_eq!(stderr.trim_end().lines().count(), 1, "{arguments:?}: {stderr}");
        assert!(stderr.starts_with("pelton: "), "{arguments:?}: {stderr}");
        assert!(output.stdout.is_empty(), "{arguments:?}");
    }
}

#[test]
fn help_shows_an_example() {
    let cache = tempfile::tempdir().expect("a folder");
    for arguments in [&["--help"][..], &["bench", "--help"]] {
        let output = pelton(cache.path(), arguments);
        assert_eq!(output.status.code(), Some(0));
        assert!(String::from_utf8_lossy(&output.stdout).contains("Example"));
    }
}
