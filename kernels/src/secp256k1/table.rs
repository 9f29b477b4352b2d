//! Points from their x, and the eleven multiples of each point that the digits of a scalar ask for.
//!
//! Both are made for many points at once, a point to a lane. The multiples come in two rounds of affine additions, each
//! with one inversion for all points:
//!
//! ```text
//!   P ──> 1 - ω,  2                                                     P minus ω P; P doubled
//!     ──> 2 - ω,  2 - ω²,  3,  2 - 2 ω,  3 - ω,  3 - ω²,  4,  3 - 2 ω   sums of those, times units
//! ```
//!
//! No addition meets equal points, opposite points or infinity: two of the operands would have to be equal up to a unit,
//! and so an Eisenstein integer of norm 1 to 64 would map P to infinity, when the least norm that does is n.

use super::digits::POINTS;
use super::field::{Fe, PRIME, Portable};
use super::lanes::{Entry, Lanes, Packed, Work};
use super::powers::{self, square_roots};
use super::scalar;

/// β, a third root of one.
const BETA: Packed =
    [0xc139_6c28_7195_01ee, 0x9cf0_4975_12f5_8995, 0x6e64_479e_ac34_34e9, 0x7ae9_6a2b_657c_0710];

/// A point of the curve: x and y, each below p.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Point {
    pub x: Packed,
    pub y: Packed,
}

impl Point {
    /// x ‖ y, big-endian.
    pub fn to_bytes(self) -> [u8; 64] {
        let mut bytes = [0; 64];
        bytes[..32].copy_from_slice(&scalar::bytes(&self.x));
        bytes[32..].copy_from_slice(&scalar::bytes(&self.y));
        bytes
    }
}

/// The base point.
pub(super) const BASE: Point = Point {
    x: [0x59f2_815b_16f8_1798, 0x029b_fcdb_2dce_28d9, 0x55a0_6295_ce87_0b07, 0x79be_667e_f9dc_bbac],
    y: [0x9c47_d08f_fb10_d4b8, 0xfd17_b448_a685_5419, 0x5da4_fbfc_0e11_08a8, 0x483a_da77_26a3_c465],
};

/// How many vectors of square roots are taken at once: one alone would wait for itself.
const ROOTS: usize = 2;

/// The point with each x, below p, and the parity of y beside it; none where x is of no point.
pub(super) struct Decompress<'a>(pub &'a [(Packed, bool)]);

impl Work for Decompress<'_> {
    type Output = Vec<Option<Point>>;

    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) -> Self::Output {
        let seven = lanes.splat(&[7, 0, 0, 0]);
        let mut points = Vec::with_capacity(self.0.len());
        for wanted in self.0.chunks(ROOTS * L::WIDTH) {
            let mut xs = [BASE.x; ROOTS * 8];
            for (x, (wanted, _)) in xs.iter_mut().zip(wanted) {
                *x = *wanted;
            }
            // y² = x³ + 7
            let mut cubes = [seven; ROOTS];
            for (place, cube) in cubes.iter_mut().enumerate() {
                let x = lanes.load(&xs[place * L::WIDTH..]);
                *cube = lanes.add(&lanes.mul(&lanes.sqr(&x), &x), &seven);
            }
            let roots = square_roots(lanes, cubes);
            let [mut ys, mut squares, mut right] = [[[0; 4]; ROOTS * 8]; 3];
            for place in 0..ROOTS {
                let at = place * L::WIDTH;
                lanes.store(&roots[place], &mut ys[at..]);
                lanes.store(&lanes.sqr(&roots[place]), &mut squares[at..]);
                lanes.store(&cubes[place], &mut right[at..]);
            }
            points.extend(wanted.iter().enumerate().map(|(place, &(x, odd))| {
                let y = ys[place];
                // y is never 0: the order of the group is odd.
                let y = if (y[0] & 1 == 1) == odd { y } else { scalar::sub(&PRIME, &y).0 };
                (squares[place] == right[place]).then_some(Point { x, y })
            }));
        }
        points
    }
}

/// The table of each point: [`POINTS`] times it, one table behind the other.
pub(super) struct Tables<'a>(pub &'a [Point]);

/// x and y of a point in each lane, reduced.
#[derive(Clone, Copy)]
struct Affine<E> {
    x: E,
    y: E,
}

/// The first three multiples in each lane.
type First<E> = [Affine<E>; 3];

/// How many multiples the second round makes.
const SECOND: usize = POINTS.len() - 3;

