//! `pelton compare` as a user meets it: what it prints, what it refuses, and how it exits.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

fn pelton(cache: &Path, arguments: &[&str]) -> Output {
    let program = env!("CARGO_BIN_EXE_pelton");
    Command::new(program).args(arguments).env("XDG_CACHE_HOME", cache).output().expect("the program starts")
}

/// Fills a folder with runs that are this much slower than they were, in what verifies, and gives its path.
fn planted(cache: &Path, report: &Value, name: &str, slow: f64) -> String {
    let folder = cache.join(name);
    std::fs::create_dir_all(&folder).expect("a folder");
    for index in 0..6 {
        let mut report = report.clone();
        let wobble = 1.0 + 0.001 * f64::from(index);
        for stage in report["stages"].as_array_mut().expect("stages") {
            let slow = if stage["name"] == "verify" { slow } else { 1.0 };
            let cost = &mut stage["cpu_ns_per_transaction"];
            *cost = (cost.as_f64().expect("a number") * wobble * slow).into();
        }
        let rate = report["committed_per_second"].as_f64().expect("a rate") / wobble / slow;
        report["committed_per_second"] = rate.into();
        std::fs::write(folder.join(format!("{index}.json")), report.to_string()).expect("a file");
    }
    folder.to_str().expect("a path").to_owned()
}

#[test]
fn results_are_compared_and_the_exit_code_says_whether_anything_got_worse() {
    let cache = tempfile::tempdir().expect("a folder");
    let output = pelton(cache.path(), &["bench", "--json", "--accounts", "60", "--transactions", "500"]);
    let report: Value = serde_json::from_slice(&output.stdout).expect("one JSON object");
    let [before, same, slower] = [("before", 1.0), ("same", 1.0), ("slower", 1.1)]
        .map(|(name, slow)| planted(cache.path(), &report, name, slow));
    let check = |a: &str, b: &str, code: i32, verdict: &str| {
        let output = pelton(cache.path(), &["compare", a, b]);
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(output.status.code(), Some(code), "{text}");
        assert!(text.starts_with(&format!("**{verdict}**")) && text.contains("| throughput, "), "{text}");
    };
    check(&before, &same, 0, "within noise");
    check(&before, &slower, 1, "worse");
    check(&slower, &before, 0, "better");
    let output = pelton(cache.path(), &["compare", "--json", &before, &slower]);
    let found: Value = serde_json::from_slice(&output.stdout).expect("one JSON object");
    assert_eq!((&found["verdict"], &found["slower_stage"]), (&"worse".into(), &"verify".into()));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/compare.schema.json");
    let schema = std::fs::read_to_string(path).expect("docs has the schema");
    let schema: Value = serde_json::from_str(&schema).expect("the schema is JSON");
    assert!(jsonschema::validator_for(&schema).expect("the schema is one").is_valid(&found), "{found}");
}

#[test]
fn programs_are_run_in_alternation_and_few_runs_decide_nothing() {
    let cache = tempfile::tempdir().expect("a folder");
    let program = env!("CARGO_BIN_EXE_pelton");
    let arguments = ["--accounts", "60", "--transactions", "200"];
    let run = ["compare", "--run", program, program, "--pairs", "2", "--"];
    let output = pelton(cache.path(), &[&run[..], &arguments].concat());
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(text.starts_with("**undecided**") && text.contains("2 runs"), "{text}");
}

#[test]
fn what_cannot_be_compared_is_one_line_and_exit_code_2() {
    let cache = tempfile::tempdir().expect("a folder");
    let empty = cache.path().to_str().expect("a path");
    for arguments in [
        &["compare"][..],
        &["compare", "a"],
        &["compare", "no-such-file", "no-such-file"],
        &["compare", empty, empty],
        &["compare", "--run", "no-such-program", "no-such-program"],
        &["compare", "--pairs", "0", "a", "b"],
        &["compare", "a", "b", "--", "--seed", "1"],
    ] {
        let output = pelton(cache.path(), arguments);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {stderr}");
        assert_eq!(stderr.trim_end().lines().count(), 1, "{arguments:?}: {stderr}");
        assert!(stderr.starts_with("pelton: ") && stderr.contains("pelton compare --help"), "{stderr}");
    }
}
