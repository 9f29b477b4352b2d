//! The random coefficients of a sum of equations.
//!
//! A coefficient is a number d_0 + 4 d_1 + 4² d_2 + … with 32 random digits, each one of 16 Eisenstein integers. These are
//! numbers a + b ω, where 1 + ω + ω² = 0, and stand for numbers modulo r, since r divides ω² + ω + 1 for ω = -x², x being the
//! curve's parameter. In both groups ω times a point (x, y) is (β x, y), for a cube root β of 1 modulo p. So 16 digits need
//! three multiples of a point:
//!
//! ```text
//!   digits                              times the point
//!   0                                   nothing
//!   ± 1, ± ω, ± ω²                      (x, ±y), (β x, ±y), (β² x, ±y)
//!   (1 - ω) times those six             the same for (1 - ω) (x, y)
//!   2, 2 ω, 2 ω²                        the same for 2 (x, y)
//! ```
//!
//! *There are 2^128 coefficients, all different modulo r.* No two digits are equal modulo 4, since the absolute value of
//! their difference is below 4: at most 2 √3 for two of one row, 2 + √3 for two of different ones. So coefficients that differ
//! are different Eisenstein integers: take the lowest digit in which they differ. The absolute value of their difference is
//! at most (2 + √3) (4^32 - 1) / 3, its norm the square of that, below 2^129 and so below r, which is the norm of the prime
//! ideal that maps Eisenstein integers to numbers modulo r. So that ideal does not contain it.

/// How many digits a coefficient has.
pub(super) const DIGITS: usize = 32;

/// A coefficient other than 0, as its digits of 4 bits, the lowest in the lowest bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Coefficient(u128);

/// A digit other than 0: ± ω^turn times 1, 1 - ω or 2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Digit {
    /// Which of the three, from 0.
    pub multiple: usize,
    pub turn: usize,
    pub is_negative: bool,
}

impl Coefficient {
    /// The one with the digits of these bits; none of 0.
    pub fn new(bits: u128) -> Option<Self> {
        (bits != 0).then_some(Self(bits))
    }

    /// The digit that counts 4^`place`; none is 0.
    #[inline]
    pub fn digit(self, place: usize) -> Option<Digit> {
        let number = (self.0 >> (4 * place) & 15) as usize;
        let (multiple, turned) = match number {
            0 => return None,
            1..7 => (0, number - 1),
            7..13 => (1, number - 7),
            _ => (2, number - 13),
        };
        Some(Digit { multiple, turn: turned % 3, is_negative: turned >= 3 })
    }

    /// All digits, 4 bits each, the lowest in the lowest bits of the first byte.
    pub fn digits(self) -> [u8; 16] {
        self.0.to_le_bytes()
    }

    /// a and b. Their absolute values are below 2^64: 2 (4^32 - 1) / 3 at most.
    pub fn parts(self) -> [i128; 2] {
        (0..DIGITS).rev().fold([0; 2], |[a, b], place| {
            let [more_a, more_b] = self.digit(place).map_or([0; 2], Digit::parts);
            [4 * a + more_a, 4 * b + more_b]
        })
    }
}

impl Digit {
    /// a and b.
    fn parts(self) -> [i128; 2] {
        let [mut a, mut b] = [[1, 0], [1, -1], [2, 0]][self.multiple];
        for _ in 0..self.turn {
            // ω (a + b ω) = a ω + b (-1 - ω)
            (a, b) = (-b, a - b);
        }
        if self.is_negative { [-a, -b] } else { [a, b] }
    }
}

/// One coefficient for each equation of a sum, from a secret seed and everything that the sum depends on, which is to be
/// written to what this gives. So they change with any bit of it, and no state is kept.
pub(super) struct Draw(blake3::Hasher);

impl Draw {
    pub fn new(seed: &[u8; 32]) -> Self {
        Self(blake3::Hasher::new_keyed(seed))
    }

    /// Adds a part whose length is fixed.
    pub fn absorb(&mut self, part: &[u8]) {
        self.0.update(part);
    }

    /// Adds a part of any length.
    pub fn absorb_any(&mut self, part: &[u8]) {
        self.0.update(&(part.len() as u64).to_le_bytes()).update(part);
    }

    /// `count` coefficients.
    pub fn finish(&self, count: usize) -> Vec<Coefficient> {
        let mut drawn = vec![0; 16 * count];
        self.0.finalize_xof().fill(&mut drawn);
        let numbers = drawn.as_chunks().0.iter().map(|bytes| u128::from_le_bytes(*bytes).max(1));
        numbers.filter_map(Coefficient::new).collect()
    }
}
