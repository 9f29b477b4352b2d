//! A multiplier of 52 bits made of the fused multiply-add of floating-point numbers, which AVX-512 rounds as it is told.
//!
//! A number below 2^52 loses nothing as a floating-point number. A product a b below 2^104, added to 2^104 and rounded
//! towards zero, keeps what is a multiple of 2^52: its fraction is the high half. What that leaves of a b, added to 2^52,
//! is exact, and its fraction is the low half:
//!
//! ```text
//!   H = round(a b + 2^104)            = 2^104 + 2^52 high       bits of H = bits of 2^104 + high
//!   L = a b + (2^104 + 2^52 - H)      = 2^52 + low              bits of L = bits of 2^52  + low
//! ```
//!
//! Bits are added up as words, with the bits of both powers among them, which are taken off in the end.
#![expect(unsafe_code, reason = "instructions for which a token proves the processor's features")]

use std::arch::x86_64::{
    __m512d, _MM_FROUND_NO_EXC, _MM_FROUND_TO_ZERO, _mm512_castpd_si512, _mm512_cvtepu64_pd, _mm512_fmadd_pd,
    _mm512_fmadd_round_pd, _mm512_set1_pd, _mm512_sub_pd,
};

use super::halves::{Eight, Halves};
use super::{Vector as _, Work};
use crate::level::Avx512;

/// AVX-512 by its floating-point numbers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fused(pub Avx512);

/// 2^52 and 2^104.
const LOW: f64 = (1_u64 << 52) as f64;
const HIGH: f64 = LOW * LOW;

impl Halves for Fused {
    type Factor = __m512d;
    const LOW: u64 = LOW.to_bits();
    const HIGH: u64 = HIGH.to_bits();

    #[inline(always)]
    fn vector(self) -> Avx512 {
        self.0
    }

    #[inline(always)]
    fn call<W: Work>(self, work: W) -> W::Output {
        self.0.call(work)
    }

    #[inline(always)]
    fn factor(self, words: Eight) -> __m512d {
        // SAFETY: the processor has AVX-512 DQ, since `self` exists.
        unsafe { _mm512_cvtepu64_pd(words) }
    }

    #[inline(always)]
    fn add_product(self, low: &mut Eight, high: &mut Eight, a: __m512d, b: __m512d) {
        const TO_ZERO: i32 = _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC;
        // SAFETY: the processor has AVX-512 F, since `self` exists.
        let halves = unsafe {
            let high = _mm512_fmadd_round_pd::<TO_ZERO>(a, b, _mm512_set1_pd(HIGH));
            let low = _mm512_fmadd_pd(a, b, _mm512_sub_pd(_mm512_set1_pd(HIGH + LOW), high));
            (_mm512_castpd_si512(low), _mm512_castpd_si512(high))
        };
        *low = self.0.add(*low, halves.0);
        *high = self.0.add(*high, halves.1);
    }
}
