//! What a validator may do that it must not: one file for each misdeed.
//!
//! A villain runs the same core as everybody, and its misdeed stands between that and the network, with its keys in hand. So
//! it knows all that an honest validator knows, when it knows it, and breaks the one rule that is its own.

mod corrupts;
mod equivocates;
mod floods;
mod votes_twice;
mod withholds;

use std::sync::Arc;

use bytes::Bytes;
use commonware_codec::DecodeExt as _;
use commonware_consensus::simplex::types::{Proposal, Vote};
use rand::SeedableRng as _;
use rand::rngs::StdRng;

pub(super) use self::equivocates::Pairs;
use super::network::Parcel;
use crate::application::Application;
use crate::core::{Channel, Digest, Listed, Settings, Voting};

/// How votes are signed here.
pub(super) type Scheme = <Listed as Voting>::Scheme;

/// Misdeeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Misdeed {
    /// Makes two blocks when it leads, and shows and votes for one or the other, depending on who looks. So do its accomplices.
    Equivocates,
    /// Votes for what it was asked about, and for something else besides.
    VotesTwice,
    /// Keeps its blocks to itself, and all that it is asked for.
    Withholds,
    /// Sends blocks in which some bits are not as they were.
    Corrupts,
    /// Sends everybody whatever comes to its mind, all the time.
    Floods,
}

impl Misdeed {
    /// All of them.
    pub const ALL: [Misdeed; 5] =
        [Misdeed::Equivocates, Misdeed::VotesTwice, Misdeed::Withholds, Misdeed::Corrupts, Misdeed::Floods];
}

/// Another good block in place of this one, if there is one.
pub type Twin = fn(&[u8]) -> Option<Vec<u8>>;

/// One who does it.
pub(super) trait Villain: Send {
    /// What goes out in place of this.
    fn send(&mut self, parcel: Parcel, out: &mut Vec<Parcel>);

    /// What goes out besides, every now and then.
    fn tick(&mut self, _out: &mut Vec<Parcel>) {}

    /// How often it was done.
    fn deeds(&self) -> u64;
}

/// What each of them has.
pub(super) struct Means {
    pub member: usize,
    pub members: usize,
    pub scheme: Scheme,
    pub application: Arc<dyn Application>,
    pub twin: Twin,
    /// Those that villains of this kind have made, for all of them.
    pub pairs: Pairs,
    pub random: StdRng,
}

/// Makes one who does this.
pub(super) fn villain(
    misdeed: Misdeed,
    settings: &Settings,
    (member, twin, seed): (usize, Twin, u64),
    pairs: Pairs,
) -> Box<dyn Villain> {
    let means = Means {
        member,
        members: settings.committee.size(),
        scheme: Listed::scheme(settings),
        application: settings.application.clone(),
        twin,
        pairs,
        random: StdRng::seed_from_u64(seed),
    };
    match misdeed {
        Misdeed::Equivocates => Box::new(equivocates::Equivocates::new(means)),
        Misdeed::VotesTwice => Box::new(votes_twice::VotesTwice::new(means)),
        Misdeed::Withholds => Box::new(withholds::Withholds::default()),
        Misdeed::Corrupts => Box::new(corrupts::Corrupts::new(means)),
        Misdeed::Floods => Box::new(floods::Floods::new(means)),
    }
}

/// A vote that goes out.
pub(super) fn vote_of(parcel: &Parcel) -> Option<Vote<Scheme, Digest>> {
    let is_vote = matches!(parcel.channel, Channel::Votes);
    is_vote.then(|| Vote::decode(parcel.bytes.clone()).expect("the core sends nothing else on this channel"))
}

/// The same round, another block.
fn proposal_of(other: Digest, like: &Proposal<Digest>) -> Proposal<Digest> {
    Proposal::new(like.round, like.parent, other)
}

fn with_bytes(parcel: &Parcel, bytes: Bytes) -> Parcel {
    Parcel { bytes, ..parcel.clone() }
}
