//! Numbers of the field and of its quadratic extension, at the ends of their range and anywhere in between.

use rand::SeedableRng;
use rand::rngs::StdRng;

use crate::host::ask;
use crate::numbers::{U384, add, mul, mul_pairs, one, operands, pairs, prime, sub};

/// Operations of the program; those of the extension are 8 more.
const ADD: u8 = 0;
const SUB: u8 = 1;
const MUL: u8 = 2;
const SQUARE: u8 = 3;
const INVERT: u8 = 4;
const QUADRATIC: u8 = 8;
const ROOT: u8 = 13;

fn ask_all<const N: usize>(operation: u8, pairs: &[([U384; N], [U384; N])]) -> Vec<[U384; N]> {
    let mut questions = Vec::new();
    for (a, b) in pairs {
        questions.push(operation);
        a.iter().chain(b).for_each(|number| questions.extend(number.to_le_bytes::<48>()));
    }
    let answers = ask(&questions);
    assert_eq!(answers.len(), 48 * N * pairs.len(), "one answer to each question");
    let number = |bytes: &[u8]| U384::from_le_slice(bytes);
    answers
        .chunks(48 * N)
        .map(|answer| std::array::from_fn(|index| number(&answer[48 * index..48 * (index + 1)])))
        .collect()
}

#[test]
fn the_field_is_right_whatever_its_operands() {
    let operands = operands(&mut StdRng::seed_from_u64(5));
    let pairs: Vec<_> = operands.iter().flat_map(|a| operands.iter().map(|b| ([*a], [*b]))).collect();
    for (operation, oracle) in [(ADD, add as fn(U384, U384) -> U384), (SUB, sub), (MUL, mul)] {
        for (([a], [b]), [answer]) in pairs.iter().zip(ask_all(operation, &pairs)) {
            assert_eq!(answer, oracle(*a, *b), "operation {operation} of {a:#x} and {b:#x}");
        }
    }
    let alone: Vec<_> = operands.iter().map(|a| ([*a], [*a])).collect();
    for (([a], _), [answer]) in alone.iter().zip(ask_all(SQUARE, &alone)) {
        assert_eq!(answer, mul(*a, *a), "the square of {a:#x}");
    }
    for (([a], _), [answer]) in alone.iter().zip(ask_all(INVERT, &alone)) {
        let expected = if a.is_zero() { U384::ZERO } else { one() };
        assert_eq!(mul(answer, *a), expected, "the inverse of {a:#x}");
        assert!(answer < prime());
    }
}

#[test]
fn the_extension_is_right_whatever_its_operands() {
    let mut random = StdRng::seed_from_u64(6);
    let numbers = pairs(&mut random);
    let both: Vec<_> = numbers.iter().flat_map(|a| numbers.iter().map(|b| (*a, *b))).collect();
    let each = |oracle: fn(U384, U384) -> U384| {
        move |a: [U384; 2], b: [U384; 2]| [oracle(a[0], b[0]), oracle(a[1], b[1])]
    };
    for ((a, b), answer) in both.iter().zip(ask_all(QUADRATIC + MUL, &both)) {
        assert_eq!(answer, mul_pairs(*a, *b), "{a:#x?} times {b:#x?}");
    }
    let few = &both[..2_000];
    for (operation, oracle) in [(ADD, each(add)), (SUB, each(sub))] {
        for ((a, b), answer) in few.iter().zip(ask_all(QUADRATIC + operation, few)) {
            assert_eq!(answer, oracle(*a, *b), "operation {operation} of {a:#x?} and {b:#x?}");
        }
    }
    let alone: Vec<_> = numbers.iter().map(|a| (*a, *a)).collect();
    for ((a, _), answer) in alone.iter().zip(ask_all(QUADRATIC + SQUARE, &alone)) {
        assert_eq!(answer, mul_pairs(*a, *a), "the square of {a:#x?}");
    }
    let one = [one(), U384::ZERO];
    for ((a, _), answer) in alone.iter().zip(ask_all(QUADRATIC + INVERT, &alone)) {
        let expected = if *a == [U384::ZERO; 2] { *a } else { one };
        assert_eq!(mul_pairs(answer, *a), expected, "the inverse of {a:#x?}");
    }
}

#[test]
fn every_square_has_a_root_and_nothing_else_has_one() {
    let numbers = pairs(&mut StdRng::seed_from_u64(8));
    let squares: Vec<_> = numbers.iter().map(|a| (mul_pairs(*a, *a), [U384::ZERO; 2])).collect();
    for ((square, _), root) in squares.iter().zip(ask_all(ROOT, &squares)) {
        assert_eq!(mul_pairs(root, root), *square, "a root of {square:#x?}");
    }
    // 1 + u is no square, and neither is a square times it.
    let others: Vec<_> = squares
        .iter()
        .filter(|([a, b], _)| !(a.is_zero() && b.is_zero()))
        .map(|([a, b], zero)| ([sub(*a, *b), add(*a, *b)], *zero))
        .collect();
    for ((other, _), root) in others.iter().zip(ask_all(ROOT, &others)) {
        assert_ne!(mul_pairs(root, root), *other, "{other:#x?} is no square");
    }
}
