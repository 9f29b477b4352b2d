//! `Committee`: who orders the blocks of a chain, and the keys with which they do.
//!
//! Each member has two keys. With ed25519 it proves to its peers who it is; with its share of the group's BLS12-381 key it
//! votes. Any quorum of shares makes the group's signature, and no fewer learn anything about its key. The shares come
//! from one who deals them, and who has to forget the polynomial behind them: that is trusted.
//!
//! ```text
//!   committee, as written: length u8, namespace ‖ polynomial (one point of G2 for each of a quorum) ‖ members u32, 32 each
//!   secret, as written:    identity 32 ‖ index of the share ‖ share 32
//! ```

use std::num::NonZeroU32;

use bytes::Bytes;
use commonware_codec::{DecodeExt, Encode, Read, ReadExt};
use commonware_cryptography::Signer as _;
use commonware_cryptography::bls12381::dkg::feldman_desmedt;
use commonware_cryptography::bls12381::primitives::group::Share;
use commonware_cryptography::bls12381::primitives::sharing::{Mode, ModeVersion, Sharing};
use commonware_cryptography::bls12381::primitives::variant::MinSig;
use commonware_cryptography::ed25519::{PrivateKey, PublicKey};
use commonware_utils::ordered::{Quorum as _, Set};
use commonware_utils::{N3f1, TryCollect as _};
use rand::SeedableRng as _;
use rand::rngs::StdRng;

use crate::certificate::GROUP_KEY_BYTES;

/// Most members that a committee may have.
pub const MEMBERS_MAX: u32 = 256;

/// Longest namespace of a chain in bytes.
pub const NAMESPACE_BYTES_MAX: usize = 64;

/// Who orders the blocks of a chain. Public.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Committee {
    namespace: Vec<u8>,
    pub(crate) sharing: Sharing<MinSig>,
    pub(crate) members: Set<PublicKey>,
}

/// What one member alone may know.
#[derive(Clone, Debug)]
pub struct Secret {
    pub(crate) identity: PrivateKey,
    pub(crate) share: Share,
}

/// Makes a committee and the secrets of its members, in their order. Whoever knows the seed knows them all.
///
/// # Panics
/// If there are no members or more than [`MEMBERS_MAX`], or the namespace is longer than [`NAMESPACE_BYTES_MAX`].
pub fn deal(seed: [u8; 32], namespace: &[u8], members: NonZeroU32) -> (Committee, Vec<Secret>) {
    assert!(members.get() <= MEMBERS_MAX, "a committee has its bounds");
    assert!(namespace.len() <= NAMESPACE_BYTES_MAX, "a namespace has its bounds");
    let mut rng = StdRng::from_seed(seed);
    let mut identities: Vec<PrivateKey> = (0..members.get()).map(|_| identity(&mut rng)).collect();
    identities.sort_by_key(|identity| identity.public_key());
    let members = identities.iter().map(|identity| identity.public_key()).try_collect::<Set<_>>();
    let members = members.expect("keys drawn at random differ");
    let dealt = feldman_desmedt::deal::<MinSig, _, N3f1>(&mut rng, Mode::NonZeroCounter, members.clone());
    let (output, shares) = dealt.expect("there is a member");
    let sharing = output.public().clone();
    let secrets = identities.into_iter().zip(shares.values().iter().cloned());
    let secrets = secrets.map(|(identity, share)| Secret { identity, share }).collect();
    (Committee { namespace: namespace.to_vec(), sharing, members }, secrets)
}

fn identity(rng: &mut StdRng) -> PrivateKey {
    let mut bytes = [0; 32];
    rand::Rng::fill_bytes(rng, &mut bytes);
    PrivateKey::decode(Bytes::copy_from_slice(&bytes)).expect("any 32 bytes are a secret key of ed25519")
}

impl Committee {
    /// Of its parts.
    pub(crate) fn of(namespace: Vec<u8>, sharing: Sharing<MinSig>, members: Set<PublicKey>) -> Committee {
        Committee { namespace, sharing, members }
    }

    /// What the votes of this chain are bound to.
    pub fn namespace(&self) -> &[u8] {
        &self.namespace
    }

