//! The random coefficients of a sum of equations.

use std::num::NonZeroU128;

/// a + b x², of which a and b have 64 bits and are not both 0, and x is the curve's parameter -0xd201000000010000.
///
/// x² is between 2^127 and 2^128, so that a is below it, and a + b x² is below 2^192, far below r: different pairs are
/// different numbers modulo r. And x² times a point is as good as free, in both groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Coefficient(NonZeroU128);

impl Coefficient {
    /// a of the low and b of the high 64 bits; none of 0.
    pub fn new(number: u128) -> Option<Self> {
        NonZeroU128::new(number).map(Self)
    }

    /// a and b.
    pub fn parts(self) -> [u64; 2] {
        [self.0.get() as u64, (self.0.get() >> 64) as u64]
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
