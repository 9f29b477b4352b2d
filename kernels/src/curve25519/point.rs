//! Points of the curve -x² + y² = 1 + d x² y², one in each lane.
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

use super::field::{Field as _, Lanes, TWICE_D, Wide as _};
use super::memory::{Affine, IN_ORDER, Stored, load, store};
use crate::vector::{Vector as _, WIDTH_MAX, Work};

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

/// Points.
#[derive(Clone, Copy)]
pub(super) struct Points<L: Lanes> {
    pub u: L::Field,
    pub v: L::Field,
    pub z: L::Field,
    pub t: L::Field,
}

/// Points to add, with Z = 1.
#[derive(Clone, Copy)]
pub(super) struct AffinePoints<L: Lanes> {
    pub sum: L::Field,
    pub difference: L::Field,
    pub twice_dxy: L::Field,
}

/// Points to add: u, v, Z and 2d T.
#[derive(Clone, Copy)]
pub(super) struct ReadyPoints<L: Lanes> {
    pub u: L::Field,
    pub v: L::Field,
    pub z: L::Field,
    pub twice_dt: L::Field,
}

impl<L: Lanes> Points<L> {
    /// The neutral point in each lane.
    #[inline(always)]
    pub fn neutral(lanes: L) -> Self {
        Self { u: lanes.one(), v: lanes.one(), z: lanes.one(), t: lanes.zero() }
    }

    /// The same point in each lane.
    #[inline(always)]
    pub fn splat(lanes: L, point: &Stored) -> Self {
        let [[a, b, c, d], [e, f, g, h], [i, j, k, l], [m, n, o, p], [q, r, s, t]] = *point;
        Self {
            u: lanes.splat(&[a, b, c, d, e]),
            v: lanes.splat(&[f, g, h, i, j]),
            z: lanes.splat(&[k, l, m, n, o]),
            t: lanes.splat(&[p, q, r, s, t]),
        }
    }

    /// The points at as many places as there are lanes.
    #[inline(always)]
    pub fn load(lanes: L, places: &[&Stored; WIDTH_MAX]) -> Self {
        let [a, b, c, d, e] = load(lanes, places);
        Self {
            u: lanes.field([a[0], a[1], a[2], a[3], b[0]]),
            v: lanes.field([b[1], b[2], b[3], c[0], c[1]]),
            z: lanes.field([c[2], c[3], d[0], d[1], d[2]]),
            t: lanes.field([d[3], e[0], e[1], e[2], e[3]]),
        }
    }

    /// Writes the points to as many places of a table. Of lanes with the same place, one is written.
    #[inline(always)]
    pub fn store(&self, table: &mut [Stored], places: &[usize; WIDTH_MAX]) {
        store::<L>(&[self.u, self.v, self.z, self.t], table, places);
    }

    /// Adds affine points.
    #[inline(always)]
    pub fn add_affine(&mut self, other: &AffinePoints<L>) {
        self.u.lanes().call(AddAffine(self, other));
    }

    /// Adds any points.
    #[inline(always)]
    pub fn add(&mut self, other: &ReadyPoints<L>) {
        self.u.lanes().call(Add(self, other));
    }

    /// Doubles the points `times` times.
    #[inline(always)]
    pub fn double(&mut self, times: usize) {
        self.u.lanes().call(Double(self, times));
    }

    /// As points to add.
    #[inline(always)]
    pub fn ready(&self) -> ReadyPoints<L> {
        let twice_dt = self.t.mul(&self.t.lanes().splat(&TWICE_D));
        ReadyPoints { u: self.u, v: self.v, z: self.z, twice_dt }
    }

    /// The lanes whose point is neutral: X = 0 and Y = Z, so u = v and u = Z.
    #[inline(always)]
    pub fn neutral_lanes(&self) -> u8 {
        self.u.sub(&self.v).zero_lanes() & self.u.sub(&self.z).zero_lanes()
    }
}

/// [`Points::add_affine`], in a function of its own, as are the others.
struct AddAffine<'a, L: Lanes>(&'a mut Points<L>, &'a AffinePoints<L>);

impl<L: Lanes> Work for AddAffine<'_, L> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self(point, other) = self;
        let a = point.v.times(&other.difference);
        let b = point.u.times(&other.sum);
        let (e, h) = (b.minus(&a).carry(), b.plus(&a).carry());
        let c = point.t.times(&other.twice_dxy);
        let d = point.z.wide().doubled();
        let (f, g) = (d.minus(&c).carry(), d.plus(&c).carry());
        let (x, y) = (e.times(&f), g.times(&h));
        *point = Points { u: y.plus(&x).carry(), v: y.minus(&x).carry(), z: f.mul(&g), t: e.mul(&h) };
    }
}

/// [`Points::add`].
struct Add<'a, L: Lanes>(&'a mut Points<L>, &'a ReadyPoints<L>);

