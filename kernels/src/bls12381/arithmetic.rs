//! The steps of a batch, with the instructions of a level: eight at a time in lanes, or by blst.

use blst::blst_p1;

use super::coefficients::Coefficient;
#[cfg(target_arch = "x86_64")]
use super::lanes::Lanes;
use super::points::{self, G1, G2};
use crate::level::Level;

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
    #[cfg(target_arch = "x86_64")]
    lanes: Option<Lanes>,
}

impl Arithmetic {
    /// `seed` is secret.
    #[cfg_attr(not(target_arch = "x86_64"), expect(unused_variables, reason = "there are no lanes"))]
    pub fn new(level: Level, seed: &[u8; 32]) -> Self {
        Self {
            #[cfg(target_arch = "x86_64")]
            lanes: level.ifma().map(|ifma| Lanes::new(ifma, seed)),
        }
    }

    pub fn prices(&self) -> Prices {
        #[cfg(target_arch = "x86_64")]
        if self.lanes.is_some() {
            return Prices { sum: 520, message: 50, signature: 20, alone: 765 };
        }
        Prices { sum: 520, message: 180, signature: 80, alone: 765 }
    }

    /// The points that the encodings stand for, where rules 1 to 3 hold of them.
    pub fn decode(&self, encodings: &[&[u8; 96]]) -> Vec<Option<G2>> {
        let alone = |encoding: &&[u8; 96]| G2::decode(encoding);
        #[cfg(target_arch = "x86_64")]
        if let Some(lanes) = &self.lanes {
            return by_eight(encodings, |some| lanes.decode(some), alone);
        }
        encodings.iter().map(alone).collect()
    }

    /// The hashes of messages under `tag` (rule 4).
    pub fn hash(&self, messages: &[&[u8]], tag: &[u8]) -> Vec<G2> {
        let alone = |message: &&[u8]| points::hash(message, tag);
        #[cfg(target_arch = "x86_64")]
        if let Some(lanes) = &self.lanes {
            let in_lanes = |some: &[&[u8]]| {
                let bytes: Vec<_> = some.iter().map(|message| points::expand(message, tag)).collect();
                let hashes = lanes.hash(&bytes).into_iter().zip(some);
                hashes.map(|(hash, message)| hash.unwrap_or_else(|| alone(message))).collect()
            };
            return G2::normalized(&by_eight(messages, in_lanes, alone));
        }
        G2::normalized(&messages.iter().map(alone).collect::<Vec<_>>())
    }

    /// For each group of keys their sum, each key times its coefficient.
    pub fn combine_keys(&self, groups: &[(&[G1], &[Coefficient])]) -> Vec<G1> {
        let small = || groups.iter().filter(|(keys, _)| keys.len() < MANY);
        let keys: Vec<_> = small().flat_map(|(keys, _)| *keys).copied().collect();
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

    /// Each key times its coefficient, if that costs less than sums by blst.
    fn multiples(&self, keys: &[G1], coefficients: &[Coefficient]) -> Option<Vec<blst_p1>> {
        #[cfg(target_arch = "x86_64")]
        if let Some(lanes) = &self.lanes
            && keys.len() > FEW
        {
            return lanes.multiples_of_keys(keys, coefficients);
        }
        None
    }

    fn combine_many(&self, keys: &[G1], coefficients: &[Coefficient]) -> blst_p1 {
        #[cfg(target_arch = "x86_64")]
        if let Some(sums) = self.lanes.as_ref().and_then(|lanes| lanes.sums_of_keys(keys, coefficients)) {
            return G1::joined(&sums);
        }
        G1::combination(keys, coefficients)
    }

    /// The sum of all signatures, each times its coefficient.
    pub fn combine_signatures(&self, signatures: &[G2], coefficients: &[Coefficient]) -> G2 {
        #[cfg(target_arch = "x86_64")]
        if let Some(lanes) = &self.lanes
            && signatures.len() > FEW
            && let Some(sums) = lanes.sums_of_signatures(signatures, coefficients)
        {
            return G2::normalized(&[G2::joined(&sums)])[0];
        }
        G2::normalized(&[G2::combination(signatures, coefficients)])[0]
    }

    /// Whether the product of the pairings of all `pairs` is 1. A pairing with infinity is 1.
    pub fn product_is_one(&self, pairs: impl Iterator<Item = (G1, G2)>) -> bool {
        let mut pairs: Vec<_> =
            pairs.filter(|(left, right)| !left.is_infinity() && !right.is_infinity()).collect();
        let mut factors = Vec::new();
        #[cfg(target_arch = "x86_64")]
        if let Some(lanes) = &self.lanes {
            let left_over = if pairs.len() % 8 <= FEW { pairs.len() % 8 } else { 0 };
            let in_lanes = pairs.drain(..pairs.len() - left_over).collect::<Vec<_>>();
            factors.extend(in_lanes.chunks(PAIRS_MAX).flat_map(|some| lanes.pairings(some)));
        }
        factors.extend(points::pairings(&pairs));
        points::power_of_product_is_one(&factors)
    }
}

/// What `in_lanes` makes of eight at once, and `alone` of few that are left over.
#[cfg(target_arch = "x86_64")]
fn by_eight<T, U>(all: &[T], in_lanes: impl Fn(&[T]) -> Vec<U>, alone: impl Fn(&T) -> U) -> Vec<U> {
    let mut results = Vec::with_capacity(all.len());
    for some in all.chunks(8) {
        if some.len() <= FEW {
            results.extend(some.iter().map(&alone));
        } else {
            results.extend(in_lanes(some));
        }
    }
    results
}
