//! Products with what any processor of the kind has, by the bits of the factors.
//!
//! A factor is a sum of powers of two, so a row of the product is
//!
//! ```text
//!   row = ((S7 · 2 + S6) · 2 + …) · 2 + S0        S_b: the sum of the inputs whose factor has bit b
//! ```
//!
//! Seven doublings a row, and half as many sums as there are bits. Both are the same for any bytes, so the compiler has
//! them in whatever vectors every processor of the kind has.

use super::field::double;
use super::tile::{Inputs, STRIP, Strip};

/// Computes rows of a product, as [`super::tile`] says, but any number of them.
pub(super) fn multiply(inputs: Inputs, factors: &[u8], outputs: &mut [&mut [Strip]]) {
    let rows = outputs.len();
    for (row, output) in outputs.iter_mut().enumerate() {
        let factors = factors.iter().skip(row).step_by(rows);
        let parts = parts(factors.copied());
        for (strip, output) in (inputs.first..).zip(output.iter_mut()) {
            *output = sum(inputs, strip, &parts);
        }
    }
}

/// For each bit, the highest first, the inputs whose factor has it.
fn parts(factors: impl Iterator<Item = u8> + Clone) -> [Vec<u8>; 8] {
    [7, 6, 5, 4, 3, 2, 1, 0].map(|bit| {
        let has_bit = |(input, factor): (u8, u8)| (factor >> bit & 1 == 1).then_some(input);
        (0..=u8::MAX).zip(factors.clone()).filter_map(has_bit).collect()
    })
}

fn sum(inputs: Inputs, strip: usize, parts: &[Vec<u8>; 8]) -> Strip {
    let mut sum = [0; STRIP];
    for part in parts {
        sum.iter_mut().for_each(|byte| *byte = double(*byte));
        for input in part {
            let input = &inputs.strips[usize::from(*input) * inputs.width + strip];
            for (byte, other) in sum.iter_mut().zip(input) {
                *byte ^= other;
            }
        }
    }
    sum
}
