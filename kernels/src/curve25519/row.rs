//! One point across four lanes, for a long chain of doublings of that point alone.
//!
//! As many points as there are lanes are doubled in the time of eight products, whether all are wanted or one. A single
//! point is sooner done when its coordinates are the lanes, since then a double is two products, four numbers wide:
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
//! The formulas are those of [`point`](super::point), and so are the ranges. Lanes beyond are zero.

use super::field::{Field as _, Lanes, Limbs, Wide as _};
use super::memory::Stored;
use super::point::NEUTRAL;
use crate::vector::{Vector as _, WIDTH_MAX, Work};

/// One point: u, v, Z and T in lanes 0 to 3.
#[derive(Clone, Copy)]
pub(super) struct Row<L: Lanes>(L::Field);

impl<L: Lanes> Row<L> {
    /// The point that was stored.
    #[inline(always)]
    pub fn load(lanes: L, point: &Stored) -> Self {
        let (numbers, _) = point.as_flattened().as_chunks::<5>();
        let v = lanes.vector();
        let mut limbs: Limbs<L> = [v.splat(0); 5];
        for (i, limb) in limbs.iter_mut().enumerate() {
            let mut words = [0; WIDTH_MAX];
            for (word, number) in words.iter_mut().zip(numbers) {
                *word = number[i];
            }
            *limb = v.pack(&words);
        }
        Self(lanes.field(limbs))
    }

    /// The point to store.
    #[inline(always)]
    pub fn store(&self) -> Stored {
        let v = self.0.lanes().vector();
        let mut point = NEUTRAL;
        for (i, limb) in self.0.limbs().into_iter().enumerate() {
            let (numbers, _) = point.as_flattened_mut().as_chunks_mut::<5>();
            for (number, word) in numbers.iter_mut().zip(v.unpack(limb)) {
                number[i] = word;
            }
        }
        point
    }

    /// Doubles the point `times` times.
    #[inline(always)]
    pub fn double(&mut self, times: usize) {
        self.0.lanes().call(Double(self, times));
    }
}

/// [`Row::double`], in a function of its own.
struct Double<'a, L: Lanes>(&'a mut Row<L>, usize);

impl<L: Lanes> Work for Double<'_, L> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self(Row(point), times) = self;
        for _ in 0..times {
            let others = point.arranged::<{ order(0, 1, 2, 1) }>(0b1111);
            let ours = point.arranged::<{ order(0, 1, 2, 0) }>(0b1111);
            let product = ours.times(&others);
            let twice = product.plus(&product.arranged::<{ order(0, 1, 2, 3) }>(0b1100));
            let scaled = twice.plus(&twice.arranged::<{ order(0, 1, 2, 3) }>(0b0100));
            let left = scaled
                .arranged::<{ order(0, 3, 2, 0) }>(0b1111)
                .plus(&scaled.arranged::<{ order(1, 0, 3, 1) }>(0b1101).negated_if(0b1111));
            let right = scaled
                .arranged::<{ order(2, 0, 3, 0) }>(0b1111)
                .plus(&scaled.arranged::<{ order(3, 1, 0, 1) }>(0b1011).negated_if(0b0001));
            let product = left.carry().times(&right.carry());
            let sums = product
                .arranged::<{ order(1, 1, 2, 3) }>(0b1111)
                .plus(&product.arranged::<{ order(0, 0, 0, 0) }>(0b0011).negated_if(0b0010));
            *point = sums.carry();
        }
    }
}

/// Which lane each of four takes, as [`Vector::arranged`](crate::vector::Vector::arranged) wants it.
const fn order(a: i32, b: i32, c: i32, d: i32) -> i32 {
    a | b << 2 | c << 4 | d << 6
}
