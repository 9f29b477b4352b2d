//! Four lanes, with AVX2.
#![expect(
    unsafe_code,
    clippy::undocumented_unsafe_blocks,
    reason = "instructions for which a token proves the processor's features, and which touch no memory; loads and stores"
)]

use std::arch::asm;
use std::arch::x86_64::*;

use super::{Quad, Vector, WIDTH_MAX, Work, align_stack};
use crate::level::Avx2;

/// The lanes of a mask, all bits set in each of them.
#[inline]
#[target_feature(enable = "avx2")]
fn selected(lanes: u8) -> __m256i {
    let bits = _mm256_setr_epi64x(1, 2, 4, 8);
    _mm256_cmpeq_epi64(_mm256_and_si256(_mm256_set1_epi64x(lanes.into()), bits), bits)
}

#[inline]
#[target_feature(enable = "avx2")]
fn load(places: &[&Quad; WIDTH_MAX]) -> [__m256i; 4] {
    // SAFETY: a quad is 32 bytes, so two halves of 16, and the instruction asks for no alignment.
    let half = |place: usize, half: usize| unsafe {
        _mm_loadu_si128(places[place].as_ptr().cast::<__m128i>().add(half))
    };
    let low = [half(0, 0), half(1, 0), half(2, 0), half(3, 0)];
    let high = [half(0, 1), half(1, 1), half(2, 1), half(3, 1)];
    let pair = |low, high| _mm256_inserti128_si256::<1>(_mm256_castsi128_si256(low), high);
    let (even_low, odd_low) = (pair(low[0], low[2]), pair(low[1], low[3]));
    let (even_high, odd_high) = (pair(high[0], high[2]), pair(high[1], high[3]));
    [
        _mm256_unpacklo_epi64(even_low, odd_low),
        _mm256_unpackhi_epi64(even_low, odd_low),
        _mm256_unpacklo_epi64(even_high, odd_high),
        _mm256_unpackhi_epi64(even_high, odd_high),
    ]
}

#[inline]
#[target_feature(enable = "avx2")]
fn store<const Q: usize>(
    words: &[__m256i; 4],
    table: &mut [[Quad; Q]],
    places: &[usize; WIDTH_MAX],
    q: usize,
) {
    let [w0, w1, w2, w3] = *words;
    // Words 0 1 of places 0 and 2, of places 1 and 3, and so on.
    let (even_01, odd_01) = (_mm256_unpacklo_epi64(w0, w1), _mm256_unpackhi_epi64(w0, w1));
    let (even_23, odd_23) = (_mm256_unpacklo_epi64(w2, w3), _mm256_unpackhi_epi64(w2, w3));
    for (lane, front, back) in [(0, even_01, even_23), (1, odd_01, odd_23)] {
        let low = table[places[lane]][q].as_mut_ptr().cast::<__m128i>();
        // SAFETY: a quad is 32 bytes, so two halves of 16, and the instruction asks for no alignment.
        unsafe {
            _mm_storeu_si128(low, _mm256_castsi256_si128(front));
            _mm_storeu_si128(low.add(1), _mm256_castsi256_si128(back));
        }
        let high = table[places[lane + 2]][q].as_mut_ptr().cast::<__m128i>();
        // SAFETY: as above.
        unsafe {
            _mm_storeu_si128(high, _mm256_extracti128_si256::<1>(front));
            _mm_storeu_si128(high.add(1), _mm256_extracti128_si256::<1>(back));
        }
    }
}

#[inline]
#[target_feature(enable = "avx2")]
fn swap_bytes(words: __m256i) -> __m256i {
    // Two words of 64 bits, repeated: each byte names the byte it takes.
    let (low, high) = (0x0001_0203_0405_0607, 0x0809_0a0b_0c0d_0e0f);
    _mm256_shuffle_epi8(words, _mm256_setr_epi64x(low, high, low, high))
}

/// As an intrinsic this became a product of 64 bits, of five instructions, wherever the compiler saw that its upper half is not
/// asked for.
#[inline]
#[target_feature(enable = "avx2")]
fn nineteen_times(a: __m256i) -> __m256i {
    let product;
    // SAFETY: the instruction reads two registers and writes one.
    unsafe {
        asm!(
            "vpmuludq {product}, {nineteen}, {a}",
            product = lateout(ymm_reg) product,
            nineteen = in(ymm_reg) _mm256_set1_epi64x(19),
            a = in(ymm_reg) a,
            options(pure, nomem, nostack, preserves_flags),
        );
    }
    product
}

// SAFETY of every block here, where it says no more: the processor has AVX2, since `self` exists.
impl Vector for Avx2 {
    type Words = __m256i;
    const WIDTH: usize = 4;

