//! Between lanes and memory, where a number is words of 64 bits or bytes.
#![expect(unsafe_code, reason = "loads and stores of whole vectors")]

use std::arch::x86_64::{_mm512_loadu_si512, _mm512_setzero_si512, _mm512_storeu_si512};

use blst::{blst_fp, blst_fp2};

use super::constants::{FROM_BLST, LOW, TO_BLST};
use super::field::Field;
use super::quadratic::Quadratic;

/// A number below 2^384, least significant word first.
type Words = [u64; 6];

/// The numbers as they are, one from each lane.
#[inline]
#[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
pub(super) fn load(numbers: [&Words; 8]) -> Field {
    let mut rows = [[0_u64; 8]; 8];
    for (lane, words) in numbers.into_iter().enumerate() {
        for (i, row) in rows.iter_mut().enumerate() {
            let (word, bit) = (52 * i / 64, 52 * i % 64);
            let above = if bit > 12 && word < 5 { words[word + 1] << (64 - bit) } else { 0 };
            row[lane] = (words[word] >> bit | above) & LOW as u64;
        }
    }
    let mut limbs = [_mm512_setzero_si512(); 8];
    for (limb, row) in limbs.iter_mut().zip(&rows) {
        // SAFETY: a row is eight words of 64 bits, and the instruction asks for no alignment.
        *limb = unsafe { _mm512_loadu_si512(row.as_ptr().cast()) };
    }
    Field(limbs)
}

/// The opposite, for canonical numbers.
#[inline]
#[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
pub(super) fn store(numbers: &Field) -> [Words; 8] {
    let mut rows = [[0_u64; 8]; 8];
    for (limb, row) in numbers.0.iter().zip(&mut rows) {
        // SAFETY: a row is eight words of 64 bits, and the instruction asks for no alignment.
        unsafe { _mm512_storeu_si512(row.as_mut_ptr().cast(), *limb) };
    }
    let mut all = [[0; 6]; 8];
    for (lane, words) in all.iter_mut().enumerate() {
        for (i, row) in rows.iter().enumerate() {
            let (word, bit) = (52 * i / 64, 52 * i % 64);
            words[word] |= row[lane] << bit;
            if bit > 12 && word < 5 {
                words[word + 1] |= row[lane] >> (64 - bit);
            }
        }
    }
    all
}

/// The numbers that blst keeps so.
#[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
pub(super) fn from_blst(numbers: [&blst_fp; 8]) -> Field {
    load(numbers.map(|number| &number.l)).mul(&Field::splat(&FROM_BLST))
}

/// The numbers as blst keeps them.
#[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
pub(super) fn to_blst(numbers: &Field) -> [blst_fp; 8] {
    store(&numbers.canonical_times(&TO_BLST)).map(|l| blst_fp { l })
}

/// As [`from_blst`].
#[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
pub(super) fn quadratic_from_blst(numbers: [&blst_fp2; 8]) -> Quadratic {
    Quadratic {
        re: from_blst(numbers.map(|number| &number.fp[0])),
        im: from_blst(numbers.map(|number| &number.fp[1])),
    }
}

/// As [`to_blst`].
#[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
pub(super) fn quadratic_to_blst(numbers: &Quadratic) -> [blst_fp2; 8] {
    let (re, im) = (to_blst(&numbers.re), to_blst(&numbers.im));
    let mut all = [blst_fp2::default(); 8];
    for lane in 0..8 {
        all[lane] = blst_fp2 { fp: [re[lane], im[lane]] };
    }
    all
}
