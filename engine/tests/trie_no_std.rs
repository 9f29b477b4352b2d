//! The verifier without the standard library: its files alone, compiled where there is only `core`, `alloc` and
//! `blake3`, opening a frozen witness.
#![no_std]
#![expect(dead_code, reason = "what only a prover needs is compiled too")]

extern crate alloc;

#[path = "../src/commitment/joins.rs"]
mod joins;
#[path = "../src/commitment/lanes.rs"]
mod lanes;
#[path = "../src/commitment/rules.rs"]
mod rules;
#[path = "../src/commitment/verifier.rs"]
mod verifier;
#[path = "../src/commitment/witness.rs"]
mod witness;

use alloc::vec::Vec;

use verifier::{NotCovered, Verifier};

/// Written by `trie_formats.rs`, which says what is in it.
const FROZEN: &str = include_str!("trie_witness/frozen.txt");

fn bytes(hex: &str) -> Vec<u8> {
    let byte = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).expect("digits are hexadecimal");
    (0..hex.len()).step_by(2).map(byte).collect()
}

fn hash(bytes: &[u8]) -> [u8; 32] {
    bytes.try_into().expect("a hash has 32 bytes")
}

#[test]
fn the_verifier_needs_no_standard_library() {
    let mut lines = FROZEN.lines().map(bytes);
    let mut next = || lines.next().expect("there are enough lines");
    let (root, witness, post_root) = (hash(&next()), next(), hash(&next()));
    let verifier = Verifier::open(&root, &witness).expect("the frozen witness is accepted");
    let mut deletes = Vec::new();
    for line in lines {
        let (key, value) = (hash(&line[..32]), hash(&line[32..]));
        assert_eq!(verifier.get(&key), Ok((value != [0; 32]).then_some(value)));
        deletes.push((key, None));
    }
    assert_eq!(deletes.len(), 10);
    assert_eq!(verifier.post_root(&deletes), Ok(post_root));
    assert_eq!(verifier.get(&[0; 32]), Err(NotCovered));
}
