//! Key files that were good once and then bent, from a seed: none panics, and none costs more than is allowed, whatever it asks
//! for.
//!
//! `PELTON_FUZZ_SEED` and `PELTON_FUZZ_CASES` make it another campaign, or a longer one; `enemies/fuzz` does.
#![cfg(feature = "node")]

#[path = "../../node/tests/parsers/campaign.rs"]
mod campaign;
#[path = "../src/keys/keystore.rs"]
mod keystore;
#[path = "../src/send"]
mod send {
    pub mod derivation;
    pub mod keystore;
}

use campaign::campaign;
use send::derivation::{Derivation, MEMORY_BYTES_MAX, ROUNDS_MAX, SCRYPT_WORK_MAX};
use serde_json::Value;

const PASSWORD: &[u8] = b"testpassword";
/// Work that a bent file is really opened for.
const CHEAP: u64 = 64;

/// A file of version 4 whose key costs next to nothing, and holds 40 bytes of 7.
const OF_A_VALIDATOR: &str = include_str!("keystores/version-4.json");
/// A file of version 3, likewise, with 32 bytes of 7.
const OF_A_CLIENT: &str = include_str!("keystores/version-3.json");

/// What is put into files: extremes of numbers, other types, other functions.
const WORDS: [&[u8]; 14] = [
    b"null",
    b"-1",
    b"0",
    b"1e3",
    b"1099511627776",
    b"18446744073709551615",
    b"18446744073709551616",
    b"4194304",
    b"\"scrypt\"",
    b"\"pbkdf2\"",
    b"{}",
    b"[[[[[[[[",
    b"\\u0000",
    b"0x",
];

/// What the file asks for; none if that is refused.
fn asked(file: &Value) -> Option<Derivation> {
    let (v3, v4) = (&file["crypto"], &file["crypto"]["kdf"]);
    match file["version"] == 4 {
        true => Derivation::read(v4["function"].as_str(), &v4["params"]).ok(),
        false => Derivation::read(v3["kdf"].as_str(), &v3["kdfparams"]).ok(),
    }
}

/// Whether what the file asks for is bounded, which it always must be, and so cheap that it may be opened here.
fn is_cheap(text: &str) -> bool {
    let Ok(file) = serde_json::from_str::<Value>(text) else { return true };
    asked(&file).is_none_or(|derivation| {
        let (memory_bytes, work) = derivation.cost();
        assert!(memory_bytes <= MEMORY_BYTES_MAX && work <= ROUNDS_MAX.max(SCRYPT_WORK_MAX));
        work <= CHEAP
    })
}

#[test]
fn a_bent_key_file_of_a_validator_is_refused_in_words_or_opens_and_costs_no_more_than_it_may() {
    campaign(&[OF_A_VALIDATOR.into()], &WORDS, 3_000, |bytes| {
        let text = String::from_utf8_lossy(bytes);
        is_cheap(&text)
            && keystore::decrypt(&text, PASSWORD).map_err(|words| assert!(!words.is_empty())).is_ok_and(
                |secret| {
                    // The checksum covers the secret, and not what the cipher begins with.
                    assert_eq!(secret.len(), 40);
                    true
                },
            )
    });
}

#[test]
fn a_bent_key_file_of_a_client_is_refused_in_words_or_opens_and_costs_no_more_than_it_may() {
    campaign(&[OF_A_CLIENT.into()], &WORDS, 3_000, |bytes| {
        let text = String::from_utf8_lossy(bytes);
        is_cheap(&text)
            && send::keystore::decrypt(&text, PASSWORD).map_err(|words| assert!(!words.is_empty())).is_ok()
    });
}
