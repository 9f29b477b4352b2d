//! Votes for what it was asked about, and for something else besides: another block, or that there was none.

use commonware_codec::Encode as _;
use commonware_consensus::simplex::types::{Finalize, Notarize, Nullify, Vote};
use rand::RngExt as _;

use super::{Means, Parcel, Villain, proposal_of, vote_of, with_bytes};
use crate::core::Digest;

pub(super) struct VotesTwice {
    means: Means,
    deeds: u64,
}

impl VotesTwice {
    pub fn new(means: Means) -> VotesTwice {
        VotesTwice { means, deeds: 0 }
    }
}

impl Villain for VotesTwice {
    fn send(&mut self, parcel: Parcel, out: &mut Vec<Parcel>) {
        let scheme = &self.means.scheme;
        let other = Digest::from(self.means.random.random::<[u8; 32]>());
        let second = match vote_of(&parcel) {
            Some(Vote::Notarize(vote)) => {
                Notarize::sign(scheme, proposal_of(other, &vote.proposal)).map(Vote::Notarize)
            }
            Some(Vote::Finalize(vote)) if self.means.random.random() => {
                Finalize::sign(scheme, proposal_of(other, &vote.proposal)).map(Vote::Finalize)
            }
            Some(Vote::Finalize(vote)) => {
                Nullify::sign::<Digest>(scheme, vote.proposal.round).map(Vote::Nullify)
            }
            _ => None,
        };
        if let Some(second) = second {
            self.deeds += 1;
            let second = with_bytes(&parcel, second.encode());
            // Whichever comes first.
            if self.means.random.random() {
                out.push(second);
                return out.push(parcel);
            }
            out.push(parcel.clone());
            return out.push(second);
        }
        out.push(parcel);
    }

    fn deeds(&self) -> u64 {
        self.deeds
    }
}
