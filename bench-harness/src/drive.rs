//! `drive`: a workload's signed transactions, sent to a node over whatever way it has, and what became of each.
//!
//! ```text
//!                        ┌─ Lane ─┐
//!  workload, by sender ──┼─ Lane ─┼──> node ──blocks──> Heads: which height, seen when
//!                        └─ Lane ─┘                         │
//!                                    afterwards: whole blocks, receipts ──> Report
//! ```
//!
//! The node is any that speaks Ethereum's JSON-RPC: ours, or one beside it for comparison. While transactions are sent, it
//! is asked only for the newest height and how many are in each block, so that looking costs it next to nothing; which
//! transactions these are is found out afterwards. Nothing counts as committed that is not in a block with a receipt.
//!
//! 1. All transactions of one sender go over one lane, in order.
//! 2. Latency counts from when a transaction was due if a rate is given, and else from when it was sent, until its height
//!    was first seen.
//! 3. What the node refuses is told by its own words; what it took and is in no block is told too.

mod end;
mod heads;
mod lane;
mod reads;
mod report;

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use pelton_pipeline::clock::{Clock, Nanos, WallClock};
use pelton_workloads::{CHAIN_ID, Spec, Workload, load_or_make};
use serde_json::{Value, json};

use crate::bench::Progress;
use crate::http::Endpoint;
use crate::run::process_cpu_ns;
use end::Ended;
use heads::{End, Heads};
use lane::Sent;
pub use lane::{Item, Lane, OpenLane, Refused, batches};
pub use reads::ReadReport;
pub use report::{Latency, Report};

/// What is to be sent, and how.
#[derive(Clone, Debug)]
pub struct Options {
    /// JSON-RPC of the node.
    pub node: Endpoint,
    /// Which transactions.
    pub spec: Spec,
    /// Transactions due a second; none for as fast as they are taken.
    pub rate: Option<f64>,
    /// Most of them that are handed to a lane together.
    pub batch: usize,
    /// Lanes side by side.
    pub lanes: usize,
    /// Whether lanes are told who sent each transaction.
    pub claim_senders: bool,
    /// Balances and calls asked for a second beside that; none for no question.
    pub reads: Option<f64>,
    /// How long nothing may happen before the rest is given up.
    pub patience: Duration,
    /// Where workload files are kept.
    pub cache: PathBuf,
}

/// The workload of these options.
///
/// # Errors
/// In words, if it cannot be kept.
pub fn workload(options: &Options, progress: &dyn Progress) -> Result<Workload, String> {
    progress.step("signing", Some(options.spec.transactions));
    load_or_make(&options.cache, &options.spec, &|count| progress.advance(count))
        .map_err(|error| error.to_string())
}

/// The state that a node must begin with to take a workload, in geth's format. Blocks have room for 4 billion gas and a base fee
/// of 0.01 gwei, as Pelton's do, so that other nodes take as many transactions for as little.
pub fn genesis(workload: &Workload) -> Value {
    let accounts = workload.genesis.accounts.iter().map(|(address, account)| {
        let storage =
            account.storage.iter().map(|(slot, value)| (format!("{slot:#066x}"), format!("{value:#066x}")));
        let storage: serde_json::Map<_, _> = storage.map(|(slot, value)| (slot, json!(value))).collect();
        let shown = json!({
            "balance": format!("{:#x}", account.balance),
            "nonce": format!("{:#x}", account.nonce),
            "code": account.code.to_string(),
            "storage": storage,
        });
        (address.to_string(), shown)
    });
    let forks = [
        "homestead",
        "eip150",
        "eip155",
        "eip158",
        "byzantium",
        "constantinople",
        "petersburg",
        "istanbul",
        "berlin",
        "london",
    ];
    let mut config: serde_json::Map<_, _> =
        forks.map(|fork| (format!("{fork}Block"), json!(0))).into_iter().collect();
    config.extend(
        [("chainId", CHAIN_ID), ("shanghaiTime", 0), ("cancunTime", 0), ("terminalTotalDifficulty", 0)]
            .map(|(name, value)| (name.to_owned(), json!(value))),
    );
    json!({
        "config": config,
        "difficulty": "0x0",
        "gasLimit": "0xee6b2800",
        "baseFeePerGas": "0x989680",
        "alloc": accounts.collect::<serde_json::Map<_, _>>(),
    })
}

