//! Vectors of words of 64 bits, so that arithmetic in lanes is written once.
//!
//! What a lane computes does not depend on how many there are beside it. So code is written over [`Vector`] and compiled
//! for each kind of vectors:
//!
//! ```text
//!   Avx2     [ w0 w1 w2 w3 ]                 256 bits
//!   Avx512   [ w0 w1 w2 w3 w4 w5 w6 w7 ]     512 bits
//! ```
//!
//! The compiler uses a processor's instructions only in functions that say so, and merges only what allows the same. So
//! whatever is written over vectors is `#[inline(always)]`, and comes to be compiled for their instructions where it ends
//! up in [`Vector::call`]: a function that says so, does some [`Work`] and is not merged with its caller unless the
//! compiler finds that worthwhile. Closures are not used in such code, since they might be compiled apart from it.

mod avx2;
mod avx512;
mod fused;
mod halves;
mod ifma;

use std::hint::black_box;
use std::mem::MaybeUninit;

pub(crate) use fused::Fused;
pub(crate) use halves::{Eight, Halves};

/// Four words of 64 bits, side by side in memory.
pub(crate) type Quad = [u64; 4];

/// The most lanes that any vector has.
pub(crate) const WIDTH_MAX: usize = 8;

/// Something to do, compiled for the instructions of whoever calls it. [`Work::run`] is `#[inline(always)]`.
pub(crate) trait Work {
    /// What comes of it.
    type Output;
    /// Does it.
    fn run(self) -> Self::Output;
}

/// Some words side by side. A value of an implementing type proves that the processor has the instructions.
///
/// Arithmetic is modulo 2^64 in each lane. A set of lanes is a mask, with the first lane in the lowest bit. Arrays are as
/// long as the widest vector, and what they hold beyond the vector's own lanes is not read, or is 0 where it is given.
pub(crate) trait Vector: Copy {
    /// A word in each lane.
    type Words: Copy;
    /// How many lanes there are: 4 or 8.
    const WIDTH: usize;

    /// Does `work` with the vector's instructions.
    fn call<W: Work>(self, work: W) -> W::Output;

    /// The same word in each lane.
    fn splat(self, word: u64) -> Self::Words;
    /// One word for each lane.
    fn pack(self, words: &[u64; WIDTH_MAX]) -> Self::Words;
    /// The word of each lane.
    fn unpack(self, words: Self::Words) -> [u64; WIDTH_MAX];
    /// The words of a quad at each of some places: word i of place j in lane j of the i-th.
    fn load(self, places: &[&Quad; WIDTH_MAX]) -> [Self::Words; 4];
    /// The opposite: writes quad `q` at `places` of a table, which lie in it. Of lanes with the same place, one is
    /// written.
    fn store<const Q: usize>(
        self,
        words: &[Self::Words; 4],
        table: &mut [[Quad; Q]],
        places: &[usize; WIDTH_MAX],
        q: usize,
    );

    /// a + b.
    fn add(self, a: Self::Words, b: Self::Words) -> Self::Words;
    /// a - b.
    fn sub(self, a: Self::Words, b: Self::Words) -> Self::Words;
    /// The product of the low 32 bits of a and of b.
    fn multiply(self, a: Self::Words, b: Self::Words) -> Self::Words;
    /// 19 times the low 32 bits of a.
    fn nineteen_times(self, a: Self::Words) -> Self::Words;
    /// a & b.
    fn and(self, a: Self::Words, b: Self::Words) -> Self::Words;
    /// a | b.
    fn or(self, a: Self::Words, b: Self::Words) -> Self::Words;
    /// a ^ b ^ c.
    fn xor(self, a: Self::Words, b: Self::Words, c: Self::Words) -> Self::Words;
    /// b where a is set, c elsewhere, bit by bit.
    fn chosen(self, a: Self::Words, b: Self::Words, c: Self::Words) -> Self::Words;
    /// What two or three of them have, bit by bit.
    fn majority(self, a: Self::Words, b: Self::Words, c: Self::Words) -> Self::Words;
    /// a << bits, for 0 to 63 bits.
    fn shift_left(self, a: Self::Words, bits: i32) -> Self::Words;
    /// a >> bits, for 0 to 63 bits; zeros come in.
    fn shift_right(self, a: Self::Words, bits: i32) -> Self::Words;
    /// a turned right, for 1 to 63 bits.
    fn turn_right(self, a: Self::Words, bits: i32) -> Self::Words;
    /// The bytes of each word in reverse.
    fn swap_bytes(self, a: Self::Words) -> Self::Words;

    /// b in `lanes`, a in the others.
    fn replaced_if(self, lanes: u8, a: Self::Words, b: Self::Words) -> Self::Words;
    /// The lanes that are zero.
    fn zero_lanes(self, a: Self::Words) -> u8;
    /// Of the first four lanes, lane i is lane `ORDER >> 2 i & 3` if it is one of `kept`, and zero if not. All others are
    /// zero.
    fn arranged<const ORDER: i32>(self, kept: u8, a: Self::Words) -> Self::Words;
}

/// Has the caller's stack aligned for `T`.
///
/// The compiler aligns it for what it knows will lie there, and does not know of the vectors that it has no registers for:
/// those would cross the lines of the cache, or not, as the caller's caller left the stack. That made a sixth of the time
/// with vectors of 256 bits.
#[inline(always)]
pub(crate) fn align_stack<T>() {
    let mut anchor = MaybeUninit::<T>::uninit();
    black_box(&mut anchor);
}
