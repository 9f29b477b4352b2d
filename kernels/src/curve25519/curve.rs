//! The door to the lanes: what they compute, on whichever level.

use sha2::{Digest, Sha512};

use super::decompress::{Decompress, at_once};
use super::each::{Equation, Hold};
use super::field::Lanes;
use super::five::Five;
use super::memory::Affine;
use super::sha512::{Hash, Message};
use super::sum::IsNeutral;
use super::ten::Ten;
use crate::Level;
use crate::level::Ifma;
use crate::vector::{Fused, Vector as _, WIDTH_MAX};

/// Messages above this many bytes are hashed one by one.
const SHORT: usize = 1024;

/// Lanes to compute in. In brackets, what one signature takes on a Zen 4 in a batch of 128 and of 64, in microseconds,
/// where `curve25519-dalek` with AVX2 of its own takes 19 and 22.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Curve {
    /// Four lanes and the 32-bit multiplier (8.5, 10.1).
    Avx2(Ten),
    /// Eight lanes and the multiplier for floating-point numbers (6.1, 7.5).
    Avx512(Five<Fused>),
    /// Eight lanes and the 52-bit multiplier (3.7, 4.4).
    Ifma(Five<Ifma>),
}

/// Does the same with the lanes of any kind.
macro_rules! with_lanes {
    ($curve:expr, $lanes:ident => $then:expr) => {
        match $curve {
            Curve::Avx2($lanes) => $then,
            Curve::Avx512($lanes) => $then,
            Curve::Ifma($lanes) => $then,
        }
    };
}

impl Curve {
    /// The best lanes of a level, if it has any.
    pub fn of(level: Level) -> Option<Self> {
        let ifma = level.ifma().map(|token| Self::Ifma(Five(token)));
        let avx512 = || level.avx512().map(|token| Self::Avx512(Five(Fused(token))));
        let avx2 = || level.avx2().map(|token| Self::Avx2(Ten(token)));
        ifma.or_else(avx512).or_else(avx2)
    }

    /// Up to here, `curve25519-dalek` takes less for one equation after the other than lanes that are mostly empty.
    pub fn very_few(self) -> usize {
        match self {
            Self::Avx2(_) => 2,
            Self::Avx512(_) => 3,
            Self::Ifma(_) => 1,
        }
    }

    /// The point of each encoding in order, and whether it is one; where it is not, the point is of no meaning.
    pub fn decompress(self, encodings: &[[u8; 32]]) -> (Vec<Affine>, Vec<bool>) {
        with_lanes!(self, lanes => decompress(lanes, encodings))
    }

    /// Whether 8 Σ z (k A + R - S B) is neutral, with one z of `coefficients` for each of `equations`.
    pub fn sum_is_neutral(self, equations: &[Equation], coefficients: &[u128]) -> bool {
        with_lanes!(self, lanes => lanes.call(IsNeutral { lanes, equations, coefficients }))
    }

    /// Whether each equation holds, in order.
    pub fn hold(self, equations: &[Equation]) -> Vec<bool> {
        with_lanes!(self, lanes => hold(lanes, equations))
    }

    /// SHA-512 of each message, in order.
    pub fn sha512(self, messages: &[Message<'_>]) -> Vec<[u8; 64]> {
        with_lanes!(self, lanes => sha512(lanes, messages))
    }
}

fn decompress<L: Lanes>(lanes: L, encodings: &[[u8; 32]]) -> (Vec<Affine>, Vec<bool>) {
    let (mut points, mut found) = (Vec::with_capacity(encodings.len()), Vec::with_capacity(encodings.len()));
    for some in encodings.chunks(at_once::<L>()) {
        let mut full = [[0; 32]; 2 * WIDTH_MAX];
        full[..some.len()].copy_from_slice(some);
        let (decoded, are_points) = lanes.call(Decompress { lanes, encodings: &full[..at_once::<L>()] });
        let decoded = decoded.iter().flat_map(|points| &points[..L::WIDTH]);
        points.extend(decoded.take(some.len()));
        found.extend((0..some.len()).map(|i| are_points >> i & 1 == 1));
    }
    (points, found)
}

fn hold<L: Lanes>(lanes: L, equations: &[Equation]) -> Vec<bool> {
    let mut hold = Vec::with_capacity(equations.len());
    for some in equations.chunks(L::WIDTH) {
        let equations = [0, 1, 2, 3, 4, 5, 6, 7].map(|lane| some.get(lane).unwrap_or(&some[0]));
        let bits = lanes.call(Hold { lanes, equations });
        hold.extend((0..some.len()).map(|lane| bits >> lane & 1 == 1));
    }
    hold
}

fn sha512<L: Lanes>(lanes: L, messages: &[Message<'_>]) -> Vec<[u8; 64]> {
    let vector = lanes.vector();
    let mut hashes = Vec::with_capacity(messages.len());
    for messages in messages.chunks(L::WIDTH) {
        // A lane that waits for a long one is of no use.
        if messages.iter().any(|message| message.2.len() > SHORT) {
            hashes.extend(messages.iter().map(|(nonce, key, message)| {
                let hash = Sha512::new().chain_update(nonce).chain_update(key).chain_update(message);
                <[u8; 64]>::from(hash.finalize())
            }));
        } else {
            let lanes = vector.call(Hash { vector, messages });
            hashes.extend_from_slice(&lanes[..messages.len()]);
        }
    }
    hashes
}
