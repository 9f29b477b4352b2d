//! Frames and words over QUIC, for a caller that waits: what QUIC does by itself, it does on a thread of its own.

use std::future::Future;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use quinn::{ClientConfig, Connection, Endpoint, RecvStream, SendStream, VarInt};
use tokio::runtime::{Builder, Runtime};
use tokio::time::timeout;

use super::Wire;
use crate::feed::{quic, secret};

/// How often the node is told that somebody is still there.
const ALIVE: Duration = Duration::from_secs(5);
/// How long telling the node that all is over may take.
const FAREWELL: Duration = Duration::from_millis(50);
/// The name that TLS wants; nobody looks at it.
const NAME: &str = "pelton";

/// A connection.
pub(super) struct Quic {
    writer: SendStream,
    reader: RecvStream,
    connection: Connection,
    endpoint: Endpoint,
    patience: Duration,
    /// Last, so that it is dropped after what it drives.
    runtime: Runtime,
}

impl Quic {
    /// Connects; nothing takes longer than this.
    pub(super) fn connect(address: SocketAddr, patience: Duration) -> io::Result<Quic> {
        let runtime =
            Builder::new_multi_thread().worker_threads(1).thread_name("pelton-quic").enable_all().build()?;
        let mut transport = quic::transport(patience.max(4 * ALIVE), 1);
        transport.keep_alive_interval(Some(ALIVE));
        let mut config = ClientConfig::new(secret::client()?);
        config.transport_config(Arc::new(transport));
        let any = match address {
            SocketAddr::V4(_) => SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)),
            SocketAddr::V6(_) => SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0)),
        };
        let opened = within(&runtime, patience, async {
            let endpoint = Endpoint::client(any)?;
            let connection = endpoint.connect_with(config, address, NAME).map_err(io::Error::other)?.await?;
            let streams = connection.accept_bi().await?;
            Ok((endpoint, connection, streams))
        })?;
        let (endpoint, connection, (writer, reader)) = opened;
        Ok(Quic { writer, reader, connection, endpoint, patience, runtime })
    }
}

/// Waits for something, and no longer than this.
fn within<T>(
    runtime: &Runtime,
    patience: Duration,
    doing: impl Future<Output = io::Result<T>>,
) -> io::Result<T> {
    let done = runtime.block_on(async { timeout(patience, doing).await });
    done.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

impl Wire for Quic {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let Quic { writer, runtime, patience, .. } = self;
        within(runtime, *patience, async { writer.write_all(bytes).await.map_err(io::Error::from) })
    }

    fn read(&mut self, bytes: &mut [u8]) -> io::Result<()> {
        let Quic { reader, runtime, patience, .. } = self;
        within(runtime, *patience, async { reader.read_exact(bytes).await.map_err(io::Error::other) })
    }

    fn end(&mut self) -> io::Result<()> {
        self.writer.finish().map_err(io::Error::other)
    }
}

impl Drop for Quic {
    fn drop(&mut self) {
        self.connection.close(VarInt::from_u32(0), b"");
        // So that the node hears of it. If it does not, it finds out by itself.
        let _ = self.runtime.block_on(async { timeout(FAREWELL, self.endpoint.wait_idle()).await });
    }
}
