//! `Voting`: how validators sign their votes, and who of them leads when.

use commonware_consensus::simplex::elector::{self, Random, RandomVersion};
use commonware_consensus::simplex::scheme::Scheme;
#[cfg(feature = "signing")]
use commonware_consensus::simplex::scheme::bls12381_threshold::standard;
use commonware_consensus::simplex::scheme::bls12381_threshold::vrf;
use commonware_consensus::types::Epoch;
use commonware_cryptography::Sha256;
use commonware_cryptography::bls12381::primitives::variant::MinSig;
use commonware_cryptography::certificate::Verifier;
use commonware_cryptography::ed25519::PublicKey;
use commonware_utils::ordered::Set;

use super::Settings;
use super::envelope::Digest;
use crate::committee::Committee;
use crate::ordering::BlockId;

/// See the head of this file.
pub(crate) trait Voting: Send + Sync + 'static {
    /// How votes are signed, and certificates made of them.
    type Scheme: Scheme<Digest> + Verifier<PublicKey = PublicKey>;
    /// Who leads a view.
    type Elector: elector::Config<Self::Scheme>;

    /// For one validator.
    fn scheme(settings: &Settings) -> Self::Scheme;

    /// The same for all.
    fn elector() -> Self::Elector;
}

/// A committee's time in office.
pub(crate) struct Term<S> {
    pub epoch: Epoch,
    pub members: Set<PublicKey>,
    /// The last block of the term before.
    pub below: BlockId,
    pub scheme: S,
}

/// Certificates are signatures of the group, and the leader of a view is drawn by that of the view before.
pub(crate) struct Threshold;

impl Voting for Threshold {
    type Scheme = vrf::Scheme<PublicKey, MinSig>;
    type Elector = Random<Sha256>;

    fn scheme(settings: &Settings) -> Self::Scheme {
        let Committee { members, sharing, .. } = settings.committee.clone();
        let share = settings.secret.share.clone();
        vrf::Scheme::signer(settings.committee.namespace(), members, sharing, share)
            .expect("the secret is one of the committee's")
    }

    fn elector() -> Self::Elector {
        Random::new(RandomVersion::V1)
    }
}

/// Certificates are signatures of the group, and validators lead in turn: half as much to sign and to verify.
#[cfg(feature = "signing")]
pub(crate) struct InTurn;

#[cfg(feature = "signing")]
impl Voting for InTurn {
    type Scheme = standard::Scheme<PublicKey, MinSig>;
    type Elector = elector::RoundRobin<Sha256>;

    fn scheme(settings: &Settings) -> Self::Scheme {
        let Committee { members, sharing, .. } = settings.committee.clone();
        let share = settings.secret.share.clone();
        standard::Scheme::signer(settings.committee.namespace(), members, sharing, share)
            .expect("the secret is one of the committee's")
    }

    fn elector() -> Self::Elector {
        elector::RoundRobin::default()
    }
}

/// Certificates are lists of signatures, and validators lead in turn: fifty times as cheap, for simulations of many views.
#[cfg(any(feature = "cluster", feature = "signing"))]
pub(crate) struct Listed;

#[cfg(any(feature = "cluster", feature = "signing"))]
impl Voting for Listed {
    type Scheme = commonware_consensus::simplex::scheme::ed25519::Scheme;
    type Elector = elector::RoundRobin<Sha256>;

    fn scheme(settings: &Settings) -> Self::Scheme {
        let members = settings.committee.members.clone();
        let identity = settings.secret.identity.clone();
        Self::Scheme::signer(settings.committee.namespace(), members, identity)
            .expect("the secret is one of the committee's")
    }

    fn elector() -> Self::Elector {
        elector::RoundRobin::default()
    }
}
