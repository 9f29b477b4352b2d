//! The random sum of many equations, by buckets.
//!
//! The sum Σ s P is cut by [`digits`](super::digits): window w holds digit w of every scalar, and weighs 2^(c w). Within a
//! window each point goes to the bucket of its digit, and bucket b counts b times:
//!
//! ```text
//!   Σ s P  =  Σ_w 2^(c w)  Σ_b b · bucket(w, b)
//! ```
//!
//! Three steps:
//!
//! 1. *Fill.* A row is as many digits of one signature as there are lanes, of its key or its nonce, each of another
//!    window. A vector adds the point, or its negative, to the buckets of a row, which are different ones since the
//!    windows are. Rows of the same windows follow each other for all signatures, so that the buckets in use stay near.
//!    The digit 0 has a bucket too, which is never read.
//!
//!    ```text
//!      digits of one signature   [ key 0 1 2 ... 41 | nonce 0 1 ... 21 ]      for digits of 6 bits
//!      rows of eight lanes       [ 0..8 ][ 8..16 ] ... [ 40 41 | 0..6 ] ... [ 14..22 ]
//!    ```
//!
//! 2. *Weigh.* Lane j takes the windows G j to G j + G - 1, G being all windows over the number of lanes. From the highest bucket down, a running
//!    sum of buckets is added to a total after each, so that bucket b is counted b times.
//! 3. *Join.* Windows of a lane, and lanes in the end, are joined from the highest down by doubling.
//!
//! More bits to a digit make fewer rows and more buckets: what costs least depends on the number of signatures.

use std::iter::once;

use super::digits::{Digits, negative_lanes};
use super::each::Equation;
use super::field::{Field as _, Lanes};
use super::memory::{IN_ORDER, Stored};
use super::point::{AffinePoints, BASE, NEUTRAL, Points};
use super::row::Row;
use super::scalar::{Scalar, Sum};
use crate::vector::{WIDTH_MAX, Work};

/// The digits of a row. Beyond the lanes there are, they are 0.
type RowDigits = [i8; WIDTH_MAX];

/// How a sum is cut, for digits of some number of bits.
#[derive(Clone, Copy, Debug)]
struct Cut {
    /// How many lanes there are.
    width: usize,
    bits: usize,
    /// The digits of a key, as many as the sum has windows.
    long: Digits,
    /// The digits of a nonce.
    short: Digits,
}

impl Cut {
    /// The cut that costs least for this many equations.
    fn of(equations: usize, width: usize) -> Self {
        let bits = match equations {
            0..=44 => 4,
            45..=60 => 5,
            61..=220 => 6,
            _ => 7,
        };
        Self { width, bits, long: Digits::of_halved(bits), short: Digits::of_128(bits) }
    }

    /// Buckets of a window: one for each size of a digit, and one for 0.
    fn buckets(self) -> usize {
        (1 << (self.bits - 1)) + 1
    }

    /// Rows of one signature.
    fn rows(self) -> usize {
        (self.long.count() + self.short.count()).div_ceil(self.width)
    }

    /// Windows in each lane when they are weighed.
    fn windows_per_lane(self) -> usize {
        self.long.count().div_ceil(self.width)
    }

    /// The window that a row has where it is longer than the digits, and that is not weighed.
    fn unused_window(self) -> usize {
        self.width * self.windows_per_lane()
    }

    /// The first bucket of each window of a row.
    fn window_starts(self, row: usize) -> [usize; WIDTH_MAX] {
        IN_ORDER.map(|lane| {
            let place = self.width * row + lane;
            let (long, short) = (self.long.count(), self.short.count());
            let window = if place < long {
                place
            } else if place < long + short {
                place - long
            } else {
                self.unused_window()
            };
            window * self.buckets()
        })
    }

    /// The lanes of a row that hold digits of a nonce.
    fn nonce_lanes(self, row: usize) -> u8 {
        (0..self.width)
            .filter(|lane| self.width * row + lane >= self.long.count())
            .fold(0, |lanes, lane| lanes | 1 << lane)
    }
}

/// Whether 8 Σ z (k A + R - S B) is neutral, with one z of `coefficients` for each of `equations`.
pub(super) struct IsNeutral<'a, L> {
    pub lanes: L,
    pub equations: &'a [Equation],
    pub coefficients: &'a [u128],
}

impl<L: Lanes> Work for IsNeutral<'_, L> {
    type Output = bool;

    #[inline(always)]
    fn run(self) -> bool {
        let Self { lanes, equations, coefficients } = self;
        let cut = Cut::of(equations.len(), L::WIDTH);
        let rows = rows(cut, equations, coefficients);
        let buckets = fill(lanes, cut, equations, &rows);
        let sum = weigh(lanes, cut, &buckets);
        let mut sum = join(&sum, cut.bits * cut.windows_per_lane());
        sum.double(3);
        sum.neutral_lanes() & 1 == 1
    }
}

