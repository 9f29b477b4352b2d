//! Products of numbers below 2^52, eight at a time, in halves of 52 bits.

use super::Work;
use crate::level::Avx512;

/// A word in each of eight lanes.
pub(crate) type Eight = <Avx512 as super::Vector>::Words;

/// A multiplier of 52 bits. A value of an implementing type proves that the processor has the instructions.
pub(crate) trait Halves: Copy {
    /// A number below 2^52 in each lane, in the form in which it is multiplied.
    type Factor: Copy;
    /// What is added to a sum beside each low half.
    const LOW: u64;
    /// What is added to a sum beside each high half.
    const HIGH: u64;

    /// The proof for what is done to words.
    fn vector(self) -> Avx512;

    /// Does `work` with the multiplier's instructions.
    fn call<W: Work>(self, work: W) -> W::Output;

    /// Of words below 2^52.
    fn factor(self, words: Eight) -> Self::Factor;

    /// Adds the low 52 bits of a product and [`Halves::LOW`] to one sum, and the 52 bits above and [`Halves::HIGH`] to
    /// another.
    fn add_product(self, low: &mut Eight, high: &mut Eight, a: Self::Factor, b: Self::Factor);
}
