//! JSON-RPC: all methods in one table, and what they answer from.
//!
//! Each is a plain function of the [`Node`] and the request's `Arguments`. Those that only look something up run where the
//! request came in; those that may take long run on threads for that, so many at a time; some wait for the pipeline.
//! `docs/rpc.md` describes each, and a test holds it to this table.

mod arguments;
mod blocks;
mod calls;
mod config;
pub(crate) mod counts;
mod debug;
pub(crate) mod failure;
mod fees;
pub mod limits;
mod live;
mod logs;
mod overrides;
mod pelton;
mod pool;
mod proof;
mod quote;
pub(crate) mod send;
mod simulate;
mod state;
mod subscribe;
mod trace;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use alloy_primitives::{Bytes, U64, keccak256};
use futures_util::future::BoxFuture;
use jsonrpsee::RpcModule;
use jsonrpsee::types::ErrorObjectOwned;
use pelton_engine::limits::Limits as ChainLimits;
use serde_json::{Value, json};
use tokio::sync::{Semaphore, broadcast};

use crate::devnet::{Devnet, Way};
use crate::history::{Entry, History};
use crate::import::{Chain, Schedule};
use crate::merkle::sidecar::Sidecar;
use crate::server::source::Source;
use arguments::Arguments;
use counts::Counts;
use failure::{Answer, Failure, answer};
use limits::{Hits, Limit, Limits};
use logs::Filters;

/// What all methods answer from.
pub struct Node {
    history: Arc<History>,
    way: Option<Arc<Way>>,
    sidecar: Option<Arc<Sidecar>>,
    schedule: Schedule,
    /// Whether the blocks are Pelton's own.
    is_own: bool,
    heads: broadcast::Sender<Arc<Entry>>,
    chain_limits: ChainLimits,
    limits: Limits,
    hits: Hits,
    counts: Counts,
    places: Arc<Semaphore>,
    filters: Filters,
    numbers: AtomicU64,
    heavy: Semaphore,
    heavy_waiting: Semaphore,
}

impl Node {
    /// A node that serves a development network.
    pub fn of_devnet(devnet: &Devnet, limits: Limits) -> Node {
        let (history, way) = (devnet.history.clone(), Some(devnet.way.clone()));
        let node = Node::new(history, way, devnet.heads.clone(), devnet.limits.clone(), limits);
        Node { sidecar: devnet.sidecar.clone(), ..node }
    }

    /// A node that serves a chain that does not grow.
    pub fn of_chain(chain: Chain, limits: Limits) -> Node {
        let Chain { history, schedule } = chain;
        let chain_limits = ChainLimits::standard(schedule.config.chain_id);
        let node = Node::new(history, None, broadcast::channel(1).0, chain_limits, limits);
        Node { schedule, is_own: false, ..node }
    }

    fn new(
        history: Arc<History>,
        way: Option<Arc<Way>>,
        heads: broadcast::Sender<Arc<Entry>>,
        chain_limits: ChainLimits,
        limits: Limits,
    ) -> Node {
        let (heavy, heavy_waiting) =
            (Semaphore::new(limits.heavy_max), Semaphore::new(limits.heavy_waiting_max));
        let (hits, filters, numbers) = (Hits::default(), Filters::default(), AtomicU64::new(1));
        let (counts, places) = (Counts::of(&names()), Arc::new(Semaphore::new(limits.connections_max)));
        Node {
            history,
            way,
            sidecar: None,
            schedule: Schedule::own(chain_limits.chain_id),
            is_own: true,
            heads,
            chain_limits,
            limits,
            hits,
            counts,
            places,
            filters,
            numbers,
            heavy,
            heavy_waiting,
        }
    }

    /// What clients may ask for.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// How often each limit was hit.
    pub fn hits(&self) -> impl Iterator<Item = (&'static str, u64)> {
        self.hits.all()
    }

    /// Counts that a limit was hit.
    pub fn count(&self, limit: Limit) {
        self.hits.count(limit);
    }

    /// Most bytes of a transaction.
    pub fn transaction_bytes_max(&self) -> usize {
        self.chain_limits.transaction_bytes_max as usize
    }

    fn hit(&self, limit: Limit, message: String) -> Failure {
        self.count(limit);
        Failure::new(if limit == Limit::Door { Failure::SERVER } else { Failure::LIMIT }, message)
    }

    fn history(&self) -> &Arc<History> {
        &self.history
    }

    fn way(&self) -> Option<&Way> {
        self.way.as_deref()
    }

    /// Ethereum's tree beside the chain, if it is kept.
    pub fn sidecar(&self) -> Option<&Arc<Sidecar>> {
        self.sidecar.as_ref()
    }

