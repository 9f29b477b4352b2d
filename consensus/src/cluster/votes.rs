//! `Votes`: what validators have put their names to on the network, and who of them ever did so twice.
//!
//! In one view a validator may sign one block to notarize and one to finalize; and one that has signed that the view is over
//! without a block signs nothing to finalize in it, nor the other way round.

use std::collections::BTreeMap;
use std::time::Duration;

use commonware_codec::DecodeExt as _;
use commonware_consensus::Viewable as _;
use commonware_consensus::simplex::types::{Proposal, Vote};

use super::misdeed::{Scheme, vote_of};
use super::network::Parcel;
use crate::core::{Channel, Digest};

/// A validator has signed two things that contradict each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Twice {
    /// Who.
    pub member: usize,
    /// In which view.
    pub view: u64,
    /// When the second was sent.
    pub at: Duration,
}

/// See the head of this file.
#[derive(Default)]
pub(super) struct Votes {
    cast: BTreeMap<(usize, u64), Cast>,
    twice: Vec<Twice>,
}

#[derive(Default)]
struct Cast {
    notarized: Option<Proposal<Digest>>,
    finalized: Option<Proposal<Digest>>,
    is_nullified: bool,
}

/// Whether a message, which may be anything, is a vote to finalize.
pub(super) fn is_to_finalize(parcel: &Parcel) -> bool {
    matches!(parcel.channel, Channel::Votes)
        && matches!(Vote::<Scheme, Digest>::decode(parcel.bytes.clone()), Ok(Vote::Finalize(_)))
}

impl Votes {
    /// Notes a vote, if that is what goes out.
    pub fn see(&mut self, parcel: &Parcel, now: Duration) {
        let Some(vote) = vote_of(parcel) else { return };
        let (member, view) = (parcel.from, vote.view().get());
        let cast = self.cast.entry((member, view)).or_default();
        let is_good = match vote {
            Vote::Notarize(vote) => {
                *cast.notarized.get_or_insert_with(|| vote.proposal.clone()) == vote.proposal
            }
            Vote::Finalize(vote) => {
                let first = cast.finalized.get_or_insert_with(|| vote.proposal.clone());
                *first == vote.proposal && !cast.is_nullified
            }
            Vote::Nullify(_) => {
                cast.is_nullified = true;
                cast.finalized.is_none()
            }
        };
        let known = |twice: &Twice| (twice.member, twice.view) == (member, view);
        if !is_good && !self.twice.iter().any(known) {
            self.twice.push(Twice { member, view, at: now });
        }
    }

    /// Who, and in which view, once each.
    pub fn twice(&self) -> Vec<Twice> {
        self.twice.clone()
    }
}
