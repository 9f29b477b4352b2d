//! Scalars in base 8 over the Eisenstein integers, so that one digit stands for six bits.
//!
//! The curve has an endomorphism: λ (x, y) = (β x, y) with λ² + λ + 1 = 0 modulo n. Scalars are therefore written as
//! Eisenstein integers a + b ω with ω for λ, and the six units ±1, ±ω, ±ω² times a point cost nothing but a choice of x
//! and a sign. In base 8 there are 64 digits, one for each (a mod 8, b mod 8); each is zero or a unit times one of
//! [`POINTS`], the shortest of its residue class:
//!
//! ```text
//!       digit = ± ω^turn · POINTS[i]          11 points of a table serve 63 digits of 6 bits;
//!                                             a signed window would need 32 points for one half-scalar's 6 bits
//! ```
//!
//! A scalar of 256 bits has 44 digits, and a table of eleven points is quickly made for any point, known or not.

use super::lanes::Packed;
use super::scalar::Scalar;

/// How many digits a scalar has. What is split is below 2^128 in length, each step leaves at most (length + √19) / 8, so
/// after 43 less than 1.2 is left: a unit or nothing, which the last digit takes.
pub(super) const DIGITS: usize = 44;

/// How many digits a random coefficient has: 132 bits.
pub(super) const SHORT_DIGITS: usize = 22;

/// a + b ω for each entry of a table. Six units times these are all the digits but zero.
pub(super) const POINTS: [(i8, i8); 11] = [
    (1, 0),
    (1, -1), // 1 - ω
    (2, 0),
    (2, -1), // 2 - ω
    (3, 1),  // 2 - ω²
    (3, 0),
    (2, -2), // 2 - 2 ω
    (3, -1), // 3 - ω
    (4, 1),  // 3 - ω²
    (4, 0),
    (3, -2), // 3 - 2 ω
];

/// A digit: what it stands for, and what remains of the number whose last digit it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Digit {
    /// Which of [`POINTS`].
    pub point: u8,
    /// Times ω to this power, 0 to 2.
    pub turn: u8,
    /// And times -1.
    pub negative: bool,
    /// a + b ω.
    pub value: (i8, i8),
}

/// The digit of each residue, a mod 8 + 8 (b mod 8). That of residue 0 is zero, and means no point.
pub(super) const TABLE: [Digit; 64] = table();

const fn table() -> [Digit; 64] {
    let zero = Digit { point: 0, turn: 0, negative: false, value: (0, 0) };
    let mut table = [zero; 64];
    let mut point = 0;
    while point < POINTS.len() {
        let mut value = POINTS[point];
        let mut unit = 0;
        while unit < 6 {
            // Unit 0 is 1, 1 is ω, 2 is ω², and 3 to 5 are their negatives.
            let residue = (value.0 & 7) as usize | ((value.1 & 7) as usize) << 3;
            if table[residue].value.0 == 0 && table[residue].value.1 == 0 {
                table[residue] =
                    Digit { point: point as u8, turn: (unit % 3) as u8, negative: unit >= 3, value };
            }
            value = (-value.1, value.0 - value.1); // times ω
            if unit == 2 {
                value = (-value.0, -value.1);
            }
            unit += 1;
        }
        point += 1;
    }
    table
}

/// The digits of `scalar`, least first, as residues.
pub(super) fn digits(scalar: &Scalar) -> [u8; DIGITS] {
    let (a, b) = scalar.split();
    // (a - digit) / 8 is floor(a / 8) or one more: more where the digit is negative and so above what a has there.
    let step = |floor: i128, residue: u8, value: i8| floor + i128::from((residue as i8 - value) >> 3);
    let eighth = |words: &Packed| {
        let low = u128::from(words[0]) | u128::from(words[1]) << 64;
        (low >> 3 | u128::from(words[2]) << 125) as i128
    };
    let mut digits = [0; DIGITS];
    let (mut residues, mut floors) = (((a[0] & 7) as u8, (b[0] & 7) as u8), (eighth(&a), eighth(&b)));
    for digit in &mut digits {
        *digit = residues.0 | residues.1 << 3;
        let value = TABLE[usize::from(*digit)].value;
        let rest = (step(floors.0, residues.0, value.0), step(floors.1, residues.1, value.1));
        residues = ((rest.0 & 7) as u8, (rest.1 & 7) as u8);
        floors = (rest.0 >> 3, rest.1 >> 3);
    }
    debug_assert!(residues == (0, 0) && floors == (0, 0), "44 digits are enough for any scalar");
    digits
}

/// The number that `digits` write, in `a + b ω`. For up to 40 digits.
pub(super) fn value(digits: &[u8]) -> (i128, i128) {
    digits.iter().rev().fold((0, 0), |(a, b), &digit| {
        let value = TABLE[usize::from(digit)].value;
        (a * 8 + i128::from(value.0), b * 8 + i128::from(value.1))
    })
}

/// 132 random bits as digits.
pub(super) fn short_digits(random: &[u8; 17]) -> [u8; DIGITS] {
    let mut digits = [0; DIGITS];
    for (place, digit) in digits[..SHORT_DIGITS].iter_mut().enumerate() {
        let bit = place * 6;
        let two = u16::from(random[bit / 8]) | u16::from(*random.get(bit / 8 + 1).unwrap_or(&0)) << 8;
        *digit = (two >> (bit % 8)) as u8 & 63;
    }
    digits
}
