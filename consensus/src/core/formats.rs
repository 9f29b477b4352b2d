//! One of each message that validators send each other, for tests that freeze them and feed them to their parsers.

use std::num::NonZeroU32;
use std::sync::Arc;

use bytes::Bytes;
use commonware_codec::{Decode as _, DecodeExt as _, Encode as _};
use commonware_consensus::simplex::types::{
    Certificate, Finalization, Finalize, Notarization, Notarize, Nullification, Nullify, Proposal, Vote,
};
use commonware_consensus::types::{Round, View};
use commonware_cryptography::certificate::Verifier as _;
use commonware_parallel::Sequential;
use commonware_utils::non_empty;

use super::EPOCH;
use super::carrier::message::Message;
use super::catch_up::message::Message as Said;
use super::envelope::{Digest, Envelope, Format, digest_of};
use super::voting::{Threshold, Voting};
use crate::application::{Application, Block, Done, Link, Reply};
use crate::committee::{Committee, Secret, deal};
use crate::ordering::BlockId;

/// How votes are signed.
type Scheme = <Threshold as Voting>::Scheme;

const MEMBERS: NonZeroU32 = NonZeroU32::new(4).expect("it is not zero");
const ID: BlockId = BlockId([0x22; 32]);

/// What is read of messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A vote.
    Vote,
    /// A certificate.
    Certificate,
    /// A block as files and answers hold it.
    Block,
    /// What is said of a proposed block.
    Carried,
    /// What members say while they make a key.
    Ceremony,
    /// What is said while somebody catches up.
    CatchUp,
    /// Who orders.
    Committee,
    /// What one of them alone may know.
    Secret,
}

/// One of each, with a name.
pub fn samples() -> Vec<(&'static str, Kind, Vec<u8>)> {
    let (committee, secrets) = deal([5; 32], b"a chain", MEMBERS);
    let scheme = |index: usize| -> Scheme {
        let Committee { members, sharing, .. } = committee.clone();
        Scheme::signer(committee.namespace(), members, sharing, secrets[index].share.clone())
            .expect("the secret is one of the committee's")
    };
    let schemes: Vec<Scheme> = (0..secrets.len()).map(scheme).collect();
    let mut out = votes(&schemes);
    let bytes = Bytes::from_static(b"the bytes of a block");
    let link = Link { id: ID, parent: BlockId([0x11; 32]), height: 7 };
    out.push(("block", Kind::Block, Envelope(Block { link, bytes: bytes.clone() }).encode().to_vec()));
    let carried = [
        ("carried: whole", Message::Whole(bytes.clone())),
        ("carried: brief", Message::Brief(bytes.clone())),
        ("carried: lacks", Message::Lacks(ID, bytes.clone())),
        ("carried: parts", Message::Parts(ID, bytes.clone())),
    ];
    out.extend(carried.map(|(name, message)| (name, Kind::Carried, message.encode().to_vec())));
    let ceremony = crate::dkg::formats::samples().into_iter();
    out.extend(ceremony.map(|(name, bytes)| (name, Kind::Ceremony, bytes)));
    let (finalization, newest) = (Bytes::from_static(b"final"), Bytes::from_static(b"newest"));
    let (state, name) = ([0x33; 32], [0x44; 33]);
    let said = [
        ("catch-up: ask", Said::Ask(7)),
        ("catch-up: stand", Said::Stand { height: 7, finalization, newest }),
        ("catch-up: offer", Said::Offer(bytes.clone())),
        ("catch-up: want", Said::Want(state, name)),
        ("catch-up: piece", Said::Piece(state, name, bytes)),
        ("catch-up: gone", Said::Gone(state, name)),
    ];
    out.extend(said.map(|(name, message)| (name, Kind::CatchUp, message.encode().to_vec())));
    out.push(("committee", Kind::Committee, committee.encode()));
    out.push(("secret", Kind::Secret, secrets[0].encode()));
    out
}

