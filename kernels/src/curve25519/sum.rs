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
//! 1. *Fill.* A row is eight digits of one signature, of its key or its nonce, each of another window. A vector adds the
//!    point, or its negative, to the eight buckets of a row, which are different ones since the windows are. Rows of the
//!    same windows follow each other for all signatures, so that the buckets in use stay near. The digit 0 has a bucket
//!    too, which is never read.
//!
//!    ```text
//!      digits of one signature   [ key 0 1 2 ... 41 | nonce 0 1 ... 21 ]      for digits of 6 bits
//!      rows of eight lanes       [ 0..8 ][ 8..16 ] ... [ 40 41 | 0..6 ] ... [ 14..22 ]
//!    ```
//!
//! 2. *Weigh.* Lane j takes the windows G j to G j + G - 1, G an eighth of all. From the highest bucket down, a running
//!    sum of buckets is added to a total after each, so that bucket b is counted b times.
//! 3. *Join.* Windows of a lane, and lanes in the end, are joined from the highest down by doubling.
//!
//! More bits to a digit make fewer rows and more buckets: what costs least depends on the number of signatures.

use std::iter::once;

use super::digits::Digits;
use super::each::Equation;
use super::memory::negative_lanes;
use super::point::{AffinePoints, BASE, NEUTRAL, Points, Stored};
use super::row::Row;
use super::scalar::{Scalar, Sum};

/// How a sum is cut, for digits of some number of bits.
#[derive(Clone, Copy, Debug)]
struct Cut {
    bits: usize,
    /// The digits of a key, as many as the sum has windows.
    long: Digits,
    /// The digits of a nonce.
    short: Digits,
}

impl Cut {
    /// The cut that costs least for this many equations.
    fn of(equations: usize) -> Self {
        let bits = match equations {
            0..=48 => 4,
            49..=90 => 5,
            91..=250 => 6,
            _ => 7,
        };
        Self { bits, long: Digits::of_halved(bits), short: Digits::of_128(bits) }
    }

    /// Buckets of a window: one for each size of a digit, and one for 0.
    fn buckets(self) -> usize {
        (1 << (self.bits - 1)) + 1
    }

    /// Rows of eight digits of one term.
    fn rows(self) -> usize {
        (self.long.count() + self.short.count()).div_ceil(8)
    }

    /// Windows in each lane when they are weighed.
    fn windows_per_lane(self) -> usize {
        self.long.count().div_ceil(8)
    }

    /// The first bucket of each window of a row. Where a row is longer than the digits, it has a window of its own that
    /// is not weighed.
    fn window_starts(self, row: usize) -> [usize; 8] {
        [0, 1, 2, 3, 4, 5, 6, 7].map(|lane| {
            let place = 8 * row + lane;
            let (long, short) = (self.long.count(), self.short.count());
            let window = if place < long {
                place
            } else if place < long + short {
                place - long
            } else {
                8 * self.windows_per_lane()
            };
            window * self.buckets()
        })
    }

    /// The lanes of a row that hold digits of a nonce.
    fn nonce_lanes(self, row: usize) -> u8 {
        (0..8).filter(|lane| 8 * row + lane >= self.long.count()).map(|lane| 1 << lane).sum()
    }
}

/// Whether 8 Σ z (k A + R - S B) is neutral, with one z of `coefficients` for each of `equations`.
#[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
pub(super) fn is_neutral(equations: &[Equation], coefficients: &[u128]) -> bool {
    let cut = Cut::of(equations.len());
    let rows = rows(cut, equations, coefficients);
    let buckets = fill(cut, equations, &rows);
    let lanes = weigh(cut, &buckets);
    let mut sum = join(&lanes, cut.bits * cut.windows_per_lane());
    sum.double(3);
    sum.neutral_lanes() & 1 == 1
}

/// The digits of z k and z of all equations and, in the end, of -Σ z S and 0, row by row: row r of n + 1 is at
/// r (n + 1).
fn rows(cut: Cut, equations: &[Equation], coefficients: &[u128]) -> Vec<[i8; 8]> {
    assert_eq!(equations.len(), coefficients.len(), "each equation has a coefficient");
    let places = equations.len() + 1;
    let mut rows = vec![[0; 8]; cut.rows() * places];
    let mut digits = [[0; 8]; 12];
    let mut base = Sum::default();
    let terms = equations.iter().zip(coefficients).map(|(equation, z)| {
        base.add(&equation.s, *z);
        (equation.challenge.times(*z), *z)
    });
    let mut write = |i: usize, key: Scalar, nonce: u128| {
        let both = &mut digits.as_flattened_mut()[..cut.long.count() + cut.short.count()];
        let (key_digits, nonce_digits) = both.split_at_mut(cut.long.count());
        cut.long.write_halved(&key, key_digits);
        cut.short.write_128(nonce, nonce_digits);
        for row in 0..cut.rows() {
            rows[row * places + i] = digits[row];
        }
    };
    for (i, (key, nonce)) in terms.enumerate() {
        write(i, key, nonce);
    }
    write(equations.len(), base.reduced().negative(), 0);
    rows
}

