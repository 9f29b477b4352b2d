//! Four messages at once, in vectors of 256 bits.
#![expect(
    unsafe_code,
    reason = "calls code for a processor that has AVX2, and moves rows to vectors and back"
)]

use std::arch::x86_64::{
    __m256i, _mm_cvtsi32_si128, _mm256_and_si256, _mm256_andnot_si256, _mm256_loadu_si256, _mm256_or_si256,
    _mm256_set1_epi64x, _mm256_setr_epi8, _mm256_shuffle_epi8, _mm256_sll_epi64, _mm256_srl_epi64,
    _mm256_storeu_si256, _mm256_xor_si256,
};

use super::lanes::{Row, Sponges};
use super::permutation::step;
use crate::level::Avx2;

/// Does what [`Sponges`] says.
pub(super) fn permute(_: Avx2, sponges: &mut Sponges<4>) {
    // SAFETY: the processor has AVX2, since the token exists.
    unsafe { step(sponges) }
}

step!("avx2", __m256i, 4);

#[inline]
#[target_feature(enable = "avx2")]
fn load(row: &Row<4>) -> __m256i {
    // SAFETY: a row is 32 bytes, and the instruction asks for no alignment.
    unsafe { _mm256_loadu_si256(row.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx2")]
fn store(row: &mut Row<4>, words: __m256i) {
    // SAFETY: a row is 32 bytes, and the instruction asks for no alignment.
    unsafe { _mm256_storeu_si256(row.as_mut_ptr().cast(), words) }
}

#[inline]
#[target_feature(enable = "avx2")]
fn splat(word: u64) -> __m256i {
    _mm256_set1_epi64x(word.cast_signed())
}

#[inline]
#[target_feature(enable = "avx2")]
fn and(a: __m256i, b: __m256i) -> __m256i {
    _mm256_and_si256(a, b)
}

#[inline]
#[target_feature(enable = "avx2")]
fn xor(a: __m256i, b: __m256i) -> __m256i {
    _mm256_xor_si256(a, b)
}

/// a ^ b ^ c. In theta `b ^ c` is the same for five words, and is computed once.
#[inline]
#[target_feature(enable = "avx2")]
fn xor3(a: __m256i, b: __m256i, c: __m256i) -> __m256i {
    _mm256_xor_si256(a, _mm256_xor_si256(b, c))
}

/// a ^ (!b & c).
#[inline]
#[target_feature(enable = "avx2")]
fn chi(a: __m256i, b: __m256i, c: __m256i) -> __m256i {
    _mm256_xor_si256(a, _mm256_andnot_si256(b, c))
}

/// Turns by whole bytes are one instruction, others three.
#[inline]
#[target_feature(enable = "avx2")]
fn rotate_left<const BITS: i32>(a: __m256i) -> __m256i {
    match BITS {
        8 => _mm256_shuffle_epi8(
            a,
            _mm256_setr_epi8(
                7, 0, 1, 2, 3, 4, 5, 6, 15, 8, 9, 10, 11, 12, 13, 14, 7, 0, 1, 2, 3, 4, 5, 6, 15, 8, 9, 10,
                11, 12, 13, 14,
            ),
        ),
        56 => _mm256_shuffle_epi8(
            a,
            _mm256_setr_epi8(
                1, 2, 3, 4, 5, 6, 7, 0, 9, 10, 11, 12, 13, 14, 15, 8, 1, 2, 3, 4, 5, 6, 7, 0, 9, 10, 11, 12,
                13, 14, 15, 8,
            ),
        ),
        _ => _mm256_or_si256(
            _mm256_sll_epi64(a, _mm_cvtsi32_si128(BITS)),
            _mm256_srl_epi64(a, _mm_cvtsi32_si128(64 - BITS)),
        ),
    }
}
