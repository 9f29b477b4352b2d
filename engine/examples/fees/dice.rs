//! `Dice`: numbers that look random, the same from the same seed on every machine.

/// SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014).
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Dice {
        Dice(seed)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// The most that someone pays, where half of those who would pay one price would pay twice: `least` divided by a
    /// fraction between 0 and 1.
    pub fn bid(&mut self, least: u64) -> u64 {
        let fraction = u128::from(self.next() >> 32) + 1;
        u64::try_from((u128::from(least) << 32) / fraction).unwrap_or(u64::MAX)
    }
}
