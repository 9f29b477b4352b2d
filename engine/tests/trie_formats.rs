//! Formats of the state commitment that are frozen: roots are agreed on, and witnesses are read by others.
//!
//! `trie_formats.txt` holds them. A deliberate change takes another `SCHEME`, and for a witness another first byte; it is
//! recorded in `docs/decisions`, and then `cargo test -p pelton-engine --test trie_formats -- --ignored` writes the files
//! anew.

#[path = "common/keys.rs"]
#[expect(dead_code, reason = "only keys that are always the same are frozen")]
mod keys;

use std::fmt::Write;

use alloy_primitives::{Address, B256, U256, hex};
use keys::hashed;
use pelton_engine::commitment::rules::SCHEME;
use pelton_engine::commitment::verifier::Verifier;
use pelton_engine::state::Account;
use pelton_engine::trie::{Key32, Trie, Update};
use pelton_engine::writes::{account_key, account_value, slot_key, slot_value};

const FROZEN: &str = include_str!("trie_formats.txt");
const FROZEN_FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/trie_formats.txt");
const WITNESS: &str = include_str!("trie_witness/frozen.txt");
const WITNESS_FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/trie_witness/frozen.txt");

/// A thousand keys.
fn thousand() -> Trie {
    let mut updates: Vec<Update> =
        (0..1000).map(|number| (hashed(number), Some(hashed(number + 1000)))).collect();
    updates.sort_unstable();
    let mut trie = Trie::new();
    trie.apply(&updates);
    trie
}

/// Some of these keys, and some others.
fn keys_asked() -> Vec<Key32> {
    let mut keys: Vec<Key32> = (995..1005).map(hashed).collect();
    keys.sort_unstable();
    keys
}

/// One line for each format.
fn found() -> String {
    let mut lines = format!("{SCHEME}\n");
    let mut line = |name: &str, bytes: &[u8]| {
        writeln!(lines, "{} {name}", hex::encode(bytes)).expect("a string takes all")
    };
    let (address, number) = (Address::repeat_byte(0x11), U256::from(0x2233));
    let account = Account { nonce: 5, balance: number, code_hash: B256::repeat_byte(0x44) };
    line("account: key", &account_key(&address));
    line("account: value", &account_value(&account));
    line("slot: key", &slot_key(&address, &number));
    line("slot: value", &slot_value(&number));

    let (trie, keys) = (thousand(), keys_asked());
    line("root: empty", &Trie::new().root());
    line("root: a thousand keys", &trie.root());
    line("witness: empty, no key", &Trie::new().witness(&[]));
    line("witness: empty, one key", &Trie::new().witness(&[hashed(0)]));
    line("witness: a thousand keys, no key", &trie.witness(&[]));
    line("witness: a thousand keys, ten keys: BLAKE3", blake3::hash(&trie.witness(&keys)).as_bytes());
    lines
}

/// Root, witness, root after all keys that are there were deleted, and the keys, each with its value if it has one.
fn witness() -> String {
    let (trie, keys) = (thousand(), keys_asked());
    let witness = trie.witness(&keys);
    let verifier = Verifier::open(&trie.root(), &witness).expect("a witness is accepted");
    let deletes: Vec<Update> = keys.iter().map(|key| (*key, None)).collect();
    let post_root = verifier.post_root(&deletes).expect("covered");
    let mut lines = [hex::encode(trie.root()), hex::encode(witness), hex::encode(post_root)].join("\n");
    for key in keys {
        let value = verifier.get(&key).expect("covered").unwrap_or_default();
        write!(lines, "\n{}{}", hex::encode(key), hex::encode(value)).expect("a string takes all");
    }
    lines + "\n"
}

#[test]
fn no_format_changes_unnoticed() {
    assert_eq!(found(), FROZEN, "see the head of this file");
    assert_eq!(witness(), WITNESS, "see the head of this file");
}

#[test]
#[ignore = "writes the files anew, for a change that is meant"]
fn write_the_formats_anew() {
    std::fs::write(FROZEN_FILE, found()).expect("the tests' folder can be written to");
    std::fs::write(WITNESS_FILE, witness()).expect("the tests' folder can be written to");
}
