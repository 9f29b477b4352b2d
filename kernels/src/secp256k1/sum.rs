//! Whether a sum of points, each times a scalar, is the point at infinity.
//!
//! ```text
//!   lane 0   start ─ ×8 + digit 43 of terms 0, 8, 16 … ─ ×8 + digit 42 … ─ … + digit 0 ──┐
//!   lane 1   start ─ ×8 + digit 43 of terms 1, 9, 17 … ─ …                               ├─ = 8^43 start × lanes ?
//!   …                                                                                    │
//!   lane 7   start ─ …                                                                   ┘
//! ```
//!
//! All terms of a lane share its doublings. Additions are of the plain kind that fails where the operands are equal up
//! to sign, or one of them is infinity. They say so: z becomes 0 and no later operation makes it anything else. A sum
//! with such a z is answered as if it were not infinity, so that a *yes* is always right. A *no* may then be wrong; every
//! lane starts at a secret point, so that no one can steer it there, and the caller asks for the terms again in smaller
//! sums, at last one by one in another way.

use super::digits::{DIGITS, POINTS, SHORT_DIGITS, TABLE};
use super::field::{Fe, Portable};
use super::lanes::{Entry, Lanes, Packed, Pick, Work};
use super::powers;
use super::table::Point;

/// A point times a scalar.
#[derive(Clone, Copy, Debug)]
pub(super) struct Term {
    /// Which table, of those behind each other, is the point's.
    pub table: u32,
    /// The scalar.
    pub digits: [u8; DIGITS],
}

/// Where the lanes start, and where a sum that is infinity leaves one lane.
#[derive(Clone, Copy, Debug)]
pub(super) struct Start {
    point: Point,
    end: Jacobian<Fe>,
    /// The same.
    end_point: Point,
}

/// The point (x / z², y / z³) in each lane; x of magnitude up to 5, y up to 3, z reduced. z = 0: lost, as above.
#[derive(Clone, Copy, Debug)]
pub(super) struct Jacobian<E> {
    pub x: E,
    pub y: E,
    pub z: E,
}

impl Start {
    /// Lanes that start at `point`, which nobody may know.
    pub fn at(point: Point) -> Self {
        let mut end = Jacobian { x: Fe::unpack(&point.x), y: Fe::unpack(&point.y), z: Fe::ONE };
        for _ in 0..3 * (DIGITS - 1) {
            end = double(Portable, &end);
        }
        let inverse = powers::inverse(&end.z);
        let squared = Portable.sqr(&inverse);
        let (x, y) =
            (Portable.mul(&end.x, &squared), Portable.mul(&end.y, &Portable.mul(&squared, &inverse)));
        Self { point, end, end_point: Point { x: x.pack(), y: y.pack() } }
    }

    /// All lanes there.
    #[inline(always)]
    pub fn in_each<L: Lanes>(&self, lanes: L) -> Jacobian<L::Element> {
        let Point { x, y } = self.point;
        Jacobian { x: lanes.splat(&x), y: lanes.splat(&y), z: lanes.splat(&[1, 0, 0, 0]) }
    }

    /// Where a lane ends that adds nothing.
    pub fn end(&self) -> Point {
        self.end_point
    }
}

/// Whether the sum of all terms is infinity. *No* may be wrong, see above. The terms with more than [`SHORT_DIGITS`]
/// digits come first, `long` of them.
pub(super) struct IsInfinity<'a> {
    pub start: &'a Start,
    pub tables: &'a [Entry],
    pub terms: &'a [Term],
    pub long: usize,
}

impl Work for IsInfinity<'_> {
    type Output = bool;

    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) -> bool {
        let sum = self.sum(lanes);
        let [mut x, mut y, mut z] = [[[0; 4]; 8]; 3];
        lanes.store(&sum.x, &mut x);
        lanes.store(&sum.y, &mut y);
        lanes.store(&sum.z, &mut z);
        let lane = |lane: usize| Jacobian {
            x: Fe::unpack(&x[lane]),
            y: Fe::unpack(&y[lane]),
            z: Fe::unpack(&z[lane]),
        };
        let (mut total, mut end) = (lane(0), self.start.end);
        for place in 1..L::WIDTH {
            total = add(&total, &lane(place));
        }
        for _ in 0..L::WIDTH.ilog2() {
            end = double(Portable, &end);
        }
        equal(&total, &end)
    }
}

impl IsInfinity<'_> {
    #[inline(always)]
    fn sum<L: Lanes>(&self, lanes: L) -> Jacobian<L::Element> {
        let mut sum = self.start.in_each(lanes);
        for position in (0..DIGITS).rev() {
            if position + 1 < DIGITS {
                for _ in 0..3 {
                    sum = double(lanes, &sum);
                }
            }
            let reach = if position < SHORT_DIGITS { self.terms.len() } else { self.long };
            for group in self.terms[..reach].chunks(L::WIDTH) {
                let (picks, there, negative) = picks(group, position);
                if there != 0 {
                    let (x, y) = lanes.gather(self.tables, &picks[..L::WIDTH]);
                    sum = add_affine(lanes, &sum, &x, &y, there, negative);
                }
            }
        }
        sum
    }
}

