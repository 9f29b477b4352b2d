//! Keys of signatures of which nobody says whose they are, recovered many at once: a signature to a lane.
//!
//! ```text
//!   r, parity ── square roots ──> R ── tables of all ──┐
//!   r, s, e ── one inversion ──> s / r, -e / r ────────┴─> start ─ ×8 + digits 43 ─ ×8 + digits 42 ─ … ─ - 8^43 start
//!                                                                                                         │
//!                                                       Q, with one inversion for all <───────────────────┘
//! ```
//!
//! Q = (s R - e G) / r. A lane adds multiples of its own R and of G, and shares nothing with the others but what inverts:
//! no random number is in it, no sum is made of several signatures, and what it costs does not depend on what was sent.
//! Additions fail as told in `sum.rs`, and say so. A lane starts at a secret point, so that nobody can steer it there;
//! what is lost nevertheless, and infinity, which looks the same, is asked of libsecp256k1.

use super::digits::{DIGITS, digits};
use super::lanes::{Entry, Lanes, Work};
use super::level::Level;
use super::recovery::Claim;
use super::scalar::{self, Scalar};
use super::sum::{Start, Term, add_affine, double, picks};
use super::table::{BASE, Decompress, Point, Tables, invert_all};
use crate::ecdsa;

/// How many are recovered together at most: their tables, of 1.4 KB each, should stay near.
const TOGETHER_MAX: usize = 64;

/// From how many on it is quicker than one by one: never on one lane, nor on four. The test `what_a_key_recovered_in_lanes_takes`
/// measures it.
fn count_min(level: Level) -> usize {
    #[cfg(target_arch = "x86_64")]
    if level.ifma().is_some() {
        return 3;
    } else if level.avx512().is_some() {
        return 16;
    }
    let _ = level;
    usize::MAX
}

/// What [`ecdsa::recover`] says of each of `claims`, whose r and s are in their ranges and whose parities are 0 or 1; x ‖ y.
pub(super) fn recover_each(claims: &[Claim], start: &Start, level: Level) -> Vec<Option<[u8; 64]>> {
    let plainly = |claim: &Claim| ecdsa::recover(claim.digest, claim.signature, claim.y_parity);
    let mut keys = Vec::with_capacity(claims.len());
    let parts = claims.len().div_ceil(TOGETHER_MAX).max(1);
    for claims in claims.chunks(claims.len().div_ceil(parts).max(1)) {
        if claims.len() < count_min(level) {
            keys.extend(claims.iter().map(plainly));
        } else {
            let found = recover_together(claims, start, level);
            keys.extend(claims.iter().zip(found).map(|(claim, found)| match found {
                Found::Key(point) => Some(point.to_bytes()),
                Found::Nothing => None,
                Found::Lost => plainly(claim),
            }));
        }
    }
    keys
}

/// What becomes of a lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    Key(Point),
    /// r is the x of no point.
    Nothing,
    /// An addition met equal points, opposite points or infinity.
    Lost,
}

pub(super) fn recover_together(claims: &[Claim], start: &Start, level: Level) -> Vec<Found> {
    let wanted: Vec<_> = claims.iter().map(|one| (scalar::words(half(one, 0)), one.y_parity == 1)).collect();
    let nonces = level.run(Decompress(&wanted));
    let with_nonce = || claims.iter().zip(&nonces).filter_map(|(one, nonce)| Some((one, (*nonce)?)));
    let mut points = vec![BASE];
    points.extend(with_nonce().map(|(_, nonce)| nonce));
    let mut inverses: Vec<_> = with_nonce().map(|(one, _)| Scalar::from_bytes(half(one, 0))).collect();
    Scalar::invert_all(&mut inverses);
    let (mut of_base, mut of_nonce) =
        (Vec::with_capacity(inverses.len()), Vec::with_capacity(inverses.len()));
    for (at, ((one, _), inverse)) in with_nonce().zip(&inverses).enumerate() {
        let own = Scalar::from_bytes(half(one, 32)).times(inverse);
        let base = Scalar::ZERO.minus(&Scalar::from_bytes(one.digest).times(inverse));
        of_base.push(Term { table: 0, digits: digits(&base) });
        of_nonce.push(Term { table: at as u32 + 1, digits: digits(&own) });
    }
    let tables = level.run(Tables(&points));
    let mut sums = level.run(EachSum { start, tables: &tables, terms: [&of_base, &of_nonce] }).into_iter();
    let found = nonces.iter().map(|nonce| match nonce {
        None => Found::Nothing,
        Some(_) => sums.next().expect("one for each nonce").map_or(Found::Lost, Found::Key),
    });
    found.collect()
}

