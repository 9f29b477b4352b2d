//! Between lanes and memory: eight places, a lane each, of words that belong together.
//!
//! A number in lanes is one word of each of eight points; a point in memory is its own words side by side. Four words
//! of eight places are moved at a time, a *quad*:
//!
//! ```text
//!   place 0   [ w0 w1 w2 w3 ]              word 0   [ place 0, place 1, ... place 7 ]
//!   place 1   [ w0 w1 w2 w3 ]     <──>     word 1   [ place 0, place 1, ... place 7 ]
//!   ...                                    word 2   ...
//!   place 7   [ w0 w1 w2 w3 ]              word 3   ...
//! ```
#![expect(unsafe_code, reason = "loads and stores vectors, each within an array of known length")]

use std::arch::x86_64::{
    __m512i, __mmask8, _mm_cvtsi64_si128, _mm256_loadu_si256, _mm256_storeu_si256, _mm512_castsi256_si512,
    _mm512_castsi512_si256, _mm512_cvtepi8_epi64, _mm512_extracti64x4_epi64, _mm512_inserti64x4,
    _mm512_movepi64_mask, _mm512_permutex2var_epi64, _mm512_setr_epi64, _mm512_setzero_si512,
    _mm512_shuffle_i64x2, _mm512_unpackhi_epi64, _mm512_unpacklo_epi64,
};

/// Four words of 64 bits, side by side in memory.
pub(super) type Quad = [u64; 4];

/// The words of eight places of `Q` quads each.
#[inline]
#[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
pub(super) fn load<const Q: usize>(places: [&[Quad; Q]; 8]) -> [[__m512i; 4]; Q] {
    let mut words = [[_mm512_setzero_si512(); 4]; Q];
    for (q, words) in words.iter_mut().enumerate() {
        let a = pair(&places[0][q], &places[2][q]);
        let b = pair(&places[1][q], &places[3][q]);
        let c = pair(&places[4][q], &places[6][q]);
        let d = pair(&places[5][q], &places[7][q]);
        // Word 0 of places 0 1, word 2 of places 0 1, word 0 of places 2 3, word 2 of places 2 3; and so on.
        let (even_low, odd_low) = (_mm512_unpacklo_epi64(a, b), _mm512_unpackhi_epi64(a, b));
        let (even_high, odd_high) = (_mm512_unpacklo_epi64(c, d), _mm512_unpackhi_epi64(c, d));
        *words = [
            _mm512_shuffle_i64x2::<0b10_00_10_00>(even_low, even_high),
            _mm512_shuffle_i64x2::<0b10_00_10_00>(odd_low, odd_high),
            _mm512_shuffle_i64x2::<0b11_01_11_01>(even_low, even_high),
            _mm512_shuffle_i64x2::<0b11_01_11_01>(odd_low, odd_high),
        ];
    }
    words
}

/// Writes words to eight `places` of a table. Of lanes with the same place, one is written.
#[inline]
#[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
pub(super) fn store<const Q: usize>(table: &mut [[Quad; Q]], places: &[usize; 8], words: &[[__m512i; 4]; Q]) {
    for place in places {
        assert!(*place < table.len(), "a place lies in its table");
    }
    let lower = _mm512_setr_epi64(0, 1, 8, 9, 2, 3, 10, 11);
    let upper = _mm512_setr_epi64(4, 5, 12, 13, 6, 7, 14, 15);
    for (q, words) in words.iter().enumerate() {
        let [w0, w1, w2, w3] = *words;
        let (even_01, odd_01) = (_mm512_unpacklo_epi64(w0, w1), _mm512_unpackhi_epi64(w0, w1));
        let (even_23, odd_23) = (_mm512_unpacklo_epi64(w2, w3), _mm512_unpackhi_epi64(w2, w3));
        let pairs = [
            _mm512_permutex2var_epi64(even_01, lower, even_23), // places 0 and 2
            _mm512_permutex2var_epi64(odd_01, lower, odd_23),   // places 1 and 3
            _mm512_permutex2var_epi64(even_01, upper, even_23), // places 4 and 6
            _mm512_permutex2var_epi64(odd_01, upper, odd_23),   // places 5 and 7
        ];
        for (i, lane) in [0, 1, 4, 5].into_iter().enumerate() {
            // SAFETY: all places were found to lie in the table; a quad is 32 bytes, and the instruction asks for no
            // alignment.
            unsafe {
                let low = table.as_mut_ptr().add(places[lane]).cast::<Quad>().add(q);
                _mm256_storeu_si256(low.cast(), _mm512_castsi512_si256(pairs[i]));
                let high = table.as_mut_ptr().add(places[lane + 2]).cast::<Quad>().add(q);
                _mm256_storeu_si256(high.cast(), _mm512_extracti64x4_epi64::<1>(pairs[i]));
            }
        }
    }
}

#[inline]
#[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
fn pair(low: &Quad, high: &Quad) -> __m512i {
    // SAFETY: a quad is 32 bytes, and the instruction asks for no alignment.
    let (low, high) =
        unsafe { (_mm256_loadu_si256(low.as_ptr().cast()), _mm256_loadu_si256(high.as_ptr().cast())) };
    _mm512_inserti64x4::<1>(_mm512_castsi256_si512(low), high)
}

/// The lanes whose number is negative.
#[inline]
#[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
pub(super) fn negative_lanes(digits: &[i8; 8]) -> __mmask8 {
    let bytes = i64::from_le_bytes(digits.map(i8::cast_unsigned));
    _mm512_movepi64_mask(_mm512_cvtepi8_epi64(_mm_cvtsi64_si128(bytes)))
}
