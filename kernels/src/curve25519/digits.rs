//! Scalars cut into small signed digits.
//!
//! A number s becomes digits d of c bits with s = Σ d_i 2^(c i). With half = 2^(c-1), each digit is at least -half and
//! below half, and the highest one may be half. One half of the multiples of a point then serves the other, since the
//! negative of a point costs nothing. No digit has to wait for another: those of s are the plain ones of
//! s + Σ half 2^(c i), each less half.

use super::scalar::Scalar;
use crate::vector::WIDTH_MAX;

/// How to cut numbers below some bound.
#[derive(Clone, Copy, Debug)]
pub(super) struct Digits {
    bits: usize,
    count: usize,
    /// Σ half 2^(c i), and a word more than numbers have, so that there is always a next one.
    bias: [u64; 5],
}

impl Digits {
    /// Digits of `bits` bits, at most 7, of scalars that are [`Scalar::halved`]: at most 2^251 + 2^125.
    pub const fn of_halved(bits: usize) -> Self {
        Self::new(bits, 252_usize.div_ceil(bits))
    }

    /// Digits of `bits` bits, at most 7, of numbers below 2^128.
    pub const fn of_128(bits: usize) -> Self {
        Self::new(bits, 129_usize.div_ceil(bits))
    }

    const fn new(bits: usize, count: usize) -> Self {
        assert!(
            bits >= 2 && bits <= 7 && bits * count < 256,
            "a digit fits in a byte, and all of them in four words"
        );
        let mut bias = [0; 5];
        let mut i = 0;
        while i < count {
            let bit = bits * i + bits - 1;
            bias[bit / 64] |= 1 << (bit % 64);
            i += 1;
        }
        Self { bits, count, bias }
    }

    /// How many digits a number has.
    pub const fn count(&self) -> usize {
        self.count
    }

    /// Writes the digits of a scalar or its negative, which [`Scalar::halved`] tells apart, the lowest first.
    pub fn write_halved(&self, scalar: &Scalar, out: &mut [i8]) {
        let (half, is_negative) = scalar.halved();
        self.write(&half.0, out);
        if is_negative {
            out.iter_mut().for_each(|digit| *digit = -*digit);
        }
    }

    /// Writes the digits of a number below 2^128, the lowest first.
    pub fn write_128(&self, number: u128, out: &mut [i8]) {
        self.write(&[number as u64, (number >> 64) as u64, 0, 0], out);
    }

    fn write(&self, words: &[u64; 4], out: &mut [i8]) {
        assert_eq!(out.len(), self.count, "there is a place for each digit");
        let mut biased = self.bias;
        let mut carry = false;
        for i in 0..4 {
            let (once, first) = biased[i].overflowing_add(words[i]);
            let (twice, second) = once.overflowing_add(u64::from(carry));
            (biased[i], carry) = (twice, first || second);
        }
        let (mask, half) = ((1 << self.bits) - 1, 1 << (self.bits - 1));
        let mut bit = 0;
        let from = |bit: usize| biased[bit / 64] >> (bit % 64) | biased[bit / 64 + 1] << 1 << (63 - bit % 64);
        let (highest, lower) = out.split_last_mut().expect("a number has digits");
        for digit in lower {
            *digit = (from(bit) & mask) as i8 - half;
            bit += self.bits;
        }
        *highest = (from(bit) as u8).wrapping_sub(half.cast_unsigned()).cast_signed();
    }
}

/// The lanes whose digit is negative.
#[inline(always)]
pub(super) fn negative_lanes(digits: &[i8; WIDTH_MAX]) -> u8 {
    // The sign of byte i stands at bit 8 i + 7. The factor moves all eight of them next to each other at the top, and
    // nothing else there.
    let signs = u64::from_le_bytes(digits.map(i8::cast_unsigned)) & 0x8080_8080_8080_8080;
    ((signs >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56) as u8
}

#[cfg(test)]
mod tests {
    use super::{Digits, Scalar, negative_lanes};
    use crate::curve25519::scalar::Sum;

    /// Σ d_i 2^(c i) modulo L.
    fn value(digits: &[i8], bits: usize) -> Scalar {
        let one = Scalar([1, 0, 0, 0]);
        digits.iter().rev().fold(Scalar::ZERO, |value, digit| {
            let mut sum = Sum::default();
            sum.add(&value, 1 << bits);
            sum.add(if *digit < 0 { &MINUS_ONE } else { &one }, u128::from(digit.unsigned_abs()));
            sum.reduced()
        })
    }

    const MINUS_ONE: Scalar =
        Scalar([0x5812_631a_5cf5_d3ec, 0x14de_f9de_a2f7_9cd6, 0, 0x1000_0000_0000_0000]);

    #[test]
    fn digits_are_small_and_make_up_the_number() {
        for bits in 2..=7 {
            let mut room = [0; 130];
            let small = |digits: &[i8]| digits.iter().all(|digit| digit.unsigned_abs() <= 1 << (bits - 1));
            for number in [0, 1, 63, 64, 65, u128::MAX, u128::MAX - 1, u128::MAX / 3, 1 << 127] {
                let digits = Digits::of_128(bits);
                let out = &mut room[..digits.count()];
                digits.write_128(number, out);
                assert_eq!(value(out, bits), Scalar([1, 0, 0, 0]).times(number), "{number}, {bits} bits");
                assert!(small(out));
            }
            let mut scalars =
                [[0; 64], [0xff; 64], [1; 64], [0x80; 64]].map(|wide| Scalar::reduced(&wide)).to_vec();
            let half = MINUS_ONE.halved().0; // 1
            scalars.extend([
                half,
                MINUS_ONE,
                Scalar([0x2c09_318d_2e7a_e9f6, 0x0a6f_7cef_517b_ce6b, 0, 1 << 59]),
            ]);
            for scalar in scalars {
                let digits = Digits::of_halved(bits);
                let out = &mut room[..digits.count()];
                digits.write_halved(&scalar, out);
                assert_eq!(value(out, bits), scalar, "{bits} bits");
                assert!(small(out));
            }
        }
    }

    #[test]
    fn each_lane_with_a_negative_digit_has_its_bit() {
        for lanes in 0..=0xff {
            let digits = [0, 1, 2, 3, 4, 5, 6, 7].map(|lane| if lanes >> lane & 1 == 1 { -64 } else { 64 });
            assert_eq!(negative_lanes(&digits), lanes);
            assert_eq!(negative_lanes(&digits.map(|digit| if digit < 0 { -1 } else { 0 })), lanes);
        }
    }
}
