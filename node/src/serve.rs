//! Runs a node until the process ends: the only place where the asynchronous runtime is started.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};

use crate::devnet::{Devnet, Options};
use crate::feed::Feed;
use crate::import::Chain;
use crate::rpc::Node;
use crate::rpc::limits::Limits;
use crate::server::Server;

/// How soon it is noticed that a pipeline has failed.
const LOOK_AFTER: Duration = Duration::from_millis(500);

/// Where clients reach a node.
#[derive(Clone, Copy, Debug)]
pub struct Addresses {
    /// By HTTP and WebSocket.
    pub rpc: SocketAddr,
    /// With raw transactions.
    pub feed: Option<SocketAddr>,
}

/// Serves a development network; says where, once it is ready.
///
/// # Errors
/// Where the system gives no threads or not these addresses, or the pipeline has failed.
pub fn devnet(
    options: &Options,
    limits: Limits,
    addresses: Addresses,
    ready: impl FnOnce(Addresses),
) -> io::Result<()> {
    let devnet = Devnet::start(options)?;
    let node = Arc::new(Node::of_devnet(&devnet, limits));
    runtime()?.block_on(async {
        let server = Server::bind(addresses.rpc, node.clone()).await?;
        let feed = match addresses.feed {
            Some(address) => Some(Feed::bind(address, node, devnet.way.clone()).await?),
            None => None,
        };
        let feed_address = feed.as_ref().map(Feed::address).transpose()?;
        ready(Addresses { rpc: server.address()?, feed: feed_address });
        tokio::spawn(server.serve());
        if let Some(feed) = feed {
            tokio::spawn(feed.serve());
        }
        while devnet.is_running() {
            tokio::time::sleep(LOOK_AFTER).await;
        }
        Err(io::Error::other(devnet.fault().unwrap_or_else(|| "the pipeline has failed".to_owned())))
    })
}

/// Serves a chain that does not grow; says where, once it is ready.
///
/// # Errors
/// Where the system gives no threads or not this address.
pub fn chain(
    chain: Chain,
    limits: Limits,
    address: SocketAddr,
    ready: impl FnOnce(SocketAddr),
) -> io::Result<()> {
    let node = Arc::new(Node::of_chain(chain, limits));
    runtime()?.block_on(async {
        let server = Server::bind(address, node).await?;
        ready(server.address()?);
        server.serve().await;
        Ok(())
    })
}

fn runtime() -> io::Result<Runtime> {
    Builder::new_multi_thread().worker_threads(2).thread_name("pelton-rpc").enable_all().build()
}
