//! Chain files: written, read again, bent, and frozen.

use alloy_primitives::{b256, keccak256};
use pelton_consensus::deal;
use pelton_engine::limits::Limits;
use pelton_node::genesis;
use pelton_node::validator::chain_file::{ChainFile, Reach};
use std::net::SocketAddr;
use std::num::NonZeroU32;

fn chain() -> ChainFile {
    let (committee, _) = deal([3; 32], b"", NonZeroU32::new(4).expect("it is not zero"));
    let at = |port| SocketAddr::from(([127, 0, 0, 1], port));
    let members = (0..4).map(|i| Reach { consensus: at(9_000 + i), transactions: at(9_100 + i) });
    let (limits, members) = (Limits::standard(77), members.collect());
    ChainFile::new(limits, committee, members, genesis::devnet()).expect("it is a chain")
}

#[test]
fn what_is_written_of_keys_and_chains_is_frozen() {
    let (committee, secrets) = deal([3; 32], b"", NonZeroU32::new(4).expect("it is not zero"));
    let written = [committee.encode(), secrets[2].encode(), chain().to_text().into_bytes()];
    let expected = [
        b256!("2b655ba7632b84813de6204d00bd6c034e4f5aaa68269521e39ae3bc6404fc9b"),
        b256!("e70377717269d19d319863157aaf5648517f18628b6a92c15928e09edc33cea8"),
        b256!("4ce28c350aec2261727821e2f74edecb28a811666584b5a92b33b9651996e697"),
    ];
    assert_eq!(
        written.map(keccak256),
        expected,
        "committee, secret, chain file: older ones would be of no use"
    );
}

#[test]
fn a_chain_is_read_as_it_was_written() {
    let chain = chain();
    assert_eq!(ChainFile::of_text(&chain.to_text()), Ok(chain));
}

#[test]
fn a_file_whose_parts_do_not_fit_together_is_refused_in_words() {
    let text = chain().to_text();
    for (from, to, words) in [
        ("\"version\": 1", "\"version\": 2", "version 2"),
        ("\"chainId\": 77", "\"chainId\": 78", "names genesis"),
        ("\"rootLag\": 8", "\"rootLag\": 0", "rootLag"),
        ("\"rootLag\": 8", "\"rootLog\": 8", "rootLog"),
        ("\"groupKey\": \"0x8", "\"groupKey\": \"0x9", "group key"),
        ("\"balance\": \"0x0\"", "\"balance\": \"0x1\"", "names genesis"),
        ("\"consensus\": \"127.0.0.1:9000\"", "\"consensus\": \"here\"", "socket address"),
        ("\"committee\": \"0x", "\"committee\": \"0xff", "committee"),
    ] {
        let text = match text.contains(from) {
            true => text.replacen(from, to, 1),
            false => text.replacen("\"groupKey\": \"0x", "\"groupKey\": \"0xf", 1),
        };
        let error = ChainFile::of_text(&text).expect_err(from);
        assert!(error.contains(words), "{from}: {error}");
    }
    let (committee, _) = deal([4; 32], b"", NonZeroU32::new(4).expect("it is not zero"));
    let other = ChainFile { committee, ..chain() };
    assert!(
        ChainFile::of_text(&other.to_text()).expect_err("it is bound to nothing").contains("another chain")
    );
}
