//! Field arithmetic at the ends of every range and anywhere in between.

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use ruint::aliases::U256;

use crate::host::ask;

/// What an operation of the program gives, modulo p.
type Oracle = fn(U256, U256, U256) -> U256;

const OPERATIONS: [(u8, &str, Oracle); 6] = [
    (0, "add", |a, b, p| a.add_mod(b, p)),
    (1, "sub", |a, b, p| a.add_mod(p - b % p, p)),
    (2, "mul", |a, b, p| a.mul_mod(b, p)),
    (3, "canonical", |a, _, p| a % p),
    (4, "invert", |a, _, p| a.pow_mod(p - U256::from(2), p)),
    (5, "root", |a, _, p| a.pow_mod((p + U256::from(1)) >> 2, p)),
];
const CANONICAL: u8 = 3;
/// From here on an operation has one operand, and costs the oracle a while.
const POWERS: u8 = 4;

/// Numbers near 0, p, 2 p, 2^255 and 2^256, and numbers whose words are all extreme.
fn operands(p: U256, random: &mut StdRng) -> Vec<U256> {
    let bit_255 = U256::from(1) << 255;
    let mut operands = Vec::new();
    for near in [U256::ZERO, p, p.wrapping_add(p), bit_255] {
        for distance in [0_u64, 1, 2, 18, 19, 37, 38, 39, 976, 977, 978, (1 << 32) + 976, (1 << 32) + 977] {
            let distance = U256::from(distance);
            operands.extend([near.wrapping_add(distance), near.wrapping_sub(distance)]);
        }
    }
    let extreme = |random: &mut StdRng| match random.random_range(0..5) {
        0 => 0,
        1 => u32::MAX,
        2 => 1,
        3 => 1 << 31,
        _ => random.random::<u32>(),
    };
    for _ in 0..200 {
        let words: Vec<u8> = (0..8).flat_map(|_| extreme(random).to_le_bytes()).collect();
        operands.push(U256::from_le_slice(&words));
    }
    operands
}

fn check(p: U256, first_operation: u8, operations: usize) {
    let mut random = StdRng::seed_from_u64(7);
    let operands = operands(p, &mut random);
    let mut asked = Vec::new();
    for (operation, ..) in &OPERATIONS[..operations] {
        for a in &operands {
            let others = if *operation >= POWERS { &operands[..1] } else { &operands[..] };
            asked.extend(others.iter().map(|b| (*operation, *a, *b)));
        }
    }
    let mut questions = Vec::new();
    for (operation, a, b) in &asked {
        questions.push(first_operation + operation);
        questions.extend(a.to_le_bytes::<32>());
        questions.extend(b.to_le_bytes::<32>());
    }
    let answers = ask(&questions);
    assert_eq!(answers.len(), 32 * asked.len(), "one answer to each question");
    for ((operation, a, b), answer) in asked.into_iter().zip(answers.chunks_exact(32)) {
        let (_, name, oracle) = OPERATIONS[operation as usize];
        let (answer, expected) = (U256::from_le_slice(answer), oracle(a, b, p));
        let same = if operation == CANONICAL { answer == expected } else { answer % p == expected };
        assert!(same, "{name}({a:#x}, {b:#x}) is {answer:#x}, expected {expected:#x}");
    }
}

#[test]
fn the_field_of_25519_is_right_whatever_its_operands() {
    check((U256::from(1) << 255) - U256::from(19), 0, 5);
}

#[test]
fn the_field_of_secp256k1_is_right_whatever_its_operands() {
    check(U256::ZERO.wrapping_sub((U256::from(1) << 32) + U256::from(977)), 8, 6);
}
