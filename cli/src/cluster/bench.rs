//! `pelton bench --validators N`: real processes under load.
//!
//! ```text
//!   workload ──> load, one connection for each ──> validators ──> a line for each block ──> Seen ──> report
//!                                                       └──> JSON-RPC, afterwards: which transaction is in which block
//! ```
//!
//! Nothing is asked of the validators while they are measured, but a line for each block. Which transaction was in it is
//! asked when all is over; only then are latencies known.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use alloy_primitives::{B256, keccak256};
use foldhash::HashMap;
use pelton_workloads::{CHAIN_ID, Expectation, Workload};
use serde_json::{Value, json};

use super::folder::Folder;
use super::load::{Offer, now_ns, offer};
use super::report::{Latencies, Report, Share};
use super::{Cluster, Event, Setup};
use pelton_bench_harness::http::Endpoint;

/// How long nothing new may be committed before the run is over.
const STILL: Duration = Duration::from_secs(30);
const LOOK_AFTER: Duration = Duration::from_millis(200);

/// What is to be measured.
pub struct Options {
    /// How many validators.
    pub validators: u16,
    /// Threads of each one's pipeline.
    pub threads: u16,
    /// What verifies signatures in each of them.
    pub backend: String,
    /// Least time between blocks, in milliseconds.
    pub block_time_ms: u64,
    /// What they are to do.
    pub workload: Arc<Workload>,
    /// Transactions a second; none for as fast as they are taken.
    pub per_second: Option<f64>,
    /// Whether senders are claimed.
    pub claims: bool,
}

/// What one validator said of one block.
pub struct Told {
    /// Its hash and the root after it.
    pub what: (String, String),
    /// Transactions in it that succeeded, that failed and that were skipped.
    pub counts: [u64; 3],
    /// Length of its encoding.
    pub bytes: u64,
    /// When its leader made it, and when this validator had committed it, in nanoseconds since 1970.
    pub times_ns: (u64, u64),
}

/// What the validators said, each of the blocks from height 1 on.
pub struct Seen(pub Vec<Vec<Told>>);

impl Seen {
    fn hear(&mut self, of: usize, line: &Value) -> Result<(), String> {
        let number = |name: &str| line[name].as_u64().unwrap_or_default();
        let text = |name: &str| line[name].as_str().unwrap_or_default().to_owned();
        let blocks = &mut self.0[of];
        if number("height") != blocks.len() as u64 + 1 {
            return Err(format!("validator {of} has left out what it did at height {}", blocks.len() + 1));
        }
        blocks.push(Told {
            what: (text("hash"), text("stateRoot")),
            counts: [number("succeeded"), number("failed"), number("skipped")],
            bytes: number("bytes"),
            times_ns: (number("timestampMs") * 1_000_000, number("committedNs")),
        });
        Ok(())
    }

    /// Transactions that a validator has executed.
    pub fn executed(&self, of: usize) -> u64 {
        self.0[of].iter().map(|told| told.counts[0] + told.counts[1]).sum()
    }
}

/// Runs a bench.
///
/// # Errors
/// In words: what is in its way. What is wrong with what the validators did stands in the report.
pub fn bench(options: &Options) -> Result<Report, String> {
    let words = |error: std::io::Error| error.to_string();
    let folder = Folder::new("pelton-bench-").map_err(words)?;
    let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let setup = Setup {
        validators: options.validators,
        chain_id: CHAIN_ID,
        genesis: options.workload.genesis.clone(),
        block_time_ms: options.block_time_ms,
        threads: options.threads,
        backend: options.backend.clone(),
        rpc: any,
        feed_port: Some(0),
        tell_blocks: true,
    };
    let cluster = Cluster::start(&setup, &folder).map_err(words)?;
    let count = usize::from(options.validators);
    let mut seen = Seen((0..count).map(|_| Vec::new()).collect());
    // All of them have made a block together before they are measured.
    until(&cluster, &mut seen, |seen| seen.0.iter().all(|blocks| !blocks.is_empty()))?;
    let cpu_before = cpu_ns(&cluster);
    let start_ns = now_ns();
    let due = run(&cluster, &mut seen, options, start_ns)?;
    let cpu: Vec<u64> =
        cpu_ns(&cluster).into_iter().zip(cpu_before).map(|(after, before)| after - before).collect();
    let places = places(&cluster, &seen)?;
    let keys = cluster.validators.iter().map(|one| one.said("validator").to_owned()).collect::<Vec<_>>();
    let totals = cluster.stop();
    let shares = keys.into_iter().zip(cpu).zip(totals);
    let shares = shares.map(|((validator, cpu_ns), totals)| Share { validator, cpu_ns, totals }).collect();
    let latencies = latencies(&options.workload, &due, &places, &seen);
    Ok(Report::of(options, start_ns, &seen, &places, latencies, shares))
}

