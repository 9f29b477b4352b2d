//! `Outcome`: what a round of distributed key generation has made, or why it made nothing.

use std::{error::Error, fmt};

use bytes::Bytes;
use commonware_codec::DecodeExt as _;
use commonware_cryptography::bls12381::dkg::feldman_desmedt::{Failure, FinalizeError};
use commonware_cryptography::ed25519::{PrivateKey, PublicKey};

use crate::committee::{Committee, Secret};

/// What a round has made.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Who holds shares now. Its votes are bound to what those of the committee before were, or to nothing yet.
    pub committee: Committee,
    /// What this member alone may know; none if it holds no share any more.
    pub secret: Option<Secret>,
    /// The members whose dealings the key is made of.
    pub dealers: Vec<[u8; 32]>,
    /// The members whose shares others can work out.
    pub revealed: Vec<[u8; 32]>,
}

/// Why a round has made nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failed {
    /// Those who were to deal and to hold shares cannot, as these words say.
    Unfit(String),
    /// Too few dealers have usable logs.
    TooFew {
        /// How many are needed.
        required: u32,
        /// How many there are.
        found: u32,
        /// Those who have signed what is wrong.
        wrong: Vec<[u8; 32]>,
    },
    /// This member has acknowledged a dealing that it does not have: it was started again without what it had kept.
    Lost,
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failed::Unfit(words) => f.write_str(words),
            Failed::TooFew { required, found, wrong } => {
                write!(f, "{required} members have to deal, and {found} have")?;
                wrong.iter().try_for_each(|key| write!(f, "; {} wrongly", Key(key)))
            }
            Failed::Lost => f.write_str("a dealing that was acknowledged is not there any more"),
        }
    }
}

impl Error for Failed {}

/// A member's key, in hexadecimal.
struct Key<'a>(&'a [u8; 32]);

impl fmt::Display for Key<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("0x")?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl From<Failure<PublicKey>> for Failed {
    fn from(failure: Failure<PublicKey>) -> Failed {
        let Failure::InsufficientLogs { required, found, faults, .. } = failure;
        Failed::TooFew { required, found, wrong: keys(faults.keys()) }
    }
}

impl From<FinalizeError<PublicKey>> for Failed {
    fn from(error: FinalizeError<PublicKey>) -> Failed {
        match error {
            FinalizeError::Failure(failure) => failure.into(),
            FinalizeError::Error(_) => Failed::Lost,
        }
    }
}

/// Keys as those outside know them.
pub(crate) fn keys<'a>(keys: impl IntoIterator<Item = &'a PublicKey>) -> Vec<[u8; 32]> {
    keys.into_iter().map(key_of).collect()
}

/// The same of one.
pub(crate) fn key_of(key: &PublicKey) -> [u8; 32] {
    key.as_ref().try_into().expect("a public key has 32 bytes")
}

/// The public key with these bytes; none if they are no point.
pub(crate) fn public_of(key: &[u8; 32]) -> Option<PublicKey> {
    PublicKey::decode(Bytes::copy_from_slice(key)).ok()
}

/// The secret key with these bytes, of which any will do.
pub(crate) fn identity_of(secret: &[u8; 32]) -> PrivateKey {
    PrivateKey::decode(Bytes::copy_from_slice(secret)).expect("any 32 bytes are a secret key of ed25519")
}
