//! `Heads`: a node's blocks as they come, and when each was first seen.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use pelton_pipeline::clock::{Clock, Nanos};
use serde_json::{Value, json};

use crate::bench::Progress;
use crate::http::Connection;

/// How soon the node is asked again.
const AGAIN: Duration = Duration::from_millis(2);
/// Questions asked together.
const TOGETHER: usize = 100;

/// The blocks of a node since a moment.
pub(super) struct Heads {
    connection: Connection,
    /// Height before the first of them.
    base: u64,
    /// When each was first seen.
    seen_ns: Vec<Nanos>,
    /// Transactions in them.
    committed: u64,
}

/// Why nothing more was waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// As many are committed as were taken.
    All,
    /// Nothing happened for too long.
    Quiet,
}

impl Heads {
    /// Those after the newest that the node has now.
    pub(super) fn new(mut connection: Connection) -> Result<Heads, String> {
        let base = height(&mut connection)?;
        Ok(Heads { connection, base, seen_ns: Vec::new(), committed: 0 })
    }

    /// Looks on until all lanes have sent and all that was taken is committed, or nothing has happened for so long.
    #[expect(clippy::disallowed_methods, reason = "whoever looks now and then waits in between")]
    pub(super) fn watch(
        &mut self,
        clock: &dyn Clock,
        patience: Duration,
        all_sent: &dyn Fn() -> bool,
        taken: &AtomicU64,
        progress: &dyn Progress,
    ) -> Result<End, String> {
        let (mut changed_ns, mut seen) = (clock.now_ns(), (0, 0));
        loop {
            let is_last = all_sent();
            let before = self.committed;
            self.look(clock)?;
            progress.advance(self.committed - before);
            let taken = taken.load(Ordering::Relaxed);
            if is_last && self.committed >= taken {
                return Ok(End::All);
            }
            if (self.committed, taken) != seen {
                (changed_ns, seen) = (clock.now_ns(), (self.committed, taken));
            } else if clock.now_ns() - changed_ns > patience.as_nanos() as u64 {
                return Ok(End::Quiet);
            }
            std::thread::sleep(AGAIN);
        }
    }

    fn look(&mut self, clock: &dyn Clock) -> Result<(), String> {
        let newest = height(&mut self.connection)?;
        let known = self.base + self.seen_ns.len() as u64;
        let fresh: Vec<u64> = (known + 1..=newest).collect();
        let now_ns = clock.now_ns();
        self.seen_ns.extend(fresh.iter().map(|_| now_ns));
        let params: Vec<Value> = fresh.iter().map(|height| json!([format!("{height:#x}")])).collect();
        for count in self.connection.call_all("eth_getBlockTransactionCountByNumber", &params, TOGETHER)? {
            self.committed += number(&count)?;
        }
        Ok(())
    }

    /// Each block's height, when it was seen, and the node's receipts of it.
    pub(super) fn receipts(&mut self) -> impl Iterator<Item = Result<(Nanos, Vec<Value>), String>> {
        let Heads { connection, base, seen_ns, .. } = self;
        (*base + 1..).zip(seen_ns.iter()).map(|(height, seen_ns)| {
            match connection.call("eth_getBlockReceipts", &json!([format!("{height:#x}")]))? {
                Value::Array(receipts) => Ok((*seen_ns, receipts)),
                _ => Err(format!("the node has forgotten block {height}")),
            }
        })
    }

    /// How many blocks there were.
    pub(super) fn count(&self) -> u64 {
        self.seen_ns.len() as u64
    }

    /// What Pelton says of transactions; none of those that the node has no words for.
    pub(super) fn statuses(&mut self, ids: &[alloy_primitives::B256]) -> Vec<Value> {
        let params: Vec<Value> = ids.iter().map(|id| json!([id])).collect();
        // Other nodes do not know the method, and then there is nothing to add.
        self.connection.call_all("pelton_transactionStatus", &params, TOGETHER).unwrap_or_default()
    }
}

fn height(connection: &mut Connection) -> Result<u64, String> {
    number(&connection.call("eth_blockNumber", &json!([]))?)
}

fn number(value: &Value) -> Result<u64, String> {
    let digits = value.as_str().and_then(|text| text.strip_prefix("0x"));
    let number = digits.and_then(|digits| u64::from_str_radix(digits, 16).ok());
    number.ok_or_else(|| format!("the node says {value} where a number should be"))
}