fn votes(schemes: &[Scheme]) -> Vec<(&'static str, Kind, Vec<u8>)> {
    let round = Round::new(EPOCH, View::new(9));
    let proposal: Proposal<Digest> = Proposal::new(round, View::new(8), digest_of(ID));
    let signs = "a member signs";
    let notarizes: Vec<_> =
        schemes.iter().map(|one| Notarize::sign(one, proposal.clone()).expect(signs)).collect();
    let nullifies: Vec<Nullify<Scheme>> =
        schemes.iter().map(|one| Nullify::sign::<Digest>(one, round).expect(signs)).collect();
    let finalizes: Vec<_> =
        schemes.iter().map(|one| Finalize::sign(one, proposal.clone()).expect(signs)).collect();
    let (one, all) = (&schemes[0], "a quorum has signed");
    let notarization = Notarization::from_notarizes(one, non_empty![@&notarizes], &Sequential).expect(all);
    let nullification = Nullification::from_nullifies(one, non_empty![@&nullifies], &Sequential).expect(all);
    let finalization = Finalization::from_finalizes(one, non_empty![@&finalizes], &Sequential).expect(all);
    let votes: [(_, Vote<Scheme, Digest>); 3] = [
        ("vote: notarize", Vote::Notarize(notarizes[1].clone())),
        ("vote: nullify", Vote::Nullify(nullifies[1].clone())),
        ("vote: finalize", Vote::Finalize(finalizes[1].clone())),
    ];
    let certificates: [(_, Certificate<Scheme, Digest>); 3] = [
        ("certificate: notarization", Certificate::Notarization(notarization)),
        ("certificate: nullification", Certificate::Nullification(nullification)),
        ("certificate: finalization", Certificate::Finalization(finalization)),
    ];
    let votes = votes.map(|(name, vote)| (name, Kind::Vote, vote.encode().to_vec()));
    let certificates = certificates.map(|(name, one)| (name, Kind::Certificate, one.encode().to_vec()));
    votes.into_iter().chain(certificates).collect()
}

/// A certificate of this block, made with these secrets of the committee's; none if they are no quorum.
pub fn certify(committee: &Committee, secrets: &[Secret], id: BlockId) -> Option<Vec<u8>> {
    let proposal: Proposal<Digest> =
        Proposal::new(Round::new(EPOCH, View::new(9)), View::new(8), digest_of(id));
    let scheme = |secret: &Secret| {
        let Committee { members, sharing, .. } = committee.clone();
        Scheme::signer(committee.namespace(), members, sharing, secret.share.clone())
    };
    let schemes = secrets.iter().map(scheme).collect::<Option<Vec<Scheme>>>()?;
    let votes = schemes.iter().map(|one| Finalize::sign(one, proposal.clone()));
    let votes = votes.collect::<Option<Vec<_>>>()?;
    let scheme = schemes.first()?;
    let made = Finalization::from_finalizes(scheme, non_empty![@&votes], &Sequential).ok()?;
    Some(made.encode().to_vec())
}

/// What these bytes are written as once they were read; none if they are refused.
pub fn read(kind: Kind, bytes: &[u8]) -> Option<Vec<u8>> {
    let bytes = Bytes::copy_from_slice(bytes);
    match kind {
        Kind::Vote => Vote::<Scheme, Digest>::decode(bytes).ok().map(|vote| vote.encode().to_vec()),
        Kind::Certificate => {
            let (committee, _) = deal([5; 32], b"a chain", MEMBERS);
            let Committee { members, sharing, .. } = committee.clone();
            let scheme = Scheme::verifier(committee.namespace(), members, sharing);
            let read = Certificate::<Scheme, Digest>::decode_cfg(bytes, &scheme.certificate_codec_config());
            read.ok().map(|certificate| certificate.encode().to_vec())
        }
        Kind::Block => {
            let format = Format { application: Arc::new(Anything), genesis: BlockId([0; 32]), bytes_max: 64 };
            Envelope::decode_cfg(bytes, &format).ok().map(|block| block.encode().to_vec())
        }
        Kind::Carried => Message::decode(&bytes).map(|message| message.encode().to_vec()),
        Kind::Ceremony => crate::dkg::formats::read(&bytes),
        Kind::CatchUp => Said::decode(&bytes).map(|message| message.encode().to_vec()),
        Kind::Committee => Committee::decode(&bytes).map(|committee| committee.encode()),
        Kind::Secret => Secret::decode(&bytes).map(|secret| secret.encode()),
    }
}

/// Takes any bytes for a block.
struct Anything;

impl Application for Anything {
    fn read(&self, _bytes: &[u8]) -> Option<Link> {
        Some(Link { id: ID, parent: ID, height: 1 })
    }

    fn propose(&self, _parent: Block, _reply: Reply<Block>) {}

    fn verify(&self, _block: Block, _parent: Block, _reply: Reply<bool>) {}

    fn finalized(&self, _block: Block, _certificate: Option<Vec<u8>>, _done: Done) {}
}
