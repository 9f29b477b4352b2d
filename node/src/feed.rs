//! `feed`: the fast way in beside JSON. Raw transactions come in over TCP, one frame each, and the peer sees how many more
//! it may send.
//!
//! ```text
//!   peer ── frames ──> reader ──quota──> door ──> pipeline            frame: length u32, kind u8, [claimed sender 20], bytes
//!     ^                   │ taken                                     word:  end u8, may send u64, taken u64
//!     └───── words ───── teller (the newest word only)                all integers big-endian
//! ```
//!
//! 1. A peer may have sent as many transactions in all as the newest word says, and no more: who sends more is cut off.
//! 2. That number is what was taken of it so far, and a window. Where the door is full or its quota is used up, nothing is
//!    taken, the number stands still, and nothing more is read: the pipeline's back-pressure reaches the sender.
//! 3. What was taken is never dropped here. What becomes of it, `pelton_transactionStatus` knows.
//! 4. A peer holds a buffer of at most [`BUFFER_BYTES`], what is read at a time, and one word, whatever it does. A frame that does not come in time,
//!    a word that is not read in time, and silence for long end its connection.
//! 5. Each connection is a source of its own to the verify stage, which gathers what comes from one that claims wrongly
//!    apart from the rest.

mod client;
pub(crate) mod frame;
mod peer;
mod quota;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::sync::Semaphore;

pub use client::{Client, Lost};
pub use frame::{BUFFER_BYTES, End, Word};

use crate::devnet::Way;
use crate::rpc::Node;
use crate::rpc::limits::Limit;
use crate::validator::relay::Relay;
use peer::Peer;

/// A listener for peers.
pub struct Feed {
    listener: TcpListener,
    node: Arc<Node>,
    way: Arc<Way>,
    /// To be told of what comes in, where that comes from validators.
    relay: Option<Arc<Relay>>,
}

impl Feed {
    /// Listens at an address.
    ///
    /// # Errors
    /// Whatever the system says, above all that something else listens there.
    pub async fn bind(address: SocketAddr, node: Arc<Node>, way: Arc<Way>) -> io::Result<Feed> {
        Ok(Feed { listener: TcpListener::bind(address).await?, node, way, relay: None })
    }

    /// The same for other validators, whose transactions need not be passed on.
    pub fn of_validators(self, relay: Arc<Relay>) -> Feed {
        Feed { relay: Some(relay), ..self }
    }

    /// Where it listens.
    ///
    /// # Errors
    /// Whatever the system says.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Takes transactions, for good.
    pub async fn serve(self) {
        let Feed { listener, node, way, relay } = self;
        let places = Arc::new(Semaphore::new(node.limits().feed_peers_max));
        // Requests by JSON are source 0.
        let mut source: u32 = 0;
        loop {
            // What fails here is one connection, or there are no more descriptors: others may fare better in a moment.
            let Ok((stream, _)) = listener.accept().await else {
                tokio::time::sleep(std::time::Duration::from_millis(10)).await;
                continue;
            };
            let Ok(place) = places.clone().try_acquire_owned() else {
                node.count(Limit::FeedPeers);
                continue;
            };
            source = source.wrapping_add(1).max(1);
            let peer = Peer::new(node.clone(), way.submitter.clone(), source, relay.clone());
            tokio::spawn(async move {
                peer.serve(stream).await;
                drop(place);
            });
        }
    }
}
