//! Eight messages at once, in vectors of 512 bits: turns by any number of bits and functions of three operands are one
//! instruction each.
#![expect(
    unsafe_code,
    reason = "calls code for a processor that has AVX-512, and moves rows to vectors and back"
)]

use std::arch::x86_64::{
    __m512i, _mm512_and_si512, _mm512_loadu_si512, _mm512_rol_epi64, _mm512_set1_epi64, _mm512_storeu_si512,
    _mm512_ternarylogic_epi64, _mm512_xor_si512,
};

use super::lanes::{Row, Sponges};
use super::permutation::step;
use crate::level::Avx512;

/// Does what [`Sponges`] says.
pub(super) fn permute(_: Avx512, sponges: &mut Sponges<8>) {
    // SAFETY: the processor has AVX-512F, since the token exists.
    unsafe { step(sponges) }
}

step!("avx512f", __m512i, 8);

#[inline]
#[target_feature(enable = "avx512f")]
fn load(row: &Row<8>) -> __m512i {
    // SAFETY: a row is 64 bytes, and the instruction asks for no alignment.
    unsafe { _mm512_loadu_si512(row.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx512f")]
fn store(row: &mut Row<8>, words: __m512i) {
    // SAFETY: a row is 64 bytes, and the instruction asks for no alignment.
    unsafe { _mm512_storeu_si512(row.as_mut_ptr().cast(), words) }
}

#[inline]
#[target_feature(enable = "avx512f")]
fn splat(word: u64) -> __m512i {
    _mm512_set1_epi64(word.cast_signed())
}

#[inline]
#[target_feature(enable = "avx512f")]
fn and(a: __m512i, b: __m512i) -> __m512i {
    _mm512_and_si512(a, b)
}

#[inline]
#[target_feature(enable = "avx512f")]
fn xor(a: __m512i, b: __m512i) -> __m512i {
    _mm512_xor_si512(a, b)
}

/// a ^ b ^ c: bit i of the table is the result for the operands' bits a, b, c in the binary digits of i.
#[inline]
#[target_feature(enable = "avx512f")]
fn xor3(a: __m512i, b: __m512i, c: __m512i) -> __m512i {
    _mm512_ternarylogic_epi64::<0b1001_0110>(a, b, c)
}

/// a ^ (!b & c), by the same kind of table.
#[inline]
#[target_feature(enable = "avx512f")]
fn chi(a: __m512i, b: __m512i, c: __m512i) -> __m512i {
    _mm512_ternarylogic_epi64::<0b1101_0010>(a, b, c)
}

#[inline]
#[target_feature(enable = "avx512f")]
fn rotate_left<const BITS: i32>(a: __m512i) -> __m512i {
    _mm512_rol_epi64::<BITS>(a)
}