/// All buckets of all windows, filled.
#[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
fn fill(cut: Cut, equations: &[Equation], rows: &[[i8; 8]]) -> Vec<Stored> {
    let mut buckets = vec![NEUTRAL; (8 * cut.windows_per_lane() + 1) * cut.buckets()];
    for (row, digits) in rows.chunks_exact(equations.len() + 1).enumerate() {
        let (starts, nonce_lanes) = (cut.window_starts(row), cut.nonce_lanes(row));
        let points =
            equations.iter().map(|equation| (&equation.key, &equation.nonce)).chain(once((&BASE, &BASE)));
        for ((key, nonce), digits) in points.zip(digits) {
            let mut places = starts;
            for lane in 0..8 {
                places[lane] += usize::from(digits[lane].unsigned_abs());
            }
            let point = AffinePoints::spread(key, nonce, nonce_lanes).negated_if(negative_lanes(digits));
            let mut sum = load(&buckets, &places);
            sum.add_affine(&point);
            sum.store(&mut buckets, &places);
        }
    }
    buckets
}

#[inline]
#[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
fn load(buckets: &[Stored], places: &[usize; 8]) -> Points {
    let [a, b, c, d, e, f, g, h] = *places;
    Points::load([
        &buckets[a],
        &buckets[b],
        &buckets[c],
        &buckets[d],
        &buckets[e],
        &buckets[f],
        &buckets[g],
        &buckets[h],
    ])
}

/// In each lane the sum of its windows, as if its lowest had the weight 1.
#[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
fn weigh(cut: Cut, buckets: &[Stored]) -> Points {
    let mut sum = Points::neutral();
    for window in (0..cut.windows_per_lane()).rev() {
        let mut places = [0; 8];
        for (lane, place) in places.iter_mut().enumerate() {
            *place = (lane * cut.windows_per_lane() + window + 1) * cut.buckets() - 1;
        }
        let mut ready = load(buckets, &places).ready();
        sum.double(cut.bits);
        sum.add(&ready);
        for _ in 2..cut.buckets() {
            for place in &mut places {
                *place -= 1;
            }
            let mut running = load(buckets, &places);
            running.add(&ready);
            ready = running.ready();
            sum.add(&ready);
        }
    }
    sum
}

/// In every lane, the sum of all lanes, each 2^`bits` times as heavy as the one before.
#[target_feature(enable = "avx512bw,avx512dq,avx512ifma")]
fn join(lanes: &Points, bits: usize) -> Points {
    let mut sum = Row::of_lane(lanes, 7).to_points();
    for lane in (0..7).rev() {
        let mut row = Row::of_lane(&sum, 0);
        row.double(bits);
        sum = row.to_points();
        sum.add(&Row::of_lane(lanes, lane).to_points().ready());
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::Cut;

    #[test]
    fn every_digit_has_its_window_and_no_row_has_one_twice() {
        for equations in [1, 48, 49, 90, 91, 250, 251, 5000] {
            let cut = Cut::of(equations);
            let (long, short) = (cut.long.count(), cut.short.count());
            let unused = 8 * cut.windows_per_lane();
            let mut used = vec![0; unused + 1];
            for row in 0..cut.rows() {
                let mut windows = cut.window_starts(row).map(|start| start / cut.buckets());
                windows.iter().for_each(|window| used[*window] += 1);
                windows.sort_unstable();
                let twice = |pair: &[usize]| pair[0] == pair[1] && pair[0] != unused;
                assert!(!windows.windows(2).any(twice), "row {row} for {equations} equations");
                let nonces = cut.nonce_lanes(row).count_ones() as usize;
                assert_eq!(nonces, (8 * row + 8).saturating_sub(long).min(8), "row {row}");
            }
            let expected = |window| usize::from(window < long) + usize::from(window < short);
            assert!((0..unused).all(|window| used[window] == expected(window)), "{equations} equations");
        }
    }
}
