//! Batches on a processor that computes four or eight of everything at once.
//!
//! ```text
//!   R, S, A, message ─ rules 1 to 3 ─> hashes ─> points, rule 4 ─> rule 5: sums, or each alone
//!                                                    ^
//!                                                    └ A from Keys, if it was seen before
//! ```

use super::keys::{Found, Keys};
use super::sums::{self, Arithmetic};
use super::{Signature, halves, is_canonical_and_not_small, signer};
use crate::Level;
use crate::address;
use crate::curve25519::{Affine, Curve, Equation, Scalar};
use crate::keccak::keccak256_many;
use crate::search::{Price, Trust};

/// What is kept for a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Known {
    point: Affine,
    address: [u8; 20],
}

/// A signature that obeys rules 1 to 3.
struct Candidate<'a> {
    /// Its number in the batch.
    index: usize,
    message: &'a [u8],
    nonce: &'a [u8; 32],
    key: &'a [u8; 32],
    s: Scalar,
    known: Option<Found<Known>>,
}

/// For each signature the address of its key, if it is valid.
pub(crate) fn verify<'a>(
    curve: Curve,
    seed: &[u8; 32],
    trust: &Trust,
    keys: &Keys<Known>,
    signatures: impl ExactSizeIterator<Item = Signature<'a>>,
) -> Vec<Option<[u8; 20]>> {
    if signatures.len() <= curve.very_few() {
        return signatures.map(signer).collect();
    }
    let mut verdicts = vec![None; signatures.len()];
    let mut candidates: Vec<_> =
        signatures.enumerate().filter_map(|(index, signature)| candidate(index, signature, keys)).collect();
    let equations = equations(curve, &mut candidates);
    let hold = sums::hold(&curve, seed, trust, &equations);
    let valid =
        candidates.iter().zip(&equations).zip(hold).filter(|(_, holds)| *holds).map(|(valid, _)| valid);
    answer(keys, valid, &mut verdicts);
    verdicts
}

/// Applies rules 1 to 3; none if one is broken.
fn candidate<'a>(
    index: usize,
    (message, signature, key): Signature<'a>,
    keys: &Keys<Known>,
) -> Option<Candidate<'a>> {
    let (nonce, s) = halves(signature);
    if !is_canonical_and_not_small(key) || !is_canonical_and_not_small(nonce) {
        return None; // rules 1 and 2
    }
    let s = Scalar::from_canonical(s)?; // rule 3
    Some(Candidate { index, message, nonce, key, s, known: keys.get(key) })
}

/// Applies rule 4: gives the equations of all candidates whose A and R are points, and drops the other candidates.
fn equations(curve: Curve, candidates: &mut Vec<Candidate<'_>>) -> Vec<Equation> {
    let messages: Vec<_> =
        candidates.iter().map(|candidate| (candidate.nonce, candidate.key, candidate.message)).collect();
    let hashes = curve.sha512(&messages);
    let unknown =
        candidates.iter().filter(|candidate| candidate.known.is_none()).map(|candidate| *candidate.key);
    let encodings: Vec<_> = candidates.iter().map(|candidate| *candidate.nonce).chain(unknown).collect();
    let (points, are_points) = curve.decompress(&encodings);
    let mut keys = candidates.len()..encodings.len();
    let mut nonces = 0..candidates.len();
    let mut equations = Vec::with_capacity(candidates.len());
    candidates.retain(|candidate| {
        let nonce = nonces.next().expect("each candidate has a nonce");
        let (key, is_point) = match &candidate.known {
            Some(found) => (&found.value.point, true),
            None => {
                let key = keys.next().expect("each candidate that is not known has a decoded key");
                (&points[key], are_points[key])
            }
        };
        if is_point && are_points[nonce] {
            let challenge = Scalar::reduced(&hashes[nonce]);
            equations.push(Equation { key: *key, challenge, nonce: points[nonce], s: candidate.s });
        }
        is_point && are_points[nonce]
    });
    equations
}

impl Arithmetic for Curve {
    type Equation = Equation;

    /// As measured by the test `prices`.
    fn price(&self) -> Price {
        match self {
            Self::Avx2(_) => Price { each_time: 6.0, each_equation: 0.28, lanes: 4, group_min: 5 },
            Self::Avx512(_) | Self::Ifma(_) => {
                Price { each_time: 8.0, each_equation: 0.36, lanes: 8, group_min: 9 }
            }
        }
    }

    fn scalars(equation: &Equation) -> ([u8; 32], [u8; 32]) {
        (equation.challenge.to_bytes(), equation.s.to_bytes())
    }

    fn sum_is_neutral(&self, equations: &[Equation], coefficients: &[u128]) -> bool {
        Curve::sum_is_neutral(*self, equations, coefficients)
    }

    fn hold(&self, equations: &[Equation]) -> Vec<bool> {
        Curve::hold(*self, equations)
    }
}

/// Writes the verdicts on the valid signatures, and keeps their keys: only who signs has a place there.
fn answer<'a, 'b: 'a>(
    keys: &Keys<Known>,
    valid: impl Iterator<Item = (&'a Candidate<'b>, &'a Equation)>,
    verdicts: &mut [Option<[u8; 20]>],
) {
    let mut new = Vec::new();
    for (candidate, equation) in valid {
        match candidate.known {
            Some(Found { value, is_old }) => {
                verdicts[candidate.index] = Some(value.address);
                if is_old {
                    keys.put(candidate.key, value);
                }
            }
            None => new.push((candidate, equation.key)),
        }
    }
    let mut hashes = Vec::with_capacity(new.len());
    let named = new.iter().map(|(candidate, _)| address::named_ed25519(candidate.key));
    keccak256_many(Level::best(), named, &mut hashes);
    for ((candidate, point), hash) in new.into_iter().zip(hashes) {
        let address = address::last_20(hash);
        verdicts[candidate.index] = Some(address);
        keys.put(candidate.key, Known { point, address });
    }
}
