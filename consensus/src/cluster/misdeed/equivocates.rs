//! Makes two blocks when it leads, and shows and votes for one or the other, depending on who looks.
//!
//! Several of them know of each other's blocks, and all tell the same two stories: one to those of even numbers, one to the
//! others, to notarize and to finalize at once, whatever their cores think of it. So f of them are as bad as f can be, and f + 1
//! break a committee of 3f + 1.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bytes::Bytes;
use commonware_codec::{Decode as _, Encode as _};
use commonware_consensus::Viewable as _;
use commonware_consensus::simplex::types::{Certificate, Finalize, Notarize, Proposal, Vote};
use commonware_cryptography::certificate::Verifier as _;
use parking_lot::Mutex;

use super::{Means, Parcel, Scheme, Villain, proposal_of, vote_of, with_bytes};
use crate::core::carrier::message::Message;
use crate::core::{Channel, Digest, digest_of};

/// One story: a block, and the message that shows it.
type Told = (Digest, Bytes);

/// What villains of this kind know of each other.
#[derive(Clone, Default)]
pub(crate) struct Pairs(Arc<Mutex<Inner>>);

#[derive(Default)]
struct Inner {
    /// By either of its blocks, a pair of them: for those of even numbers, and for the others.
    pairs: BTreeMap<Digest, [Told; 2]>,
    /// Those for which one of them has voted while there was no other: blocks of somebody else.
    single: BTreeSet<Digest>,
    /// What is to be voted for, by all of them, by view.
    proposals: Vec<Proposal<Digest>>,
}

impl Pairs {
    /// The one that somebody is told of, where this is one of two.
    fn told(&self, one: &Digest, to: usize) -> Option<Told> {
        self.0.lock().pairs.get(one).map(|pair| pair[to % 2].clone())
    }

    fn insert(&self, pair: [Told; 2]) {
        let pairs = &mut self.0.lock().pairs;
        pairs.insert(pair[1].0, pair.clone());
        pairs.insert(pair[0].0, pair);
    }

    /// Whether a vote is on one of two blocks, or in the view of two: what is voted there is not for a core to say.
    fn takes(&self, vote: &Vote<Scheme, Digest>) -> bool {
        let inner = &mut *self.0.lock();
        let is_known = inner.proposals.iter().any(|proposal| proposal.view() == vote.view());
        if let (Vote::Notarize(vote), false) = (vote, is_known) {
            match inner.pairs.contains_key(&vote.proposal.payload) {
                true => inner.proposals.push(vote.proposal.clone()),
                false => drop(inner.single.insert(vote.proposal.payload)),
            }
            return inner.pairs.contains_key(&vote.proposal.payload);
        }
        is_known
    }
}

pub(super) struct Equivocates {
    means: Means,
    /// Proposals that it has voted for.
    voted: usize,
    deeds: u64,
}

impl Equivocates {
    pub fn new(means: Means) -> Equivocates {
        Equivocates { means, voted: 0, deeds: 0 }
    }

    /// What is shown in place of a block that goes out whole; another block is found for one that is new.
    fn shown(&self, bytes: &Bytes, to: usize) -> Option<Bytes> {
        let Message::Whole(block) = Message::decode(bytes)? else { return None };
        let own = digest_of(self.means.application.read(&block)?.id);
        let pairs = &self.means.pairs;
        if pairs.told(&own, to).is_none() {
            if pairs.0.lock().single.contains(&own) {
                return None;
            }
            let other = (self.means.twin)(&block)?;
            let id = digest_of(self.means.application.read(&other)?.id);
            let twin = (id, Message::Whole(other.into()).encode());
            pairs.insert([(own, bytes.clone()), twin]);
        }
        pairs.told(&own, to).map(|(_, bytes)| bytes)
    }

    /// Votes to notarize and to finalize what this one is told of.
    fn cast(&self, proposal: &Proposal<Digest>, to: usize) -> Vec<Bytes> {
        let Some((block, _)) = self.means.pairs.told(&proposal.payload, to) else { return Vec::new() };
        let (scheme, proposal) = (&self.means.scheme, proposal_of(block, proposal));
        let notarize = Notarize::sign(scheme, proposal.clone()).map(Vote::<Scheme, Digest>::Notarize);
        let finalize = Finalize::sign(scheme, proposal).map(Vote::Finalize);
        [notarize, finalize].into_iter().flatten().map(|vote| vote.encode()).collect()
    }

    /// Whether a certificate tells somebody of the other block.
    fn gives_away(&self, bytes: &Bytes, to: usize) -> bool {
        let config = self.means.scheme.certificate_codec_config();
        let certificate = Certificate::<Scheme, Digest>::decode_cfg(bytes.clone(), &config);
        let payload = match certificate.expect("the core sends nothing else on this channel") {
            Certificate::Notarization(one) => one.proposal.payload,
            Certificate::Finalization(one) => one.proposal.payload,
            Certificate::Nullification(_) => return false,
        };
        self.means.pairs.told(&payload, to).is_some_and(|(block, _)| block != payload)
    }
}

impl Villain for Equivocates {
    fn send(&mut self, parcel: Parcel, out: &mut Vec<Parcel>) {
        match parcel.channel {
            Channel::Blocks => {
                let shown = self.shown(&parcel.bytes, parcel.to).filter(|bytes| *bytes != parcel.bytes);
                self.deeds += u64::from(shown.is_some());
                out.push(shown.map_or(parcel.clone(), |bytes| with_bytes(&parcel, bytes)));
            }
            Channel::Votes if vote_of(&parcel).is_some_and(|vote| self.means.pairs.takes(&vote)) => {}
            Channel::Certificates if self.gives_away(&parcel.bytes, parcel.to) => {}
            _ => out.push(parcel),
        }
    }

    fn tick(&mut self, out: &mut Vec<Parcel>) {
        let proposals = self.means.pairs.0.lock().proposals[self.voted..].to_vec();
        self.voted += proposals.len();
        let (from, channel) = (self.means.member, Channel::Votes);
        for (proposal, to) in
            proposals.iter().flat_map(|one| (0..self.means.members).map(move |to| (one, to)))
        {
            if to != from {
                let votes = self.cast(proposal, to);
                self.deeds += votes.len() as u64;
                out.extend(votes.into_iter().map(|bytes| Parcel { from, to, channel, bytes }));
            }
        }
    }

    fn deeds(&self) -> u64 {
        self.deeds
    }
}
