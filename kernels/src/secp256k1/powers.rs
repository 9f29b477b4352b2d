//! Inverses and square roots modulo p, which are powers with exponents of long runs of ones.

use super::field::{Fe, Portable};
use super::lanes::Lanes;

/// `count` squarings of each of several numbers, which do not wait for each other.
#[inline(always)]
fn squared<L: Lanes, const N: usize>(
    lanes: L,
    mut numbers: [L::Element; N],
    count: usize,
) -> [L::Element; N] {
    for _ in 0..count {
        for number in &mut numbers {
            *number = lanes.sqr(number);
        }
    }
    numbers
}

/// The power with the exponent high 2^shift + low, of powers with the exponents high and low.
#[inline(always)]
fn joined<L: Lanes, const N: usize>(
    lanes: L,
    high: [L::Element; N],
    shift: usize,
    low: &[L::Element; N],
) -> [L::Element; N] {
    let mut joined = squared(lanes, high, shift);
    for (one, low) in joined.iter_mut().zip(low) {
        *one = lanes.mul(one, low);
    }
    joined
}

/// The powers with exponents 2^2 - 1, 2^22 - 1 and 2^223 - 1.
#[inline(always)]
fn ones<L: Lanes, const N: usize>(lanes: L, x: [L::Element; N]) -> [[L::Element; N]; 3] {
    let x2 = joined(lanes, x, 1, &x);
    let x3 = joined(lanes, x2, 1, &x);
    let x9 = joined(lanes, joined(lanes, x3, 3, &x3), 3, &x3);
    let x11 = joined(lanes, x9, 2, &x2);
    let x22 = joined(lanes, x11, 11, &x11);
    let x44 = joined(lanes, x22, 22, &x22);
    let x88 = joined(lanes, x44, 44, &x44);
    let x176 = joined(lanes, x88, 88, &x88);
    let x220 = joined(lanes, x176, 44, &x44);
    [x2, x22, joined(lanes, x220, 3, &x3)]
}

/// 1 / x; 0 for 0. For magnitudes up to 12.
pub(super) fn inverse(x: &Fe) -> Fe {
    // p - 2 in binary: 223 ones, a zero, 22 ones, then 0000 1 0 11 01.
    let lanes = Portable;
    let [x2, x22, x223] = ones(lanes, [*x]);
    let mut power = joined(lanes, x223, 23, &x22);
    power = joined(lanes, power, 5, &[*x]);
    power = joined(lanes, power, 3, &x2);
    joined(lanes, power, 2, &[*x])[0]
}

/// A square root of each number that has one; p mod 4 = 3, so the power (p + 1) / 4 is one. For magnitudes up to 12.
#[inline(always)]
pub(super) fn square_roots<L: Lanes, const N: usize>(lanes: L, x: [L::Element; N]) -> [L::Element; N] {
    // (p + 1) / 4 in binary: 223 ones, a zero, 22 ones, then 0000 11 00.
    let [x2, x22, x223] = ones(lanes, x);
    let power = joined(lanes, joined(lanes, x223, 23, &x22), 6, &x2);
    squared(lanes, power, 2)
}
