//! Both fields, at the ends of every range and anywhere in between.

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use ruint::aliases::U256;

use crate::machine::Machine;
use crate::program::Program;

const CANONICAL: u32 = 3;

/// What an operation gives, modulo p.
type Oracle = fn(U256, U256, U256) -> U256;

const ORACLES: [Oracle; 6] = [
    |a, b, p| a.add_mod(b, p),
    |a, b, p| a.add_mod(p - b % p, p),
    |a, b, p| a.mul_mod(b, p),
    |a, _, p| a % p,
    |a, _, p| a.pow_mod(p - U256::from(2), p),
    |a, _, p| a.pow_mod((p + U256::from(1)) >> 2, p),
];

fn operands(p: U256) -> Vec<U256> {
    let mut random = StdRng::seed_from_u64(11);
    let mut operands = Vec::new();
    for near in [U256::ZERO, p, p.wrapping_add(p), U256::from(1) << 255] {
        for distance in [0_u64, 1, 19, 38, 977, (1 << 32) + 977] {
            let distance = U256::from(distance);
            operands.extend([near.wrapping_add(distance), near.wrapping_sub(distance)]);
        }
    }
    for _ in 0..16 {
        let extreme = |random: &mut StdRng| match random.random_range(0..4) {
            0 => 0,
            1 => u32::MAX,
            2 => 1 << 31,
            _ => random.random::<u32>(),
        };
        let words: Vec<u8> = (0..8).flat_map(|_| extreme(&mut random).to_le_bytes()).collect();
        operands.push(U256::from_le_slice(&words));
    }
    operands
}

fn check(p: U256, first: u32, operations: u32) {
    let program = Program::read(&crate::text("fields.ptx.gz"));
    let mut machine = Machine::new(&program);
    let places = [0; 3].map(|_| machine.put(&[], 32));
    let operands = operands(p);
    for operation in 0..operations {
        let others = if operation > CANONICAL { 1 } else { operands.len() };
        let mine = if operation > CANONICAL { 12 } else { operands.len() };
        for (a, b) in
            operands.iter().rev().take(mine).flat_map(|a| operands[..others].iter().map(move |b| (a, b)))
        {
            for (place, number) in [(places[1], a), (places[2], b)] {
                machine.memory[place as usize..][..32].copy_from_slice(&number.to_le_bytes::<32>());
            }
            machine.run("pelton_fields", &[u64::from(first + operation), places[0], places[1], places[2]], 1);
            let result = U256::from_le_slice(&machine.memory[places[0] as usize..][..32]);
            let expected = ORACLES[operation as usize](*a, *b, p);
            let same = if operation == CANONICAL { result == expected } else { result % p == expected };
            assert!(
                same,
                "operation {operation} of {a:#x} and {b:#x} is {result:#x}, expected {expected:#x}"
            );
        }
    }
}

#[test]
fn the_compiled_field_of_25519_is_right_whatever_its_operands() {
    check((U256::from(1) << 255) - U256::from(19), 0, 5);
}

#[test]
fn the_compiled_field_of_secp256k1_is_right_whatever_its_operands() {
    check(U256::ZERO.wrapping_sub((U256::from(1) << 32) + U256::from(977)), 8, 6);
}
