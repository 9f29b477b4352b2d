//! `Lane`: one way into a node, by one thread, and the one over JSON-RPC.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use alloy_primitives::{Address, Bytes, hex};
use pelton_pipeline::clock::{Clock, Nanos};
use pelton_workloads::Workload;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::{Due, Options};
use crate::http::{Connection, Endpoint};

/// A transaction to send.
#[derive(Clone, Copy, Debug)]
pub struct Item<'a> {
    /// Its bytes.
    pub wire: &'a Bytes,
    /// Who is said to have signed it.
    pub claimed_sender: Option<&'a Address>,
}

/// A transaction that a node did not take: its place among those sent together, and the node's words.
pub type Refused = (usize, String);

/// One way into a node.
pub trait Lane: Send {
    /// Sends transactions, in order, and waits until the node has room for more; gives those that it is known to have refused.
    ///
    /// # Errors
    /// In words, if nothing can be sent any more.
    fn send(&mut self, items: &[Item<'_>]) -> Result<Vec<Refused>, String>;

    /// Says that this was all, and waits until the node has taken it.
    ///
    /// # Errors
    /// In words.
    fn finish(&mut self) -> Result<(), String> {
        Ok(())
    }
}

/// Opens a lane.
pub type OpenLane<'a> = dyn Fn() -> Result<Box<dyn Lane>, String> + 'a;

/// A lane of batches of `eth_sendRawTransaction`, one at a time.
pub fn batches(node: &Endpoint) -> Box<dyn Lane> {
    Box::new(Batches { connection: node.connection(), body: String::new() })
}

struct Batches {
    connection: Connection,
    body: String,
}

/// What counts of an answer. How a node names a transaction that it took is known.
#[derive(Deserialize)]
struct Answer {
    id: usize,
    error: Option<Words>,
    #[expect(dead_code, reason = "it must be JSON, and no more is asked of it")]
    result: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct Words {
    message: String,
}

impl Lane for Batches {
    fn send(&mut self, items: &[Item<'_>]) -> Result<Vec<Refused>, String> {
        self.body.clear();
        for (id, item) in items.iter().enumerate() {
            let before = if id == 0 { '[' } else { ',' };
            let head = r#"{"jsonrpc":"2.0","method":"eth_sendRawTransaction","id":"#;
            write!(self.body, "{before}{head}{id},\"params\":[\"0x").expect("a string takes all");
            self.body += &hex::encode(item.wire);
            self.body += "\"]}";
        }
        self.body += "]";
        let answer = self.connection.post(self.body.as_bytes())?;
        let answers: Vec<Answer> =
            serde_json::from_slice(&answer).map_err(|_| "the node answers no batch".to_owned())?;
        if answers.len() != items.len() || answers.iter().any(|answer| answer.id >= items.len()) {
            return Err("the node answers something else than was asked".to_owned());
        }
        Ok(answers.into_iter().filter_map(|answer| Some((answer.id, answer.error?.message))).collect())
    }
}

/// A lane's part of a workload: places of transactions, in order, and the transactions themselves.
pub(super) type Share<'a> = Vec<(usize, Item<'a>)>;

/// What a lane did.
#[derive(Default)]
pub(super) struct Sent {
    /// Place of each transaction that was sent, and from when its latency counts.
    pub(super) from: Vec<(usize, Nanos)>,
    /// Places of those that were refused, with the words.
    pub(super) refused: Vec<Refused>,
}

/// Deals a workload out to lanes, each sender to one.
pub(super) fn shares<'a>(workload: &'a Workload, options: &Options) -> Vec<Share<'a>> {
    let mut shares: Vec<Share<'a>> = (0..options.lanes).map(|_| Share::new()).collect();
    for (at, ((wire, _), sender)) in workload.transactions.iter().zip(&workload.senders).enumerate() {
        let lane = usize::from(sender[0]) * 256 + usize::from(sender[1]);
        let claimed_sender = options.claim_senders.then_some(sender);
        shares[lane % options.lanes].push((at, Item { wire, claimed_sender }));
    }
    shares
}

/// Sends a share, each transaction when it is due.
pub(super) fn run(
    mut lane: Box<dyn Lane>,
    share: Share<'_>,
    batch: usize,
    due: Due,
    clock: &dyn Clock,
    (taken, stop): (&AtomicU64, &AtomicBool),
) -> Result<Sent, String> {
    let mut sent = Sent::default();
    let mut items: Vec<Item<'_>> = Vec::with_capacity(batch);
    let mut rest = &share[..];
    while let Some((first, _)) = rest.first()
        && !stop.load(Ordering::Relaxed)
    {
        let now_ns = wait(due.of(*first), clock);
        let is_due = |(at, _): &&(usize, Item<'_>)| due.of(*at).is_none_or(|due_ns| due_ns <= now_ns);
        let count = rest.iter().take(batch).take_while(is_due).count().max(1);
        let (now, later) = rest.split_at(count);
        rest = later;
        items.clear();
        items.extend(now.iter().map(|(_, item)| *item));
        sent.from.extend(now.iter().map(|(at, _)| (*at, due.of(*at).unwrap_or(now_ns))));
        let refused = lane.send(&items)?;
        taken.fetch_add((count - refused.len()) as u64, Ordering::Relaxed);
        sent.refused.extend(refused.into_iter().map(|(of, words)| (now[of].0, words)));
    }
    lane.finish()?;
    Ok(sent)
}

/// Waits until something is due; gives the time then.
#[expect(clippy::disallowed_methods, reason = "whoever sends at a rate waits")]
pub(super) fn wait(due_ns: Option<Nanos>, clock: &dyn Clock) -> Nanos {
    let early_ns = due_ns.unwrap_or(0).saturating_sub(clock.now_ns());
    if early_ns > 0 {
        std::thread::sleep(Duration::from_nanos(early_ns));
    }
    clock.now_ns()
}
