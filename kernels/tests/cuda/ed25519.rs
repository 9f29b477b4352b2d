//! Whole ed25519 verifications by the device's arithmetic, against the rule and against `reference`.

use std::path::Path;

use proptest::prelude::*;
use serde_json::Value;

use crate::agree;
use crate::case::{Case, batch};
use crate::host::ask;

const VERIFY: u8 = 16;
const VECTORS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data/ed25519/cctv.json");

/// What the device's arithmetic says of each signature.
fn verdicts(cases: &[Case]) -> Vec<bool> {
    let mut questions = Vec::new();
    for case in cases {
        questions.push(VERIFY);
        questions.extend_from_slice(&case.signature);
        questions.extend_from_slice(&case.key);
        questions.extend((case.message.len() as u32).to_le_bytes());
        questions.extend_from_slice(&case.message);
    }
    let answers = ask(&questions);
    assert_eq!(answers.len(), cases.len(), "one answer to each question");
    answers.into_iter().map(|answer| answer == 1).collect()
}

/// Asks about these, and expects what other libraries and all back-ends say. Gives how many are valid.
fn check(cases: &[Case]) -> usize {
    let expected: Vec<_> = cases.iter().map(Case::valid_by_other_means).collect();
    assert_eq!(verdicts(cases), expected);
    let by_the_rule: Vec<_> = cases.iter().zip(&expected).map(|(case, valid)| case.verdict(*valid)).collect();
    agree::check(&batch(cases), &by_the_rule);
    expected.into_iter().filter(|is_valid| *is_valid).count()
}

#[test]
fn messages_of_any_length_are_hashed_right() {
    let mut cases: Vec<_> = (0..64).map(Case::signed).collect();
    cases.extend((0..64).map(Case::spoilt));
    assert_eq!(check(&cases), 64);
    // Around every number of bytes at which another block begins.
    let cases: Vec<_> = (0..400).map(|length| Case::over(length % 3, vec![0x5a; length])).collect();
    assert_eq!(check(&cases), 400);
}

#[test]
fn of_914_corner_cases_exactly_106_are_valid() {
    if !Path::new(VECTORS).exists() {
        return eprintln!("skipped: ../shared/data/ed25519/cctv.json is absent");
    }
    let text = std::fs::read_to_string(VECTORS).expect("it is there");
    let vectors: Vec<Value> = serde_json::from_str(&text).expect("a list");
    let hex = |vector: &Value, field: &str| {
        const_hex::decode(vector[field].as_str().expect("a text")).expect("hexadecimal digits")
    };
    let case = |vector: &Value| Case {
        message: vector["msg"].as_str().expect("a text").as_bytes().to_vec(),
        signature: hex(vector, "sig").try_into().expect("64 bytes"),
        key: hex(vector, "key").try_into().expect("32 bytes"),
    };
    let cases: Vec<_> = vectors.iter().map(case).collect();
    assert_eq!((cases.len(), check(&cases)), (914, 106));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn mutations_are_judged_as_by_all_others(
        mutations in prop::collection::vec((0..40_usize, 0..3_u8, any::<u16>(), any::<u8>()), 1..40),
    ) {
        let mutated = |(index, field, place, byte): (usize, u8, u16, u8)| {
            let mut case = Case::signed(index);
            let place = usize::from(place);
            match field {
                0 => case.signature[place % 64] ^= byte,
                1 => case.key[place % 32] ^= byte,
                _ => {}
            }
            case
        };
        check(&mutations.into_iter().map(mutated).collect::<Vec<_>>());
    }
}
