//! `News`: a block that was committed, as whoever measures validators hears of it.

use std::time::{SystemTime, UNIX_EPOCH};

use alloy_primitives::B256;
use pelton_pipeline::stages::commit::Committed;

/// See the head of this file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct News {
    /// Its height.
    pub height: u64,
    /// Its id.
    pub id: B256,
    /// Root of the state after it.
    pub state_root: B256,
    /// Transactions that were executed with success.
    pub succeeded: u64,
    /// Transactions that were executed, and failed.
    pub failed: u64,
    /// Transactions that could not run when their turn came.
    pub skipped: u64,
    /// Length of its encoding.
    pub bytes: u64,
    /// When its leader made it, in milliseconds since 1970.
    pub timestamp_ms: u64,
    /// When it was committed here, in nanoseconds since 1970.
    pub committed_ns: u64,
}

impl News {
    /// Of a block that has just been committed.
    #[expect(clippy::disallowed_methods, reason = "the time is told, and nothing follows from it")]
    pub fn of(committed: &Committed) -> News {
        let (block, executed) = (&committed.done.block, &committed.done.executed);
        let (mut succeeded, mut failed, mut skipped) = (0, 0, 0);
        for outcome in &executed.outcomes {
            match outcome.receipt() {
                Some(receipt) if receipt.success => succeeded += 1,
                Some(_) => failed += 1,
                None => skipped += 1,
            }
        }
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        News {
            height: block.header().height,
            id: block.id(),
            state_root: committed.state_root,
            succeeded,
            failed,
            skipped,
            bytes: block.bytes().len() as u64,
            timestamp_ms: block.header().timestamp_ms,
            committed_ns: now.map_or(0, |since| since.as_nanos() as u64),
        }
    }
}
