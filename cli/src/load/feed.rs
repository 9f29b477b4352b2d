//! Lanes that send raw transactions over a node's feed.

use std::net::{SocketAddr, ToSocketAddrs as _};
use std::time::Duration;

use pelton_bench_harness::drive::{Item, Lane, Refused};
use pelton_node::feed::Client;

/// How long the node may take nothing.
const PATIENCE: Duration = Duration::from_secs(30);

/// Opens a lane to a URL.
pub fn open(url: &str) -> Result<Box<dyn Lane>, String> {
    let wrong = || format!("--feed {url}: write tcp://HOST:PORT or quic://HOST:PORT");
    let (scheme, address) = url.split_once("://").ok_or_else(wrong)?;
    let address: SocketAddr =
        address.to_socket_addrs().ok().and_then(|mut found| found.next()).ok_or_else(wrong)?;
    let client = match scheme {
        "tcp" => Client::connect(address, PATIENCE),
        "quic" => Client::connect_quic(address, PATIENCE),
        _ => return Err(wrong()),
    };
    Ok(Box::new(Feed(Some(client.map_err(|error| format!("--feed {url}: {error}"))?))))
}

/// A connection, until all was sent.
struct Feed(Option<Client>);

impl Lane for Feed {
    fn send(&mut self, items: &[Item<'_>]) -> Result<Vec<Refused>, String> {
        let client = self.0.as_mut().expect("nothing is sent after the end");
        let mut sent = items.iter().map(|item| client.send(item.wire, item.claimed_sender));
        let sent = sent.find(Result::is_err).unwrap_or(Ok(()));
        sent.and_then(|()| client.flush()).map_err(|lost| lost.to_string())?;
        // What is wrong with them is not told on this way; it is asked for afterwards.
        Ok(Vec::new())
    }

    fn finish(&mut self) -> Result<(), String> {
        let client = self.0.take().expect("it ends once");
        client.finish().map(|_| ()).map_err(|lost| lost.to_string())
    }
}
