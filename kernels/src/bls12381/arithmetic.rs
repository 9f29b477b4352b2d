//! The steps of a batch, with the instructions of a level: eight at a time in lanes, or by blst.

#[cfg(target_arch = "x86_64")]
use blst::blst_p2_affine;
use blst::{blst_p1, blst_p1_affine};

use super::coefficients::Coefficient;
use super::level::{Kind, Level};
#[cfg(target_arch = "x86_64")]
use super::points::Start;
use super::points::{self, G1, G2};

/// Up to here, one after the other costs less than eight lanes that are mostly empty.
#[cfg(target_arch = "x86_64")]
const FEW: usize = 2;

/// From here on, a sum of points costs less if they share doublings than if each lane is of one point.
const MANY: usize = 16;

/// Pairs that share a loop. More gain nothing and need more memory than is near.
#[cfg(target_arch = "x86_64")]
const PAIRS_MAX: usize = 64;

/// What it takes to verify, in microseconds of one core of a Zen 4. Only the ratios matter.
#[derive(Clone, Copy, Debug)]
pub(super) struct Prices {
    /// Of a sum of equations: a final exponentiation, and the pairing of the sum of signatures.
    pub sum: u64,
    /// What each different message adds: its pairing.
    pub message: u64,
    /// What each signature adds: two points times a coefficient.
    pub signature: u64,
    /// Of one equation by itself.
    pub alone: u64,
}

/// What computes.
#[derive(Clone, Debug)]
pub(super) struct Arithmetic {
    level: Level,
    #[cfg(target_arch = "x86_64")]
    starts: (Start<blst_p1_affine>, Start<blst_p2_affine>),
}

impl Arithmetic {
    /// `seed` is secret.
    #[cfg(target_arch = "x86_64")]
    pub fn new(level: Level, seed: &[u8; 32]) -> Self {
        let scalar = |what: &str| *blake3::keyed_hash(seed, what.as_bytes()).as_bytes();
        Self { level, starts: (G1::start(&scalar("start in G1")), G2::start(&scalar("start in G2"))) }
    }

    /// `seed` is secret.
    #[cfg(not(target_arch = "x86_64"))]
    pub fn new(level: Level, _seed: &[u8; 32]) -> Self {
        Self { level }
    }

    pub fn prices(&self) -> Prices {
        match self.level.0 {
            Kind::Portable => Prices { sum: 520, message: 180, signature: 80, alone: 765 },
            #[cfg(target_arch = "x86_64")]
            Kind::Ifma(_) => Prices { sum: 520, message: 50, signature: 20, alone: 765 },
        }
    }

    /// The points that the encodings stand for, where rules 1 to 3 hold of them.
    pub fn decode(&self, encodings: &[&[u8; 96]]) -> Vec<Option<G2>> {
        match self.level.0 {
            Kind::Portable => encodings.iter().map(|encoding| G2::decode(encoding)).collect(),
            #[cfg(target_arch = "x86_64")]
            Kind::Ifma(ifma) => by_eight(
                encodings,
                |some| ifma.decode(some).into_iter().map(|point| point.map(G2)).collect(),
                |encoding| G2::decode(encoding),
            ),
        }
    }

    /// The hashes of messages under `tag` (rule 4).
    pub fn hash(&self, messages: &[&[u8]], tag: &[u8]) -> Vec<G2> {
        let hashes: Vec<_> = match self.level.0 {
            Kind::Portable => messages.iter().map(|message| points::hash(message, tag)).collect(),
            #[cfg(target_arch = "x86_64")]
            Kind::Ifma(ifma) => by_eight(
                messages,
                |some| {
                    let bytes: Vec<_> = some.iter().map(|message| points::expand(message, tag)).collect();
                    let hashes = ifma.hash(&bytes).into_iter().zip(some);
                    hashes.map(|(hash, message)| hash.unwrap_or_else(|| points::hash(message, tag))).collect()
                },
                |message| points::hash(message, tag),
            ),
        };
        G2::normalized(&hashes)
    }

