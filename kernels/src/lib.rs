//! Verify signatures and hash in batches, with equal answers on every back-end.
//!
//! The crate is given bytes and gives back verdicts. It knows nothing of transactions, owns no thread, reads no
//! clock and keeps no metric beyond a plain count of what it answered.
//!
//! ```text
//!                submit                 one job per chunk            verify(batch, range)
//!   Signatures ─────────> Verifier ───────────────────────> Spawn ──────────────────────> Backend
//!   (flat arrays)            │  Chunked   over a Backend      the caller's threads          reference
//!        ^                   │  OnDevice  over a device, with Reliable                      cpu
//!        │  memory back      v            or Shared around it
//!        └────────────── Completed { ticket, signatures, outcome: verdicts or a fault }
//!                  poll
//! ```
//!
//! * A [`Backend`] is a pure function from signatures to [`Verdict`]s. The one named `reference` is plain, checks one
//!   signature after the other and decides what is right; each other one is held equal to it by tests, whatever the
//!   neighbours of a signature in its batch and however the batch is cut. [`open`] finds a back-end by its name.
//! * A [`Verifier`] takes batches without ever blocking and gives them back later, in any order. A [`Fault`] is never a
//!   verdict: [`Reliable`] asks a second verifier about what the first could not answer, and [`Shared`] also gives
//!   each what it can do in the same time. [`Choice`] finds, tests and measures what there is, by name.
//!
//! Which signatures are valid is a consensus rule. It is written where it is obeyed: in [`ecdsa`] for secp256k1 and in
//! [`ed25519`] for ed25519.

pub mod address;
pub mod backend;
pub mod bls12381;
pub mod choice;
pub mod crossover;
pub mod cuda;
#[cfg(target_arch = "x86_64")]
mod curve25519;
pub mod device;
pub mod ecdsa;
pub mod ed25519;
pub mod erasure;
pub mod hash;
mod hex;
pub mod keccak;
pub mod level;
pub mod samples;
mod search;
pub mod secp256k1;
pub mod self_test;
pub mod signatures;
#[cfg(target_arch = "x86_64")]
mod vector;
pub mod verifier;

pub use backend::{BACKENDS, Backend, UnknownBackend, Verdict, open};
pub use choice::Choice;
pub use hash::keccak256;
pub use level::Level;
pub use self_test::self_test;
pub use signatures::{Scheme, Signatures};
pub use verifier::{
    Chunked, Completed, Fault, Job, Reliable, Report, Settings, Shared, Spawn, Ticket, Verifier,
};
