//! The field of 381 bits and its quadratic extension, at the ends of their range and anywhere in between.

use rand::SeedableRng;
use rand::rngs::StdRng;

use crate::machine::Machine;
use crate::numbers::{Pair, U384, add, mul, mul_pairs, operands, pairs, sub};
use crate::program::Program;

/// What an operation gives.
type Oracle = fn(Pair, Pair) -> Pair;

/// The operations by their numbers, see `cuda/host/f381.cu`. What is made of the second half of a number of the field is zero.
const ORACLES: [(u64, Oracle); 8] = [
    (0, |a, b| [add(a[0], b[0]), U384::ZERO]),
    (1, |a, b| [sub(a[0], b[0]), U384::ZERO]),
    (2, |a, b| [mul(a[0], b[0]), U384::ZERO]),
    (3, |a, _| [mul(a[0], a[0]), U384::ZERO]),
    (8, |a, b| [add(a[0], b[0]), add(a[1], b[1])]),
    (9, |a, b| [sub(a[0], b[0]), sub(a[1], b[1])]),
    (10, mul_pairs),
    (11, |a, _| mul_pairs(a, a)),
];

fn memory(number: Pair) -> Vec<u8> {
    number.iter().flat_map(|part| part.to_le_bytes::<48>()).collect()
}

#[test]
fn the_compiled_field_of_381_bits_is_right_whatever_its_operands() {
    let program = Program::read(&crate::text("f381.ptx.gz"));
    let mut machine = Machine::new(&program);
    let places = [0; 3].map(|_| machine.put(&[], 96));
    let mut random = StdRng::seed_from_u64(31);
    let mut numbers = pairs(&mut random);
    numbers.extend(operands(&mut random).into_iter().map(|number| [number, number]));
    for (operation, oracle) in ORACLES {
        for (index, a) in numbers.iter().enumerate() {
            // Each with itself and some others.
            for b in [a, &numbers[index * 7 % numbers.len()], &numbers[(index * 31 + 5) % numbers.len()]] {
                for (place, number) in [(places[1], a), (places[2], b)] {
                    machine.memory[place as usize..][..96].copy_from_slice(&memory(*number));
                }
                machine.run("pelton_f381", &[operation, places[0], places[1], places[2]], 1);
                let result = &machine.memory[places[0] as usize..][..96];
                assert_eq!(result, memory(oracle(*a, *b)), "operation {operation} of {a:#x?} and {b:#x?}");
            }
        }
    }
}
