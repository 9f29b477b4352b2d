//! `Seed`: hashes of addresses and slots that nobody outside can foresee.

use std::hash::{BuildHasher, Hasher};

use alloy_primitives::{Address, U256};
use foldhash::fast::RandomState;

/// Drawn anew for whoever makes one, so that nobody can choose keys that collide.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seed(RandomState);

impl Seed {
    pub(crate) fn of_address(&self, address: &Address) -> u64 {
        let mut hasher = self.0.build_hasher();
        write(&mut hasher, address);
        hasher.finish()
    }

    pub(crate) fn of_slot(&self, address: &Address, slot: &U256) -> u64 {
        let mut hasher = self.0.build_hasher();
        write(&mut hasher, address);
        slot.as_limbs().iter().for_each(|limb| hasher.write_u64(*limb));
        hasher.finish()
    }

    /// Of a slot whose account is a number.
    pub(crate) fn of_numbered_slot(&self, account: u32, slot: &U256) -> u64 {
        let mut hasher = self.0.build_hasher();
        hasher.write_u32(account);
        slot.as_limbs().iter().for_each(|limb| hasher.write_u64(*limb));
        hasher.finish()
    }
}

/// As three numbers, which is quicker than as bytes.
fn write(hasher: &mut impl Hasher, address: &Address) {
    let (words, rest) = address.as_chunks::<8>();
    words.iter().for_each(|word| hasher.write_u64(u64::from_le_bytes(*word)));
    hasher.write_u32(u32::from_le_bytes(*rest.first_chunk().expect("20 bytes are two words and four bytes")));
}
