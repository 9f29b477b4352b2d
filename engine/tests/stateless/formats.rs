//! The layout of a block with its witness is frozen: others keep such files and read them.
//!
//! `frozen.txt` holds one of them whole, and a hash of larger ones. A deliberate change takes another [`FORMAT`]; it is
//! recorded in `docs/decisions`, and then
//! `cargo test -p pelton-engine --test stateless -- --ignored write_the_formats_anew` writes the file anew.

use std::fmt::Write;

use alloy_primitives::{U256, hex};
use pelton_engine::block::Header;
use pelton_engine::stateless::FORMAT;
use pelton_engine::transaction::{Fields, Kind};

use crate::chain::{Link, chain, random};
use crate::transactions::{fields, verified};
use crate::world::{COUNTER, genesis, sender};

const FROZEN: &str = include_str!("frozen.txt");
const FROZEN_FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/stateless/frozen.txt");

/// A transfer and a call.
fn small() -> Vec<Link> {
    chain(&genesis(), 3, |state| {
        let nonce = state.account(&sender(0)).map_or(0, |account| account.nonce);
        let transfer = Fields { to: Some(sender(1)), value: U256::from(5), nonce, ..fields() };
        let call = Fields { kind: Kind::AccessList, max_priority_fee_per_gas: 1_000, ..fields() };
        let call = Fields { to: Some(COUNTER), nonce, ..call };
        vec![verified(&transfer, sender(0)), verified(&call, sender(2))]
    })
}

fn file(links: &[Link], at: usize) -> Vec<u8> {
    let above: Vec<Header> = links[at + 1..].iter().map(|link| *link.block.header()).collect();
    links[at].bytes(&above).expect("it can be proven")
}

fn found() -> String {
    let mut lines = format!("{}\n", str::from_utf8(FORMAT).expect("it is ASCII"));
    let (small, large) = (small(), random(21, 4, 80));
    writeln!(lines, "{}", hex::encode(file(&small, 0))).expect("a string takes all");
    for bytes in [file(&small, 1), file(&large, 0), file(&large, 1), file(&large, 3)] {
        writeln!(lines, "{} {} bytes", blake3::hash(&bytes), bytes.len()).expect("a string takes all");
    }
    lines
}

#[test]
fn no_format_changes_unnoticed() {
    assert_eq!(found(), FROZEN, "see the head of this file");
}

#[test]
#[ignore = "writes the file anew, for a change that is meant"]
fn write_the_formats_anew() {
    std::fs::write(FROZEN_FILE, found()).expect("the tests' folder can be written to");
}