/// The digits of z k and z of all equations and, in the end, of -Σ z S and 0, row by row: row r of n + 1 is at
/// r (n + 1).
fn rows(cut: Cut, equations: &[Equation], coefficients: &[u128]) -> Vec<RowDigits> {
    assert_eq!(equations.len(), coefficients.len(), "each equation has a coefficient");
    let places = equations.len() + 1;
    let mut rows = vec![[0; WIDTH_MAX]; cut.rows() * places];
    let mut digits = [0; 12 * WIDTH_MAX];
    let mut base = Sum::default();
    let terms = equations.iter().zip(coefficients).map(|(equation, z)| {
        base.add(&equation.s, *z);
        (equation.challenge.times(*z), *z)
    });
    let mut write = |i: usize, key: Scalar, nonce: u128| {
        let both = &mut digits[..cut.long.count() + cut.short.count()];
        let (key_digits, nonce_digits) = both.split_at_mut(cut.long.count());
        cut.long.write_halved(&key, key_digits);
        cut.short.write_128(nonce, nonce_digits);
        for (row, digits) in digits.chunks_exact(cut.width).take(cut.rows()).enumerate() {
            rows[row * places + i][..cut.width].copy_from_slice(digits);
        }
    };
    for (i, (key, nonce)) in terms.enumerate() {
        write(i, key, nonce);
    }
    write(equations.len(), base.reduced().negative(), 0);
    rows
}

/// All buckets of all windows, filled.
#[inline(always)]
fn fill<L: Lanes>(lanes: L, cut: Cut, equations: &[Equation], rows: &[RowDigits]) -> Vec<Stored> {
    let mut buckets = vec![NEUTRAL; (cut.unused_window() + 1) * cut.buckets()];
    for (row, digits) in rows.chunks_exact(equations.len() + 1).enumerate() {
        let (starts, nonce_lanes) = (cut.window_starts(row), cut.nonce_lanes(row));
        let points =
            equations.iter().map(|equation| (&equation.key, &equation.nonce)).chain(once((&BASE, &BASE)));
        for ((key, nonce), digits) in points.zip(digits) {
            let mut places = starts;
            for lane in 0..L::WIDTH {
                places[lane] += usize::from(digits[lane].unsigned_abs());
            }
            let point =
                AffinePoints::spread(lanes, key, nonce, nonce_lanes).negated_if(negative_lanes(digits));
            let mut sum = load(lanes, &buckets, &places);
            sum.add_affine(&point);
            sum.store(&mut buckets, &places);
        }
    }
    buckets
}

#[inline(always)]
fn load<L: Lanes>(lanes: L, buckets: &[Stored], places: &[usize; WIDTH_MAX]) -> Points<L> {
    let mut points = [&NEUTRAL; WIDTH_MAX];
    for lane in 0..L::WIDTH {
        points[lane] = &buckets[places[lane]];
    }
    Points::load(lanes, &points)
}

/// In each lane the sum of its windows, as if its lowest had the weight 1.
#[inline(always)]
fn weigh<L: Lanes>(lanes: L, cut: Cut, buckets: &[Stored]) -> Points<L> {
    let mut sum = Points::neutral(lanes);
    for window in (0..cut.windows_per_lane()).rev() {
        let mut places = [0; WIDTH_MAX];
        for (lane, place) in places[..L::WIDTH].iter_mut().enumerate() {
            *place = (lane * cut.windows_per_lane() + window + 1) * cut.buckets() - 1;
        }
        let mut ready = load(lanes, buckets, &places).ready();
        sum.double(cut.bits);
        sum.add(&ready);
        for _ in 2..cut.buckets() {
            for place in &mut places[..L::WIDTH] {
                *place -= 1;
            }
            let mut running = load(lanes, buckets, &places);
            running.add(&ready);
            ready = running.ready();
            sum.add(&ready);
        }
    }
    sum
}

/// In every lane, the sum of all lanes, each 2^`bits` times as heavy as the one before.
#[inline(always)]
fn join<L: Lanes>(points: &Points<L>, bits: usize) -> Points<L> {
    let lanes = points.u.lanes();
    let mut stored = [NEUTRAL; WIDTH_MAX];
    points.store(&mut stored, &IN_ORDER);
    let (highest, lower) = stored[..L::WIDTH].split_last().expect("there are lanes");
    let mut sum = Points::splat(lanes, highest);
    for lane in lower.iter().rev() {
        let mut all = [NEUTRAL; WIDTH_MAX];
        sum.store(&mut all, &IN_ORDER);
        let mut row = Row::load(lanes, &all[0]);
        row.double(bits);
        sum = Points::splat(lanes, &row.store());
        sum.add(&Points::splat(lanes, lane).ready());
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::Cut;

    #[test]
    fn every_digit_has_its_window_and_no_row_has_one_twice() {
        for (equations, width) in [1, 44, 45, 60, 61, 220, 221, 5000]
            .into_iter()
            .flat_map(|equations| [(equations, 4), (equations, 8)])
        {
            let cut = Cut::of(equations, width);
            let (long, short) = (cut.long.count(), cut.short.count());
            let unused = cut.unused_window();
            let mut used = vec![0; unused + 1];
            for row in 0..cut.rows() {
                let mut windows = cut.window_starts(row).map(|start| start / cut.buckets());
                let windows = &mut windows[..width];
                windows.iter().for_each(|window| used[*window] += 1);
                windows.sort_unstable();
                let twice = |pair: &[usize]| pair[0] == pair[1] && pair[0] != unused;
                assert!(!windows.windows(2).any(twice), "row {row} for {equations} equations");
                let nonces = cut.nonce_lanes(row).count_ones() as usize;
                assert_eq!(nonces, (width * (row + 1)).saturating_sub(long).min(width), "row {row}");
            }
            let expected = |window| usize::from(window < long) + usize::from(window < short);
            assert!((0..unused).all(|window| used[window] == expected(window)), "{equations} equations");
        }
    }
}
