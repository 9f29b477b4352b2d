//! Products by matrices of bits, in vectors of 256 bits.
#![expect(
    unsafe_code,
    reason = "calls code for a processor that has GFNI and AVX2, and moves strips to vectors and back"
)]

use std::arch::x86_64::{
    __m256i, _mm256_gf2p8affine_epi64_epi8, _mm256_loadu_si256, _mm256_set1_epi64x, _mm256_setzero_si256,
    _mm256_storeu_si256, _mm256_xor_si256,
};

use super::arithmetic::Gfni;
use super::field::MATRICES;
use super::tile::{self, Inputs, STRIP, Strip};
use crate::level::Avx2;

type Vector = __m256i;
type Operand = Vector;
const PER_STRIP: usize = STRIP / 32;
const COLUMNS: usize = 2;
const PAIRED: bool = false;

/// Computes a block of rows, as [`tile`] says.
pub(super) fn call(_: Gfni<Avx2>, inputs: Inputs, factors: &[u8], outputs: &mut [&mut [Strip]]) {
    // SAFETY: the processor has GFNI and AVX2, since the token exists.
    unsafe { multiply(inputs, factors, outputs) }
}

tile::multiply!("avx2,gfni");

#[inline]
#[target_feature(enable = "avx")]
fn load(strip: &Strip, index: usize) -> Vector {
    let bytes: &[u8; 32] = strip[32 * index..].first_chunk().expect("vectors lie within their strip");
    // SAFETY: 32 bytes are there, and the instruction asks for no alignment.
    unsafe { _mm256_loadu_si256(bytes.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx")]
fn store(strip: &mut Strip, index: usize, vector: Vector) {
    let bytes: &mut [u8; 32] = strip[32 * index..].first_chunk_mut().expect("vectors lie within their strip");
    // SAFETY: 32 bytes are there, and the instruction asks for no alignment.
    unsafe { _mm256_storeu_si256(bytes.as_mut_ptr().cast(), vector) }
}

#[inline]
#[target_feature(enable = "avx")]
fn zero() -> Vector {
    _mm256_setzero_si256()
}

#[inline]
#[target_feature(enable = "avx")]
fn prepare(vector: Vector) -> Vector {
    vector
}

#[inline]
#[target_feature(enable = "avx")]
fn factor(code: u8) -> Vector {
    _mm256_set1_epi64x(MATRICES[usize::from(code)].cast_signed())
}

#[inline]
#[target_feature(enable = "avx2,gfni")]
fn product(operand: Vector, factor: Vector) -> Vector {
    _mm256_gf2p8affine_epi64_epi8::<0>(operand, factor)
}

#[inline]
#[target_feature(enable = "avx2")]
fn add_products(sum: Vector, a: Vector, b: Vector) -> Vector {
    _mm256_xor_si256(sum, _mm256_xor_si256(a, b))
}
