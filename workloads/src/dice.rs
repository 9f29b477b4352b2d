//! `Dice`: numbers that look random and depend on nothing but where they start.

use crate::parameter::ONE;

/// The splitmix64 generator. It is fast and its numbers are even; nothing here needs them to be unforeseeable.
pub(crate) struct Dice(u64);

impl Dice {
    /// Dice whose throws depend on this start alone.
    pub(crate) fn new(start: u64) -> Dice {
        Dice(start)
    }

    /// Any 64 bits.
    pub(crate) fn throw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`. The bias, bound / 2^64, is too small to be seen.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        assert!(bound > 0, "no number is below zero");
        ((u128::from(self.throw()) * u128::from(bound)) >> 64) as u64
    }

    /// A number below `bound`, but not this one.
    pub(crate) fn other(&mut self, bound: u64, than: u32) -> u32 {
        let other = self.below(bound - 1) as u32;
        if other >= than { other + 1 } else { other }
    }

    /// Whether something comes to pass that does so in this many of a thousand cases.
    pub(crate) fn chance(&mut self, thousandths: u32) -> bool {
        self.below(ONE.into()) < thousandths.into()
    }

    /// Brings a list into a random order (Fisher and Yates).
    pub(crate) fn shuffle<T>(&mut self, list: &mut [T]) {
        for last in (1..list.len()).rev() {
            list.swap(last, self.below(last as u64 + 1) as usize);
        }
    }
}
