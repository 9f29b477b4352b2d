//! Products of pairings, each of their twelve coordinates held to that of `blst`.

use blst::blst_fp12;

use crate::host::ask;
use crate::points::{Memory, hash, number, numbered};
use crate::questions::{Operation, question};

/// The power of the product of loops over so many pairs, from the program and from `blst`.
fn powers(count: usize) -> [Vec<u8>; 2] {
    let keys: Vec<_> = (0..count).map(numbered).collect();
    let hashes: Vec<_> = (0..count).map(|index| hash(&[index as u8; 9])).collect();
    let mut operands = (count as u32).to_le_bytes().to_vec();
    for (key, hash) in keys.iter().zip(&hashes) {
        operands.extend([key.memory(), hash.memory()].concat());
    }
    let answer = ask(&question(Operation::Power, &operands));
    let numbers: Vec<_> = answer.chunks(48).map(number).collect();
    let mut power = blst_fp12::default();
    for (index, number) in numbers.iter().enumerate() {
        power.fp6[index / 6].fp2[index / 2 % 3].fp[index % 2] = *number;
    }
    let mut product = blst_fp12::default();
    for (key, hash) in keys.iter().zip(&hashes) {
        product *= blst_fp12::miller_loop(hash, key);
    }
    [power.to_bendian().to_vec(), product.final_exp().to_bendian().to_vec()]
}

#[test]
fn products_of_any_number_of_pairings_are_those_of_blst() {
    for count in [0, 1, 2, 3, 9] {
        let [ours, theirs] = powers(count);
        assert_eq!(ours, theirs, "of {count}");
    }
}
