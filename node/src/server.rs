//! The server: connections in, requests out, and bounds on both.
//!
//! ```text
//!   accept ──> too many? closed ──> HTTP or WebSocket ──> page ──> CORS ──> bodies ──> batches ──> rpc
//!                                    │                     │
//!                                    │                     └─ GET: a file of the page
//!                                    └─ a head that does not come in time, or bytes that are none: closed
//! ```

mod bodies;
mod connection;
mod gate;
pub(crate) mod source;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use hyper_util::rt::{TokioIo, TokioTimer};
use jsonrpsee::core::middleware::RpcServiceBuilder;
use jsonrpsee::server::{BatchRequestConfig, PingConfig, ServerConfig, stop_channel};
use jsonrpsee::types::SubscriptionId;
use tokio::net::TcpListener;
use tower::layer::layer_fn;
use tower_http::cors::{Any, CorsLayer};

use crate::page::Page;
use crate::rpc::limits::Limit;
use crate::rpc::{Node, module};
use bodies::Bodies;
use connection::Connection;
use gate::Gate;
use source::Sources;

/// A server that listens, and does not answer yet.
pub struct Server {
    listener: TcpListener,
    node: Arc<Node>,
}

impl Server {
    /// Listens at an address.
    ///
    /// # Errors
    /// Whatever the system says, above all that something else listens there.
    pub async fn bind(address: SocketAddr, node: Arc<Node>) -> io::Result<Server> {
        Ok(Server { listener: TcpListener::bind(address).await?, node })
    }

    /// Where it listens.
    ///
    /// # Errors
    /// Whatever the system says.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Answers, for good.
    pub async fn serve(self) {
        let Server { listener, node } = self;
        let limits = node.limits().clone();
        let methods = module(node.clone());
        // It stops when the process does; nobody says so before.
        let (stop_handle, _server_handle) = stop_channel();
        let (sources, bounded) = (Sources::default(), node.clone());
        let bodies = layer_fn(move |service| Bodies::new(service, bounded.clone()));
        let builder = jsonrpsee::server::Server::builder()
            .set_config(config(&node))
            .set_http_middleware(
                tower::ServiceBuilder::new().layer(layer_fn(Page)).layer(cors()).layer(bodies),
            )
            .to_service_builder();
        loop {
            // What fails here is one connection, or there are no more descriptors: others may fare better in a moment.
            let Ok((stream, client)) = listener.accept().await else {
                tokio::time::sleep(std::time::Duration::from_millis(10)).await;
                continue;
            };
            let Ok(place) = node.places().clone().try_acquire_owned() else {
                node.count(Limit::Connections);
                continue;
            };
            // Small answers should not wait for company; where that cannot be had they do.
            let _ = stream.set_nodelay(true);
            let (gated, source) = (node.clone(), sources.of(client.ip()));
            let gate =
                RpcServiceBuilder::new().layer_fn(move |service| Gate::new(service, gated.clone(), source));
            let builder = builder.clone().set_rpc_middleware(gate);
            let service = builder.build(methods.clone(), stop_handle.clone());
            let service = hyper_util::service::TowerToHyperService::new(service);
            let mut http = hyper::server::conn::http1::Builder::new();
            http.timer(TokioTimer::new()).header_read_timeout(limits.patience);
            let connection =
                http.serve_connection(TokioIo::new(Connection::new(stream, place)), service).with_upgrades();
            let node = node.clone();
            tokio::spawn(async move {
                if connection.await.is_err_and(|error| error.is_timeout() || error.is_parse()) {
                    node.count(Limit::Patience);
                }
            });
        }
    }
}

fn config(node: &Node) -> ServerConfig {
    let limits = node.limits();
    let connections = u32::try_from(limits.connections_max).unwrap_or(u32::MAX);
    ServerConfig::builder()
        // Counted where connections are accepted; a request of each must always find room.
        .max_connections(connections.saturating_mul(2))
        .max_request_body_size(limits.request_bytes_max)
        .max_response_body_size(limits.response_bytes_max)
        .max_subscriptions_per_connection(limits.subscriptions_max)
        .set_message_buffer_capacity(limits.messages_max)
        // Counted in the gate.
        .set_batch_request_config(BatchRequestConfig::Unlimited)
        .enable_ws_ping(PingConfig::new().ping_interval(limits.patience))
        .set_id_provider(Numbers(std::sync::atomic::AtomicU64::new(1)))
        .build()
}

/// Whoever serves a page may ask from it: there is nothing here that a client of its own could not ask.
fn cors() -> CorsLayer {
    CorsLayer::new().allow_origin(Any).allow_methods(Any).allow_headers(Any)
}

/// Subscriptions are named by hexadecimal numbers, as tools expect.
#[derive(Debug)]
struct Numbers(std::sync::atomic::AtomicU64);

impl jsonrpsee::server::IdProvider for Numbers {
    fn next_id(&self) -> SubscriptionId<'static> {
        let number = self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        SubscriptionId::from(format!("{number:#x}"))
    }
}