impl<L: Lanes> Work for Add<'_, L> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self(point, other) = self;
        let a = point.v.times(&other.v);
        let b = point.u.times(&other.u);
        let (e, h) = (b.minus(&a).carry(), b.plus(&a).carry());
        let c = point.t.times(&other.twice_dt);
        let d = point.z.times(&other.z).doubled();
        let (f, g) = (d.minus(&c).carry(), d.plus(&c).carry());
        let (x, y) = (e.times(&f), g.times(&h));
        *point = Points { u: y.plus(&x).carry(), v: y.minus(&x).carry(), z: f.mul(&g), t: e.mul(&h) };
    }
}

/// [`Points::double`]. Each subtrahend is at most two products.
struct Double<'a, L: Lanes>(&'a mut Points<L>, usize);

impl<L: Lanes> Work for Double<'_, L> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self(point, times) = self;
        for _ in 0..times {
            let (uu, vv) = (point.u.squared(), point.v.squared());
            let (e, h) = (uu.minus(&vv).carry(), uu.plus(&vv).carry());
            let uv2 = point.u.times(&point.v).doubled();
            let zz4 = point.z.squared().doubled().doubled();
            let (f, g) = (zz4.minus(&uv2).carry(), uv2.carry());
            let (x, y) = (e.times(&f), g.times(&h));
            *point = Points { u: y.plus(&x).carry(), v: y.minus(&x).carry(), z: f.mul(&g), t: e.mul(&h) };
        }
    }
}

impl<L: Lanes> ReadyPoints<L> {
    /// The points at as many places as there are lanes, stored as [`ReadyPoints::store`] does.
    #[inline(always)]
    pub fn load(lanes: L, places: &[&Stored; WIDTH_MAX]) -> Self {
        let Points { u, v, z, t } = Points::load(lanes, places);
        Self { u, v, z, twice_dt: t }
    }

    /// Writes the points to as many places of a table, 2d T where T would stand.
    #[inline(always)]
    pub fn store(&self, table: &mut [Stored], places: &[usize; WIDTH_MAX]) {
        store::<L>(&[self.u, self.v, self.z, self.twice_dt], table, places);
    }

    /// The negatives in `lanes`. 2d T is then turned.
    #[inline(always)]
    pub fn negated_if(&self, lanes: u8) -> Self {
        Self {
            u: self.u.replaced_if(lanes, &self.v),
            v: self.v.replaced_if(lanes, &self.u),
            z: self.z,
            twice_dt: self.twice_dt.negated_if(lanes),
        }
    }
}

impl<L: Lanes> AffinePoints<L> {
    /// The points at as many places as there are lanes.
    #[inline(always)]
    pub fn load(lanes: L, places: &[&Affine; WIDTH_MAX]) -> Self {
        let [p0, p1, p2, p3, p4, p5, p6, p7] = places;
        let [a, b, c, d] = load(lanes, &[&p0.0, &p1.0, &p2.0, &p3.0, &p4.0, &p5.0, &p6.0, &p7.0]);
        Self {
            sum: lanes.field([a[0], a[1], a[2], a[3], b[0]]),
            difference: lanes.field([b[1], b[2], b[3], c[0], c[1]]),
            twice_dxy: lanes.field([c[2], c[3], d[0], d[1], d[2]]),
        }
    }

    /// The points in memory, lane by lane.
    #[inline(always)]
    pub fn to_memory(self) -> [Affine; WIDTH_MAX] {
        let v = self.sum.lanes().vector();
        let (s, d, t) = (self.sum.limbs(), self.difference.limbs(), self.twice_dxy.limbs());
        let words = [
            [s[0], s[1], s[2], s[3]],
            [s[4], d[0], d[1], d[2]],
            [d[3], d[4], t[0], t[1]],
            [t[2], t[3], t[4], v.splat(0)],
        ];
        let mut quads = [[[0; 4]; 4]; WIDTH_MAX];
        for (q, words) in words.iter().enumerate() {
            v.store(words, &mut quads, &IN_ORDER, q);
        }
        quads.map(Affine)
    }

    /// The point `other` in the lanes of `others`, `one` in the rest.
    #[inline(always)]
    pub fn spread(lanes: L, one: &Affine, other: &Affine, others: u8) -> Self {
        let v = lanes.vector();
        let (one, other) = (one.0.as_flattened(), other.0.as_flattened());
        let (one, others) = if others == 0xff { (other, 0) } else { (one, others) };
        let mut limbs = [v.splat(0); 15];
        for i in 0..15 {
            limbs[i] = v.splat(one[i]);
        }
        if others != 0 {
            for i in 0..15 {
                limbs[i] = v.replaced_if(others, limbs[i], v.splat(other[i]));
            }
        }
        let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o] = limbs;
        Self {
            sum: lanes.field([a, b, c, d, e]),
            difference: lanes.field([f, g, h, i, j]),
            twice_dxy: lanes.field([k, l, m, n, o]),
        }
    }

    /// The negatives in `lanes`. 2d xy is then turned.
    #[inline(always)]
    pub fn negated_if(&self, lanes: u8) -> Self {
        Self {
            sum: self.sum.replaced_if(lanes, &self.difference),
            difference: self.difference.replaced_if(lanes, &self.sum),
            twice_dxy: self.twice_dxy.negated_if(lanes),
        }
    }
}
