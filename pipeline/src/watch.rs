//! `Watch`: what is told of single transactions while they are under way, to who has to answer for them.
//!
//! ```text
//!   ingest, verify, dedup, schedule, execute ──rejected──> Watch
//!                              schedule's pool ──waits───> Watch
//!                                  every stage ──passed──> Watch, a batch at a time
//! ```
//!
//! What is committed is told by the sink, with the whole block. Calls come from the threads that turn stages, so they
//! must be short. A copy of a transaction that is doing well is told too, as `Repeat` or `Duplicate`.

use alloy_primitives::B256;
use pelton_engine::reject::Reject;
use pelton_engine::transaction::Verified;

use crate::clock::Nanos;

/// Hears what becomes of transactions before they are in a block.
pub trait Watch: Send + Sync {
    /// The pool has taken it, which came in then: it waits for a block.
    fn waits(&self, transaction: &Verified, arrival_ns: Nanos);

    /// A stage is done with a batch of transactions that came in at these times.
    fn passed(&self, _stage: &'static str, _arrivals: &[Nanos], _now_ns: Nanos) {}

    /// A stage has turned it away.
    fn rejected(&self, stage: &'static str, id: &B256, reason: Reject);
}
