//! Eight lanes, with AVX-512: functions of three operands and turns are one instruction each.
#![expect(
    unsafe_code,
    clippy::undocumented_unsafe_blocks,
    reason = "instructions for which a token proves the processor's features, and which touch no memory; loads and stores"
)]

use std::arch::asm;
use std::arch::x86_64::*;

use super::{Quad, Vector, WIDTH_MAX, Work, align_stack};
use crate::level::Avx512;

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
fn load(places: &[&Quad; WIDTH_MAX]) -> [__m512i; 4] {
    // SAFETY: a quad is 32 bytes, and the instruction asks for no alignment.
    let quad = |place: usize| unsafe { _mm256_loadu_si256(places[place].as_ptr().cast()) };
    let pair = |low, high| _mm512_inserti64x4::<1>(_mm512_castsi256_si512(quad(low)), quad(high));
    let (a, b, c, d) = (pair(0, 2), pair(1, 3), pair(4, 6), pair(5, 7));
    // Word 0 of places 0 1, word 2 of places 0 1, word 0 of places 2 3, word 2 of places 2 3; and so on.
    let (even_low, odd_low) = (_mm512_unpacklo_epi64(a, b), _mm512_unpackhi_epi64(a, b));
    let (even_high, odd_high) = (_mm512_unpacklo_epi64(c, d), _mm512_unpackhi_epi64(c, d));
    [
        _mm512_shuffle_i64x2::<0b10_00_10_00>(even_low, even_high),
        _mm512_shuffle_i64x2::<0b10_00_10_00>(odd_low, odd_high),
        _mm512_shuffle_i64x2::<0b11_01_11_01>(even_low, even_high),
        _mm512_shuffle_i64x2::<0b11_01_11_01>(odd_low, odd_high),
    ]
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
fn store<const Q: usize>(
    words: &[__m512i; 4],
    table: &mut [[Quad; Q]],
    places: &[usize; WIDTH_MAX],
    q: usize,
) {
    let lower = _mm512_setr_epi64(0, 1, 8, 9, 2, 3, 10, 11);
    let upper = _mm512_setr_epi64(4, 5, 12, 13, 6, 7, 14, 15);
    let [w0, w1, w2, w3] = *words;
    let (even_01, odd_01) = (_mm512_unpacklo_epi64(w0, w1), _mm512_unpackhi_epi64(w0, w1));
    let (even_23, odd_23) = (_mm512_unpacklo_epi64(w2, w3), _mm512_unpackhi_epi64(w2, w3));
    let pairs = [
        (0, _mm512_permutex2var_epi64(even_01, lower, even_23)), // places 0 and 2
        (1, _mm512_permutex2var_epi64(odd_01, lower, odd_23)),   // places 1 and 3
        (4, _mm512_permutex2var_epi64(even_01, upper, even_23)), // places 4 and 6
        (5, _mm512_permutex2var_epi64(odd_01, upper, odd_23)),   // places 5 and 7
    ];
    for (lane, pair) in pairs {
        let low = table[places[lane]][q].as_mut_ptr();
        // SAFETY: a quad is 32 bytes, and the instruction asks for no alignment.
        unsafe { _mm256_storeu_si256(low.cast(), _mm512_castsi512_si256(pair)) };
        let high = table[places[lane + 2]][q].as_mut_ptr();
        // SAFETY: as above.
        unsafe { _mm256_storeu_si256(high.cast(), _mm512_extracti64x4_epi64::<1>(pair)) };
    }
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
fn swap_bytes(words: __m512i) -> __m512i {
    // Two words of 64 bits, repeated: each byte names the byte it takes.
    let (low, high) = (0x0001_0203_0405_0607, 0x0809_0a0b_0c0d_0e0f);
    _mm512_shuffle_epi8(words, _mm512_set4_epi64(high, low, high, low))
}

/// As an intrinsic this became a product of 64 bits, of three steps, wherever the compiler saw that its upper half is not
/// asked for.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
fn nineteen_times(a: __m512i) -> __m512i {
    let product;
    // SAFETY: the instruction reads two registers and writes one.
    unsafe {
        asm!(
            "vpmuludq {product}, {nineteen}, {a}",
            product = lateout(zmm_reg) product,
            nineteen = in(zmm_reg) _mm512_set1_epi64(19),
            a = in(zmm_reg) a,
            options(pure, nomem, nostack, preserves_flags),
        );
    }
    product
}

/// What the narrower vectors lack.
impl Avx512 {
    /// a b modulo 2^64.
    #[inline(always)]
    pub fn product_of_64(self, a: __m512i, b: __m512i) -> __m512i {
        // SAFETY: the processor has AVX-512 DQ, since `self` exists.
        unsafe { _mm512_mullo_epi64(a, b) }
    }

    /// a >> bits, for 0 to 63 bits; the sign comes in.
    #[inline(always)]
    pub fn shift_right_signed(self, a: __m512i, bits: i32) -> __m512i {
        // SAFETY: the processor has AVX-512 F, since `self` exists.
        unsafe { _mm512_sra_epi64(a, _mm_cvtsi32_si128(bits)) }
    }
}

// SAFETY of every block here, where it says no more: the processor has AVX-512 F, BW, DQ and VL, since `self` exists.
impl Vector for Avx512 {
    type Words = __m512i;
    const WIDTH: usize = 8;

    #[inline(always)]
    fn call<W: Work>(self, work: W) -> W::Output {
        #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
        fn compiled<W: Work>(work: W) -> W::Output {
            align_stack::<__m512i>();
            work.run()
        }
        unsafe { compiled(work) }
    }

    #[inline(always)]
    fn splat(self, word: u64) -> __m512i {
        unsafe { _mm512_set1_epi64(word.cast_signed()) }
    }

    #[inline(always)]
    fn pack(self, words: &[u64; WIDTH_MAX]) -> __m512i {
        // SAFETY: besides, the array is 64 bytes, and the instruction asks for no alignment.
        unsafe { _mm512_loadu_si512(words.as_ptr().cast()) }
    }

    #[inline(always)]
    fn unpack(self, words: __m512i) -> [u64; WIDTH_MAX] {
        let mut lanes = [0; WIDTH_MAX];
        // SAFETY: besides, the array is 64 bytes, and the instruction asks for no alignment.
        unsafe { _mm512_storeu_si512(lanes.as_mut_ptr().cast(), words) };
        lanes
    }

    #[inline(always)]
    fn load(self, places: &[&Quad; WIDTH_MAX]) -> [__m512i; 4] {
        unsafe { load(places) }
    }

    #[inline(always)]
    fn store<const Q: usize>(
        self,
        words: &[__m512i; 4],
        table: &mut [[Quad; Q]],
        places: &[usize; WIDTH_MAX],
        q: usize,
    ) {
        unsafe { store(words, table, places, q) }
    }

    #[inline(always)]
    fn add(self, a: __m512i, b: __m512i) -> __m512i {
        unsafe { _mm512_add_epi64(a, b) }
    }

    #[inline(always)]
    fn sub(self, a: __m512i, b: __m512i) -> __m512i {
        unsafe { _mm512_sub_epi64(a, b) }
    }

    #[inline(always)]
    fn multiply(self, a: __m512i, b: __m512i) -> __m512i {
        unsafe { _mm512_mul_epu32(a, b) }
    }

    #[inline(always)]
    fn nineteen_times(self, a: __m512i) -> __m512i {
        unsafe { nineteen_times(a) }
    }

    #[inline(always)]
    fn and(self, a: __m512i, b: __m512i) -> __m512i {
        unsafe { _mm512_and_si512(a, b) }
    }

    #[inline(always)]
    fn or(self, a: __m512i, b: __m512i) -> __m512i {
        unsafe { _mm512_or_si512(a, b) }
    }

    /// Bit i of the table is the result for the operands' bits a, b, c in the binary digits of i.
    #[inline(always)]
    fn xor(self, a: __m512i, b: __m512i, c: __m512i) -> __m512i {
        unsafe { _mm512_ternarylogic_epi64::<0b1001_0110>(a, b, c) }
    }

    #[inline(always)]
    fn chosen(self, a: __m512i, b: __m512i, c: __m512i) -> __m512i {
        unsafe { _mm512_ternarylogic_epi64::<0b1100_1010>(a, b, c) }
    }

    #[inline(always)]
    fn majority(self, a: __m512i, b: __m512i, c: __m512i) -> __m512i {
        unsafe { _mm512_ternarylogic_epi64::<0b1110_1000>(a, b, c) }
    }

    #[inline(always)]
    fn shift_left(self, a: __m512i, bits: i32) -> __m512i {
        unsafe { _mm512_sll_epi64(a, _mm_cvtsi32_si128(bits)) }
    }

    #[inline(always)]
    fn shift_right(self, a: __m512i, bits: i32) -> __m512i {
        unsafe { _mm512_srl_epi64(a, _mm_cvtsi32_si128(bits)) }
    }

    #[inline(always)]
    fn turn_right(self, a: __m512i, bits: i32) -> __m512i {
        unsafe { _mm512_rorv_epi64(a, _mm512_set1_epi64(bits.into())) }
    }

    #[inline(always)]
    fn swap_bytes(self, a: __m512i) -> __m512i {
        unsafe { swap_bytes(a) }
    }

    #[inline(always)]
    fn replaced_if(self, lanes: u8, a: __m512i, b: __m512i) -> __m512i {
        unsafe { _mm512_mask_blend_epi64(lanes, a, b) }
    }

    #[inline(always)]
    fn zero_lanes(self, a: __m512i) -> u8 {
        unsafe { _mm512_testn_epi64_mask(a, a) }
    }

    #[inline(always)]
    fn arranged<const ORDER: i32>(self, kept: u8, a: __m512i) -> __m512i {
        unsafe { _mm512_maskz_permutex_epi64::<ORDER>(kept & 0xf, a) }
    }
}