    /// Other validators that are connected.
    fn peers(&self) -> usize {
        self.way().map_or(0, |way| way.peers.connected(way.clock.now_ns()))
    }

    fn writable(&self) -> Result<&Way, Failure> {
        self.way().ok_or_else(|| Failure::server("this chain takes no transactions"))
    }

    fn chain_limits(&self) -> &ChainLimits {
        &self.chain_limits
    }

    fn schedule(&self) -> &Schedule {
        &self.schedule
    }

    fn is_own(&self) -> bool {
        self.is_own
    }

    fn transaction_gas_max(&self) -> u64 {
        self.chain_limits.transaction_gas_max
    }

    fn filters(&self) -> &Filters {
        &self.filters
    }

    fn next_number(&self) -> u64 {
        self.numbers.fetch_add(1, Ordering::Relaxed)
    }

    /// Runs something that may take long, when it is its turn.
    async fn run_heavy(self: &Arc<Node>, run: Plain, arguments: Arguments) -> Answer {
        let Ok(_place) = self.heavy_waiting.try_acquire() else {
            return Err(self.hit(Limit::Heavy, "too many long requests; try again later".into()));
        };
        let _turn = self.heavy.acquire().await.expect("nobody closes it");
        let node = self.clone();
        let ran = tokio::task::spawn_blocking(move || run(&node, &arguments)).await;
        ran.unwrap_or_else(|_| Err(Failure::new(Failure::INTERNAL, "internal error")))
    }
}

type Plain = fn(&Node, &Arguments) -> Answer;
type Waiting = for<'a> fn(&'a Arc<Node>, Arguments, Source) -> BoxFuture<'a, Answer>;

/// How a method runs.
#[derive(Clone, Copy)]
enum Run {
    /// At once, unless what it names may be on disk.
    Light(Plain),
    /// On a thread for what may take long.
    Heavy(Plain),
    /// Waiting for the pipeline, or for what follows it.
    Waits(Waiting),
}

use Run::{Heavy, Light, Waits};

