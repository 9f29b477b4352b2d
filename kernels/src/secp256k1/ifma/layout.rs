//! From numbers in memory, four words one behind the other, to eight of them in the lanes of five vectors, and back.
#![expect(unsafe_code, reason = "vector loads and stores of plain memory")]

use std::arch::x86_64::*;

use super::{Limbs, splat};
use crate::secp256k1::lanes::{Entry, Packed, Pick};

/// Limbs of 52 bits out of words of 64.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn unpack(words: &[__m512i]) -> Limbs {
    let mask = splat((1 << 52) - 1);
    let join = |low: __m512i, high: __m512i| _mm512_and_si512(_mm512_or_si512(low, high), mask);
    [
        _mm512_and_si512(words[0], mask),
        join(_mm512_srli_epi64::<52>(words[0]), _mm512_slli_epi64::<12>(words[1])),
        join(_mm512_srli_epi64::<40>(words[1]), _mm512_slli_epi64::<24>(words[2])),
        join(_mm512_srli_epi64::<28>(words[2]), _mm512_slli_epi64::<36>(words[3])),
        _mm512_srli_epi64::<16>(words[3]),
    ]
}

/// Words of 64 bits out of limbs of 52, of numbers below 2^256.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn pack(limbs: &Limbs) -> [__m512i; 4] {
    let [l0, l1, l2, l3, l4] = *limbs;
    [
        _mm512_or_si512(l0, _mm512_slli_epi64::<52>(l1)),
        _mm512_or_si512(_mm512_srli_epi64::<12>(l1), _mm512_slli_epi64::<40>(l2)),
        _mm512_or_si512(_mm512_srli_epi64::<24>(l2), _mm512_slli_epi64::<28>(l3)),
        _mm512_or_si512(_mm512_srli_epi64::<36>(l3), _mm512_slli_epi64::<16>(l4)),
    ]
}

/// Rows to columns: word j of vector i becomes word i of vector j.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn transpose(rows: [__m512i; 8]) -> [__m512i; 8] {
    let zero = _mm512_setzero_si512();
    let (mut pairs, mut quads, mut out) = ([zero; 8], [zero; 8], [zero; 8]);
    for k in 0..4 {
        pairs[2 * k] = _mm512_unpacklo_epi64(rows[2 * k], rows[2 * k + 1]);
        pairs[2 * k + 1] = _mm512_unpackhi_epi64(rows[2 * k], rows[2 * k + 1]);
    }
    // pairs[2k + h] holds in quarter q: rows 2k and 2k+1, word 2q + h.
    for h in 0..2 {
        for k in 0..2 {
            let (a, b) = (pairs[4 * k + h], pairs[4 * k + 2 + h]);
            quads[4 * k + h] = _mm512_shuffle_i64x2::<0b10_00_10_00>(a, b); // quarters 0, 2 of a, then of b
            quads[4 * k + 2 + h] = _mm512_shuffle_i64x2::<0b11_01_11_01>(a, b); // quarters 1, 3
        }
    }
    for h in 0..2 {
        for odd in 0..2 {
            let (a, b) = (quads[2 * odd + h], quads[4 + 2 * odd + h]);
            out[2 * odd + h] = _mm512_shuffle_i64x2::<0b10_00_10_00>(a, b);
            out[4 + 2 * odd + h] = _mm512_shuffle_i64x2::<0b11_01_11_01>(a, b);
        }
    }
    out
}

#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn load(words: &[Packed]) -> Limbs {
    let words: &[Packed; 8] = words.first_chunk().expect("a number for each lane");
    let mut columns = [_mm512_setzero_si512(); 4];
    for (place, column) in columns.iter_mut().enumerate() {
        let word = |lane: usize| words[lane][place] as i64;
        *column = _mm512_set_epi64(word(7), word(6), word(5), word(4), word(3), word(2), word(1), word(0));
    }
    unpack(&columns)
}

#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn store(limbs: &Limbs, words: &mut [Packed]) {
    let words: &mut [Packed; 8] = words.first_chunk_mut().expect("a place for each lane");
    for (place, column) in pack(limbs).into_iter().enumerate() {
        let mut lanes = [0u64; 8];
        // SAFETY: `lanes` is 64 bytes that may be written.
        unsafe { _mm512_storeu_si512(lanes.as_mut_ptr().cast(), column) };
        for (word, lane) in words.iter_mut().zip(lanes) {
            word[place] = lane;
        }
    }
}

#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn gather(entries: &[Entry], picks: &[Pick]) -> (Limbs, Limbs) {
    let picks: &[Pick; 8] = picks.first_chunk().expect("a pick for each lane");
    let mut rows = [_mm512_setzero_si512(); 8];
    for (row, pick) in rows.iter_mut().zip(picks) {
        let entry = &entries[pick.entry as usize];
        let x = &entry.x[pick.turn as usize];
        // SAFETY: x and y are 32 bytes each that may be read.
        let (x, y) =
            unsafe { (_mm256_loadu_si256(x.as_ptr().cast()), _mm256_loadu_si256(entry.y.as_ptr().cast())) };
        *row = _mm512_inserti64x4::<1>(_mm512_castsi256_si512(x), y);
    }
    let columns = transpose(rows);
    (unpack(&columns[..4]), unpack(&columns[4..]))
}

/// x, β x, β² x and y of numbers below 2^256.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn scatter(numbers: &[Limbs; 4], entries: &mut [Entry]) {
    let entries: &mut [Entry; 8] = entries.first_chunk_mut().expect("an entry for each lane");
    let join = |a: [__m512i; 4], b: [__m512i; 4]| [a[0], a[1], a[2], a[3], b[0], b[1], b[2], b[3]];
    let front = transpose(join(pack(&numbers[0]), pack(&numbers[1])));
    let back = transpose(join(pack(&numbers[2]), pack(&numbers[3])));
    for (entry, (front, back)) in entries.iter_mut().zip(front.into_iter().zip(back)) {
        let halves = std::ptr::from_mut(entry).cast::<__m512i>();
        // SAFETY: an entry is four numbers of 32 bytes in their order without gaps, so two halves of 64 bytes.
        unsafe {
            _mm512_storeu_si512(halves, front);
            _mm512_storeu_si512(halves.add(1), back);
        }
    }
}

const _: () = assert!(size_of::<Entry>() == 128, "an entry has no gaps");
