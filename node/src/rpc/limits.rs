//! What clients may ask for at most, and how often they asked for more.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Bounds of the server, each with a plain error and a counter.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Connections at a time.
    pub connections_max: usize,
    /// Bytes of one request, or batch of them.
    pub request_bytes_max: u32,
    /// Bytes of one response, or batch of them.
    pub response_bytes_max: u32,
    /// Requests in one batch.
    pub batch_max: usize,
    /// Subscriptions of one connection.
    pub subscriptions_max: u32,
    /// Messages that may wait for a slow subscriber before it loses its subscription.
    pub messages_max: u32,
    /// Blocks that a query for logs may span.
    pub log_blocks_max: u64,
    /// Logs that it may find.
    pub logs_max: usize,
    /// Accounts and slots of a state that a proof is made of.
    pub proof_keys_max: usize,
    /// Calls of the EVM and other long requests that run at a time.
    pub heavy_max: usize,
    /// Those that wait for their turn.
    pub heavy_waiting_max: usize,
    /// Peers that send raw transactions at a time.
    pub feed_peers_max: usize,
    /// Transactions that such a peer may have sent beyond those that were taken.
    pub feed_window: u64,
    /// Transactions that it may bring in a second.
    pub feed_per_second_max: u64,
    /// How long it may be silent.
    pub feed_idle: Duration,
    /// How long the head of a request, and then its body, may take to arrive.
    pub patience: Duration,
}

impl Limits {
    /// For a machine of this many cores.
    pub fn standard(cores: usize) -> Limits {
        Limits {
            connections_max: 4_096,
            request_bytes_max: 10 << 20,
            response_bytes_max: 150 << 20,
            batch_max: 1_000,
            subscriptions_max: 128,
            messages_max: 1_024,
            log_blocks_max: 100_000,
            logs_max: 20_000,
            proof_keys_max: 200_000,
            heavy_max: cores.max(2),
            heavy_waiting_max: 1_024,
            feed_peers_max: 256,
            feed_window: 4_096,
            feed_per_second_max: 1_000_000,
            feed_idle: Duration::from_secs(300),
            patience: Duration::from_secs(30),
        }
    }
}

macro_rules! limits {
    ($($(#[doc = $help:literal])+ $name:ident $label:literal),+ $(,)?) => {
        /// A bound that a client ran into.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Limit { $($(#[doc = $help])+ $name),+ }

        /// How often each was hit, by name.
        #[derive(Default)]
        pub struct Hits([AtomicU64; [$(Limit::$name),+].len()]);

        impl Hits {
            /// All names and counts.
            pub fn all(&self) -> impl Iterator<Item = (&'static str, u64)> {
                [$($label),+].into_iter().zip(&self.0).map(|(name, count)| (name, count.load(Ordering::Relaxed)))
            }
        }
    };
}

limits! {
    /// Too many connections: this one was closed.
    Connections "connections",
    /// A head or body that took too long to arrive, or was none.
    Patience "patience",
    /// A request with too many bytes.
    RequestBytes "requestBytes",
    /// A batch with too many requests.
    Batch "batch",
    /// A response that would have had too many bytes.
    ResponseBytes "responseBytes",
    /// Too many subscriptions of one connection.
    Subscriptions "subscriptions",
    /// A subscriber that did not read what it asked for.
    SlowSubscriber "slowSubscriber",
    /// Logs of too many blocks.
    LogRange "logRange",
    /// Too many logs.
    Logs "logs",
    /// A state too large to prove something of.
    Proof "proof",
    /// A trace with too many bytes.
    Trace "trace",
    /// Too many filters.
    Filters "filters",
    /// Too many long requests at a time.
    Heavy "heavy",
    /// More transactions than the pipeline takes.
    Door "door",
    /// Too many peers that send raw transactions: this one was closed.
    FeedPeers "feedPeers",
    /// What such a peer sent was no frame.
    FeedMalformed "feedMalformed",
    /// It sent more than it may.
    FeedOverrun "feedOverrun",
    /// It was silent too long, or did not read.
    FeedPatience "feedPatience",
    /// It had to wait for its quota.
    FeedQuota "feedQuota",
    /// It had to wait for the pipeline.
    FeedDoor "feedDoor",
}

impl Hits {
    /// Counts one.
    pub fn count(&self, limit: Limit) {
        self.0[limit as usize].fetch_add(1, Ordering::Relaxed);
    }
}
