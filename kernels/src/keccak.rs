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

use std::fmt;

use crate::hash::keccak256;

/// The vector instructions that hash. One that the processor lacks cannot be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level(Kind);

/// The token in a variant proves that the processor has the instructions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Portable,
    #[cfg(target_arch = "x86_64")]
    Avx2(avx2::Avx2),
    #[cfg(target_arch = "x86_64")]
    Avx512(avx512::Avx512),
}

impl Level {
    /// One message after the other, by the code of [`keccak256`]. Any processor can do it.
    pub const PORTABLE: Self = Self(Kind::Portable);

    /// All levels of this processor, the slowest first.
    pub fn available() -> impl Iterator<Item = Self> {
        let levels = [
            Some(Self::PORTABLE),
            #[cfg(target_arch = "x86_64")]
            avx2::Avx2::detect().map(|token| Self(Kind::Avx2(token))),
            #[cfg(target_arch = "x86_64")]
            avx512::Avx512::detect().map(|token| Self(Kind::Avx512(token))),
        ];
        levels.into_iter().flatten()
    }

    /// The fastest level of this processor.
    pub fn best() -> Self {
        Self::available().last().unwrap_or(Self::PORTABLE)
    }

    /// How many messages are hashed at once.
    pub fn lanes(self) -> usize {
        match self.0 {
            Kind::Portable => 1,
            #[cfg(target_arch = "x86_64")]
            Kind::Avx2(_) => 4,
            #[cfg(target_arch = "x86_64")]
            Kind::Avx512(_) => 8,
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self.0 {
            Kind::Portable => "portable",
            #[cfg(target_arch = "x86_64")]
            Kind::Avx2(_) => "avx2",
            #[cfg(target_arch = "x86_64")]
            Kind::Avx512(_) => "avx512",
        })
    }
}

/// Appends the Keccak-256 of each message to `out`, in the order of the messages.
///
/// A message is anything that can be read as bytes, borrowed or made on the spot, of any length.
pub fn keccak256_many<M: AsRef<[u8]>>(
    level: Level,
    messages: impl IntoIterator<Item = M>,
    out: &mut Vec<[u8; 32]>,
) {
    match level.0 {
        Kind::Portable => out.extend(messages.into_iter().map(|message| keccak256(message.as_ref()))),
        #[cfg(target_arch = "x86_64")]
        Kind::Avx2(token) => lanes::hash(messages, out, |sponges| token.step(sponges)),
        #[cfg(target_arch = "x86_64")]
        Kind::Avx512(token) => lanes::hash(messages, out, |sponges| token.step(sponges)),
    }
}
