//! Published vectors (Wycheproof's) that lie beside the repository; where they do not, the tests say so and pass.

use std::path::Path;

use serde_json::Value;

use crate::bls12381::arithmetic::Arithmetic;
use crate::bls12381::points::G2;
use crate::bls12381::tests::levels;
use crate::bls12381::{BatchVerification, KnownKey, SignedMessage, reference};

const DATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data/bls");

/// Gives every test of a file, with the group it is of; how many there were.
fn each(file: &str, mut test: impl FnMut(&Value, &Value)) -> Option<usize> {
    let Ok(text) = std::fs::read_to_string(Path::new(DATA).join(file)) else {
        eprintln!("skipped: ../shared/data/bls/{file} is absent");
        return None;
    };
    let all: Value = serde_json::from_str(&text).expect("the file is JSON");
    let mut count = 0;
    for group in list(&all["testGroups"]) {
        for one in list(&group["tests"]) {
            test(group, one);
            count += 1;
        }
    }
    Some(count)
}

fn list(value: &Value) -> &[Value] {
    value.as_array().expect("a list")
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}

fn bytes(value: &Value) -> Vec<u8> {
    const_hex::decode(text(value)).expect("hexadecimal digits")
}

/// None where the length is not that of an encoding: the interface has no room for such a thing.
fn encoding<const N: usize>(value: &Value) -> Option<[u8; N]> {
    bytes(value).try_into().ok()
}

/// Checks one file of single signatures, each by the reference, alone in a batch, and all in one batch.
fn check_signatures(file: &str, expected_valid: usize, expected_count: usize) {
    let mut cases = Vec::new();
    let count = each(file, |group, one| {
        let tag = text(&group["ciphersuite"]).as_bytes().to_vec();
        let parts = encoding::<48>(&group["publicKey"]["pk"]).zip(encoding::<96>(&one["sig"]));
        let valid = text(&one["result"]) == "valid";
        let Some((key, signature)) = parts else {
            assert!(!valid, "{one}");
            return;
        };
        let message = bytes(&one["msg"]);
        assert_eq!(reference::verify_tagged(&tag, &key, &message, &signature), valid, "{one}");
        match KnownKey::from_genesis_without_proof(&key) {
            Some(key) => cases.push((tag, key, message, signature, valid)),
            None => assert!(!valid, "{one}"),
        }
    });
    let Some(count) = count else { return };
    let valid = cases.iter().filter(|case| case.4).count();
    assert_eq!((valid, count), (expected_valid, expected_count), "{file}");
    let tag = &cases[0].0;
    let signed: Vec<_> = cases
        .iter()
        .map(|(_, key, message, signature, _)| SignedMessage { key, message, signature })
        .collect();
    for (level, size) in levels().flat_map(|level| [1, signed.len()].map(|size| (level, size))) {
        let mut verdicts = Vec::new();
        let mut batch = BatchVerification::new([7; 32], level);
        signed.chunks(size).for_each(|chunk| batch.verify_tagged(tag, chunk, &mut verdicts));
        let expected: Vec<_> = cases.iter().map(|case| case.4).collect();
        assert_eq!(verdicts, expected, "{file}, {size} at once, {level}");
    }
}

#[test]
fn every_published_signature_has_its_published_verdict() {
    check_signatures("bls_sig_g2_pop_verify_test.json", 13, 26);
    check_signatures("bls_sig_g2_basic_verify_test.json", 29, 88);
}

#[test]
fn every_published_aggregate_has_its_published_verdict() {
    let mut valid = 0;
    let count = each("bls_sig_g2_aggregate_verify_test.json", |group, one| {
        let keys: Option<Vec<_>> = list(&one["pubkeys"])
            .iter()
            .map(|key| encoding(key).and_then(|key| KnownKey::from_genesis_without_proof(&key)))
            .collect();
        let messages: Vec<_> = list(&one["messages"]).iter().map(bytes).collect();
        let expected = text(&one["result"]) == "valid";
        for level in levels() {
            let batch = BatchVerification::new([7; 32], level);
            let verdict = keys.as_ref().zip(encoding(&one["sig"])).is_some_and(|(keys, signature)| {
                let signed: Vec<_> = keys.iter().zip(messages.iter().map(Vec::as_slice)).collect();
                let tag = text(&group["ciphersuite"]).as_bytes();
                keys.len() == messages.len() && batch.verify_aggregate_tagged(tag, &signed, &signature)
            });
            assert_eq!(verdict, expected, "{one}, {level}");
        }
        valid += usize::from(expected);
    });
    assert!(count.is_none_or(|count| (valid, count) == (6, 19)), "{valid} of {count:?}");
}

#[test]
fn every_published_message_has_its_published_hash() {
    let (mut tag, mut messages, mut expected) = (Vec::new(), Vec::new(), Vec::new());
    let count = each("bls_hash_to_g2_test.json", |group, one| {
        tag = text(&group["dst"]).as_bytes().to_vec();
        messages.push(bytes(&one["msg"]));
        expected.push(G2::decode(&encoding(&one["expected"]).expect("96 bytes")).expect("a hash"));
    });
    assert!(count.is_none_or(|count| count == 34), "{count:?}");
    let messages: Vec<_> = messages.iter().map(Vec::as_slice).collect();
    for (level, size) in levels().flat_map(|level| [1, 8, 34].map(|size| (level, size))) {
        let arithmetic = Arithmetic::new(level, &[7; 32]);
        let hashes: Vec<_> = messages.chunks(size).flat_map(|some| arithmetic.hash(some, &tag)).collect();
        assert_eq!(hashes, expected, "{size} at once, {level}");
    }
}
