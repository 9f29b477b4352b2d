//! Ways to sign votes, to be compared: what each costs decides which of them validators use.
//!
//! | | a vote | certificate | leaders |
//! | --- | --- | --- | --- |
//! | [`Signing::Threshold`] | two shares of BLS signatures | two signatures of the group | drawn by the second one |
//! | [`Signing::InTurn`] | one share | one signature of the group | in turn |
//! | [`Signing::Listed`] | an ed25519 signature | a list of a quorum's | in turn |
//!
//! Only lists leave light clients without a certificate of constant length, so [`Behind`] makes the group's signature of a
//! block that is final already, whenever there is time for it.

use commonware_codec::Encode as _;
use commonware_consensus::simplex::types::{Finalization, Finalize, Proposal};
use commonware_consensus::types::{Epoch, Round, View};
use commonware_parallel::Sequential;
use commonware_utils::iter::NonEmpty;
use rand::CryptoRng;

use crate::committee::{Committee, Secret};
use crate::core::{Digest, InTurn, Voting, digest_of};
use crate::ordering::BlockId;

/// How votes are signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signing {
    /// As validators do it.
    Threshold,
    /// Without the signature that draws the next leader.
    InTurn,
    /// One by one, with the key by which peers know each other.
    Listed,
}

type Scheme = <InTurn as Voting>::Scheme;

/// One member's part in a certificate that is made behind the votes.
pub struct Behind {
    scheme: Scheme,
}

/// What one member says to it.
#[derive(Clone)]
pub struct Part(Finalize<Scheme, Digest>);

/// What comes of a quorum's parts.
pub struct Whole(Finalization<Scheme, Digest>);

impl Behind {
    /// Of the member with this secret; none if there is no such member.
    pub fn new(committee: &Committee, secret: &Secret) -> Option<Behind> {
        let Committee { members, sharing, .. } = committee.clone();
        let share = secret.share.clone();
        Some(Behind { scheme: Scheme::signer(committee.namespace(), members, sharing, share)? })
    }

    /// Signs that this block is final since this view.
    pub fn sign(&self, view: u64, id: BlockId) -> Option<Part> {
        let round = Round::new(Epoch::zero(), View::new(view));
        let proposal = Proposal::new(round, View::new(view.saturating_sub(1)), digest_of(id));
        Finalize::sign(&self.scheme, proposal).map(Part)
    }

    /// Adds parts up, unseen; none if they are no quorum's.
    pub fn combine(&self, parts: &[Part]) -> Option<Whole> {
        let parts = NonEmpty::try_new(parts.iter().map(|Part(part)| part))?;
        Finalization::from_finalizes(&self.scheme, parts, &Sequential).ok().map(Whole)
    }

    /// Whether the group has signed it. If not, a part was wrong.
    pub fn verify(&self, Whole(whole): &Whole, random: &mut impl CryptoRng) -> bool {
        whole.verify(random, &self.scheme, &Sequential)
    }
}

impl Whole {
    /// As bytes.
    pub fn encode(&self) -> Vec<u8> {
        self.0.encode().to_vec()
    }
}
