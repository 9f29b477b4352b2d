//! Signatures of secp256k1 whose signer is probably known already, many at once.
//!
//! Recovering a key shares nothing with recovering another, and costs a square root and a multiplication of two points
//! by 256 bits each time. Where the key Q is known beforehand, a signature (r, s) of the digest e with the parity v is
//! an equation, and equations can be added up. With R the point whose x is r and whose y has the parity v:
//!
//! ```text
//!   recovery gives Q   ⇔   Q = (s R - e G) / r   ⇔   (e/s) G + (r/s) Q - R = 0
//!
//!   Σ z (e/s) G  +  Σ z (r/s) Q  -  Σ z R  =  0        for all signatures of a batch at once, with random z
//! ```
//!
//! This is one sum of about two points for each signature; all of G's terms are one term, and so are those of a key that
//! signed several times. The order n of the group is prime and its cofactor 1, so an equation that does not hold has a
//! left side of order n, and with all other z fixed at most one z modulo n makes the sum 0. The z are Eisenstein integers
//! with 22 random digits out of 64, 2^132 of them and all different modulo n: a batch with a false equation passes with a
//! chance of at most 2^-132 for who cannot foresee the z. They are drawn from a secret seed and from everything the
//! equations depend on, and nothing is kept between batches.
//!
//! # Where a known key comes from
//!
//! An Ethereum transaction does not name its sender: the signature is how one knows. A key can still come before its
//! signature, as a *hint* that need not be trusted:
//!
//! * whoever verified a transaction can pass it on with its sender: a node that forwards to the leader, a peer that
//!   gossips, a leader whose block lists the senders of its transactions (20 bytes beside each);
//! * a client's connection often carries the transactions of few accounts, which the first recoveries show;
//! * a block that is replayed or synchronised comes with senders in its receipts or an index.
//!
//! A hint is an address, the *claim* of a signature; the key belongs to it since an earlier recovery, and is kept in
//! [`Keys`], bounded. What has no claim, or one that leads to no key, is recovered by itself: with AVX-512 many at once, one
//! in each lane, in a quarter of the time that libsecp256k1 takes where there is a multiplier for it (`each.rs`).
//!
//! # What a wrong claim or a forged signature does
//!
//! Nothing to the answer, which is for every claim what [`ecdsa::recover`](crate::ecdsa::recover) says. It costs time: a
//! sum that is not 0 says nothing of any single claim, so smaller ones are asked for, and at last a few claims are
//! recovered one by one. How much time is bounded, whoever claims what and in whatever order: see `search/trust.rs`.
//! The rates depend on the share of false claims; with vectors of eight, on signatures that are all of different keys:
//!
//! ```text
//!   false claims          0 %    1 %    2 %    5 %   10 %   15 %   20 % and more
//!   time of a recovery    1/8    2/9    2/7    1/2    3/4   9/10   1
//! ```

mod digits;
mod each;
mod equations;
mod field;
#[cfg(target_arch = "x86_64")]
mod five;
mod keys;
mod known_key;
mod lanes;
mod level;
#[cfg(target_arch = "x86_64")]
mod packed;
mod powers;
mod price;
mod recovery;
mod scalar;
mod sum;
mod table;
#[cfg(target_arch = "x86_64")]
mod ten;

#[cfg(test)]
mod tests;

pub use keys::Keys;
pub use known_key::KnownKey;
pub use recovery::{Answer, BatchRecovery, Claim};
