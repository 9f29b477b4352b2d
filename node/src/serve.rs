//! Runs a node until the process ends: the only place where the asynchronous runtime of its sockets is started.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use pelton_consensus::Traffic;
use pelton_pipeline::metrics::board::Board;
use serde_json::Value;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::oneshot;

use crate::devnet::{Devnet, Options};
use crate::feed::Feed;
use crate::import::Chain;
use crate::rpc::Node;
use crate::rpc::limits::Limits;
use crate::server::Server;
use crate::validator::relay::{Passed, Relay};
use crate::watched;

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
    until(options, limits, addresses, |_| {}, ready, None).map(drop)
}

/// Returns when it is time to stop.
pub type Wait = Box<dyn FnOnce() + Send>;

/// The same for one of several validators too, until it is to stop. Shows beforehand what can be watched of it, and gives what
/// it has done.
///
/// # Errors
/// As [`devnet`].
pub fn until(
    options: &Options,
    limits: Limits,
    addresses: Addresses,
    show: impl FnOnce(&Arc<Board>),
    ready: impl FnOnce(Addresses),
    wait: Option<Wait>,
) -> io::Result<Totals> {
    use_plain_pages();
    let devnet = Devnet::start(options)?;
    let node = Arc::new(Node::of_devnet(&devnet, limits));
    let relay = Arc::new(Relay::default());
    devnet.board.add(watched::requests(node.clone()));
    if let Some(sidecar) = &devnet.sidecar {
        devnet.board.add(watched::merkle(sidecar.clone()));
    }
    show(&devnet.board);
    runtime()?.block_on(async {
        let server = Server::bind(addresses.rpc, node.clone()).await?;
        if let Some(membership) = &options.membership {
            let (node, way) = (node.clone(), devnet.way.clone());
            let feed = Feed::bind_for_validators(membership.listen, node, way, relay.clone()).await?;
            tokio::spawn(feed.serve());
            relay.start(membership.others.clone(), || devnet.way.mempool.subscribe());
        }
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
        let failed = async {
            while devnet.is_running() {
                tokio::time::sleep(LOOK_AFTER).await;
            }
        };
        let stopped = async {
            match wait {
                Some(wait) => returned(wait).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = failed => {
                Err(io::Error::other(devnet.fault().unwrap_or_else(|| "the pipeline has failed".to_owned())))
            }
            () = stopped => {
                Ok(Totals { stages: devnet.way.figures.all(), traffic: devnet.traffic(), passed: relay.passed() })
            }
        }
    })
}

/// Runs this on a thread of its own, which nobody waits for at the end.
async fn returned(wait: Wait) {
    let (sender, over) = oneshot::channel();
    let run = move || {
        wait();
        // Where the node has ended by itself, nobody listens.
        let _ = sender.send(());
    };
    let thread = std::thread::Builder::new().name("pelton-wait".into()).spawn(run);
    drop(thread.expect("the system gives one more thread"));
    let _ = over.await;
}

/// What a node has done since it was started.
#[derive(Clone, Debug)]
pub struct Totals {
    /// Of each stage, as `pelton_stages` gives them.
    pub stages: Vec<Value>,
    /// Bytes through the sockets of consensus.
    pub traffic: Traffic,
    /// Transactions passed on to other validators.
    pub passed: Passed,
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

/// Has memory come in plain pages. A pipeline that has just started touches much of its memory for the first time, and where
/// each touch brings a page of 2 MiB that must be cleared first, the first transactions wait for a quarter of a second.
fn use_plain_pages() {
    // Where the kernel knows no other pages, there is nothing to do.
    let _ = rustix::thread::disable_transparent_huge_pages(true);
}

fn runtime() -> io::Result<Runtime> {
    Builder::new_multi_thread().worker_threads(2).thread_name("pelton-rpc").enable_all().build()
}