    /// The same members with the same keys, whose votes are bound to something else.
    ///
    /// # Panics
    /// If the namespace is longer than [`NAMESPACE_BYTES_MAX`].
    pub fn bound_to(self, namespace: &[u8]) -> Committee {
        assert!(namespace.len() <= NAMESPACE_BYTES_MAX, "a namespace has its bounds");
        Committee { namespace: namespace.to_vec(), ..self }
    }

    /// The key under which certificates are checked.
    pub fn group_key(&self) -> [u8; GROUP_KEY_BYTES] {
        let key = self.sharing.public().encode();
        key.as_ref().try_into().expect("a compressed point of G2 has that length")
    }

    /// How many members there are.
    pub fn size(&self) -> usize {
        self.members.len()
    }

    /// How many of them a certificate needs.
    pub fn quorum(&self) -> usize {
        self.members.quorum::<N3f1>() as usize
    }

    /// The members' public ed25519 keys, in their order.
    pub fn members(&self) -> impl Iterator<Item = [u8; 32]> {
        self.members.iter().map(|key| key.as_ref().try_into().expect("a public key has 32 bytes"))
    }

    /// Which member has this secret, if one has it.
    pub fn index_of(&self, secret: &Secret) -> Option<usize> {
        let index = self.members.index(&secret.identity.public_key())?;
        let known = self.sharing.partial_public(secret.share.index).ok()?;
        let fits = secret.share.index == index && known == secret.share.public::<MinSig>();
        fits.then(|| usize::from(index))
    }

    /// As bytes.
    pub fn encode(&self) -> Vec<u8> {
        let length = u8::try_from(self.namespace.len()).expect("a namespace has its bounds");
        let members: Vec<PublicKey> = self.members.iter().cloned().collect();
        [&[length], &self.namespace[..], &self.sharing.encode(), &(members.len() as u32).to_be_bytes()]
            .into_iter()
            .chain(members.iter().map(AsRef::as_ref))
            .collect::<Vec<&[u8]>>()
            .concat()
    }

    /// From bytes; none if they are no committee.
    pub fn decode(bytes: &[u8]) -> Option<Committee> {
        let (length, rest) = bytes.split_first()?;
        let (namespace, rest) = rest.split_at_checked(usize::from(*length))?;
        let mut rest = Bytes::copy_from_slice(rest);
        let bounds = (NonZeroU32::new(MEMBERS_MAX)?, ModeVersion::v0());
        let sharing = Sharing::<MinSig>::read_cfg(&mut rest, &bounds).ok()?;
        let count = u32::read(&mut rest).ok()?;
        let fits = count == sharing.total().get() && rest.len() == 32 * count as usize;
        let keys = (0..count).map(|_| PublicKey::read(&mut rest)).collect::<Result<Vec<_>, _>>().ok()?;
        let members: Set<PublicKey> = keys.clone().into_iter().try_collect().ok()?;
        let fits = fits && namespace.len() <= NAMESPACE_BYTES_MAX && members.iter().eq(&keys);
        let fits = fits && sharing.required() == members.quorum::<N3f1>();
        fits.then(|| Committee { namespace: namespace.to_vec(), sharing, members })
    }
}

impl Secret {
    /// As bytes, to be kept from others.
    pub fn encode(&self) -> Vec<u8> {
        [&self.identity.encode()[..], &self.share.encode()].concat()
    }

    /// From bytes; none if they are no secret.
    pub fn decode(bytes: &[u8]) -> Option<Secret> {
        let (identity, share) = bytes.split_at_checked(32)?;
        let (identity, share) = (Bytes::copy_from_slice(identity), Bytes::copy_from_slice(share));
        Some(Secret { identity: PrivateKey::decode(identity).ok()?, share: Share::decode(share).ok()? })
    }

    /// The public key of its share, a compressed point of G2.
    pub fn share_key(&self) -> [u8; GROUP_KEY_BYTES] {
        let key = self.share.public::<MinSig>().encode();
        key.as_ref().try_into().expect("a compressed point of G2 has that length")
    }

    /// The secret key of its identity.
    #[cfg(feature = "simulation")]
    pub(crate) fn identity(&self) -> [u8; 32] {
        self.identity.encode().as_ref().try_into().expect("a secret key has 32 bytes")
    }

    /// The public key of its identity.
    pub fn public_key(&self) -> [u8; 32] {
        self.identity.public_key().as_ref().try_into().expect("a public key has 32 bytes")
    }
}
