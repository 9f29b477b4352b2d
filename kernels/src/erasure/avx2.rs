//! Products by look-ups of half bytes, in vectors of 256 bits.
#![expect(
    unsafe_code,
    reason = "calls code for a processor that has AVX2, and moves strips and tables to vectors and back"
)]

use std::arch::x86_64::{
    __m256i, _mm_loadu_si128, _mm256_and_si256, _mm256_broadcastsi128_si256, _mm256_loadu_si256,
    _mm256_set1_epi8, _mm256_setzero_si256, _mm256_shuffle_epi8, _mm256_srli_epi16, _mm256_storeu_si256,
    _mm256_xor_si256,
};

use super::field::NIBBLES;
use super::tile::{self, Inputs, STRIP, Strip};
use crate::level::Avx2;

type Vector = __m256i;
const PER_STRIP: usize = STRIP / 32;
const COLUMNS: usize = 1;
const PAIRED: bool = false;

/// The lower and the upper half of each byte; or the two tables of a factor.
type Halves = [Vector; 2];
type Operand = Halves;

/// Computes a block of rows, as [`tile`] says.
pub(super) fn call(_: Avx2, inputs: Inputs, factors: &[u8], outputs: &mut [&mut [Strip]]) {
    // SAFETY: the processor has AVX2, since the token exists.
    unsafe { multiply(inputs, factors, outputs) }
}

tile::multiply!("avx2");

#[inline]
#[target_feature(enable = "avx2")]
fn load(strip: &Strip, index: usize) -> Vector {
    let bytes: &[u8; 32] = strip[32 * index..].first_chunk().expect("vectors lie within their strip");
    // SAFETY: 32 bytes are there, and the instruction asks for no alignment.
    unsafe { _mm256_loadu_si256(bytes.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx2")]
fn store(strip: &mut Strip, index: usize, vector: Vector) {
    let bytes: &mut [u8; 32] = strip[32 * index..].first_chunk_mut().expect("vectors lie within their strip");
    // SAFETY: 32 bytes are there, and the instruction asks for no alignment.
    unsafe { _mm256_storeu_si256(bytes.as_mut_ptr().cast(), vector) }
}

#[inline]
#[target_feature(enable = "avx2")]
fn zero() -> Vector {
    _mm256_setzero_si256()
}

#[inline]
#[target_feature(enable = "avx2")]
fn prepare(vector: Vector) -> Halves {
    let low = _mm256_set1_epi8(15);
    [_mm256_and_si256(vector, low), _mm256_and_si256(_mm256_srli_epi16::<4>(vector), low)]
}

/// The tables of a factor.
#[inline]
#[target_feature(enable = "avx2")]
fn factor(code: u8) -> Halves {
    let [low, high] = NIBBLES[usize::from(code)].as_chunks::<16>().0 else { unreachable!("two halves") };
    [low, high].map(|table| {
        // SAFETY: a table is 16 bytes, and the instruction asks for no alignment.
        let table = unsafe { _mm_loadu_si128(table.as_ptr().cast()) };
        _mm256_broadcastsi128_si256(table)
    })
}

#[inline]
#[target_feature(enable = "avx2")]
fn product(operand: Halves, factor: Halves) -> Vector {
    let low = _mm256_shuffle_epi8(factor[0], operand[0]);
    _mm256_xor_si256(low, _mm256_shuffle_epi8(factor[1], operand[1]))
}

#[inline]
#[target_feature(enable = "avx2")]
fn add_products(sum: Vector, a: Vector, b: Vector) -> Vector {
    _mm256_xor_si256(sum, _mm256_xor_si256(a, b))
}
