//! Makes two blocks when it leads, and shows and votes for one or the other, depending on who looks.

use std::collections::BTreeMap;

use bytes::Bytes;
use commonware_codec::Encode as _;
use commonware_consensus::simplex::types::{Finalize, Notarize, Vote};

use super::{Means, Parcel, Villain, proposal_of, vote_of, with_bytes};
use crate::core::carrier::message::Message;
use crate::core::{Channel, Digest, digest_of};

/// Blocks that are remembered.
const TWINS_MAX: usize = 64;

pub(super) struct Equivocates {
    means: Means,
    /// By block, the other one and its bytes as they are sent.
    twins: BTreeMap<Digest, (Digest, Bytes)>,
    deeds: u64,
}

impl Equivocates {
    pub fn new(means: Means) -> Equivocates {
        Equivocates { means, twins: BTreeMap::new(), deeds: 0 }
    }

    /// Finds another block for one that goes out whole.
    fn twin_of(&mut self, bytes: &Bytes) -> Option<(Digest, Bytes)> {
        let Message::Whole(block) = Message::decode(bytes)? else { return None };
        let own = digest_of(self.means.application.read(&block)?.id);
        if let Some(known) = self.twins.get(&own) {
            return Some(known.clone());
        }
        let other = (self.means.twin)(&block)?;
        let id = digest_of(self.means.application.read(&other)?.id);
        let twin = (id, Message::Whole(other.into()).encode());
        self.twins.insert(own, twin.clone());
        if self.twins.len() > TWINS_MAX {
            self.twins.pop_first();
        }
        Some(twin)
    }
}

impl Villain for Equivocates {
    fn send(&mut self, parcel: Parcel, out: &mut Vec<Parcel>) {
        if parcel.to.is_multiple_of(2) {
            return out.push(parcel);
        }
        if matches!(parcel.channel, Channel::Blocks) {
            let twin = self.twin_of(&parcel.bytes);
            self.deeds += u64::from(twin.is_some());
            return out.push(twin.map_or(parcel.clone(), |(_, bytes)| with_bytes(&parcel, bytes)));
        }
        let other = |digest| self.twins.get(digest).map(|(twin, _)| *twin);
        let scheme = &self.means.scheme;
        let vote = match vote_of(&parcel) {
            Some(Vote::Notarize(vote)) => other(&vote.proposal.payload)
                .and_then(|twin| Notarize::sign(scheme, proposal_of(twin, &vote.proposal)))
                .map(Vote::Notarize),
            Some(Vote::Finalize(vote)) => other(&vote.proposal.payload)
                .and_then(|twin| Finalize::sign(scheme, proposal_of(twin, &vote.proposal)))
                .map(Vote::Finalize),
            _ => None,
        };
        self.deeds += u64::from(vote.is_some());
        out.push(vote.map_or(parcel.clone(), |vote| with_bytes(&parcel, vote.encode())));
    }

    fn deeds(&self) -> u64 {
        self.deeds
    }
}
