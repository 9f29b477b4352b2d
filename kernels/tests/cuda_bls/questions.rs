//! How the program is asked.

use crate::host::ask;

/// Operations of `cuda/host/bls.cpp` that are more than one of a field.
#[derive(Clone, Copy, Debug)]
pub enum Operation {
    Decode = 16,
    Power,
    SumOfKeys,
    SumOfSignatures,
    JoinOfKeys,
    JoinOfSignatures,
    Verify,
    SumsHold,
    Hash,
}

/// Added to an operation: how many products it takes.
const PRODUCTS: u8 = 16;

/// One question.
pub fn question(operation: Operation, operands: &[u8]) -> Vec<u8> {
    [&[operation as u8], operands].concat()
}

/// How many products of two words an operation takes.
pub fn products(operation: Operation, operands: &[u8]) -> u64 {
    let answer = ask(&[&[operation as u8 + PRODUCTS], operands].concat());
    u64::from_le_bytes(answer.try_into().expect("8 bytes"))
}
