//! The multiplier of 52 bits that AVX-512 IFMA has: one instruction for the low half of a product and one for the high
//! half, each with the addition to a sum.
#![expect(unsafe_code, reason = "instructions for which a token proves the processor's features")]

use std::arch::x86_64::{_mm512_madd52hi_epu64, _mm512_madd52lo_epu64};

use super::halves::{Eight, Halves};
use super::{Work, align_stack};
use crate::level::{Avx512, Ifma};

impl Ifma {
    /// `sum` plus the low 52 bits of a b. Of a and b, the low 52 bits are read.
    #[inline(always)]
    pub fn low(self, sum: Eight, a: Eight, b: Eight) -> Eight {
        // SAFETY: the processor has the instruction, since `self` exists.
        unsafe { _mm512_madd52lo_epu64(sum, a, b) }
    }

    /// `sum` plus the 52 bits above. Of a and b, the low 52 bits are read.
    #[inline(always)]
    pub fn high(self, sum: Eight, a: Eight, b: Eight) -> Eight {
        // SAFETY: as above.
        unsafe { _mm512_madd52hi_epu64(sum, a, b) }
    }
}

impl Halves for Ifma {
    type Factor = Eight;
    const LOW: u64 = 0;
    const HIGH: u64 = 0;

    #[inline(always)]
    fn vector(self) -> Avx512 {
        self.avx512()
    }

    #[inline(always)]
    fn call<W: Work>(self, work: W) -> W::Output {
        #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512ifma")]
        fn compiled<W: Work>(work: W) -> W::Output {
            align_stack::<Eight>();
            work.run()
        }
        // SAFETY: the processor has the instructions, since `self` exists.
        unsafe { compiled(work) }
    }

    #[inline(always)]
    fn factor(self, words: Eight) -> Eight {
        words
    }

    #[inline(always)]
    fn add_product(self, low: &mut Eight, high: &mut Eight, a: Eight, b: Eight) {
        *low = self.low(*low, a, b);
        *high = self.high(*high, a, b);
    }
}
