//! Products of eight numbers at once, before they are reduced modulo p.

use std::arch::x86_64::{
    __m512i, _mm512_add_epi64, _mm512_madd52hi_epu64, _mm512_madd52lo_epu64, _mm512_set1_epi64,
    _mm512_setzero_si512, _mm512_srai_epi64, _mm512_sub_epi64,
};

use super::constants::{MINUS_INVERSE, PRIME, STEP};
use super::field::{Field, Wide};

/// Products that are not reduced yet, column i weighing 2^(52 i).
#[derive(Clone, Copy, Debug)]
pub(super) struct Columns(pub [__m512i; 16]);

impl Field {
    /// The product's columns, each below 2^56.
    #[inline]
    #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
    pub fn times(&self, other: &Self) -> Columns {
        let (a, b) = (&self.0, &other.0);
        let mut columns = [_mm512_setzero_si512(); 16];
        for i in 0..8 {
            for j in 0..8 {
                columns[i + j] = _mm512_madd52lo_epu64(columns[i + j], a[i], b[j]);
                columns[i + j + 1] = _mm512_madd52hi_epu64(columns[i + j + 1], a[i], b[j]);
            }
        }
        Columns(columns)
    }

    /// The square's columns, each below 2^57: a product of two different limbs is made once and doubled with its column.
    #[inline]
    #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
    pub fn squared(&self) -> Columns {
        let a = &self.0;
        let mut columns = [_mm512_setzero_si512(); 16];
        for i in 0..8 {
            for j in i + 1..8 {
                columns[i + j] = _mm512_madd52lo_epu64(columns[i + j], a[i], a[j]);
                columns[i + j + 1] = _mm512_madd52hi_epu64(columns[i + j + 1], a[i], a[j]);
            }
        }
        for column in &mut columns[1..15] {
            *column = _mm512_add_epi64(*column, *column);
        }
        for i in 0..8 {
            columns[2 * i] = _mm512_madd52lo_epu64(columns[2 * i], a[i], a[i]);
            columns[2 * i + 1] = _mm512_madd52hi_epu64(columns[2 * i + 1], a[i], a[i]);
        }
        Columns(columns)
    }
}

impl Columns {
    /// The sum, whose columns are the sums of columns.
    #[inline]
    #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
    pub fn plus(&self, other: &Self) -> Self {
        let mut columns = self.0;
        for (column, other) in columns.iter_mut().zip(&other.0) {
            *column = _mm512_add_epi64(*column, *other);
        }
        Self(columns)
    }

    /// The difference, whose columns are the differences of columns. It must not be negative: see [`Columns::biased`].
    #[inline]
    #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
    pub fn minus(&self, other: &Self) -> Self {
        let mut columns = self.0;
        for (column, other) in columns.iter_mut().zip(&other.0) {
            *column = _mm512_sub_epi64(*column, *other);
        }
        Self(columns)
    }

    /// The sum with p R, which is more than any product.
    #[inline]
    #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
    pub fn biased(&self) -> Self {
        let mut columns = self.0;
        for i in 0..8 {
            columns[8 + i] = _mm512_add_epi64(columns[8 + i], _mm512_set1_epi64(PRIME[i].cast_signed()));
        }
        Self(columns)
    }

    /// The value divided by R modulo p, of magnitude 3; of a single product, 2.
    ///
    /// A step makes the lowest column 0 modulo 2^52 by adding a multiple of p, and hands what is above to the next. The last
    /// one adds a multiple below 2^52. The others add c m p, where c is the column itself and m p is -1 modulo 2^52: that
    /// leaves c (m p + 1) / 2^52 to add to the columns above, without a product to find c first. In the last place that would
    /// leave too great a number; as it is, m being below 2^50, they add less than p R / 4 together, and the last one less than
    /// p R. A column gets at most 34 addends below 2^52 on the way.
    #[inline]
    #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
    pub fn reduce(&self) -> Field {
        let mut c = self.0;
        for i in 0..7 {
            c[i + 1] = _mm512_add_epi64(c[i + 1], _mm512_srai_epi64::<52>(c[i]));
            for j in 0..8 {
                let limb = _mm512_set1_epi64(STEP[j].cast_signed());
                c[i + j + 1] = _mm512_madd52lo_epu64(c[i + j + 1], c[i], limb);
                c[i + j + 2] = _mm512_madd52hi_epu64(c[i + j + 2], c[i], limb);
            }
        }
        let inverse = _mm512_set1_epi64(MINUS_INVERSE.cast_signed());
        let multiple = _mm512_madd52lo_epu64(_mm512_setzero_si512(), c[7], inverse);
        for j in 0..8 {
            let limb = _mm512_set1_epi64(PRIME[j].cast_signed());
            c[j + 7] = _mm512_madd52lo_epu64(c[j + 7], multiple, limb);
            c[j + 8] = _mm512_madd52hi_epu64(c[j + 8], multiple, limb);
        }
        c[8] = _mm512_add_epi64(c[8], _mm512_srai_epi64::<52>(c[7]));
        Wide([c[8], c[9], c[10], c[11], c[12], c[13], c[14], c[15]]).carry::<0>()
    }
}