impl Work for Tables<'_> {
    type Output = Vec<Entry>;

    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) -> Vec<Entry> {
        // Loops and no closures, which might be compiled apart from here, without the lanes' instructions.
        let beta = lanes.splat(&BETA);
        let groups = self.0.len().div_ceil(L::WIDTH);
        let (mut points, mut inverses) = (Vec::with_capacity(groups), Vec::with_capacity(groups));
        for chunk in self.0.chunks(L::WIDTH) {
            let (mut xs, mut ys) = ([BASE.x; 8], [BASE.y; 8]);
            for (lane, point) in chunk.iter().enumerate() {
                (xs[lane], ys[lane]) = (point.x, point.y);
            }
            let point = Affine { x: lanes.load(&xs), y: lanes.load(&ys) };
            // Both denominators of the first round come from 1 / (x y): 1 / (2 y), and 1 / (x - β x).
            inverses.push(lanes.mul(&point.x, &point.y));
            points.push(point);
        }
        invert_all(lanes, &mut inverses);
        let (mut firsts, mut denominators) =
            (Vec::with_capacity(groups), Vec::with_capacity(groups * SECOND));
        for (point, inverse) in points.iter().zip(&inverses) {
            let (first, divisors) = first_round(lanes, &beta, point, inverse);
            firsts.push(first);
            denominators.extend_from_slice(&divisors);
        }
        invert_all(lanes, &mut denominators);
        let mut tables = vec![Entry::default(); self.0.len() * POINTS.len()];
        let mut entries = [Entry::default(); 8];
        let chunks = tables.chunks_mut(L::WIDTH * POINTS.len());
        for ((chunk, first), inverses) in chunks.zip(&firsts).zip(denominators.as_chunks::<SECOND>().0) {
            let second = second_round(lanes, &beta, first, inverses);
            for (place, point) in first.iter().chain(&second).enumerate() {
                let turned = lanes.mul(&point.x, &beta);
                lanes.scatter([&point.x, &turned, &third(lanes, &point.x, &turned)], &point.y, &mut entries);
                for (table, entry) in chunk[place..].chunks_mut(POINTS.len()).zip(&entries) {
                    table[0] = *entry;
                }
            }
        }
        tables
    }
}

/// The sum of two points with the slope `slope` between them; the x of the second is of magnitude up to 3.
#[inline(always)]
fn chord<L: Lanes>(
    lanes: L,
    a: &Affine<L::Element>,
    b_x: &L::Element,
    slope: &L::Element,
) -> Affine<L::Element> {
    let x = lanes.reduce(&lanes.sub::<5>(&lanes.sqr(slope), &lanes.add(&a.x, b_x)));
    let y = lanes.reduce(&lanes.sub::<2>(&lanes.mul(slope, &lanes.sub::<2>(&a.x, &x)), &a.y));
    Affine { x, y }
}

/// The slope of the tangent, 3 x² / (2 y), given 1 / (2 y).
#[inline(always)]
fn tangent<L: Lanes>(lanes: L, point: &Affine<L::Element>, inverse: &L::Element) -> L::Element {
    let squared = lanes.sqr(&point.x);
    lanes.mul(&lanes.add(&lanes.add(&squared, &squared), &squared), inverse)
}

/// ω² times the x of a point, given x and ω x: the three add up to zero. Magnitude 3.
#[inline(always)]
fn third<L: Lanes>(lanes: L, x: &L::Element, turned: &L::Element) -> L::Element {
    lanes.sub::<3>(&lanes.splat(&[0; 4]), &lanes.add(x, turned))
}

/// P, (1 - ω) P and 2 P, and what divides the slopes of the second round. `inverse` is 1 / (x y).
#[inline(always)]
fn first_round<L: Lanes>(
    lanes: L,
    beta: &L::Element,
    point: &Affine<L::Element>,
    inverse: &L::Element,
) -> (First<L::Element>, [L::Element; SECOND]) {
    let turned = lanes.mul(&point.x, beta);
    // P - ω P: the slope is (y + y) / (x - β x).
    let difference_inverse =
        lanes.mul(&lanes.mul(inverse, &point.y), &lanes.splat(&INVERSE_OF_ONE_LESS_BETA));
    let slope = lanes.mul(&lanes.add(&point.y, &point.y), &difference_inverse);
    let theta = chord(lanes, point, &turned, &slope);
    // 2 P: the slope is 3 x² / (2 y).
    let slope = lanes.mul(&lanes.three_halves(&lanes.sqr(&point.x)), &lanes.mul(inverse, &point.x));
    let double = chord(lanes, point, &point.x, &slope);
    let theta_third = third(lanes, &theta.x, &lanes.mul(&theta.x, beta));
    let (to_turned, to_third) =
        (lanes.sub::<2>(&double.x, &turned), lanes.sub::<4>(&double.x, &third(lanes, &point.x, &turned)));
    let to_point = lanes.sub::<2>(&double.x, &point.x);
    // 3 P has x = (N / d)² - x₂ - x with d = x₂ - x and N = y₂ - y, and 3 P - 2 ω P the denominator x₃ - β x₂:
    // times d², N² - (x₂ + x + β x₂) d². Since 1 + β = -β², this is N² + (β² x₂ - x) d².
    let rise = lanes.sub::<2>(&double.y, &point.y);
    let double_third = third(lanes, &double.x, &lanes.mul(&double.x, beta));
    let last = lanes
        .add(&lanes.sqr(&rise), &lanes.mul(&lanes.sub::<2>(&double_third, &point.x), &lanes.sqr(&to_point)));
    let denominators = [
        to_turned,
        to_third,
        to_point,
        lanes.add(&theta.y, &theta.y),
        lanes.sub::<2>(&double.x, &theta.x),
        lanes.sub::<4>(&double.x, &theta_third),
        lanes.add(&double.y, &double.y),
        last,
    ];
    ([*point, theta, double], denominators)
}

