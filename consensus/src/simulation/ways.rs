//! `Ways`: the simulated network between the members of a committee, every one of whom can reach every other.

use std::num::{NonZeroU32, NonZeroUsize};

use commonware_cryptography::ed25519::PublicKey;
use commonware_p2p::simulated::{self, Control, Link, Manager, Oracle, Receiver, Sender};
use commonware_runtime::{Quota, Supervisor as _, deterministic};

use crate::committee::Committee;
use crate::core::{Channel, Network};

type Context = deterministic::Context;

const QUOTA: Quota = Quota::per_second(NonZeroU32::new(100_000).expect("it is not zero"));

/// What a validator in a simulated network is started with.
pub(crate) type Simulated = Network<
    Manager<PublicKey, Context>,
    Control<PublicKey, Context>,
    Sender<PublicKey, Context>,
    Receiver<PublicKey>,
>;

/// See the head of this file.
pub(crate) struct Ways {
    oracle: Oracle<PublicKey, Context>,
    members: Vec<PublicKey>,
}

impl Ways {
    /// Opens a network without links between the members of a committee, whose messages are at most so long.
    pub(crate) async fn open(context: &Context, committee: &Committee, message_bytes_max: u32) -> Ways {
        Ways::among(context, committee.members.iter().cloned().collect(), message_bytes_max).await
    }

    /// The same between these, in this order.
    pub(crate) async fn among(context: &Context, members: Vec<PublicKey>, message_bytes_max: u32) -> Ways {
        let config = simulated::Config {
            max_size: message_bytes_max,
            max_peers_per_set: NonZeroUsize::new(members.len()).expect("somebody is simulated"),
            disconnect_on_block: true,
            tracked_peer_sets: NonZeroUsize::MIN,
        };
        let (network, oracle): (_, Oracle<PublicKey, Context>) =
            simulated::Network::new_with_peers(context.child("network"), config, members.clone()).await;
        network.start();
        Ways { oracle, members }
    }

    /// One more channel of a member's, to be had once.
    pub(crate) async fn channel(
        &self,
        index: usize,
        number: u64,
    ) -> (Sender<PublicKey, Context>, Receiver<PublicKey>) {
        let control = self.oracle.control(self.members[index].clone());
        control.register(number, QUOTA).await.expect("it is registered once")
    }

    /// What the member at `index` is started with; to be had once.
    pub(crate) async fn of(&self, index: usize) -> Simulated {
        let control = self.oracle.control(self.members[index].clone());
        let mut channels = Vec::new();
        for channel in Channel::ALL {
            channels.push(control.register(channel as u64, QUOTA).await.expect("it is registered once"));
        }
        let channels = channels.try_into().unwrap_or_else(|_| unreachable!("one for each kind"));
        Network { peers: self.oracle.manager(), blocker: control, channels }
    }

    /// Joins all pairs of which this is true, none of which are joined.
    pub(crate) async fn join(&self, link: &Link, between: impl Fn(usize, usize) -> bool) {
        for (from, to) in self.pairs(between) {
            self.oracle.add_link(from, to, link.clone()).await.expect("there was none");
        }
    }

    /// Parts all pairs of which this is true, all of which are joined.
    pub(crate) async fn part(&self, between: impl Fn(usize, usize) -> bool) {
        for (from, to) in self.pairs(between) {
            self.oracle.remove_link(from, to).await.expect("there was one");
        }
    }

    fn pairs(&self, between: impl Fn(usize, usize) -> bool) -> impl Iterator<Item = (PublicKey, PublicKey)> {
        let count = self.members.len();
        let all = (0..count).flat_map(move |one| (0..count).map(move |other| (one, other)));
        let meant = all.filter(move |(one, other)| one != other && between(*one, *other));
        meant.map(|(one, other)| (self.members[one].clone(), self.members[other].clone()))
    }
}
