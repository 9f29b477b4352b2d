//! Checksums of packets: the first half of keyed BLAKE3, of one packet or of many at once.
//!
//! BLAKE3 cuts what it hashes into chunks of 1024 bytes. A full packet is one chunk and a little, so alone it finds no use
//! for vectors. Many packets do: their first chunks are hashed side by side, one in each lane.
//!
//! ```text
//!   packet 0    [ ────────── 1024 bytes ────────── ][ rest ]        lane 0  ┐
//!   packet 1    [ ────────── 1024 bytes ────────── ][ rest ]        lane 1  ├ together        each rest by itself, and
//!   …                                                               …       ┘                 the parent of both
//! ```
//!
//! The functions that hash in lanes are hidden in `blake3`'s documentation, since they are meant for its own use, though they
//! are safe to call. So the workspace pins the version of `blake3`, and tests hold every number of packets of every
//! length equal to [`blake3::keyed_hash`].

use blake3::hazmat::{HasherExt, Mode, merge_subtrees_root};
use blake3::platform::Platform;
use blake3::{Hash, Hasher, IncrementCounter};

pub(super) const CHECKSUM_BYTES: usize = 16;

/// What stands at the end of a packet.
pub(super) type Checksum = [u8; CHECKSUM_BYTES];

/// As many packets as the widest vectors have lanes.
pub const LANES_MAX: usize = 16;

const CHUNK_BYTES: usize = 1024;
/// Flag of the first block of a chunk.
const CHUNK_START: u8 = 1 << 0;
/// Flag of the last one.
const CHUNK_END: u8 = 1 << 1;
/// Flag of all blocks that are hashed under a key.
const KEYED: u8 = 1 << 4;

/// Makes checksums under one key.
pub(super) struct Checksums {
    key: [u8; 32],
    key_words: [u32; 8],
    platform: Platform,
}

impl Checksums {
    pub(super) fn new(key: [u8; 32]) -> Checksums {
        let words = key.as_chunks::<4>().0;
        let key_words = std::array::from_fn(|word| u32::from_le_bytes(words[word]));
        Checksums { key, key_words, platform: Platform::detect() }
    }

    /// Of one packet.
    pub(super) fn one(&self, sealed: &[u8]) -> Checksum {
        first_half(&blake3::keyed_hash(&self.key, sealed))
    }

    /// Of up to [`LANES_MAX`] packets.
    pub(super) fn many(&self, sealed: &[&[u8]]) -> [Checksum; LANES_MAX] {
        let mut chunks = [&[0; CHUNK_BYTES]; LANES_MAX];
        let mut checksums = [[0; CHECKSUM_BYTES]; LANES_MAX];
        for (chunk, packet) in chunks.iter_mut().zip(sealed) {
            match packet.split_first_chunk() {
                Some((first, rest)) if !rest.is_empty() => *chunk = first,
                // One chunk or less has no parent, and is rare enough.
                _ => return self.each(sealed),
            }
        }
        // Lanes that are left over are hashed in ever smaller vectors, so the next power of two is faster.
        let lanes = sealed.len().next_power_of_two();
        let mut nodes = [[0; 32]; LANES_MAX];
        self.platform.hash_many(
            &chunks[..lanes],
            &self.key_words,
            0,
            IncrementCounter::No,
            KEYED,
            CHUNK_START,
            CHUNK_END,
            nodes[..lanes].as_flattened_mut(),
        );
        for ((checksum, node), packet) in checksums.iter_mut().zip(&nodes).zip(sealed) {
            let mut rest = Hasher::new_keyed(&self.key);
            rest.set_input_offset(CHUNK_BYTES as u64).update(&packet[CHUNK_BYTES..]);
            let hash = merge_subtrees_root(node, &rest.finalize_non_root(), Mode::KeyedHash(&self.key));
            *checksum = first_half(&hash);
        }
        checksums
    }

    fn each(&self, sealed: &[&[u8]]) -> [Checksum; LANES_MAX] {
        let mut checksums = [[0; CHECKSUM_BYTES]; LANES_MAX];
        for (checksum, packet) in checksums.iter_mut().zip(sealed) {
            *checksum = self.one(packet);
        }
        checksums
    }
}

fn first_half(hash: &Hash) -> Checksum {
    *hash.as_bytes().first_chunk().expect("a checksum is half of a hash")
}

#[cfg(test)]
mod tests {
    use super::{Checksums, LANES_MAX};

    #[test]
    fn every_number_of_packets_of_any_length_has_the_checksums_that_each_has_alone() {
        let key = std::array::from_fn(|at| at as u8 * 7);
        let checksums = Checksums::new(key);
        for length in [0, 1, 51, 1023, 1024, 1025, 1088, 1089, 1184, 2048] {
            let packets: Vec<Vec<u8>> = (0..LANES_MAX)
                .map(|packet| (0..length).map(|at| (packet * 31 + at * 7 + at / 64) as u8).collect())
                .collect();
            let packets: Vec<&[u8]> = packets.iter().map(Vec::as_slice).collect();
            for count in 0..=LANES_MAX {
                let many = checksums.many(&packets[..count]);
                for (packet, checksum) in packets[..count].iter().zip(many) {
                    assert_eq!(checksum, checksums.one(packet), "{count} packets of {length} bytes");
                    let expected = blake3::keyed_hash(&key, packet);
                    assert_eq!(checksum[..], expected.as_bytes()[..16]);
                }
            }
        }
    }
}
