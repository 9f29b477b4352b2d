//! Between lanes and memory, where a number is words of 64 bits, side by side.
//!
//! ```text
//!   number 0   [ w0 w1 w2 ... ]            word 0   [ number 0, number 1, ... number 7 ]
//!   number 1   [ w0 w1 w2 ... ]    <──>    word 1   [ number 0, number 1, ... number 7 ]
//!   ...                                    ...
//! ```
//!
//! Outside of this folder a number is six words of 64 bits, of what blst keeps of it. Tables keep the eight limbs.
#![expect(unsafe_code, reason = "loads and stores of whole vectors")]

use std::arch::x86_64::{
    __m512i, _mm512_loadu_si512, _mm512_setzero_si512, _mm512_shuffle_i64x2, _mm512_storeu_si512,
    _mm512_unpackhi_epi64, _mm512_unpacklo_epi64,
};

use blst::{blst_fp, blst_fp2};

use super::LANES;
use super::constants::{FROM_BLST, LOW, Limbs, TO_BLST};
use super::field::Field;
use super::quadratic::Quadratic;

/// A number below 2^384, least significant word first.
type Words = [u64; 6];

/// The numbers as they are, one from each lane.
#[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
pub(super) fn load(numbers: [&Words; 8]) -> Field {
    Field::gather(numbers.map(limbs).each_ref())
}

fn limbs(words: &Words) -> Limbs {
    let mut limbs = [0; 8];
    for (i, limb) in limbs.iter_mut().enumerate() {
        let (word, bit) = (52 * i / 64, 52 * i % 64);
        let above = if bit > 12 && word < 5 { words[word + 1] << (64 - bit) } else { 0 };
        *limb = (words[word] >> bit | above) & LOW as u64;
    }
    limbs
}

/// The opposite of [`limbs`].
fn words(limbs: &Limbs) -> Words {
    let mut words = [0; 6];
    for (i, limb) in limbs.iter().enumerate() {
        let (word, bit) = (52 * i / 64, 52 * i % 64);
        words[word] |= limb << bit;
        if bit > 12 && word < 5 {
            words[word + 1] |= limb >> (64 - bit);
        }
    }
    words
}

/// Row i of what comes out is column i of what goes in.
#[inline]
#[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
fn transposed(rows: [__m512i; 8]) -> [__m512i; 8] {
    let mut pairs = rows;
    for i in 0..4 {
        pairs[2 * i] = _mm512_unpacklo_epi64(rows[2 * i], rows[2 * i + 1]);
        pairs[2 * i + 1] = _mm512_unpackhi_epi64(rows[2 * i], rows[2 * i + 1]);
    }
    // pairs[2 j + k] holds columns k, k + 2, k + 4 and k + 6 of rows 2 j and 2 j + 1, two words each.
    let mut columns = pairs;
    for k in 0..2 {
        let low = _mm512_shuffle_i64x2::<0b10_00_10_00>(pairs[k], pairs[k + 2]); // columns k and k + 4, rows 0 to 3
        let low_odd = _mm512_shuffle_i64x2::<0b11_01_11_01>(pairs[k], pairs[k + 2]);
        let high = _mm512_shuffle_i64x2::<0b10_00_10_00>(pairs[k + 4], pairs[k + 6]);
        let high_odd = _mm512_shuffle_i64x2::<0b11_01_11_01>(pairs[k + 4], pairs[k + 6]);
        columns[k] = _mm512_shuffle_i64x2::<0b10_00_10_00>(low, high);
        columns[k + 4] = _mm512_shuffle_i64x2::<0b11_01_11_01>(low, high);
        columns[k + 2] = _mm512_shuffle_i64x2::<0b10_00_10_00>(low_odd, high_odd);
        columns[k + 6] = _mm512_shuffle_i64x2::<0b11_01_11_01>(low_odd, high_odd);
    }
    columns
}

impl Field {
    /// The numbers with these limbs.
    #[inline]
    #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
    pub fn gather(numbers: [&Limbs; 8]) -> Self {
        let mut rows = [_mm512_setzero_si512(); 8];
        for (row, limbs) in rows.iter_mut().zip(numbers) {
            // SAFETY: limbs are eight words of 64 bits, and the instruction asks for no alignment.
            *row = unsafe { _mm512_loadu_si512(limbs.as_ptr().cast()) };
        }
        Self(transposed(rows))
    }

    /// The opposite.
    #[inline]
    #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
    pub fn scatter(&self) -> [Limbs; 8] {
        let mut numbers = [[0; 8]; 8];
        for (limbs, row) in numbers.iter_mut().zip(transposed(self.0)) {
            // SAFETY: limbs are eight words of 64 bits, and the instruction asks for no alignment.
            unsafe { _mm512_storeu_si512(limbs.as_mut_ptr().cast(), row) };
        }
        numbers
    }

    /// The numbers that blst keeps so.
    #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
    pub fn from_blst(numbers: [&blst_fp; 8]) -> Self {
        load(numbers.map(|number| &number.l)).mul(&Self::splat(&FROM_BLST))
    }

    /// The numbers as blst keeps them.
    #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
    pub fn for_blst(&self) -> [blst_fp; 8] {
        self.canonical_times(&TO_BLST).scatter().map(|limbs| blst_fp { l: words(&limbs) })
    }
}

impl Quadratic {
    /// As [`Field::gather`].
    #[inline]
    #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
    pub fn gather(numbers: [&[Limbs; 2]; 8]) -> Self {
        Self {
            re: Field::gather(numbers.map(|number| &number[0])),
            im: Field::gather(numbers.map(|number| &number[1])),
        }
    }

    /// As [`Field::scatter`].
    #[inline]
    #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
    pub fn scatter(&self) -> [[Limbs; 2]; 8] {
        let (re, im) = (self.re.scatter(), self.im.scatter());
        LANES.map(|lane| [re[lane], im[lane]])
    }

    /// As [`Field::from_blst`].
    #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
    pub fn from_blst(numbers: [&blst_fp2; 8]) -> Self {
        Self {
            re: Field::from_blst(numbers.map(|number| &number.fp[0])),
            im: Field::from_blst(numbers.map(|number| &number.fp[1])),
        }
    }

    /// As [`Field::for_blst`].
    #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
    pub fn for_blst(&self) -> [blst_fp2; 8] {
        let (re, im) = (self.re.for_blst(), self.im.for_blst());
        LANES.map(|lane| blst_fp2 { fp: [re[lane], im[lane]] })
    }
}
