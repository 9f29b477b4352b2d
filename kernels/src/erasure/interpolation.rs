//! The factors by which values of a polynomial at some places give its value at another.
//!
//! For distinct places p_1 … p_k and a polynomial f of degree below k (Lagrange):
//!
//! ```text
//!   f(x) = Σ_j f(p_j) · Π_{i≠j} (x - p_i) / (p_j - p_i)
//!        = Σ_j f(p_j) · A(x) / ((x - p_j) · B_j)          A(x) = Π_i (x - p_i)   B_j = Π_{i≠j} (p_j - p_i)
//! ```
//!
//! Products and quotients are sums and differences of logarithms: k² look-ups for all B_j, and 2 k for each x.

use super::field::{ORDER, logarithm, power};

/// What depends on the places alone.
pub(super) struct Interpolation<'a> {
    places: &'a [u8],
    /// The logarithm of each B, below [`ORDER`].
    bottoms: Vec<u32>,
}

impl<'a> Interpolation<'a> {
    /// From values at these places, which are distinct.
    pub(super) fn new(places: &'a [u8]) -> Self {
        // A place adds nothing to its own sum: that is what 0 has for a logarithm here.
        let sum = |place: &u8| places.iter().map(|other| logarithm(place ^ other)).sum::<u32>();
        Self { places, bottoms: places.iter().map(|place| sum(place) % ORDER).collect() }
    }

    /// Writes the factors for the value at `x`, which is none of the places.
    pub(super) fn factors(&self, x: u8, factors: &mut [u8]) {
        let sum = self.places.iter().map(|place| logarithm(x ^ place)).sum::<u32>();
        let top = sum % ORDER + 2 * ORDER;
        for ((factor, place), bottom) in factors.iter_mut().zip(self.places).zip(&self.bottoms) {
            *factor = power(top - logarithm(x ^ place) - bottom);
        }
    }
}
