//! The ends of the network, as the consensus library wants them.

use std::convert::Infallible;
use std::fmt;
use std::num::NonZeroUsize;
use std::time::SystemTime;

use commonware_actor::{Feedback, Unreliable};
use commonware_cryptography::ed25519::PublicKey;
use commonware_p2p::{
    BlockedSubscription, CheckedSender, LimitedSender, Message, PeerSetSubscription, PeerSetUpdate, Provider,
    Recipients, TrackedPeers,
};
use commonware_runtime::{IoBuf, IoBufs};
use commonware_utils::channel::{mpsc, ring};

use super::{Network, Parcel};
use crate::core::Channel;

/// Messages that are held at least.
const CAPACITY: NonZeroUsize = NonZeroUsize::new(1_024).expect("it is not zero");

/// Sends what one validator says of one kind.
#[derive(Clone)]
pub(crate) struct Sender {
    network: Network,
    member: usize,
    channel: Channel,
}

impl Sender {
    pub fn new(network: Network, member: usize, channel: Channel) -> Sender {
        Sender { network, member, channel }
    }
}

impl LimitedSender for Sender {
    type PublicKey = PublicKey;
    type Checked<'a> = Checked<'a>;

    fn check(&mut self, recipients: Recipients<PublicKey>) -> Result<Checked<'_>, SystemTime> {
        let recipients = match recipients {
            Recipients::All => {
                let all = self.network.0.lock().members.clone();
                all.into_iter().enumerate().filter(|(at, _)| *at != self.member).map(|(_, key)| key).collect()
            }
            Recipients::Some(some) => some,
            Recipients::One(one) => vec![one],
        };
        Ok(Checked { sender: self, recipients })
    }
}

/// The same, to these.
pub(crate) struct Checked<'a> {
    sender: &'a Sender,
    recipients: Vec<PublicKey>,
}

impl CheckedSender for Checked<'_> {
    type PublicKey = PublicKey;

    fn recipients(&self) -> Vec<PublicKey> {
        self.recipients.clone()
    }

    fn send(self, message: impl Into<IoBufs> + Send, _priority: bool) -> Unreliable<Feedback> {
        let Sender { network, member, channel } = self.sender;
        let bytes = bytes::Bytes::copy_from_slice(message.into().coalesce().as_ref());
        let others = self.recipients.iter().filter_map(|key| network.index_of(key));
        for to in others.filter(|to| to != member) {
            network.send(Parcel { from: *member, to, channel: *channel, bytes: bytes.clone() });
        }
        Unreliable::new(Feedback::Ok)
    }
}

/// Hears what the others say of one kind.
pub(crate) struct Receiver(mpsc::UnboundedReceiver<(PublicKey, IoBuf)>);

impl Receiver {
    pub fn new(receiver: mpsc::UnboundedReceiver<(PublicKey, IoBuf)>) -> Receiver {
        Receiver(receiver)
    }
}

impl fmt::Debug for Receiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Receiver")
    }
}

impl commonware_p2p::Receiver for Receiver {
    type Error = Infallible;
    type PublicKey = PublicKey;

    async fn recv(&mut self) -> Result<Message<PublicKey>, Infallible> {
        match self.0.recv().await {
            Some(message) => Ok(message),
            // The validator is being ended.
            None => std::future::pending().await,
        }
    }

    fn capacity(&self) -> NonZeroUsize {
        CAPACITY
    }
}

/// Says who the others are.
#[derive(Clone)]
pub(crate) struct Peers {
    pub network: Network,
    pub member: usize,
}

impl fmt::Debug for Peers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Peers")
    }
}

impl Provider for Peers {
    type PublicKey = PublicKey;

    async fn peer_set(&mut self, _id: u64) -> Option<TrackedPeers<PublicKey>> {
        Some(self.network.peers())
    }

    async fn subscribe(&mut self) -> PeerSetSubscription<PublicKey> {
        let (sender, receiver) = mpsc::unbounded_channel();
        let all = self.network.peers();
        // It has just been made.
        let _ = sender.send(PeerSetUpdate { index: 0, latest: all.clone(), all });
        if let Some(doors) = &mut self.network.0.lock().doors[self.member] {
            doors.peers.push(sender);
        }
        receiver
    }
}

/// Stops listening to somebody.
#[derive(Clone)]
pub(crate) struct Blocker {
    pub network: Network,
    pub member: usize,
}

impl commonware_p2p::Blocker for Blocker {
    type PublicKey = PublicKey;

    fn block(&mut self, peer: PublicKey) -> Feedback {
        if let Some(whom) = self.network.index_of(&peer) {
            self.network.block(self.member, whom);
        }
        Feedback::Ok
    }

    fn blocked(&mut self) -> BlockedSubscription<PublicKey> {
        let (sender, receiver) = ring::channel(NonZeroUsize::MIN);
        if let Some(doors) = &mut self.network.0.lock().doors[self.member] {
            doors.blocked.push(sender);
        }
        receiver
    }
}
