//! Ethereum's GeneralStateTests: each transaction ends in the state root and the logs that all clients agree on.
//!
//! ```text
//! txbytes ──decode──> fields, sender = those of the test ──> serial = execute ──> state root, logs
//! ```
//!
//! What fails stands in `conformance/state_tests_expected_failures.txt`, a line each: `case — what is found`. The list can
//! only become shorter: a listed case that passes, or fails in another way, fails the test.

mod conformance {
    pub mod data;
    pub mod json;
    pub mod merkle;
    pub mod sender;
    pub mod state_test;
}

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::process::ExitCode;

use conformance::json::get;
use conformance::{data, state_test};
use flate2::read::GzDecoder;
use rayon::prelude::*;
use serde_json::Value;

const EXPECTED_FAILURES: &str = include_str!("conformance/state_tests_expected_failures.txt");

fn main() -> ExitCode {
    let archive = "state-tests/general-state-tests-open.tar.gz";
    data::main(
        "state_tests_end_in_the_agreed_root_and_logs",
        archive,
        state_tests_end_in_the_agreed_root_and_logs,
    )
}

fn state_tests_end_in_the_agreed_root_and_logs(archive: &Path) {
    let files = unpack(archive);
    let cases: Vec<Case> = files.par_iter().flat_map_iter(|(name, content)| run(name, content)).collect();
    let failures: BTreeMap<&str, &str> = cases.iter().filter_map(Case::failure).collect();
    let unknown = cases.iter().filter(|case| case.found.is_none()).count();
    let passed = cases.len() - unknown - failures.len();
    compare(&failures);
    let totals = format!("{passed} passed, {} expected failures, {unknown} of forks that", failures.len());
    data::say(&format!("state tests: {totals} the engine does not know"));
}

/// What came of one choice of data, gas and value by the rules of one fork.
struct Case {
    name: String,
    /// None if the engine does not know the fork.
    found: Option<Result<(), String>>,
}

impl Case {
    fn failure(&self) -> Option<(&str, &str)> {
        let what = self.found.as_ref()?.as_ref().err()?;
        Some((&self.name, what))
    }
}

/// The JSON files of an archive, by path.
fn unpack(archive: &Path) -> Vec<(String, Vec<u8>)> {
    let file = File::open(archive).expect("a readable file");
    let mut archive = tar::Archive::new(GzDecoder::new(file));
    let mut files = Vec::new();
    for entry in archive.entries().expect("a tar archive") {
        let mut entry = entry.expect("an entry");
        let path = entry.path().expect("a path").display().to_string();
        if let Some(name) = path.strip_prefix("GeneralStateTests/").filter(|name| name.ends_with(".json")) {
            let mut content = Vec::new();
            entry.read_to_end(&mut content).expect("the whole file");
            files.push((name.to_owned(), content));
        }
    }
    files
}

/// All cases of a file.
fn run(file: &str, content: &[u8]) -> Vec<Case> {
    let tests: Value = serde_json::from_slice(content).expect("JSON");
    let mut cases = Vec::new();
    for (name, test) in tests.as_object().expect("tests by name") {
        let before = state_test::state_before(test);
        for (fork_name, posts) in get(test, "post").as_object().expect("lists by fork") {
            let fork = state_test::fork(fork_name);
            for (index, post) in posts.as_array().expect("a list").iter().enumerate() {
                let found = fork.map(|fork| state_test::run(test, &before, fork, post));
                cases.push(Case { name: format!("{file} {name} {fork_name} {index}"), found });
            }
        }
    }
    cases
}

/// Compares failures with those that are expected.
fn compare(failures: &BTreeMap<&str, &str>) {
    let lines = EXPECTED_FAILURES.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let expected: BTreeMap<&str, &str> =
        lines.map(|line| line.split_once(" — ").expect("a line is a case and what is found")).collect();
    let mut wrong = String::new();
    for (case, what) in failures.iter().filter(|(case, what)| expected.get(*case) != Some(what)) {
        wrong += &format!("not expected: {case} — {what}\n");
    }
    for case in expected.keys().filter(|case| !failures.contains_key(*case)) {
        wrong += &format!("passes, or is no case: {case}\n");
    }
    assert!(wrong.is_empty(), "the list of expected failures is not what fails:\n{wrong}");
}