/// Offers the workload and waits until all validators have executed it, or nothing more happens; gives when each
/// transaction was due.
fn run(cluster: &Cluster, seen: &mut Seen, options: &Options, start_ns: u64) -> Result<Vec<u64>, String> {
    let count = cluster.validators.len();
    let offered = Offer { start_ns, per_second: options.per_second, claims: options.claims };
    let tally = options.workload.tally();
    let expected = tally.commit + tally.fail + tally.contested;
    let mut due = vec![0; options.workload.transactions.len()];
    std::thread::scope(|scope| {
        let loads: Vec<_> = cluster
            .validators
            .iter()
            .enumerate()
            .map(|(part, one)| {
                let to =
                    one.said("feed").parse::<SocketAddr>().map_err(|_| "a validator has no feed".to_owned());
                let workload = &options.workload;
                scope.spawn(move || {
                    offer(workload, to?, (part, count), offered).map_err(|lost| lost.to_string())
                })
            })
            .collect();
        until(cluster, seen, |seen| (0..count).all(|of| seen.executed(of) >= expected))?;
        for load in loads {
            for (index, due_ns) in load.join().map_err(|_| "a load has failed".to_owned())?? {
                due[index] = due_ns;
            }
        }
        Ok(due)
    })
}

/// Hears the validators until this holds, or nothing new is in their blocks any more.
fn until(cluster: &Cluster, seen: &mut Seen, holds: impl Fn(&Seen) -> bool) -> Result<(), String> {
    let all = |seen: &Seen| (0..seen.0.len()).map(|of| seen.executed(of)).sum::<u64>();
    let (mut newest_ns, mut executed) = (now_ns(), all(seen));
    while !holds(seen) {
        match cluster.next(LOOK_AFTER) {
            Some((of, Event::Line(line))) => seen.hear(of, &line)?,
            Some((of, Event::Ended)) => return Err(format!("validator {of} has ended")),
            None => {}
        }
        let now = all(seen);
        if now > executed {
            (newest_ns, executed) = (now_ns(), now);
        }
        if now_ns().saturating_sub(newest_ns) > STILL.as_nanos() as u64 {
            return Ok(());
        }
    }
    Ok(())
}

/// The height of each transaction that the first validator has executed; the newest place, should there be two.
fn places(cluster: &Cluster, seen: &Seen) -> Result<Vec<(B256, u64)>, String> {
    let endpoint = Endpoint::new(cluster.validators[0].said("http"))?;
    let mut places = Vec::new();
    for (height, told) in (1_u64..).zip(&seen.0[0]) {
        if told.counts[0] + told.counts[1] == 0 {
            continue;
        }
        let block = endpoint.call("eth_getBlockByNumber", &json!([format!("{height:#x}"), false]))?;
        let ids = block["transactions"].as_array().ok_or(format!("block {height} is not there"))?;
        for id in ids {
            let id = id.as_str().and_then(|id| id.parse::<B256>().ok()).ok_or("a hash is none")?;
            places.push((id, height));
        }
    }
    Ok(places)
}

/// From when each transaction was due until it was committed by the validator that it was sent to.
fn latencies(workload: &Workload, due: &[u64], places: &[(B256, u64)], seen: &Seen) -> Latencies {
    let height_of: HashMap<B256, u64> = places.iter().copied().collect();
    let mut all = Vec::with_capacity(due.len());
    for (index, ((wire, expected), due_ns)) in workload.transactions.iter().zip(due).enumerate() {
        if matches!(expected, Expectation::Reject(_)) {
            continue;
        }
        let blocks = &seen.0[index % seen.0.len()];
        let told = height_of.get(&keccak256(wire)).and_then(|height| blocks.get(*height as usize - 1));
        all.extend(told.map(|told| told.times_ns.1.saturating_sub(*due_ns)));
    }
    Latencies::of(all)
}

/// CPU time that each validator has taken so far, in nanoseconds; the kernel counts in hundredths of a second.
fn cpu_ns(cluster: &Cluster) -> Vec<u64> {
    let of = |pid: u32| -> Option<u64> {
        let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // The second field is a name in brackets, which may hold anything.
        let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
        let ticks = fields.get(11)?.parse::<u64>().ok()? + fields.get(12)?.parse::<u64>().ok()?;
        Some(ticks * 10_000_000)
    };
    cluster.validators.iter().map(|one| of(one.pid()).unwrap_or_default()).collect()
}
