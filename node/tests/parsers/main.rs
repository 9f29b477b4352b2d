//! Bytes that were good once and then bent, from a seed, before every parser of a node that is none of JSON-RPC's: frames
//! of the feed, chain files, committees, secrets, genesis files. None panics, and what one takes it writes as it read it.
//!
//! `PELTON_FUZZ_SEED` and `PELTON_FUZZ_CASES` make it another campaign, or a longer one; `enemies/fuzz` does.

mod campaign;
#[path = "../../src/feed/frame.rs"]
mod frame;

use std::net::SocketAddr;
use std::num::NonZeroU32;

use alloy_primitives::Address;
use campaign::campaign;
use pelton_consensus::catch_up::Floor;
use pelton_consensus::{Committee, Secret, deal};
use pelton_engine::limits::Limits;
use pelton_node::catch_up::Folders;
use pelton_node::genesis;
use pelton_node::validator::chain_file::{ChainFile, Reach};

/// Longest transaction in a frame.
const WIRE_BYTES_MAX: usize = 1_000;

fn chain() -> ChainFile {
    let (committee, _) = deal([3; 32], b"", NonZeroU32::new(4).expect("it is not zero"));
    let at = |port| SocketAddr::from(([127, 0, 0, 1], port));
    let members = (0..4).map(|i| Reach { consensus: at(9_000 + i), transactions: at(9_100 + i) });
    let chain = ChainFile::new(Limits::standard(77), committee, members.collect(), genesis::devnet());
    chain.expect("it is a chain")
}

#[test]
fn a_stream_of_bent_frames_is_read_as_what_was_written_or_refused() {
    let sender = Address::repeat_byte(7);
    let sample = |count: usize| {
        let mut bytes = Vec::new();
        for length in (1..).step_by(37).take(count) {
            frame::put(&vec![0xab; length], (length % 2 == 0).then_some(&sender), &mut bytes);
        }
        bytes
    };
    let samples = [sample(1), sample(2), sample(9)];
    let words: [&[u8]; 4] = [&[0; 5], &[0xff; 5], &[0, 0, 0, 1, 0], &[0, 0, 3, 0xe8, 0]];
    campaign(&samples, &words, 20_000, |bytes| {
        let (mut at, mut again) = (0, Vec::new());
        loop {
            match frame::next(&bytes[at..], WIRE_BYTES_MAX) {
                Ok(Some((frame, length))) => {
                    assert!(frame.wire.len() <= WIRE_BYTES_MAX && length <= bytes.len() - at);
                    frame::put(&frame.wire, frame.claimed_sender.as_ref(), &mut again);
                    at += length;
                    assert_eq!(again, bytes[..at], "a frame is written as it was read");
                }
                Ok(None) => return at > 0 && at == bytes.len(),
                Err(frame::Malformed) => return false,
            }
        }
    });
}

#[test]
fn a_bent_chain_file_is_refused_in_words_or_read_as_it_is_written() {
    let words: [&[u8]; 8] = [b"null", b"0x", b"\"", b"-1", b"18446744073709551616", b"{}", b"[]", b"\\u0000"];
    campaign(&[chain().to_text().into_bytes()], &words, 150, |bytes| {
        let read = ChainFile::of_text(&String::from_utf8_lossy(bytes));
        if let Err(words) = &read {
            assert!(!words.is_empty());
        }
        read.is_ok_and(|chain| ChainFile::of_text(&chain.to_text()) == Ok(chain))
    });
}

#[test]
fn bent_committees_and_secrets_are_refused_or_read_as_they_are_written() {
    let (committee, secrets) = deal([3; 32], b"", NonZeroU32::new(4).expect("it is not zero"));
    campaign(&[committee.encode()], &[], 300, |bytes| {
        Committee::decode(bytes).is_some_and(|read| {
            assert_eq!(read.encode(), bytes);
            true
        })
    });
    let secrets: Vec<_> = secrets.iter().map(|secret| secret.encode().to_vec()).collect();
    campaign(&secrets, &[], 300, |bytes| {
        Secret::decode(bytes).is_some_and(|read| {
            assert_eq!(read.encode()[..], *bytes);
            true
        })
    });
}

#[test]
fn a_bent_floor_of_a_chain_is_refused_or_read_as_it_is_written() {
    let folder = tempfile::tempdir().expect("a folder");
    let (chain, certificate) = (folder.path().join("chain"), |byte: u8| Some(vec![byte; 133]));
    let folders = Folders::of(&chain);
    std::fs::create_dir(&chain).expect("there is room");
    let floors = [
        Floor { height: 1, block: None, votes_above: certificate(3) },
        Floor { height: u64::MAX, block: certificate(1), votes_above: certificate(2) },
        Floor { height: 7, block: certificate(1), votes_above: None },
    ];
    assert_eq!(folders.floor().expect("the disk is good"), None, "there is none");
    let samples = floors.map(|floor| {
        folders.note_floor(&floor).expect("there is room");
        assert_eq!(folders.floor().expect("it was just written"), Some(floor));
        std::fs::read(chain.join("floor")).expect("it was just written")
    });
    campaign(&samples, &[], 200, |bytes| {
        std::fs::write(chain.join("floor"), bytes).expect("there is room");
        let Ok(Some(floor)) = folders.floor() else { return false };
        folders.note_floor(&floor).expect("there is room");
        let written = std::fs::read(chain.join("floor")).expect("it was just written");
        assert_eq!(written, bytes, "a floor is written as it was read");
        true
    });
}

#[test]
fn a_bent_genesis_file_is_refused_or_gives_a_state() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("genesis.json");
    let sample = br#"{"config":{"chainId":7},"difficulty":"0x0","gasLimit":"0x1","alloc":{
        "0x70997970c51812dc3a010c7d01b50e0d17dc79c8":{"balance":"0xff","nonce":"0x2","code":"0x6001",
        "storage":{"0x0000000000000000000000000000000000000000000000000000000000000001":
        "0x0000000000000000000000000000000000000000000000000000000000000002"}}}}"#;
    let words: [&[u8]; 6] = [b"null", b"0x", b"1e400", b"-1", b"{}", b"[]"];
    campaign(&[sample.to_vec()], &words, 2_000, |bytes| {
        std::fs::write(&path, bytes).expect("there is room");
        let Ok(file) = genesis::read(&path) else { return false };
        let state = genesis::state_of(&file).state();
        assert!(state.total_balance() >= alloy_primitives::U256::ZERO);
        true
    });
}
