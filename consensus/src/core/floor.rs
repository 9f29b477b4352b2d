//! Where a validator takes up a chain that it has not seen from the beginning, as the consensus library wants to be told.

use bytes::Bytes;
use commonware_codec::Decode as _;
use commonware_consensus::marshal::Start;
use commonware_consensus::simplex::config;
use commonware_consensus::simplex::types::Finalization;
use commonware_cryptography::Digested;
use commonware_cryptography::certificate::Verifier as _;

use super::Voting;
use super::envelope::{Digest, Envelope, Format};
use crate::catch_up::Floor;

/// The first block that is told.
pub(super) fn of_blocks<V: Voting>(
    floor: Option<&Floor>,
    format: &Format,
) -> Start<V::Scheme, Digest, Digested<Envelope>> {
    match floor.and_then(|floor| floor.block.as_ref()) {
        Some(certificate) => Start::Floor(read::<V>(certificate)),
        None => Start::Genesis(format.genesis()),
    }
}

/// The view above which votes are cast; without a floor, in a term that begins above this block. The library remembers how it has voted above the highest one that it was ever given.
pub(super) fn of_votes<V: Voting>(floor: Option<&Floor>, below: Digest) -> config::Floor<V::Scheme, Digest> {
    let certificate = floor.and_then(|floor| floor.votes_above.as_ref().or(floor.block.as_ref()));
    match certificate {
        Some(certificate) => config::Floor::Finalized(read::<V>(certificate)),
        None => config::Floor::Genesis(below),
    }
}

/// # Panics
/// If it is none: whoever gives a floor has had its certificates checked.
fn read<V: Voting>(certificate: &[u8]) -> Finalization<V::Scheme, Digest> {
    let config = V::Scheme::certificate_codec_config_unbounded();
    let certificate = Bytes::copy_from_slice(certificate);
    Finalization::decode_cfg(certificate, &config).expect("the certificate of a floor was checked")
}
