//! Published ed25519 vectors that lie beside the repository; where they do not, the tests are reported as ignored.

#[path = "common/agree.rs"]
mod agree;
#[path = "common/case.rs"]
mod case;
#[path = "common/companions.rs"]
mod companions;
#[path = "common/levels.rs"]
mod levels;

use std::path::Path;
use std::process::ExitCode;

use case::Case;
use companions::check_among_companions;
use libtest_mimic::{Arguments, Trial};
use serde_json::Value;

const DATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data/ed25519");

fn main() -> ExitCode {
    let trials = vec![
        trial(
            "of_914_corner_cases_exactly_106_are_valid_whatever_the_companions",
            "cctv.json",
            of_914_corner_cases_exactly_106_are_valid_whatever_the_companions,
        ),
        trial(
            "the_twelve_cases_that_tell_rules_apart_read_xxxvvvxxxxxx",
            "speccheck.json",
            the_twelve_cases_that_tell_rules_apart_read_xxxvvvxxxxxx,
        ),
    ];
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

/// A test over the vectors in this file.
fn trial(name: &str, file: &str, test: fn(&[Value])) -> Trial {
    let path = Path::new(DATA).join(file);
    let is_absent = !path.exists();
    if is_absent {
        eprintln!("skipped: ../shared/data/ed25519/{file} is absent");
    }
    let run = move || {
        let text = std::fs::read_to_string(&path)?;
        test(&serde_json::from_str::<Vec<Value>>(&text)?);
        Ok(())
    };
    Trial::test(name, run).with_ignored_flag(is_absent)
}

fn hex(vector: &Value, field: &str) -> Vec<u8> {
    const_hex::decode(vector[field].as_str().expect("a text")).expect("hexadecimal digits")
}

fn array<const N: usize>(vector: &Value, field: &str) -> [u8; N] {
    hex(vector, field).try_into().expect("the length is fixed")
}

fn of_914_corner_cases_exactly_106_are_valid_whatever_the_companions(vectors: &[Value]) {
    let cases: Vec<_> = vectors
        .iter()
        .map(|vector| Case {
            message: vector["msg"].as_str().expect("a text").as_bytes().to_vec(),
            signature: array(vector, "sig"),
            key: array(vector, "key"),
        })
        .collect();
    let expected: Vec<_> = cases.iter().map(Case::valid_by_other_means).collect();
    assert_eq!((expected.len(), expected.iter().filter(|valid| **valid).count()), (914, 106));
    check_among_companions(&cases, &expected);

    let accepted: Vec<_> = cases.iter().filter(|case| case.valid_by_other_means()).cloned().collect();
    check_among_companions(&accepted, &[true; 106]);
}

fn the_twelve_cases_that_tell_rules_apart_read_xxxvvvxxxxxx(vectors: &[Value]) {
    let cases: Vec<_> = vectors
        .iter()
        .map(|vector| Case {
            message: hex(vector, "message"),
            signature: array(vector, "signature"),
            key: array(vector, "pub_key"),
        })
        .collect();
    let expected: Vec<_> = "XXXVVVXXXXXX".chars().map(|letter| letter == 'V').collect();
    check_among_companions(&cases, &expected);
}
