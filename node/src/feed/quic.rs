//! The feed over QUIC: one bidirectional stream a connection, with the frames and words of TCP on it.
//!
//! 1. Nobody gets a place before it has shown that it is where it says: first comes a retry, for which nothing is kept.
//! 2. One stream, which the node opens, and no datagrams: a connection holds what a TCP peer's does, and a window of [`WINDOW_BYTES`].
//! 3. Both ends encrypt, as QUIC must, with a key of the node's that is new each time. It names nobody: as over TCP, who is
//!    at the address is believed to be the node.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use quinn::{Endpoint, IdleTimeout, Incoming, ServerConfig, TransportConfig, VarInt};
use tokio::time::timeout;

use super::entrance::{Entrance, Place};
use super::secret;

/// Bytes on the way that a connection may make the node hold.
pub(super) const WINDOW_BYTES: u32 = 256 << 10;
/// How long a connection that was told its last word may take to end.
const LINGER: Duration = Duration::from_secs(1);

/// Listens at an address.
pub(super) fn bind(address: SocketAddr, patience: Duration) -> io::Result<Endpoint> {
    let mut config = ServerConfig::with_crypto(secret::server()?);
    config.transport_config(Arc::new(transport(patience, 0)));
    // Handshakes that may wait to be looked at, and what they may have sent by then.
    config.max_incoming(1_024).incoming_buffer_size(64 << 10).incoming_buffer_size_total(16 << 20);
    Endpoint::server(config, address)
}

/// What an end keeps to at which the other may open so many streams.
pub(super) fn transport(idle: Duration, streams: u32) -> TransportConfig {
    let mut transport = TransportConfig::default();
    transport
        .max_concurrent_bidi_streams(VarInt::from_u32(streams))
        .max_concurrent_uni_streams(VarInt::from_u32(0))
        .datagram_receive_buffer_size(None)
        .stream_receive_window(VarInt::from_u32(WINDOW_BYTES))
        .receive_window(VarInt::from_u32(WINDOW_BYTES))
        .send_window(u64::from(WINDOW_BYTES))
        .max_idle_timeout(IdleTimeout::try_from(idle).ok());
    transport
}

/// Takes transactions, for good.
pub(super) async fn serve(endpoint: Endpoint, entrance: Arc<Entrance>) {
    while let Some(incoming) = endpoint.accept().await {
        if !incoming.remote_address_validated() {
            // One that cannot be told to retry has done so already, and then its address is known.
            let _ = incoming.retry();
            continue;
        }
        match entrance.admit() {
            Some(place) => drop(tokio::spawn(take(incoming, place))),
            None => incoming.refuse(),
        }
    }
}

/// One connection.
async fn take(incoming: Incoming, place: Place) {
    let patience = place.patience();
    let Ok(connecting) = incoming.accept() else { return };
    let Ok(Ok(connection)) = timeout(patience, connecting).await else { return place.too_slow() };
    let Ok(opened) = timeout(patience, connection.open_bi()).await else { return place.too_slow() };
    let Ok((writer, reader)) = opened else { return };
    place.serve(reader, writer).await;
    // The last word is on its way: whoever closes has heard it.
    let _ = timeout(LINGER, connection.closed()).await;
}
