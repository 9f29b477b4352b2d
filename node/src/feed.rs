//! `feed`: the fast way in beside JSON. Raw transactions come in over TCP or QUIC, one frame each, and the peer sees how many
//! more it may send.
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
mod entrance;
pub(crate) mod frame;
mod peer;
mod quic;
mod quota;
mod secret;
mod tcp;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::TcpListener;

pub use client::{Client, Lost};
pub use frame::{BUFFER_BYTES, End, Word};

use crate::devnet::Way;
use crate::rpc::Node;
use crate::validator::relay::Relay;
use entrance::Entrance;

/// How often another port is tried where any will do: one that TCP finds free need not be so for UDP.
const TRIES: usize = 16;

/// Listeners for peers.
pub struct Feed {
    tcp: TcpListener,
    quic: Option<quinn::Endpoint>,
    entrance: Entrance,
}

impl Feed {
    /// Listens at an address, over TCP and QUIC.
    ///
    /// # Errors
    /// Whatever the system says, above all that something else listens there.
    pub async fn bind(address: SocketAddr, node: Arc<Node>, way: Arc<Way>) -> io::Result<Feed> {
        let patience = node.limits().patience;
        let entrance = Entrance::new(node, way);
        let mut tries = if address.port() == 0 { TRIES } else { 1 };
        loop {
            let tcp = TcpListener::bind(address).await?;
            tries -= 1;
            match quic::bind(tcp.local_addr()?, patience) {
                Ok(quic) => return Ok(Feed { tcp, quic: Some(quic), entrance }),
                Err(error) if tries == 0 => return Err(error),
                Err(_) => {}
            }
        }
    }

    /// Listens over TCP for other validators, whose transactions need not be passed on.
    ///
    /// # Errors
    /// As [`Feed::bind`].
    pub async fn bind_for_validators(
        address: SocketAddr,
        node: Arc<Node>,
        way: Arc<Way>,
        relay: Arc<Relay>,
    ) -> io::Result<Feed> {
        let entrance = Entrance::new(node, way).of_validators(relay);
        Ok(Feed { tcp: TcpListener::bind(address).await?, quic: None, entrance })
    }

    /// Where it listens.
    ///
    /// # Errors
    /// Whatever the system says.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.tcp.local_addr()
    }

    /// Takes transactions, for good.
    pub async fn serve(self) {
        let Feed { tcp, quic, entrance } = self;
        let entrance = Arc::new(entrance);
        if let Some(quic) = quic {
            tokio::spawn(quic::serve(quic, entrance.clone()));
        }
        tcp::serve(tcp, entrance).await;
    }
}
