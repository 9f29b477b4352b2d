//! Products by look-ups of half bytes, in vectors of 512 bits.
#![expect(
    unsafe_code,
    reason = "calls code for a processor that has AVX-512, and moves strips and tables to vectors and back"
)]

use std::arch::x86_64::{
    __m512i, _mm_loadu_si128, _mm512_and_si512, _mm512_broadcast_i32x4, _mm512_loadu_si512, _mm512_set1_epi8,
    _mm512_setzero_si512, _mm512_shuffle_epi8, _mm512_srli_epi16, _mm512_storeu_si512,
    _mm512_ternarylogic_epi64, _mm512_xor_si512,
};

use super::field::NIBBLES;
use super::tile::{self, Inputs, STRIP, Strip};
use crate::level::Avx512;

type Vector = __m512i;
const PER_STRIP: usize = STRIP / 64;
const COLUMNS: usize = 2;
const PAIRED: bool = false;

/// The lower and the upper half of each byte; or the two tables of a factor.
type Halves = [Vector; 2];
type Operand = Halves;

/// Computes a block of rows, as [`tile`] says.
pub(super) fn call(_: Avx512, inputs: Inputs, factors: &[u8], outputs: &mut [&mut [Strip]]) {
    // SAFETY: the processor has AVX-512F and BW, since the token exists.
    unsafe { multiply(inputs, factors, outputs) }
}

tile::multiply!("avx512f,avx512bw");

#[inline]
#[target_feature(enable = "avx512f")]
fn load(strip: &Strip, index: usize) -> Vector {
    let bytes: &[u8; 64] = strip[64 * index..].first_chunk().expect("vectors lie within their strip");
    // SAFETY: 64 bytes are there, and the instruction asks for no alignment.
    unsafe { _mm512_loadu_si512(bytes.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx512f")]
fn store(strip: &mut Strip, index: usize, vector: Vector) {
    let bytes: &mut [u8; 64] = strip[64 * index..].first_chunk_mut().expect("vectors lie within their strip");
    // SAFETY: 64 bytes are there, and the instruction asks for no alignment.
    unsafe { _mm512_storeu_si512(bytes.as_mut_ptr().cast(), vector) }
}

#[inline]
#[target_feature(enable = "avx512f")]
fn zero() -> Vector {
    _mm512_setzero_si512()
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn prepare(vector: Vector) -> Halves {
    let low = _mm512_set1_epi8(15);
    [_mm512_and_si512(vector, low), _mm512_and_si512(_mm512_srli_epi16::<4>(vector), low)]
}

/// The tables of a factor.
#[inline]
#[target_feature(enable = "avx512f")]
fn factor(code: u8) -> Halves {
    let [low, high] = NIBBLES[usize::from(code)].as_chunks::<16>().0 else { unreachable!("two halves") };
    [low, high].map(|table| {
        // SAFETY: a table is 16 bytes, and the instruction asks for no alignment.
        let table = unsafe { _mm_loadu_si128(table.as_ptr().cast()) };
        _mm512_broadcast_i32x4(table)
    })
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn product(operand: Halves, factor: Halves) -> Vector {
    let low = _mm512_shuffle_epi8(factor[0], operand[0]);
    _mm512_xor_si512(low, _mm512_shuffle_epi8(factor[1], operand[1]))
}

#[inline]
#[target_feature(enable = "avx512f")]
fn add_products(sum: Vector, a: Vector, b: Vector) -> Vector {
    // The exclusive or of all three. The compiler merges it with that of the halves.
    _mm512_ternarylogic_epi64::<0b1001_0110>(sum, a, b)
}
