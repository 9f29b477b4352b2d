//! The multiplier of AVX-512 IFMA: one instruction for the low half of a product, one for the high half, each with the
//! addition to its column.
//!
//! A product takes 50 of them and a square 30.
#![expect(unsafe_code, reason = "instructions for which a token proves the processor's features")]

use std::arch::x86_64::{_mm512_madd52hi_epu64, _mm512_madd52lo_epu64, _mm512_mullo_epi64};

use super::five::{Limbs, Multiplier, Words};
use crate::level::{Avx512, Ifma};
use crate::vector::{Vector as _, Work, align_stack};

impl Multiplier for Ifma {
    #[inline(always)]
    fn vector(self) -> Avx512 {
        self.avx512()
    }

    #[inline(always)]
    fn call<W: Work>(self, work: W) -> W::Output {
        #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512ifma")]
        fn compiled<W: Work>(work: W) -> W::Output {
            align_stack::<Words>();
            work.run()
        }
        // SAFETY: the processor has the instructions, since `self` exists.
        unsafe { compiled(work) }
    }

    #[inline(always)]
    fn times(self, a: &Limbs, b: &Limbs) -> Limbs {
        let v = self.vector();
        let mut columns = [v.splat(0); 10];
        for i in 0..5 {
            for j in 0..5 {
                columns[i + j + 1] = self.high(columns[i + j + 1], a[i], b[j]);
            }
        }
        for column in &mut columns[1..] {
            *column = v.add(*column, *column);
        }
        for i in 1..5 {
            for j in 5 - i..5 {
                columns[i + j] = self.low(columns[i + j], a[i], b[j]);
            }
        }
        let mut folded = self.fold(&columns);
        for i in 0..5 {
            for j in 0..5 - i {
                folded[i + j] = self.low(folded[i + j], a[i], b[j]);
            }
        }
        folded
    }

    /// Each product of two different limbs is made once and doubled with its column.
    #[inline(always)]
    fn squared(self, a: &Limbs) -> Limbs {
        let v = self.vector();
        let mut columns = [v.splat(0); 10];
        for i in 0..5 {
            for j in i + 1..5 {
                columns[i + j + 1] = self.high(columns[i + j + 1], a[i], a[j]);
            }
        }
        for column in &mut columns[2..9] {
            *column = v.add(*column, *column);
        }
        for i in 0..5 {
            columns[2 * i + 1] = self.high(columns[2 * i + 1], a[i], a[i]);
        }
        for i in 0..5 {
            for j in i + 1..5 {
                columns[i + j] = self.low(columns[i + j], a[i], a[j]);
            }
        }
        for column in &mut columns[1..] {
            *column = v.add(*column, *column);
        }
        for i in 0..5 {
            columns[2 * i] = self.low(columns[2 * i], a[i], a[i]);
        }
        self.fold(&columns)
    }

    #[inline(always)]
    fn plus_nineteen_times(self, sum: Words, above: Words) -> Words {
        self.low(sum, above, self.vector().splat(19))
    }
}

impl Ifma {
    /// `sum` plus the low 52 bits of a b. Of a and b, the low 52 bits are read.
    #[inline(always)]
    fn low(self, sum: Words, a: Words, b: Words) -> Words {
        // SAFETY: the processor has the instruction, since `self` exists.
        unsafe { _mm512_madd52lo_epu64(sum, a, b) }
    }

    /// `sum` plus the high 52 bits of a b. Of a and b, the low 52 bits are read.
    #[inline(always)]
    fn high(self, sum: Words, a: Words, b: Words) -> Words {
        // SAFETY: as above.
        unsafe { _mm512_madd52hi_epu64(sum, a, b) }
    }

    /// Columns 5 to 9, below 14 · 2^52 each, counted 19 times into columns 0 to 4.
    #[inline(always)]
    fn fold(self, columns: &[Words; 10]) -> Limbs {
        let v = self.vector();
        let nineteen = v.splat(19);
        let mut folded = [nineteen; 5];
        for i in 0..5 {
            // SAFETY: as above.
            let around = unsafe { _mm512_mullo_epi64(columns[i + 5], nineteen) };
            folded[i] = v.add(columns[i], around);
        }
        folded
    }
}