/// Sends a workload and waits until nothing more becomes of it.
///
/// # Errors
/// In words: the node cannot be asked, its accounts are not those of the workload, or a lane has failed.
pub fn drive(
    options: &Options,
    workload: &Workload,
    open: &OpenLane<'_>,
    progress: &dyn Progress,
) -> Result<Report, String> {
    let mut connection = options.node.connection();
    check(&mut connection, workload)?;
    let lanes: Vec<_> = (0..options.lanes).map(|_| open()).collect::<Result<_, _>>()?;
    let mut heads = Heads::new(connection)?;
    progress.step("sending", Some(workload.transactions.len() as u64));
    let (clock, cpu_ns) = (WallClock::new(), process_cpu_ns());
    let began_ns = clock.now_ns();
    let side = Side { options, workload, clock: &clock, began_ns };
    let ran = side.run(lanes, &mut heads, progress)?;
    let driver_cpu_ns = process_cpu_ns() - cpu_ns;
    progress.step("looking what became of each", None);
    let refused = ran.sent.iter().flat_map(|lane| lane.refused.iter());
    let ended = Ended::find(&mut heads, workload, refused, ran.end)?;
    Ok(report::report(&side, &ran, &ended, driver_cpu_ns))
}

/// The sending side.
struct Side<'a> {
    options: &'a Options,
    workload: &'a Workload,
    clock: &'a WallClock,
    began_ns: Nanos,
}

/// What it did.
struct Ran {
    sent: Vec<Sent>,
    reads: Vec<ReadReport>,
    end: End,
}

impl Side<'_> {
    /// Sends all, and reads beside it, until nothing more becomes of it.
    fn run(
        &self,
        lanes: Vec<Box<dyn Lane>>,
        heads: &mut Heads,
        progress: &dyn Progress,
    ) -> Result<Ran, String> {
        let Side { options, workload, clock, began_ns } = *self;
        let due = Due { began_ns, rate: options.rate };
        let (taken, stop) = (&AtomicU64::new(0), &AtomicBool::new(false));
        std::thread::scope(|scope| {
            let named = |name: &str| std::thread::Builder::new().name(name.to_owned());
            let start = |(lane, share)| {
                let run = move || lane::run(lane, share, options.batch, due, clock, (taken, stop));
                named("pelton-lane").spawn_scoped(scope, run)
            };
            let shares = lane::shares(workload, options);
            let running: Result<Vec<_>, _> = lanes.into_iter().zip(shares).map(start).collect();
            let running = running.map_err(|error| format!("there are no threads: {error}"))?;
            let read = |per_second| {
                let run = move || reads::run(options.node.connection(), workload, per_second, clock, stop);
                named("pelton-reads").spawn_scoped(scope, run)
            };
            let reading = options.reads.map(read).transpose();
            let all_sent = || running.iter().all(|lane| lane.is_finished());
            let end = heads.watch(clock, options.patience, &all_sent, taken, progress);
            stop.store(true, Ordering::Relaxed);
            let sent = running.into_iter().map(|lane| lane.join().expect("a lane does not panic"));
            let sent = sent.collect::<Result<_, _>>()?;
            let reading = reading.map_err(|error| format!("there are no threads: {error}"))?;
            let reads = reading.map(|reading| reading.join().expect("a reader does not panic"));
            Ok(Ran { sent, reads: reads.transpose()?.unwrap_or_default(), end: end? })
        })
    }
}

/// When transactions are due.
#[derive(Clone, Copy, Debug)]
struct Due {
    began_ns: Nanos,
    rate: Option<f64>,
}

impl Due {
    /// When the one at this place is; none if at once.
    fn of(&self, at: usize) -> Option<Nanos> {
        self.rate.map(|rate| self.began_ns + (at as f64 * 1e9 / rate) as Nanos)
    }
}

/// Whether the node is one that this workload was made for, and has seen nothing of it yet.
fn check(node: &mut crate::http::Connection, workload: &Workload) -> Result<(), String> {
    let chain_id = node.call("eth_chainId", &json!([]))?;
    if chain_id != format!("{CHAIN_ID:#x}") {
        return Err(format!(
            "the node's chain id is {chain_id}, and the workload is signed for {CHAIN_ID:#x}"
        ));
    }
    let Some(sender) = workload.senders.first() else { return Ok(()) };
    let account = workload.genesis.accounts.get(sender).cloned().unwrap_or_default();
    let nonce = node.call("eth_getTransactionCount", &json!([sender, "latest"]))?;
    let balance = node.call("eth_getBalance", &json!([sender, "latest"]))?;
    let expected = (format!("{:#x}", account.nonce), format!("{:#x}", account.balance));
    if (nonce.as_str(), balance.as_str()) != (Some(&expected.0), Some(&expected.1)) {
        return Err("the node's accounts are not those of this workload, or were used: start one anew with the genesis \
                    that --write-genesis gives"
            .to_owned());
    }
    Ok(())
}
