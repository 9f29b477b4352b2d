//! Sends everybody whatever comes to its mind, all the time: garbage, what it has said before, votes on views far away.

use bytes::Bytes;
use commonware_codec::Encode as _;
use commonware_consensus::simplex::types::{Notarize, Proposal, Vote};
use commonware_consensus::types::{Epoch, Round, View};
use rand::RngExt as _;

use super::{Means, Parcel, Villain};
use crate::core::{Channel, Digest};

/// Messages of one tick, at most.
const BURST_MAX: usize = 6;
/// Messages that are remembered to be said again.
const SAID_MAX: usize = 32;
/// Bytes of garbage, at most.
const GARBAGE_MAX: usize = 400;

pub(super) struct Floods {
    means: Means,
    said: Vec<Parcel>,
    deeds: u64,
}

impl Floods {
    pub fn new(means: Means) -> Floods {
        Floods { means, said: Vec::new(), deeds: 0 }
    }

    fn make(&mut self) -> Parcel {
        let random = &mut self.means.random;
        let (from, to) = (self.means.member, random.random_range(0..self.means.members));
        let kind = random.random_range(0..3);
        if kind == 0 && !self.said.is_empty() {
            return Parcel { to, ..self.said[random.random_range(0..self.said.len())].clone() };
        }
        if kind == 1 {
            let view = random.random_range(1..1_000_000);
            let (round, parent) = (Round::new(Epoch::zero(), View::new(view)), View::new(view - 1));
            let proposal = Proposal::new(round, parent, Digest::from(random.random::<[u8; 32]>()));
            let vote = Notarize::sign(&self.means.scheme, proposal).expect("it has its keys");
            return Parcel { from, to, channel: Channel::Votes, bytes: Vote::Notarize(vote).encode() };
        }
        let channel = Channel::ALL[random.random_range(0..Channel::ALL.len())];
        let mut bytes = vec![0; random.random_range(0..GARBAGE_MAX)];
        random.fill(&mut bytes[..]);
        Parcel { from, to, channel, bytes: Bytes::from(bytes) }
    }
}

impl Villain for Floods {
    fn send(&mut self, parcel: Parcel, out: &mut Vec<Parcel>) {
        if self.said.len() < SAID_MAX {
            self.said.push(parcel.clone());
        } else {
            let at = self.means.random.random_range(0..SAID_MAX);
            self.said[at] = parcel.clone();
        }
        out.push(parcel);
    }

    fn tick(&mut self, out: &mut Vec<Parcel>) {
        for _ in 0..self.means.random.random_range(0..BURST_MAX) {
            let parcel = self.make();
            if parcel.to != self.means.member {
                self.deeds += 1;
                out.push(parcel);
            }
        }
    }

    fn deeds(&self) -> u64 {
        self.deeds
    }
}