    /// For each group of keys their sum, each key times its coefficient.
    pub fn combine_keys(&self, groups: &[(&[G1], &[Coefficient])]) -> Vec<G1> {
        let small = || groups.iter().filter(|(keys, _)| keys.len() < MANY);
        let keys: Vec<_> = small().flat_map(|(keys, _)| *keys).map(|key| key.0).collect();
        let coefficients: Vec<_> = small().flat_map(|(_, coefficients)| *coefficients).copied().collect();
        let mut multiples = self.multiples(&keys, &coefficients).map(Vec::into_iter);
        let sums: Vec<_> = groups
            .iter()
            .map(|(keys, coefficients)| match &mut multiples {
                _ if keys.len() >= MANY => self.combine_many(keys, coefficients),
                Some(multiples) => G1::joined(&multiples.take(keys.len()).collect::<Vec<_>>()),
                None => G1::combination(keys, coefficients),
            })
            .collect();
        G1::normalized(&sums)
    }

    /// Each key times its coefficient, if that costs less than a sum by blst.
    fn multiples(&self, keys: &[blst_p1_affine], coefficients: &[Coefficient]) -> Option<Vec<blst_p1>> {
        match self.level.0 {
            #[cfg(target_arch = "x86_64")]
            Kind::Ifma(ifma) if keys.len() > FEW => ifma.multiples_in_g1(&self.starts.0, keys, coefficients),
            _ => None,
        }
    }

    fn combine_many(&self, keys: &[G1], coefficients: &[Coefficient]) -> blst_p1 {
        let in_lanes = match self.level.0 {
            Kind::Portable => None,
            #[cfg(target_arch = "x86_64")]
            Kind::Ifma(ifma) => {
                let keys: Vec<_> = keys.iter().map(|key| key.0).collect();
                ifma.sums_in_g1(&self.starts.0, &keys, coefficients)
            }
        };
        in_lanes.map_or_else(|| G1::combination(keys, coefficients), |sums| G1::joined(&sums))
    }

    /// The sum of all signatures, each times its coefficient.
    pub fn combine_signatures(&self, signatures: &[G2], coefficients: &[Coefficient]) -> G2 {
        let in_lanes = match self.level.0 {
            #[cfg(target_arch = "x86_64")]
            Kind::Ifma(ifma) if signatures.len() > FEW => {
                let signatures: Vec<_> = signatures.iter().map(|signature| signature.0).collect();
                ifma.sums_in_g2(&self.starts.1, &signatures, coefficients)
            }
            _ => None,
        };
        let sum =
            in_lanes.map_or_else(|| G2::combination(signatures, coefficients), |sums| G2::joined(&sums));
        G2::normalized(&[sum])[0]
    }

    /// Whether the product of the pairings of all `pairs` is 1. A pairing with infinity is 1.
    pub fn product_is_one(&self, pairs: impl Iterator<Item = (G1, G2)>) -> bool {
        let pairs: Vec<_> =
            pairs.filter(|(left, right)| !left.is_infinity() && !right.is_infinity()).collect();
        let mut factors = Vec::new();
        match self.level.0 {
            Kind::Portable => factors.extend(points::pairings(&pairs)),
            #[cfg(target_arch = "x86_64")]
            Kind::Ifma(ifma) => {
                let left_over = if pairs.len() % 8 <= FEW { pairs.len() % 8 } else { 0 };
                let (in_lanes, few) = pairs.split_at(pairs.len() - left_over);
                for some in in_lanes.chunks(PAIRS_MAX) {
                    let some: Vec<_> = some.iter().map(|(left, right)| (left.0, right.0)).collect();
                    factors.extend(ifma.pairings(&some));
                }
                factors.extend(points::pairings(few));
            }
        }
        points::power_of_product_is_one(&factors)
    }
}

/// What `lanes` makes of eight at once, and `alone` of few that are left over.
#[cfg(target_arch = "x86_64")]
fn by_eight<T, U>(all: &[T], lanes: impl Fn(&[T]) -> Vec<U>, alone: impl Fn(&T) -> U) -> Vec<U> {
    let mut results = Vec::with_capacity(all.len());
    for some in all.chunks(8) {
        if some.len() <= FEW {
            results.extend(some.iter().map(&alone));
        } else {
            results.extend(lanes(some));
        }
    }
    results
}
