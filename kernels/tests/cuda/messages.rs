//! Messages of every length around the blocks of a hash, and published corner cases.

use std::path::Path;

use pelton_kernels::{Scheme, Signatures};
use serde_json::Value;

use crate::case::{Case, batch};
use crate::companions::check_among_companions;
use crate::{bytes, check, check_agreement, valid};

const VECTORS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data/ed25519/cctv.json");

#[test]
fn messages_of_any_length_are_hashed_right() {
    let cases: Vec<_> = (0..400).map(|length| Case::over(length % 3, vec![0x5a; length])).collect();
    check(&batch(&cases), &cases.iter().map(|case| case.verdict(true)).collect::<Vec<_>>());
    // Recovery gives some address for whatever is signed, and another one for another message.
    let mut recovered = Signatures::new(Scheme::Secp256k1);
    let mut signature = [0; 64];
    signature[..32].copy_from_slice(&bytes("the x of a point", 2));
    signature[63] = 1;
    (0..400).for_each(|length| recovered.push_secp256k1(&vec![0x5a; length], &signature, 0, None));
    assert_eq!(valid(&check_agreement(&recovered)), 400);
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
    let expected: Vec<_> = cases.iter().map(Case::valid_by_other_means).collect();
    assert_eq!((expected.len(), expected.iter().filter(|valid| **valid).count()), (914, 106));
    check_among_companions(&cases, &expected);
}
