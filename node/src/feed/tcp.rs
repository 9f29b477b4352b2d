//! The feed over TCP.

use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;

use super::entrance::Entrance;

/// How soon a connection is accepted again when the system gave none.
const AGAIN: Duration = Duration::from_millis(10);

/// Takes transactions, for good.
pub(super) async fn serve(listener: TcpListener, entrance: Arc<Entrance>) {
    loop {
        // What fails here is one connection, or there are no more descriptors: others may fare better in a moment.
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(AGAIN).await;
            continue;
        };
        let Some(place) = entrance.admit() else { continue };
        // Words should not wait for company; where that cannot be had they do.
        let _ = stream.set_nodelay(true);
        let (reader, writer) = stream.into_split();
        tokio::spawn(place.serve(reader, writer));
    }
}
