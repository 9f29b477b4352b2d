//! `Entrance`: what all ways in for raw transactions have in common: so many places, and a number for each peer.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::peer::Peer;
use crate::devnet::Way;
use crate::rpc::Node;
use crate::rpc::limits::Limit;
use crate::validator::relay::Relay;

/// See the head of this file.
pub(super) struct Entrance {
    node: Arc<Node>,
    way: Arc<Way>,
    places: Arc<Semaphore>,
    /// Peers so far. Requests by JSON are of other sources, far above.
    peers: AtomicU32,
    /// To be told of what comes in, where that comes from validators.
    relay: Option<Arc<Relay>>,
}

/// A place for one peer, until it is dropped.
pub(super) struct Place {
    node: Arc<Node>,
    peer: Peer,
    _permit: OwnedSemaphorePermit,
}

impl Entrance {
    pub(super) fn new(node: Arc<Node>, way: Arc<Way>) -> Entrance {
        let places = Arc::new(Semaphore::new(node.limits().feed_peers_max));
        Entrance { node, way, places, peers: AtomicU32::new(0), relay: None }
    }

    /// The same for other validators.
    pub(super) fn of_validators(self, relay: Arc<Relay>) -> Entrance {
        Entrance { relay: Some(relay), ..self }
    }

    /// A place, if there is one; if not, that is counted.
    pub(super) fn admit(&self) -> Option<Place> {
        let Ok(permit) = self.places.clone().try_acquire_owned() else {
            self.node.count(Limit::FeedPeers);
            return None;
        };
        let source = self.peers.fetch_add(1, Ordering::Relaxed) % (1 << 31) + 1;
        let peer = Peer::new(self.node.clone(), self.way.submitter.clone(), source, self.relay.clone());
        Some(Place { node: self.node.clone(), peer, _permit: permit })
    }
}

impl Place {
    /// How long a peer has to say what it wants.
    pub(super) fn patience(&self) -> Duration {
        self.node.limits().patience
    }

    /// Gives the place up: the peer was too slow to take it.
    pub(super) fn too_slow(self) {
        self.node.count(Limit::FeedPatience);
    }

    /// Takes what the peer sends, until it ends; gives the place back then.
    pub(super) async fn serve<R, W>(self, reader: R, writer: W)
    where
        R: AsyncRead + Unpin,
        W: AsyncWrite + Unpin + Send + 'static,
    {
        self.peer.serve(reader, writer).await;
    }
}