/// The other multiples. `inverses` are those of the round's denominators.
#[inline(always)]
fn second_round<L: Lanes>(
    lanes: L,
    beta: &L::Element,
    first: &First<L::Element>,
    inverses: &[L::Element; SECOND],
) -> [Affine<L::Element>; SECOND] {
    let [point, theta, double] = first;
    let [to_turned, to_third, to_point, theta_double, to_theta, to_theta_third, double_double, last] =
        inverses;
    let turned = lanes.mul(&point.x, beta);
    let point_third = third(lanes, &point.x, &turned);
    let theta_third = third(lanes, &theta.x, &lanes.mul(&theta.x, beta));
    // 2 - u: the slope is (y₂ + y) / (x₂ - x of u P).
    let both = lanes.add(&double.y, &point.y);
    let rise = lanes.sub::<2>(&double.y, &point.y);
    let minus_turned = chord(lanes, double, &turned, &lanes.mul(&both, to_turned));
    let minus_third = chord(lanes, double, &point_third, &lanes.mul(&both, to_third));
    let triple = chord(lanes, double, &point.x, &lanes.mul(&rise, to_point));
    let theta_twice = chord(lanes, theta, &theta.x, &tangent(lanes, theta, theta_double));
    // 3 - ω = 2 + (1 - ω), and 3 - ω² = 2 + (1 - ω²), where 1 - ω² = -ω² (1 - ω).
    let sum = chord(lanes, double, &theta.x, &lanes.mul(&lanes.sub::<2>(&double.y, &theta.y), to_theta));
    let other = lanes.add(&double.y, &theta.y);
    let other_sum = chord(lanes, double, &theta_third, &lanes.mul(&other, to_theta_third));
    let quadruple = chord(lanes, double, &double.x, &tangent(lanes, double, double_double));
    // 3 - 2 ω: the slope is (y₃ + y₂) / (x₃ - β x₂), and the inverse lacks the factor d².
    let d = lanes.sub::<2>(&double.x, &point.x);
    let slope = lanes.mul(&lanes.mul(&lanes.add(&triple.y, &double.y), &lanes.sqr(&d)), last);
    let long = chord(lanes, &triple, &lanes.mul(&double.x, beta), &slope);
    [minus_turned, minus_third, triple, theta_twice, sum, other_sum, quadruple, long]
}

/// 1 / (1 - β) = (2 + β) / 3.
const INVERSE_OF_ONE_LESS_BETA: Packed =
    [0xeb13_240c_d086_fe1a, 0x89a5_6dd1_b0fc_8331, 0x7a21_6d34_e411_66f8, 0xd3a3_2363_cc7e_ad05];

/// Inverts each of `elements`, of magnitudes up to 12 and none of them zero, with one inversion for all lanes.
#[inline(always)]
pub(super) fn invert_all<L: Lanes>(lanes: L, elements: &mut [L::Element]) {
    let one = lanes.splat(&[1, 0, 0, 0]);
    let mut product = one;
    let mut before = Vec::with_capacity(elements.len());
    for element in elements.iter() {
        before.push(product);
        product = lanes.mul(&product, element);
    }
    let mut words = [[0; 4]; 8];
    lanes.store(&product, &mut words);
    invert_words(&mut words[..L::WIDTH]);
    let mut inverse = lanes.load(&words);
    for (element, before) in elements.iter_mut().zip(before).rev() {
        let this = lanes.mul(&inverse, &before);
        inverse = lanes.mul(&inverse, element);
        *element = this;
    }
}

/// Inverts numbers below p, none of them zero, with one inversion.
fn invert_words(words: &mut [Packed]) {
    let mut product = Fe::ONE;
    let mut before = [Fe::ONE; 8];
    for (before, words) in before.iter_mut().zip(words.iter()) {
        *before = product;
        product = Portable.mul(&product, &Fe::unpack(words));
    }
    let mut inverse = powers::inverse(&product);
    for (words, before) in words.iter_mut().zip(before).rev() {
        let this = Portable.mul(&inverse, &before);
        inverse = Portable.mul(&inverse, &Fe::unpack(words));
        *words = this.pack();
    }
}