/// Name, most parameters, and how it runs.
const METHODS: &[(&str, usize, Run)] = &[
    ("debug_getRawBlock", 1, Heavy(debug::raw_block)),
    ("debug_getRawHeader", 1, Heavy(debug::raw_header)),
    ("debug_getRawReceipts", 1, Heavy(debug::raw_receipts)),
    ("debug_getRawTransaction", 1, Light(blocks::raw_transaction)),
    ("debug_traceBlockByHash", 2, Heavy(trace::block)),
    ("debug_traceBlockByNumber", 2, Heavy(trace::block)),
    ("debug_traceCall", 3, Heavy(trace::call)),
    ("debug_traceTransaction", 2, Heavy(trace::transaction)),
    ("eth_accounts", 0, Light(|_, _| Ok(json!([])))),
    ("eth_baseFee", 0, Light(fees::base_fee)),
    ("eth_blobBaseFee", 0, Light(fees::blob_base_fee)),
    ("eth_blockNumber", 0, Light(blocks::number)),
    ("eth_call", 4, Heavy(calls::call)),
    ("eth_capabilities", 0, Light(config::capabilities)),
    ("eth_chainId", 0, Light(|node, _| answer(U64::from(node.chain_limits.chain_id)))),
    ("eth_config", 0, Light(config::config)),
    ("eth_createAccessList", 4, Heavy(calls::access_list_of)),
    ("eth_estimateGas", 4, Heavy(calls::estimate)),
    ("eth_feeHistory", 3, Heavy(fees::history)),
    ("eth_gasPrice", 0, Light(fees::gas_price)),
    ("eth_getBalance", 2, Light(state::balance)),
    ("eth_getBlockByHash", 2, Heavy(blocks::by_hash)),
    ("eth_getBlockByNumber", 2, Heavy(blocks::by_name)),
    ("eth_getBlockReceipts", 1, Heavy(blocks::receipts)),
    ("eth_getBlockTransactionCountByHash", 1, Light(blocks::transaction_count)),
    ("eth_getBlockTransactionCountByNumber", 1, Light(blocks::transaction_count)),
    ("eth_getCode", 2, Light(state::code)),
    ("eth_getFilterChanges", 1, Heavy(logs::changes)),
    ("eth_getFilterLogs", 1, Heavy(logs::filter_logs)),
    ("eth_getHeaderByHash", 1, Heavy(blocks::header_by_name)),
    ("eth_getHeaderByNumber", 1, Heavy(blocks::header_by_name)),
    ("eth_getLogs", 1, Heavy(logs::logs)),
    ("eth_getProof", 3, Waits(|node, given, _| Box::pin(proof::proof(node, given)))),
    ("eth_getRawTransactionByHash", 1, Light(blocks::raw_transaction)),
    ("eth_getStorageAt", 3, Light(state::storage)),
    ("eth_getStorageValues", 2, Light(state::storage_values)),
    ("eth_getTransactionByBlockHashAndIndex", 2, Light(blocks::transaction_at)),
    ("eth_getTransactionByBlockNumberAndIndex", 2, Light(blocks::transaction_at)),
    ("eth_getTransactionByHash", 1, Light(blocks::transaction)),
    ("eth_getTransactionCount", 2, Light(state::nonce)),
    ("eth_getTransactionReceipt", 1, Light(blocks::receipt)),
    ("eth_getUncleByBlockHashAndIndex", 2, Light(blocks::no_uncle)),
    ("eth_getUncleByBlockNumberAndIndex", 2, Light(blocks::no_uncle)),
    ("eth_getUncleCountByBlockHash", 1, Light(blocks::uncle_count)),
    ("eth_getUncleCountByBlockNumber", 1, Light(blocks::uncle_count)),
    ("eth_maxPriorityFeePerGas", 0, Light(fees::tip)),
    ("eth_newBlockFilter", 0, Light(logs::new_block_filter)),
    ("eth_newFilter", 1, Light(logs::new_filter)),
    ("eth_newPendingTransactionFilter", 1, Light(logs::new_waiting_filter)),
    ("eth_sendRawTransaction", 1, Waits(|node, given, source| Box::pin(send::send(node, given, source)))),
    (
        "eth_sendRawTransactionSync",
        2,
        Waits(|node, given, source| Box::pin(send::send_sync(node, given, source))),
    ),
    ("eth_simulateV1", 2, Heavy(simulate::simulate)),
    ("eth_syncing", 0, Light(|_, _| Ok(Value::Bool(false)))),
    ("eth_uninstallFilter", 1, Light(logs::uninstall)),
    ("net_listening", 0, Light(|_, _| Ok(Value::Bool(true)))),
    ("net_peerCount", 0, Light(|node, _| answer(U64::from(node.peers())))),
    ("net_version", 0, Light(|node, _| answer(node.chain_limits.chain_id.to_string()))),
    ("pelton_accountTransactions", 3, Heavy(live::account_transactions)),
    ("pelton_blocks", 2, Heavy(live::blocks)),
    ("pelton_getProof", 3, Heavy(proof::own_proof)),
    ("pelton_merkleRoot", 1, Waits(|node, given, _| Box::pin(proof::merkle_root(node, given)))),
    ("pelton_quoteAccess", 2, Heavy(quote::quote)),
    ("pelton_sendTransaction", 1, Waits(|node, given, source| Box::pin(send::send(node, given, source)))),
    ("pelton_stages", 0, Light(live::stages)),
    ("pelton_transactionStatus", 1, Light(pelton::status)),
    ("txpool_content", 0, Heavy(pool::content)),
    ("txpool_contentFrom", 1, Heavy(pool::content_from)),
    ("txpool_inspect", 0, Heavy(pool::inspect)),
    ("txpool_status", 0, Heavy(pool::status)),
    ("web3_clientVersion", 0, Light(|_, _| answer(concat!("Pelton/v", env!("CARGO_PKG_VERSION"))))),
    ("web3_sha3", 1, Light(|_, arguments| answer(keccak256(arguments.required::<Bytes>(0)?)))),
];

/// The methods that hand a transaction in and do not wait for its block. Those of a batch go in together.
pub const SENDING: [&str; 2] = ["eth_sendRawTransaction", "pelton_sendTransaction"];

/// The names of all methods, subscriptions included.
pub fn names() -> Vec<&'static str> {
    let plain = METHODS.iter().map(|(name, ..)| *name);
    plain.chain([subscribe::SUBSCRIBE, subscribe::UNSUBSCRIBE]).collect()
}

/// All methods, answering from this node.
pub fn module(node: Arc<Node>) -> RpcModule<Arc<Node>> {
    let mut module = RpcModule::new(node);
    for &(name, count_max, run) in METHODS {
        let registered = module.register_async_method(name, move |params, node, extensions| async move {
            let arguments = Arguments::parse(params.as_str(), count_max)?;
            let answered = match run {
                Light(run) if node.is_near(&arguments) => run(&node, &arguments),
                Light(run) | Heavy(run) => node.run_heavy(run, arguments).await,
                Waits(run) => {
                    let source = extensions.get::<Source>().copied();
                    run(&node, arguments, source.expect("the gate has said whose request it is")).await
                }
            };
            answered.map_err(ErrorObjectOwned::from)
        });
        registered.expect("each name stands once in the table");
    }
    subscribe::register(&mut module);
    module
}
