//! A multiplier of 52 bits made of the fused multiply-add of floating-point numbers, which AVX-512 rounds as it is told.
//!
//! A limb below 2^52 is a floating-point number with nothing lost. A product a b below 2^104, added to 2^104 and rounded
//! towards zero, keeps what is a multiple of 2^52: its fraction is the high half. What that leaves of a b, added to 2^52,
//! is exact, and its fraction is the low half:
//!
//! ```text
//!   H = round(a b + 2^104)            = 2^104 + 2^52 high       bits of H = bits of 2^104 + high
//!   L = a b + (2^104 + 2^52 - H)      = 2^52 + low              bits of L = bits of 2^52  + low
//! ```
//!
//! Bits are added up as words, with the constant part of each among them, and what constants make of a column is taken
//! off in the end. A product takes 75 operations on floating-point numbers, and about as many on words; ten limbs and the
//! 32-bit multiplier take half as many again.
#![expect(unsafe_code, reason = "instructions for which a token proves the processor's features")]

use std::arch::x86_64::{
    __m512d, _MM_FROUND_NO_EXC, _MM_FROUND_TO_ZERO, _mm512_castpd_si512, _mm512_cvtepu64_pd, _mm512_fmadd_pd,
    _mm512_fmadd_round_pd, _mm512_mullo_epi64, _mm512_set1_pd, _mm512_sub_pd,
};

use super::five::{Limbs, Multiplier, Words};
use crate::level::Avx512;
use crate::vector::{Vector as _, Work};

/// AVX-512 by its floating-point numbers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fused(pub Avx512);

/// 2^52 and 2^104.
const LOW: f64 = (1_u64 << 52) as f64;
const HIGH: f64 = LOW * LOW;

/// How many products of limbs have column k, of 9.
const TERMS: [u64; 9] = [1, 2, 3, 4, 5, 4, 3, 2, 1];

/// What constants add to each limb of a product: their bits in each low half, and twice in each high half.
const CONSTANTS: [u64; 5] = constants();

const fn constants() -> [u64; 5] {
    let mut columns = [0_u64; 10];
    let mut k = 0;
    while k < 9 {
        columns[k] = columns[k].wrapping_add(LOW.to_bits().wrapping_mul(TERMS[k]));
        columns[k + 1] = columns[k + 1].wrapping_add(HIGH.to_bits().wrapping_mul(2 * TERMS[k]));
        k += 1;
    }
    let mut limbs = [0; 5];
    let mut i = 0;
    while i < 5 {
        limbs[i] = columns[i].wrapping_add(columns[i + 5].wrapping_mul(19));
        i += 1;
    }
    limbs
}

/// The sums of the low and the high halves of the products that make up a column.
type Halves = [[Words; 9]; 2];

impl Multiplier for Fused {
    #[inline(always)]
    fn vector(self) -> Avx512 {
        self.0
    }

    #[inline(always)]
    fn call<W: Work>(self, work: W) -> W::Output {
        self.0.call(work)
    }

    #[inline(always)]
    fn times(self, a: &Limbs, b: &Limbs) -> Limbs {
        let v = self.0;
        let (a, b) = (self.numbers(a), self.numbers(b));
        let [mut lows, mut highs] = [[v.splat(0); 9]; 2];
        for i in 0..5 {
            for j in 0..5 {
                let (low, high) = self.halves(a[i], b[j]);
                lows[i + j] = v.add(lows[i + j], low);
                highs[i + j] = v.add(highs[i + j], high);
            }
        }
        self.folded(&[lows, highs])
    }

    /// Each product of two different limbs is made once and doubled with its column.
    #[inline(always)]
    fn squared(self, a: &Limbs) -> Limbs {
        let v = self.0;
        let a = self.numbers(a);
        let [mut lows, mut highs] = [[v.splat(0); 9]; 2];
        for i in 0..5 {
            for j in i + 1..5 {
                let (low, high) = self.halves(a[i], a[j]);
                lows[i + j] = v.add(lows[i + j], low);
                highs[i + j] = v.add(highs[i + j], high);
            }
        }
        for k in 1..8 {
            lows[k] = v.add(lows[k], lows[k]);
            highs[k] = v.add(highs[k], highs[k]);
        }
        for i in 0..5 {
            let (low, high) = self.halves(a[i], a[i]);
            lows[2 * i] = v.add(lows[2 * i], low);
            highs[2 * i] = v.add(highs[2 * i], high);
        }
        self.folded(&[lows, highs])
    }

    #[inline(always)]
    fn plus_nineteen_times(self, sum: Words, above: Words) -> Words {
        self.0.add(sum, self.0.nineteen_times(above))
    }
}

// SAFETY of every block here: the processor has AVX-512 F and DQ, since `self` exists.
impl Fused {
    /// Limbs below 2^52 as floating-point numbers.
    #[inline(always)]
    fn numbers(self, limbs: &Limbs) -> [__m512d; 5] {
        let [l0, l1, l2, l3, l4] = *limbs;
        unsafe {
            [
                _mm512_cvtepu64_pd(l0),
                _mm512_cvtepu64_pd(l1),
                _mm512_cvtepu64_pd(l2),
                _mm512_cvtepu64_pd(l3),
                _mm512_cvtepu64_pd(l4),
            ]
        }
    }

    /// The low and the high half of a product, as bits of floating-point numbers.
    #[inline(always)]
    fn halves(self, a: __m512d, b: __m512d) -> (Words, Words) {
        const TO_ZERO: i32 = _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC;
        unsafe {
            let high = _mm512_fmadd_round_pd::<TO_ZERO>(a, b, _mm512_set1_pd(HIGH));
            let low = _mm512_fmadd_pd(a, b, _mm512_sub_pd(_mm512_set1_pd(HIGH + LOW), high));
            (_mm512_castpd_si512(low), _mm512_castpd_si512(high))
        }
    }

    /// Columns of halves as five limbs: a high half counts twice in the next column, and column k + 5 counts 19 times in
    /// column k.
    #[inline(always)]
    fn folded(self, [lows, highs]: &Halves) -> Limbs {
        let v = self.0;
        let twice = |words: Words| v.add(words, words);
        let mut columns = [lows[0]; 10];
        for k in 1..9 {
            columns[k] = v.add(lows[k], twice(highs[k - 1]));
        }
        columns[9] = twice(highs[8]);
        let mut limbs = [lows[0]; 5];
        for i in 0..5 {
            let around = unsafe { _mm512_mullo_epi64(columns[i + 5], v.splat(19)) };
            limbs[i] = v.sub(v.add(columns[i], around), v.splat(CONSTANTS[i]));
        }
        limbs
    }
}
