//! Products by matrices of bits, in vectors of 512 bits.
#![expect(
    unsafe_code,
    reason = "calls code for a processor that has GFNI and AVX-512, and moves strips to vectors and back"
)]

use std::arch::x86_64::{
    __m512i, _mm512_gf2p8affine_epi64_epi8, _mm512_loadu_si512, _mm512_set1_epi64, _mm512_setzero_si512,
    _mm512_storeu_si512, _mm512_ternarylogic_epi64,
};

use super::arithmetic::Gfni;
use super::field::MATRICES;
use super::tile::{self, Inputs, STRIP, Strip};
use crate::level::Avx512;

type Vector = __m512i;
type Operand = Vector;
const PER_STRIP: usize = STRIP / 64;
const COLUMNS: usize = 2;
const PAIRED: bool = true;

/// Computes a block of rows, as [`tile`] says.
pub(super) fn call(_: Gfni<Avx512>, inputs: Inputs, factors: &[u8], outputs: &mut [&mut [Strip]]) {
    // SAFETY: the processor has GFNI and AVX-512F and BW, since the token exists.
    unsafe { multiply(inputs, factors, outputs) }
}

tile::multiply!("avx512f,avx512bw,gfni");

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
#[target_feature(enable = "avx512f")]
fn prepare(vector: Vector) -> Vector {
    vector
}

#[inline]
#[target_feature(enable = "avx512f")]
fn factor(code: u8) -> Vector {
    _mm512_set1_epi64(MATRICES[usize::from(code)].cast_signed())
}

#[inline]
#[target_feature(enable = "avx512f,gfni")]
fn product(operand: Vector, factor: Vector) -> Vector {
    _mm512_gf2p8affine_epi64_epi8::<0>(operand, factor)
}

#[inline]
#[target_feature(enable = "avx512f")]
fn add_products(sum: Vector, a: Vector, b: Vector) -> Vector {
    // The exclusive or of all three.
    _mm512_ternarylogic_epi64::<0b1001_0110>(sum, a, b)
}
