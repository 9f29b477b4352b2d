//! Keccak-256 of many messages at once.
//!
//! One Keccak state is 25 words of 64 bits, and the permutation does the same to all of them whatever they hold. So one
//! vector instruction serves as many messages as it has lanes, and each word of the state becomes a row of words, one
//! for each lane:
//!
//! ```text
//!               lane 0   lane 1   lane 2   ...   lane 7
//!   message     17       4        9              11        blocks of 136 bytes, the last one padded
//!   word  0     [ u64    u64      u64            u64 ]     one vector
//!   ...                                                    each step absorbs one block in every lane and
//!   word 24     [ u64    u64      u64            u64 ]     permutes all states
//! ```
//!
//! A lane that has absorbed its last block gives its hash and begins with the next message at once, so lanes stay full
//! whatever the lengths and their order, until no message is left. Nothing is allocated or sorted. A step takes about as
//! long for one message as for all lanes: alone, a message takes half as long again as in [`keccak256`]; with two, the
//! vectors have won.
//!
//! The hash of a message does not depend on its neighbours. All levels are held equal to [`keccak256`] by tests.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
#[cfg(target_arch = "x86_64")]
mod lanes;
#[cfg(target_arch = "x86_64")]
mod permutation;

use crate::Level;
use crate::hash::keccak256;

/// How many messages are hashed at once on this level.
pub fn lanes(level: Level) -> usize {
    #[cfg(target_arch = "x86_64")]
    if level.avx512().is_some() {
        return 8;
    } else if level.avx2().is_some() {
        return 4;
    }
    1
}

/// Appends the Keccak-256 of each message to `out`, in the order of the messages.
///
/// A message is anything that can be read as bytes, borrowed or made on the spot, of any length.
pub fn keccak256_many<M: AsRef<[u8]>>(
    level: Level,
    messages: impl IntoIterator<Item = M>,
    out: &mut Vec<[u8; 32]>,
) {
    #[cfg(target_arch = "x86_64")]
    if let Some(token) = level.avx512() {
        return lanes::hash(messages, out, |sponges| avx512::permute(token, sponges));
    } else if let Some(token) = level.avx2() {
        return lanes::hash(messages, out, |sponges| avx2::permute(token, sponges));
    }
    out.extend(messages.into_iter().map(|message| keccak256(message.as_ref())));
}
