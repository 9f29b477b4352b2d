//! BLAKE3 of many messages of equal length, one in each lane of a vector.
//!
//! The functions that hash in lanes are hidden in `blake3`'s documentation, since they are meant for its own use, though
//! they are safe to call. So the workspace pins the version of `blake3`, this file alone calls them, and its tests hold
//! every number of messages equal to [`blake3::hash`]. Uses `core` and `alloc` only.
//!
//! Nanoseconds of one call on a Zen 4 core, by the number of messages of one block in it:
//!
//! ```text
//! messages       1     2     4     8    12    15    16        each alone, by the plain function
//! nanoseconds   60    59    81    94   173   285   152        60
//! ```
//!
//! Lanes that are left over are handled in ever smaller vectors, so a call is filled up to the next power of two.

use alloc::vec::Vec;

use blake3::IncrementCounter;
use blake3::platform::Platform;

use super::rules::Hash;

/// As many messages as the widest vectors have lanes.
const LANES_MAX: usize = 16;

/// The chaining value that unkeyed hashing starts with.
const INITIAL: [u32; 8] =
    [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19];

/// Flags of the first block of a message.
const CHUNK_START: u8 = 1 << 0;
/// Flags of the last block of a message that is one chunk.
const CHUNK_END_ROOT: u8 = 1 << 1 | 1 << 3;

/// The widest vectors that this processor has.
#[derive(Clone, Copy, Debug)]
pub struct Lanes(Platform);

impl Lanes {
    /// Asks the processor.
    pub fn detect() -> Lanes {
        Lanes(Platform::detect())
    }

    /// Appends the BLAKE3 of each message to `hashes`, in their order. A message is one whole block of 64 bytes or some,
    /// up to 16.
    pub fn hash<'a, const N: usize>(
        self,
        messages: impl IntoIterator<Item = &'a [u8; N]>,
        hashes: &mut Vec<Hash>,
    ) {
        const { assert!(N > 0 && N.is_multiple_of(64) && N <= 1024, "whole blocks of one chunk") };
        let mut messages = messages.into_iter().fuse();
        let mut lanes = [&[0; N]; LANES_MAX];
        loop {
            let mut taken = 0_usize;
            for (lane, message) in lanes.iter_mut().zip(messages.by_ref()) {
                *lane = message;
                taken += 1;
            }
            if taken == 0 {
                return;
            }
            let mut out = [[0; 32]; LANES_MAX];
            let used = taken.next_power_of_two();
            self.0.hash_many(
                &lanes[..used],
                &INITIAL,
                0,
                IncrementCounter::No,
                0,
                CHUNK_START,
                CHUNK_END_ROOT,
                out[..used].as_flattened_mut(),
            );
            hashes.extend_from_slice(&out[..taken]);
        }
    }

    /// The same of messages that are made on the spot.
    pub fn hash_made<const N: usize>(
        self,
        messages: impl IntoIterator<Item = [u8; N]>,
        hashes: &mut Vec<Hash>,
    ) {
        let mut messages = messages.into_iter().fuse();
        let mut group = [[0; N]; LANES_MAX];
        loop {
            let mut taken = 0;
            for (place, message) in group.iter_mut().zip(messages.by_ref()) {
                *place = message;
                taken += 1;
            }
            if taken == 0 {
                return;
            }
            self.hash(&group[..taken], hashes);
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::Lanes;

    fn check<const N: usize>() {
        let messages: Vec<[u8; N]> =
            (0..70).map(|turn| core::array::from_fn(|at| (turn * 31 + at * 7 + at / 64) as u8)).collect();
        for count in 0..=messages.len() {
            let mut hashes = [[7; 32]].to_vec();
            Lanes::detect().hash(&messages[..count], &mut hashes);
            Lanes::detect().hash_made(messages[..count].iter().copied(), &mut hashes);
            let expected = messages[..count].iter().map(|message| *blake3::hash(message).as_bytes());
            let expected: Vec<_> = [[7; 32]].into_iter().chain(expected.clone()).chain(expected).collect();
            assert_eq!(hashes, expected, "{count} messages of {N} bytes");
        }
    }

    #[test]
    fn lanes_agree_with_plain_hashing_whatever_their_number() {
        check::<64>();
        check::<128>();
        check::<1024>();
    }
}
