//! Eight points of the curve -x² + y² = 1 + d x² y² at once.
//!
//! A point is kept as u = Y + X, v = Y - X, Z and T, where x = X/Z, y = Y/Z and xy = T/Z: sums and differences of the
//! coordinates are what the formulas multiply, and so they are carried once, when they are made. A point that is only
//! added is kept as [`AffinePoints`], with Z = 1, or as [`ReadyPoints`], with any Z, its T multiplied in advance.
//!
//! The formulas are those of Hisil, Wong, Carter and Dawson. They hold for all points of the curve, equal, opposite,
//! neutral or of small order, since -1 is a square modulo p and d is none.
//!
//! ```text
//!   sum      A = v1 v2   B = u1 u2   C = T1 · 2d T2   D = 2 Z1 Z2
//!            E = B - A   F = D - C   G = D + C        H = B + A
//!   double   E = u² - v²   F = 4 Z² - 2 u v   G = 2 u v   H = u² + v²      (all coordinates times -4)
//!   both     X = E F   Y = G H   T = E H   Z = F G
//! ```

use std::arch::x86_64::{
    __m512i, __mmask8, _mm512_mask_blend_epi64, _mm512_set1_epi64, _mm512_setzero_si512,
};

use super::field::{Field, TWICE_D};
use super::memory::{self, Quad};

/// One affine point in memory: the five limbs of y + x, of y - x and of 2d xy, each below 2^51 + 2^18; one word unused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(align(32))]
pub(crate) struct Affine(pub(super) [Quad; 4]);

/// One point in memory: the five limbs of u, of v, of Z and of T, each below 2^51 + 2^18.
pub(super) type Stored = [Quad; 5];

/// The neutral point: u = v = Z = 1 and T = 0.
pub(super) const NEUTRAL: Stored = [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 0], [0, 0, 0, 0]];

/// The neutral point: y + x = y - x = 1 and 2d xy = 0.
pub(super) const NEUTRAL_AFFINE: Affine = Affine([[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]]);

/// The base point.
pub(super) const BASE: Affine = Affine([
    [0x0004_93c6_f58c_3b85, 0x0000_df71_81c3_25f7, 0x0000_f50b_0b3e_4cb7, 0x0005_3293_85a4_4c32],
    [0x0000_7cf9_d3a3_3d4b, 0x0000_3905_d740_913e, 0x0000_ba28_17d6_73a2, 0x0002_3e28_27f4_e67c],
    [0x0001_33d2_e0c2_1a34, 0x0004_4fd2_f929_8f81, 0x0001_1205_877a_aa68, 0x0004_7995_5893_d579],
    [0x0005_0d66_309b_67a0, 0x0002_d42d_0dbe_e5ee, 0x0006_f117_b689_f0c6, 0],
]);

/// Eight points.
#[derive(Clone, Copy, Debug)]
pub(super) struct Points {
    pub u: Field,
    pub v: Field,
    pub z: Field,
    pub t: Field,
}

/// Eight points to add, with Z = 1.
#[derive(Clone, Copy, Debug)]
pub(super) struct AffinePoints {
    pub sum: Field,
    pub difference: Field,
    pub twice_dxy: Field,
}

/// Eight points to add: u, v, Z and 2d T.
#[derive(Clone, Copy, Debug)]
pub(super) struct ReadyPoints {
    pub u: Field,
    pub v: Field,
    pub z: Field,
    pub twice_dt: Field,
}

impl Points {
    /// The neutral point in each lane.
    #[inline]
    #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
    pub fn neutral() -> Self {
        Self { u: Field::one(), v: Field::one(), z: Field::one(), t: Field::zero() }
    }

    /// The points at eight places.
    #[inline]
    #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
    pub fn load(places: [&Stored; 8]) -> Self {
        let [a, b, c, d, e] = memory::load(places);
        Self {
            u: Field([a[0], a[1], a[2], a[3], b[0]]),
            v: Field([b[1], b[2], b[3], c[0], c[1]]),
            z: Field([c[2], c[3], d[0], d[1], d[2]]),
            t: Field([d[3], e[0], e[1], e[2], e[3]]),
        }
    }

    /// Writes the points to eight places of a table.
    #[inline]
    #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
    pub fn store(&self, table: &mut [Stored], places: &[usize; 8]) {
        memory::store(table, places, &words(&[self.u, self.v, self.z, self.t]));
    }

    /// Adds affine points.
    #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
    pub fn add_affine(&mut self, other: &AffinePoints) {
        let a = self.v.times(&other.difference);
        let b = self.u.times(&other.sum);
        let (e, h) = (b.minus(&a).carry(), b.plus(&a).carry());
        let c = self.t.times(&other.twice_dxy);
        let d = self.z.wide().doubled();
        let (f, g) = (d.minus(&c).carry(), d.plus(&c).carry());
        let (x, y) = (e.times(&f), g.times(&h));
        *self = Self { u: y.plus(&x).carry(), v: y.minus(&x).carry(), z: f.mul(&g), t: e.mul(&h) };
    }

    /// Adds any points.
    #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
    pub fn add(&mut self, other: &ReadyPoints) {
        let a = self.v.times(&other.v);
        let b = self.u.times(&other.u);
        let (e, h) = (b.minus(&a).carry(), b.plus(&a).carry());
        let c = self.t.times(&other.twice_dt);
        let d = self.z.times(&other.z).doubled();
        let (f, g) = (d.minus(&c).carry(), d.plus(&c).carry());
        let (x, y) = (e.times(&f), g.times(&h));
        *self = Self { u: y.plus(&x).carry(), v: y.minus(&x).carry(), z: f.mul(&g), t: e.mul(&h) };
    }

