//! One point across four lanes, for a long chain of doublings of that point alone.
//!
//! Eight points are doubled in the time of eight products, whether eight are wanted or one. A single point is sooner
//! done when its coordinates are the lanes, since then a double is two products, four numbers wide:
//!
//! ```text
//!              lane 0        lane 1     lane 2        lane 3
//!   point      u             v          Z             T
//!   factors    u · u         v · v      Z · Z         u · v
//!   scaled     u²            v²         4 Z²          2 u v
//!   left       E = u² - v²   G = 2uv    F = 4Z²-2uv   E
//!   right      F             H = u²+v²  G             H
//!   product    X = E F       Y = G H    Z = F G       T = E H
//!   point      u = Y + X     v = Y - X  Z             T
//! ```
//!
//! The formulas are those of [`point`](super::point), and so are the ranges. Lanes 4 to 7 are zero.

use std::arch::x86_64::{
    __m512i, __mmask8, _mm512_add_epi64, _mm512_mask_permutexvar_epi64, _mm512_mask_sub_epi64,
    _mm512_maskz_permutexvar_epi64, _mm512_permutexvar_epi64, _mm512_set1_epi64, _mm512_setr_epi64,
    _mm512_setzero_si512, _mm512_sllv_epi64,
};

use super::field::{Field, MANY_PRIMES, Wide};
use super::point::Points;

/// One point: u, v, Z and T in lanes 0 to 3.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row(Field);

impl Row {
    /// The point of one lane.
    #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
    pub fn of_lane(points: &Points, lane: usize) -> Self {
        let from = _mm512_set1_epi64(lane as i64);
        let mut row = [_mm512_setzero_si512(); 5];
        for (to, number) in [&points.u, &points.v, &points.z, &points.t].into_iter().enumerate() {
            for (limb, number) in row.iter_mut().zip(&number.0) {
                *limb = _mm512_mask_permutexvar_epi64(*limb, 1 << to, from, *number);
            }
        }
        Self(Field(row))
    }

    /// The point in every lane.
    #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
    pub fn to_points(self) -> Points {
        let mut points = Points::neutral();
        for i in 0..5 {
            for (from, number) in
                [&mut points.u, &mut points.v, &mut points.z, &mut points.t].into_iter().enumerate()
            {
                number.0[i] = _mm512_permutexvar_epi64(_mm512_set1_epi64(from as i64), self.0.0[i]);
            }
        }
        points
    }

    /// Doubles the point `times` times.
    #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
    pub fn double(&mut self, times: usize) {
        let shifts = _mm512_setr_epi64(0, 0, 2, 1, 0, 0, 0, 0);
        for _ in 0..times {
            let others = moved(&self.0.0, 0b1111, [0, 1, 2, 1]);
            let ours = moved(&self.0.0, 0b1111, [0, 1, 2, 0]);
            let mut scaled = Field(ours).times(&Field(others)).0;
            for limb in &mut scaled {
                *limb = _mm512_sllv_epi64(*limb, shifts);
            }
            let left = sum_or_difference(
                &moved(&scaled, 0b1111, [0, 3, 2, 0]),
                &moved(&scaled, 0b1101, [1, 0, 3, 1]),
                0b1111,
            );
            let right = sum_or_difference(
                &moved(&scaled, 0b1111, [2, 0, 3, 0]),
                &moved(&scaled, 0b1011, [3, 1, 0, 1]),
                0b0001,
            );
            let product = left.carry().times(&right.carry()).0;
            let sums = sum_or_difference(
                &moved(&product, 0b1111, [1, 1, 2, 3]),
                &moved(&product, 0b0011, [0, 0, 0, 0]),
                0b0010,
            );
            self.0 = sums.carry();
        }
    }
}

/// Lane i is lane `from[i]` in the `kept` lanes, and zero in the others.
#[inline]
#[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
fn moved(limbs: &[__m512i; 5], kept: __mmask8, from: [i64; 4]) -> [__m512i; 5] {
    let from = _mm512_setr_epi64(from[0], from[1], from[2], from[3], 4, 5, 6, 7);
    let mut moved = [_mm512_setzero_si512(); 5];
    for i in 0..5 {
        moved[i] = _mm512_maskz_permutexvar_epi64(kept, from, limbs[i]);
    }
    moved
}

/// The difference in the lanes of `negative`, the sum in the others.
#[inline]
#[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
fn sum_or_difference(a: &[__m512i; 5], b: &[__m512i; 5], negative: __mmask8) -> Wide {
    let mut result = [_mm512_setzero_si512(); 5];
    for i in 0..5 {
        let turned = _mm512_mask_sub_epi64(b[i], negative, _mm512_set1_epi64(MANY_PRIMES[i]), b[i]);
        result[i] = _mm512_add_epi64(a[i], turned);
    }
    Wide(result)
}
