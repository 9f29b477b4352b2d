//! How many products of two words a signature takes: what its floor on a GPU is reckoned from.

use pelton_kernels::cuda::bls::PRODUCTS;

use crate::cases::{bytes, sign};
use crate::expanded::expanded;
use crate::host::ask;
use crate::points::{Memory, hash, numbered, signature};
use crate::questions::{Operation, products, question};

/// Signatures whose doublings are shared, and sums of so many that share a check.
const SHARED: usize = 8;
const PARTS: u64 = 8;

/// Products for each of `SHARED` signatures: their decoding, their sums, and their part of a check of all sums.
fn of_one_message() -> u64 {
    let encodings: Vec<_> = (0..SHARED).map(|index| sign(index, b"m")).collect();
    let count = (SHARED as u32).to_le_bytes();
    let (mut keys, mut signatures) = (count.to_vec(), count.to_vec());
    for (index, encoding) in encodings.iter().enumerate() {
        let rest = [&bytes("coefficient", index)[..16], &[1]].concat();
        keys.extend([numbered(index).memory(), rest.clone()].concat());
        signatures.extend([signature(encoding).memory(), rest].concat());
    }
    let sums = products(Operation::SumOfKeys, &keys) + products(Operation::SumOfSignatures, &signatures);
    let sums_of = [(Operation::SumOfKeys, &keys), (Operation::SumOfSignatures, &signatures)]
        .map(|(operation, operands)| ask(&question(operation, operands)));
    let join = |operation, sum: &[u8]| {
        products(operation, &[&(PARTS as u32).to_le_bytes()[..], &sum.repeat(PARTS as usize)].concat())
    };
    let joined = join(Operation::JoinOfKeys, &sums_of[0]) + join(Operation::JoinOfSignatures, &sums_of[1]);
    let one = 1_u32.to_le_bytes();
    let check = [&one[..], &sums_of[0], &hash(b"m").memory(), &sums_of[1]].concat();
    let shared = sums * PARTS + joined + products(Operation::SumsHold, &check);
    products(Operation::Decode, &encodings[0]) + shared / (SHARED as u64 * PARTS)
}

/// Products for one signature by itself: its message's hash, and two pairings.
fn alone() -> u64 {
    let operands = [numbered(1).memory(), hash(b"m").memory(), sign(1, b"m").to_vec()].concat();
    products(Operation::Verify, &operands) + products(Operation::Hash, &expanded(b"m"))
}

#[test]
fn floors_are_reckoned_from_as_many_products_as_a_signature_takes() {
    assert_eq!([alone(), of_one_message()].map(|products| products / 1_000 * 1_000), PRODUCTS);
}
