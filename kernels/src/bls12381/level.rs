//! Which instructions the steps of a batch are made with.

use std::fmt;

#[cfg(target_arch = "x86_64")]
use super::lanes::Ifma;
use super::points::{self, G1, G2};

/// The instructions that compute. A level that the processor lacks cannot be made, and answers do not depend on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level(Kind);

/// The token in a variant proves that the processor has the instructions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Portable,
    #[cfg(target_arch = "x86_64")]
    Ifma(Ifma),
}

/// Up to here, one after the other costs less than eight lanes that are mostly empty.
#[cfg(target_arch = "x86_64")]
const FEW: usize = 2;

/// Pairs that share a loop. More gain nothing and need more memory than is near.
#[cfg(target_arch = "x86_64")]
const PAIRS_MAX: usize = 64;

impl Level {
    /// The arithmetic of blst. Any processor can do it.
    pub const PORTABLE: Self = Self(Kind::Portable);

    /// All levels of this processor, the slowest first.
    pub fn available() -> impl Iterator<Item = Self> {
        let levels = [
            Some(Self::PORTABLE),
            #[cfg(target_arch = "x86_64")]
            Ifma::detect().map(|token| Self(Kind::Ifma(token))),
        ];
        levels.into_iter().flatten()
    }

    /// The fastest level of this processor.
    pub fn best() -> Self {
        Self::available().last().unwrap_or(Self::PORTABLE)
    }

    /// The points that the encodings stand for, where rules 1 to 3 hold of them.
    pub(super) fn decode(self, encodings: &[&[u8; 96]]) -> Vec<Option<G2>> {
        match self.0 {
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
    pub(super) fn hash(self, messages: &[&[u8]], tag: &[u8]) -> Vec<G2> {
        let hashes: Vec<_> = match self.0 {
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

    /// Whether the product of the pairings of all `pairs` is 1. A pairing with infinity is 1.
    pub(super) fn product_is_one(self, pairs: impl Iterator<Item = (G1, G2)>) -> bool {
        let pairs: Vec<_> =
            pairs.filter(|(left, right)| !left.is_infinity() && !right.is_infinity()).collect();
        let mut factors = Vec::new();
        match self.0 {
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

impl fmt::Display for Level {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self.0 {
            Kind::Portable => "portable",
            #[cfg(target_arch = "x86_64")]
            Kind::Ifma(_) => "avx512ifma",
        })
    }
}
