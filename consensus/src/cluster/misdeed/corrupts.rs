//! Sends blocks in which some bits are not as they were, its own and those that it is asked for.

use rand::RngExt as _;

use super::{Means, Parcel, Villain, with_bytes};
use crate::core::Channel;

pub(super) struct Corrupts {
    means: Means,
    deeds: u64,
}

impl Corrupts {
    pub fn new(means: Means) -> Corrupts {
        Corrupts { means, deeds: 0 }
    }
}

impl Villain for Corrupts {
    fn send(&mut self, parcel: Parcel, out: &mut Vec<Parcel>) {
        let random = &mut self.means.random;
        let is_block = matches!(parcel.channel, Channel::Blocks | Channel::Backfill | Channel::CatchUp);
        if !is_block || parcel.bytes.is_empty() || random.random_range(0..4) == 0 {
            return out.push(parcel);
        }
        self.deeds += 1;
        let mut bytes = parcel.bytes.to_vec();
        for _ in 0..random.random_range(1..=4) {
            let at = random.random_range(0..bytes.len());
            bytes[at] ^= 1 << random.random_range(0..8);
        }
        if random.random_range(0..8) == 0 {
            bytes.truncate(random.random_range(0..=bytes.len()));
        }
        out.push(with_bytes(&parcel, bytes.into()));
    }

    fn deeds(&self) -> u64 {
        self.deeds
    }
}