    /// Doubles the points `times` times. Each subtrahend is at most two products.
    #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
    pub fn double(&mut self, times: usize) {
        for _ in 0..times {
            let (uu, vv) = (self.u.squared(), self.v.squared());
            let (e, h) = (uu.minus(&vv).carry(), uu.plus(&vv).carry());
            let uv2 = self.u.times(&self.v).doubled();
            let zz4 = self.z.squared().doubled().doubled();
            let (f, g) = (zz4.minus(&uv2).carry(), uv2.carry());
            let (x, y) = (e.times(&f), g.times(&h));
            *self = Self { u: y.plus(&x).carry(), v: y.minus(&x).carry(), z: f.mul(&g), t: e.mul(&h) };
        }
    }

    /// As points to add.
    #[inline]
    #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
    pub fn ready(&self) -> ReadyPoints {
        ReadyPoints { u: self.u, v: self.v, z: self.z, twice_dt: self.t.mul(&Field::splat(&TWICE_D)) }
    }

    /// The lanes whose point is neutral: X = 0 and Y = Z, so u = v and u = Z.
    #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
    pub fn neutral_lanes(&self) -> __mmask8 {
        self.u.sub(&self.v).zero_lanes() & self.u.sub(&self.z).zero_lanes()
    }
}

impl ReadyPoints {
    /// The points at eight places, stored as [`ReadyPoints::store`] does.
    #[inline]
    #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
    pub fn load(places: [&Stored; 8]) -> Self {
        let Points { u, v, z, t } = Points::load(places);
        Self { u, v, z, twice_dt: t }
    }

    /// Writes the points to eight places of a table, 2d T where T would stand.
    #[inline]
    #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
    pub fn store(&self, table: &mut [Stored], places: &[usize; 8]) {
        memory::store(table, places, &words(&[self.u, self.v, self.z, self.twice_dt]));
    }

    /// The negatives in `lanes`. The limbs of 2d T are then below 2^52.
    #[inline]
    #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
    pub fn negated_if(&self, lanes: __mmask8) -> Self {
        Self {
            u: self.u.replaced_if(lanes, &self.v),
            v: self.v.replaced_if(lanes, &self.u),
            z: self.z,
            twice_dt: self.twice_dt.negated_if(lanes),
        }
    }
}

impl AffinePoints {
    /// The points at eight places.
    #[inline]
    #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
    pub fn load(places: [&Affine; 8]) -> Self {
        let [p0, p1, p2, p3, p4, p5, p6, p7] = places;
        let [a, b, c, d] = memory::load([&p0.0, &p1.0, &p2.0, &p3.0, &p4.0, &p5.0, &p6.0, &p7.0]);
        Self {
            sum: Field([a[0], a[1], a[2], a[3], b[0]]),
            difference: Field([b[1], b[2], b[3], c[0], c[1]]),
            twice_dxy: Field([c[2], c[3], d[0], d[1], d[2]]),
        }
    }

    /// The eight points in memory.
    #[inline]
    #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
    pub fn to_memory(self) -> [Affine; 8] {
        let (s, d, t) = (self.sum.0, self.difference.0, self.twice_dxy.0);
        let zero = _mm512_setzero_si512();
        let words = [
            [s[0], s[1], s[2], s[3]],
            [s[4], d[0], d[1], d[2]],
            [d[3], d[4], t[0], t[1]],
            [t[2], t[3], t[4], zero],
        ];
        let mut quads = [[[0; 4]; 4]; 8];
        memory::store(&mut quads, &[0, 1, 2, 3, 4, 5, 6, 7], &words);
        quads.map(Affine)
    }

    /// The point `other` in the lanes of `others`, `one` in the rest.
    #[inline]
    #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
    pub fn spread(one: &Affine, other: &Affine, others: __mmask8) -> Self {
        let (one, other) = (one.0.as_flattened(), other.0.as_flattened());
        let mut limbs = [_mm512_setzero_si512(); 15];
        let (one, others) = if others == 0xff { (other, 0) } else { (one, others) };
        for i in 0..15 {
            limbs[i] = _mm512_set1_epi64(one[i].cast_signed());
        }
        if others != 0 {
            for i in 0..15 {
                limbs[i] =
                    _mm512_mask_blend_epi64(others, limbs[i], _mm512_set1_epi64(other[i].cast_signed()));
            }
        }
        let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o] = limbs;
        Self {
            sum: Field([a, b, c, d, e]),
            difference: Field([f, g, h, i, j]),
            twice_dxy: Field([k, l, m, n, o]),
        }
    }

    /// The negatives in `lanes`. The limbs of 2d xy are then below 2^52.
    #[inline]
    #[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
    pub fn negated_if(&self, lanes: __mmask8) -> Self {
        Self {
            sum: self.sum.replaced_if(lanes, &self.difference),
            difference: self.difference.replaced_if(lanes, &self.sum),
            twice_dxy: self.twice_dxy.negated_if(lanes),
        }
    }
}

/// Twenty limbs as five quads.
#[inline]
#[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
fn words(numbers: &[Field; 4]) -> [[__m512i; 4]; 5] {
    let [Field(u), Field(v), Field(z), Field(t)] = numbers;
    [
        [u[0], u[1], u[2], u[3]],
        [u[4], v[0], v[1], v[2]],
        [v[3], v[4], z[0], z[1]],
        [z[2], z[3], z[4], t[0]],
        [t[1], t[2], t[3], t[4]],
    ]
}
