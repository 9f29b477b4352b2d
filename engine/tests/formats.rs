//! Formats that are frozen: blocks and transactions already written must stay readable, and validators of one chain must
//! agree on every bit.
//!
//! `formats.txt` holds a hash of each. A deliberate change raises the version byte of the block's header, or takes a new
//! transaction type; it is recorded in `docs/decisions`, and then
//! `cargo test -p pelton-engine --test formats -- --ignored` writes the file anew.

#[path = "common/declared.rs"]
mod declared;
#[path = "common/rlp.rs"]
#[expect(dead_code, reason = "frozen transactions are only encoded")]
mod rlp;
#[path = "common/samples.rs"]
mod samples;
#[path = "common/sealed.rs"]
mod sealed;

use std::collections::BTreeSet;
use std::fmt::Write;

use alloy_primitives::{B256, keccak256};
use pelton_engine::block::Parent;
use pelton_engine::codec;
use pelton_engine::limits::Limits;
use sealed::{LIMITS, sealed};

const FROZEN: &str = include_str!("formats.txt");
const FROZEN_FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/formats.txt");

/// One line for each format.
fn found() -> String {
    let mut lines = String::new();
    let mut line = |name: &str, hash: B256| writeln!(lines, "{hash} {name}").expect("a string takes all");
    for (name, wire) in samples::all() {
        let transaction = codec::decode(wire.into()).expect("a sample decodes");
        let mut payload = Vec::new();
        transaction.signing_payload(&mut payload);
        line(&format!("transaction: {name}: id"), transaction.id());
        line(&format!("transaction: {name}: signed"), keccak256(payload));
    }
    let wires: Vec<Vec<u8>> = samples::all().into_iter().map(|(_, wire)| wire).collect();
    let block = sealed(&wires);
    line("block: id", block.id());
    line("block: bytes", keccak256(block.bytes()));
    line("block: genesis", Parent::genesis(B256::repeat_byte(0x22), &LIMITS).id);
    line("limits: standard", LIMITS.digest());
    line("limits: tiny", Limits::tiny(1337).digest());
    lines
}

#[test]
fn no_format_changes_unnoticed() {
    assert_eq!(found(), FROZEN, "see the head of this file");
}

#[test]
#[ignore = "writes formats.txt anew, for a change that is meant"]
fn write_the_formats_anew() {
    std::fs::write(FROZEN_FILE, found()).expect("the tests' folder can be written to");
}

#[test]
fn every_limit_changes_the_digest_and_so_the_genesis() {
    // Taken apart by name, so that a new limit does not compile before it stands here too.
    let Limits {
        chain_id,
        transaction_bytes_max,
        transaction_gas_max,
        access_entries_max,
        authorizations_max,
        init_code_bytes_max,
        block_transactions_max,
        block_bytes_max,
        block_gas_max,
        block_gas_target,
        base_fee_min,
        contention_lanes,
        contention_denominator,
        contention_load_max,
        hot_keys_max,
        root_lag,
    } = LIMITS;
    let changed = [
        Limits { chain_id: chain_id + 1, ..LIMITS },
        Limits { transaction_bytes_max: transaction_bytes_max + 1, ..LIMITS },
        Limits { transaction_gas_max: transaction_gas_max + 1, ..LIMITS },
        Limits { access_entries_max: access_entries_max + 1, ..LIMITS },
        Limits { authorizations_max: authorizations_max + 1, ..LIMITS },
        Limits { init_code_bytes_max: init_code_bytes_max + 1, ..LIMITS },
        Limits { block_transactions_max: block_transactions_max + 1, ..LIMITS },
        Limits { block_bytes_max: block_bytes_max + 1, ..LIMITS },
        Limits { block_gas_max: block_gas_max + 1, ..LIMITS },
        Limits { block_gas_target: block_gas_target + 1, ..LIMITS },
        Limits { base_fee_min: base_fee_min + 1, ..LIMITS },
        Limits { contention_lanes: contention_lanes + 1, ..LIMITS },
        Limits { contention_denominator: contention_denominator + 1, ..LIMITS },
        Limits { contention_load_max: contention_load_max + 1, ..LIMITS },
        Limits { hot_keys_max: hot_keys_max + 1, ..LIMITS },
        Limits { root_lag: root_lag + 1, ..LIMITS },
        LIMITS,
    ];
    let digests: BTreeSet<B256> = changed.iter().map(Limits::digest).collect();
    let roots = changed.iter().map(|limits| Parent::genesis(B256::ZERO, limits).id);
    assert_eq!(digests.len(), changed.len());
    assert_eq!(roots.collect::<BTreeSet<B256>>().len(), changed.len());
}