/// r, from 0, or s, from 32.
fn half<'a>(claim: &Claim<'a>, from: usize) -> &'a [u8; 32] {
    claim.signature[from..].first_chunk().expect("32 bytes from 0 or 32")
}

/// The sum of the terms at each place of both lists, which are equally long; none where it was lost or is infinity.
struct EachSum<'a> {
    start: &'a Start,
    tables: &'a [Entry],
    terms: [&'a [Term]; 2],
}

impl Work for EachSum<'_> {
    type Output = Vec<Option<Point>>;

    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) -> Self::Output {
        // Loops and no closures, which might be compiled apart from here, without the lanes' instructions.
        let groups = self.terms[0].len().div_ceil(L::WIDTH);
        let (mut numerators, mut denominators) = (Vec::with_capacity(groups), Vec::with_capacity(groups));
        let mut lost = Vec::with_capacity(groups * L::WIDTH);
        for (of_base, of_nonce) in self.terms[0].chunks(L::WIDTH).zip(self.terms[1].chunks(L::WIDTH)) {
            let (x, y, z) = self.sum(lanes, [of_base, of_nonce]);
            // What is lost must not spoil the product that is inverted for all.
            let mut words = [[0; 4]; 8];
            lanes.store(&z, &mut words);
            for word in &mut words[..L::WIDTH] {
                lost.push(*word == [0; 4]);
                if *word == [0; 4] {
                    *word = [1, 0, 0, 0];
                }
            }
            numerators.push((x, y));
            denominators.push(lanes.load(&words));
        }
        invert_all(lanes, &mut denominators);
        let mut points = Vec::with_capacity(groups * L::WIDTH);
        for ((x, y), inverse) in numerators.iter().zip(&denominators) {
            let squared = lanes.sqr(inverse);
            let (mut xs, mut ys) = ([[0; 4]; 8], [[0; 4]; 8]);
            lanes.store(&lanes.mul(x, &squared), &mut xs);
            lanes.store(&lanes.mul(y, &lanes.mul(&squared, inverse)), &mut ys);
            for lane in 0..L::WIDTH {
                let is_lost: bool = lost[points.len()];
                points.push((!is_lost).then_some(Point { x: xs[lane], y: ys[lane] }));
            }
        }
        points.truncate(self.terms[0].len());
        points
    }
}

impl EachSum<'_> {
    /// x, y and z of each lane's sum, as those of a `Jacobian`.
    #[inline(always)]
    fn sum<L: Lanes>(&self, lanes: L, terms: [&[Term]; 2]) -> (L::Element, L::Element, L::Element) {
        let mut sum = self.start.in_each(lanes);
        for position in (0..DIGITS).rev() {
            if position + 1 < DIGITS {
                for _ in 0..3 {
                    sum = double(lanes, &sum);
                }
            }
            for group in terms {
                let (picks, there, negative) = picks(group, position);
                if there != 0 {
                    let (x, y) = lanes.gather(self.tables, &picks[..L::WIDTH]);
                    sum = add_affine(lanes, &sum, &x, &y, there, negative);
                }
            }
        }
        let Point { x, y } = self.start.end();
        sum = add_affine(lanes, &sum, &lanes.splat(&x), &lanes.splat(&y), u8::MAX, u8::MAX);
        (sum.x, sum.y, sum.z)
    }
}