    #[inline(always)]
    fn call<W: Work>(self, work: W) -> W::Output {
        #[target_feature(enable = "avx2")]
        fn compiled<W: Work>(work: W) -> W::Output {
            align_stack::<__m256i>();
            work.run()
        }
        unsafe { compiled(work) }
    }

    #[inline(always)]
    fn splat(self, word: u64) -> __m256i {
        unsafe { _mm256_set1_epi64x(word.cast_signed()) }
    }

    #[inline(always)]
    fn pack(self, words: &[u64; WIDTH_MAX]) -> __m256i {
        // SAFETY: besides, the array is 64 bytes, and the instruction asks for no alignment.
        unsafe { _mm256_loadu_si256(words.as_ptr().cast()) }
    }

    #[inline(always)]
    fn unpack(self, words: __m256i) -> [u64; WIDTH_MAX] {
        let mut lanes = [0; WIDTH_MAX];
        // SAFETY: besides, the array is 64 bytes, and the instruction asks for no alignment.
        unsafe { _mm256_storeu_si256(lanes.as_mut_ptr().cast(), words) };
        lanes
    }

    #[inline(always)]
    fn load(self, places: &[&Quad; WIDTH_MAX]) -> [__m256i; 4] {
        unsafe { load(places) }
    }

    #[inline(always)]
    fn store<const Q: usize>(
        self,
        words: &[__m256i; 4],
        table: &mut [[Quad; Q]],
        places: &[usize; WIDTH_MAX],
        q: usize,
    ) {
        unsafe { store(words, table, places, q) }
    }

    #[inline(always)]
    fn add(self, a: __m256i, b: __m256i) -> __m256i {
        unsafe { _mm256_add_epi64(a, b) }
    }

    #[inline(always)]
    fn sub(self, a: __m256i, b: __m256i) -> __m256i {
        unsafe { _mm256_sub_epi64(a, b) }
    }

    #[inline(always)]
    fn multiply(self, a: __m256i, b: __m256i) -> __m256i {
        unsafe { _mm256_mul_epu32(a, b) }
    }

    #[inline(always)]
    fn nineteen_times(self, a: __m256i) -> __m256i {
        unsafe { nineteen_times(a) }
    }

    #[inline(always)]
    fn and(self, a: __m256i, b: __m256i) -> __m256i {
        unsafe { _mm256_and_si256(a, b) }
    }

    #[inline(always)]
    fn or(self, a: __m256i, b: __m256i) -> __m256i {
        unsafe { _mm256_or_si256(a, b) }
    }

    #[inline(always)]
    fn xor(self, a: __m256i, b: __m256i, c: __m256i) -> __m256i {
        unsafe { _mm256_xor_si256(a, _mm256_xor_si256(b, c)) }
    }

    #[inline(always)]
    fn chosen(self, a: __m256i, b: __m256i, c: __m256i) -> __m256i {
        unsafe { _mm256_xor_si256(c, _mm256_and_si256(a, _mm256_xor_si256(b, c))) }
    }

    #[inline(always)]
    fn majority(self, a: __m256i, b: __m256i, c: __m256i) -> __m256i {
        unsafe { _mm256_or_si256(_mm256_and_si256(a, b), _mm256_and_si256(c, _mm256_or_si256(a, b))) }
    }

    #[inline(always)]
    fn shift_left(self, a: __m256i, bits: i32) -> __m256i {
        unsafe { _mm256_sll_epi64(a, _mm_cvtsi32_si128(bits)) }
    }

    #[inline(always)]
    fn shift_right(self, a: __m256i, bits: i32) -> __m256i {
        unsafe { _mm256_srl_epi64(a, _mm_cvtsi32_si128(bits)) }
    }

    #[inline(always)]
    fn turn_right(self, a: __m256i, bits: i32) -> __m256i {
        self.or(self.shift_right(a, bits), self.shift_left(a, 64 - bits))
    }

    #[inline(always)]
    fn swap_bytes(self, a: __m256i) -> __m256i {
        unsafe { swap_bytes(a) }
    }

    #[inline(always)]
    fn replaced_if(self, lanes: u8, a: __m256i, b: __m256i) -> __m256i {
        unsafe { _mm256_blendv_epi8(a, b, selected(lanes)) }
    }

    #[inline(always)]
    fn zero_lanes(self, a: __m256i) -> u8 {
        unsafe {
            _mm256_movemask_pd(_mm256_castsi256_pd(_mm256_cmpeq_epi64(a, _mm256_setzero_si256()))) as u8
        }
    }

    #[inline(always)]
    fn arranged<const ORDER: i32>(self, kept: u8, a: __m256i) -> __m256i {
        unsafe { _mm256_and_si256(selected(kept), _mm256_permute4x64_epi64::<ORDER>(a)) }
    }
}
