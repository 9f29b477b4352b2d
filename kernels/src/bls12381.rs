//! Which BLS signatures over BLS12-381 are valid, one by one and in batches.
//!
//! The scheme is that of Ethereum's consensus: keys are points of G1, 48 bytes, signatures are points of G2, 96 bytes, and
//! the ciphersuite is `BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_`. G is the generator of G1, e the pairing, H the hash to
//! G2, r the prime order of all three groups. A signature S of a message m by the key P is valid if
//!
//! 1. P and S are canonical encodings: compressed, each coordinate below the field's prime, of a point of the curve, with
//!    the flags that this point has;
//! 2. P and S are in the subgroup of order r;
//! 3. neither P nor S is infinity;
//! 4. H has the tag of the ciphersuite, and for proofs of possession another one: what is signed is never a proof;
//! 5. P was registered with a proof of possession, a signature of its own 48 bytes under the tag of proofs; or P is the sum
//!    of such keys;
//! 6. e(P, H(m)) = e(G, S).
//!
//! Rules 1 to 3 and 5 hold of every [`KnownKey`], whose constructors check them, so that a batch is only about signatures.
//! Without rule 5, whoever sees a key P could register Q - P, whose secret nobody knows, and sign for both with Q alone.
//!
//! # Batches
//!
//! ```text
//!   signatures ── rules 1 to 3 ──> S ───────────────┐
//!   messages ──── equal ones once ──> H(m) ─────────┤  rule 6: one equation of all ── holds ──> all are valid
//!   keys ──────── known ──> P ──────────────────────┘          └─ does not ──> halves, at last each by itself
//! ```
//!
//! Rule 6 for all at once, with a random z for each signature:
//!
//! ```text
//!   Π_m  e( Σ z P over the signatures of m, H(m) )  ·  e( -G, Σ z S over all signatures )  =  1
//! ```
//!
//! This is one pairing for each *different* message and one for all signatures together, and one final exponentiation.
//!
//! *Why it is sound.* By rule 2 every P, S and H(m) is a multiple of a generator of its group of prime order r. So the two
//! sides of rule 6 differ, for signature i, by a factor g^d of a generator g of the target group, d being 0 modulo r where
//! the rule holds; and the product above is g to the power Σ z d. If some d is not 0, then with all other z fixed there is
//! one z modulo r that makes the sum 0. There are 2^128 different z modulo r, of a kind that is cheap to multiply points
//! with, see `coefficients`. So a batch with an invalid signature passes with a chance of at most 2^-127 for who cannot
//! foresee the z; one that is halved again and again, with n times 2^-126, since there are fewer than 2 n sums to fool with
//! n signatures. The z are drawn from a secret seed and from everything the equation depends on, so that to try again one has
//! to change what is tried. With z of 64 bits the chance would be 2^-64 for each try; that would be defensible, and would
//! spare half of the work on the sums, which is a tenth of all.
//!
//! *Why the subgroup is checked for each signature by itself* (rule 2), and not for a random sum: the order of the curve of
//! signatures is r times a cofactor that 13² and 23² divide. A point of order 13 vanishes from a random sum with a chance of
//! 1 in 13, whatever the size of z, so one node in thirteen would accept what the others refuse. To bring that below
//! 2^-128 takes 35 sums with small numbers, which cost more than what they would replace: 63 doublings, for the curve's
//! parameter x, to see whether x P = ψ(P).
//!
//! *Who spoils batches* pays with what it saved others: a sum is tried only on credit that true sums earned, so that
//! whatever comes in, and in whatever order, a signature takes at most a tenth longer than by itself. See `search`.
//!
//! # Aggregates
//!
//! [`KnownKey::sum`] adds registered keys; the sum is the key of the signatures' sum over one message, a certificate of a
//! committee, and is valid like any other by the rules above. [`BatchVerification::verify_aggregate`] takes one signature
//! over different messages.
//!
//! # Deliberately absent
//!
//! The variant with signatures in G1 and keys in G2: it would exchange the groups in every file below, and the hash and
//! its isogeny would be another one. Threads: everything happens on the calling thread. Signing.

mod arithmetic;
mod batch;
mod coefficients;
pub mod device;
mod equations;
mod keys;
#[cfg(target_arch = "x86_64")]
mod lanes;
mod points;
pub mod reference;
mod search;

#[cfg(test)]
mod tests;

pub use batch::{BatchVerification, SignedMessage};
pub use keys::KnownKey;

/// What the hash of a signed message begins with (rule 4).
pub const SIGNATURE_TAG: &[u8] = b"BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_";

/// What the hash of a proof of possession begins with (rule 4).
pub const PROOF_TAG: &[u8] = b"BLS_POP_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_";