/// For each lane the point that its digit asks for; which lanes have one; and in which it is to be negated.
#[inline(always)]
pub(super) fn picks(group: &[Term], position: usize) -> ([Pick; 8], u8, u8) {
    let (mut picks, mut there, mut negative) = ([Pick::default(); 8], 0, 0);
    for (lane, term) in group.iter().enumerate() {
        let digit = &TABLE[usize::from(term.digits[position] & 63)];
        picks[lane] = Pick {
            entry: term.table * POINTS.len() as u32 + u32::from(digit.point),
            turn: u32::from(digit.turn),
        };
        there |= u8::from(term.digits[position] != 0) << lane;
        negative |= u8::from(digit.negative) << lane;
    }
    (picks, there, negative)
}

/// Twice a point.
#[inline(always)]
pub(super) fn double<L: Lanes>(lanes: L, point: &Jacobian<L::Element>) -> Jacobian<L::Element> {
    let slope = lanes.three_halves(&lanes.sqr(&point.x));
    let y_squared = lanes.sqr(&point.y);
    let t = lanes.mul(&point.x, &y_squared);
    let x = lanes.sub::<3>(&lanes.sqr(&slope), &lanes.add(&t, &t)); // magnitude 4
    let y = lanes.sub::<2>(&lanes.mul(&slope, &lanes.sub::<5>(&t, &x)), &lanes.sqr(&y_squared));
    Jacobian { x, y, z: lanes.mul(&point.y, &point.z) }
}

/// `sum` plus, in the lanes `there`, (x, y), or (x, -y) in those that are `negative`.
#[inline(always)]
pub(super) fn add_affine<L: Lanes>(
    lanes: L,
    sum: &Jacobian<L::Element>,
    x: &L::Element,
    y: &L::Element,
    there: u8,
    negative: u8,
) -> Jacobian<L::Element> {
    let z_squared = lanes.sqr(&sum.z);
    let across = lanes.sub::<6>(&lanes.mul(x, &z_squared), &sum.x);
    let scaled_y = lanes.mul(y, &lanes.mul(&z_squared, &sum.z));
    let rise = lanes.sub_signed(negative, &scaled_y, &sum.y);
    let new = finish(lanes, sum, &sum.z, &across, &rise);
    Jacobian {
        x: lanes.select(there, &new.x, &sum.x),
        y: lanes.select(there, &new.y, &sum.y),
        z: lanes.select(there, &new.z, &sum.z),
    }
}

/// The sum of two points, the first of them (x, y) of `from` over its z as `z` has brought both to one: `across` and
/// `rise` are the differences of their x and y, of magnitudes up to 7.
#[inline(always)]
fn finish<L: Lanes>(
    lanes: L,
    from: &Jacobian<L::Element>,
    z: &L::Element,
    across: &L::Element,
    rise: &L::Element,
) -> Jacobian<L::Element> {
    let squared = lanes.sqr(across);
    let cubed = lanes.mul(across, &squared);
    let v = lanes.mul(&from.x, &squared);
    let x = lanes.sub_thrice(&lanes.sqr(rise), &cubed, &v); // magnitude 5
    let y = lanes.mul_sub(rise, &lanes.sub::<6>(&v, &x), &from.y, &cubed);
    Jacobian { x, y, z: lanes.mul(z, across) }
}

/// The sum of two points, on one lane, also if they are equal, as lanes without terms are.
fn add(a: &Jacobian<Fe>, b: &Jacobian<Fe>) -> Jacobian<Fe> {
    let lanes = Portable;
    let (a_squared, b_squared) = (lanes.sqr(&a.z), lanes.sqr(&b.z));
    let x = lanes.mul(&a.x, &b_squared);
    let y = lanes.mul(&a.y, &lanes.mul(&b_squared, &b.z));
    let across = lanes.sub::<2>(&lanes.mul(&b.x, &a_squared), &x);
    let rise = lanes.sub::<2>(&lanes.mul(&b.y, &lanes.mul(&a_squared, &a.z)), &y);
    let z = lanes.mul(&a.z, &b.z);
    // A lost point may be all zeros and look equal to any: it has to stay lost.
    let zero: Packed = [0; 4];
    if across.pack() == zero && rise.pack() == zero && z.pack() != zero {
        return double(lanes, a);
    }
    finish(lanes, &Jacobian { x, y, z }, &z, &across, &rise)
}

/// Whether two points are equal and neither is lost.
fn equal(a: &Jacobian<Fe>, b: &Jacobian<Fe>) -> bool {
    let lanes = Portable;
    let same = |a: Fe, b: Fe| a.pack() == b.pack();
    let (a_squared, b_squared) = (lanes.sqr(&a.z), lanes.sqr(&b.z));
    let lost: Packed = [0; 4];
    a.z.pack() != lost
        && b.z.pack() != lost
        && same(lanes.mul(&a.x, &b_squared), lanes.mul(&b.x, &a_squared))
        && same(lanes.mul(&a.y, &lanes.mul(&b_squared, &b.z)), lanes.mul(&b.y, &lanes.mul(&a_squared, &a.z)))
}
