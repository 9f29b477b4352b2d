//! Back-ends: pure functions from signatures to verdicts, and where they are opened by name.
//!
//! A back-end answers for each signature by the rules of [`ecdsa`](crate::ecdsa) and [`ed25519`](crate::ed25519) and by
//! nothing else: the same signature has the same verdict in any batch, at any place, on any thread, and whoever is claimed
//! to have made it.
//!
//! A new one is one file under `backend/`, one arm in [`open`] with its name in [`BACKENDS`], and the tests that hold
//! all back-ends equal take it from there.

mod cpu;
mod reference;

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

pub use cpu::Cpu;
pub use reference::Reference;

use crate::signatures::Signatures;

/// What a back-end says about one signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The signature is valid.
    Valid {
        /// The account that signed, as [`address`](crate::address) makes it from the public key.
        address: [u8; 20],
    },
    /// The signature is not valid.
    Invalid,
}

impl From<Option<[u8; 20]>> for Verdict {
    fn from(address: Option<[u8; 20]>) -> Self {
        address.map_or(Self::Invalid, |address| Self::Valid { address })
    }
}

/// A way to verify signatures on the thread that asks.
pub trait Backend: Send + Sync {
    /// The name by which it is opened and reported.
    fn name(&self) -> &'static str;

    /// Appends the verdict on each signature of `batch` in `range` to `verdicts`, in order.
    fn verify(&self, batch: &Signatures, range: Range<usize>, verdicts: &mut Vec<Verdict>);
}

/// The names that [`open`] knows.
pub const BACKENDS: [&str; 3] = ["auto", "reference", "cpu"];

/// Opens a back-end by its name; `auto` is the fastest that this machine can run.
///
/// `seed` is secret and comes from the operating system in production, since whoever knows it could make invalid
/// signatures that a random sum does not see. Verdicts do not depend on it.
pub fn open(name: &str, seed: [u8; 32]) -> Result<Arc<dyn Backend>, UnknownBackend> {
    match name {
        "auto" | "cpu" => Ok(Arc::new(Cpu::new(seed))),
        "reference" => Ok(Arc::new(Reference)),
        _ => Err(UnknownBackend { name: name.to_owned() }),
    }
}

/// No back-end has this name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownBackend {
    /// The name that was asked for.
    pub name: String,
}

impl fmt::Display for UnknownBackend {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "there is no verification back-end '{}'; there are {}", self.name, BACKENDS.join(", "))
    }
}

impl std::error::Error for UnknownBackend {}

#[cfg(test)]
mod tests {
    use super::{BACKENDS, open};

    #[test]
    fn every_listed_name_opens_and_another_is_refused_with_the_list() {
        for name in BACKENDS {
            assert!(open(name, [0; 32]).is_ok(), "{name}");
        }
        let refused = open("abacus", [0; 32]).err().expect("no such back-end");
        assert_eq!(
            refused.to_string(),
            "there is no verification back-end 'abacus'; there are auto, reference, cpu"
        );
    }
}
