//! The layout of the store's files is frozen: what was written must stay readable.
//!
//! `formats.txt` holds a hash of each file that two fixed chains make, and of single records. A deliberate change raises
//! the version in the head of the file; it is recorded in `docs/decisions`, and then
//! `cargo test -p pelton-engine --test store -- --ignored write_the_formats_anew` writes the file anew.

use std::fmt::Write;

use alloy_primitives::{Address, B256, Bytes, KECCAK256_EMPTY, U256};
use pelton_engine::evm::Code;
use pelton_engine::state::{Account, State};
use pelton_engine::store::record::{Tip, encode};
use pelton_engine::store::simulated::SimulatedDisk;
use pelton_engine::store::{Settings, StateStore};
use pelton_engine::trie::Trie;
use pelton_engine::writes::WriteSet;

const FROZEN: &str = include_str!("formats.txt");
const FROZEN_FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/store/formats.txt");

fn account(nonce: u64, balance: U256, code: Option<&Code>) -> Option<Account> {
    Some(Account { nonce, balance, code_hash: code.map_or(KECCAK256_EMPTY, Code::hash) })
}

/// Write sets in which every form of an entry stands, to be made one after the other.
fn samples() -> [WriteSet; 3] {
    let code = Code::new(Bytes::from_static(&[0x60, 0x01, 0x5b, 0x00]));
    let [a, b, c] = [1, 2, 3].map(Address::repeat_byte);
    let first = WriteSet {
        accounts: vec![
            (a, account(0, U256::from(5), None)),
            (b, account(u64::MAX, U256::MAX, Some(&code))),
            (c, account(128, U256::ZERO, None)),
        ],
        slots: vec![
            ((b, U256::ZERO), U256::MAX),
            ((b, U256::MAX), U256::ONE),
            ((c, U256::from(256)), U256::from(7)),
        ],
        codes: vec![(code.hash(), code.clone())],
    };
    let second = WriteSet {
        accounts: vec![(c, None)],
        slots: vec![((c, U256::from(256)), U256::ZERO)],
        codes: vec![(code.hash(), code)],
    };
    [first, second, WriteSet::default()]
}

/// Files of a chain with a checkpoint in the middle.
fn files() -> Vec<(String, Vec<u8>)> {
    let (disk, settings) = (SimulatedDisk::new(0), Settings { segment_bytes: 2_600, ..Settings::tiny() });
    let [genesis, second, third] = samples();
    let (mut state, mut trie) = (State::default(), Trie::new());
    state.apply(&genesis);
    let root = B256::from(trie.apply(&genesis.trie_updates()));
    let mut tip = Tip { height: 0, id: B256::repeat_byte(0x40), gas_used: 0, root: Some(root) };
    StateStore::create(&disk.files(), &settings, tip, genesis).expect("it is new");
    let (mut store, _) =
        StateStore::recover(&disk.files(), &settings).expect("it is whole").expect("it is there");
    for (height, writes) in [(1, &second), (2, &third), (3, &state.writes()), (4, &third)] {
        let parent = tip.id;
        let root = (height != 2).then(|| B256::from(trie.apply(&writes.trie_updates())));
        tip = Tip { height, id: B256::repeat_byte(0x40 + height as u8), gas_used: 21_000 * height, root };
        store.push(tip, parent, &[height as u8; 3], writes);
        store.sync().expect("the disk is good");
        if height == 2 {
            store.checkpoint().expect("the disk is good");
        }
    }
    let names = disk.files().list().expect("the disk is good");
    names.into_iter().map(|name| (name.clone(), disk.bytes(&name).expect("it is listed"))).collect()
}

/// One line for each format.
fn found() -> String {
    let mut lines = String::new();
    let mut line = |name: &str, bytes: &[u8]| {
        writeln!(lines, "{} {name}: {} bytes", blake3::hash(bytes), bytes.len()).expect("a string takes all");
    };
    for (number, writes) in samples().iter().enumerate() {
        let tip = Tip {
            height: number as u64,
            id: B256::repeat_byte(0x50),
            gas_used: 1 << (20 * number),
            root: (number > 0).then_some(B256::repeat_byte(0x51)),
        };
        let mut bytes = Vec::new();
        encode(&mut bytes, &tip, &B256::repeat_byte(0x52), &[0x53; 5], writes);
        line(&format!("record {number}"), &bytes);
    }
    files().iter().for_each(|(name, bytes)| line(name, bytes));
    for (number, chunk) in crate::snapshot::chunks().iter().enumerate() {
        line(&format!("chunk {number}"), chunk);
    }
    line("offer", &crate::offer::offer(3, 2).encode());
    crate::archive::files().iter().for_each(|(name, bytes)| line(name, bytes));
    crate::archive::moved::files().iter().for_each(|(name, bytes)| line(name, bytes));
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
