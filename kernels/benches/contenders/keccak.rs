//! Keccak-256 of messages of equal lengths.

use std::rc::Rc;

use pelton_kernels::keccak::{keccak256_many, lanes};
use pelton_kernels::{Level, keccak256};

use crate::contest::Contest;

/// How many messages the levels are given at once.
const BATCH: usize = 128;

pub fn contests(items: usize) -> Vec<Contest> {
    [32, 64, 128, 200].map(|len| contest(items, len)).into()
}

fn contest(items: usize, len: usize) -> Contest {
    let messages: Rc<[Vec<u8>]> =
        (0..items).map(|index| (0..len).map(|at| (index * 31 + at * 7) as u8).collect()).collect();
    let expected: Rc<[[u8; 32]]> = messages.iter().map(|message| keccak256(message)).collect();
    let mut contest = Contest::new(format!("keccak256-{len}"), "the Keccak-256 of one message", items);
    {
        let (messages, expected) = (messages.clone(), expected.clone());
        let mut hashes = Vec::with_capacity(items);
        contest.add("keccak-asm, one by one", 1, move |range| {
            hashes.clear();
            hashes.extend(messages[range.clone()].iter().map(|message| keccak256(message)));
            hashes == expected[range]
        });
    }
    for level in Level::all() {
        let (messages, expected) = (messages.clone(), expected.clone());
        let mut hashes = Vec::with_capacity(items);
        let name = format!("keccak256_many, {level}, lanes: {}", lanes(level));
        contest.add(name, BATCH, move |range| {
            hashes.clear();
            keccak256_many(level, &messages[range.clone()], &mut hashes);
            hashes == expected[range]
        });
    }
    contest
}
