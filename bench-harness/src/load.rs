//! What made the load, and whether it was itself what held the pipeline up.
//!
//! The generator shares the threads with the stages. A run in which it was busy for half of the time would show how fast
//! transactions can be copied, not how fast they are processed: such a run is invalid.

use pelton_pipeline::meter::{Meter, Regime};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A generator that was busy for more of a run than this was its limit.
pub const UTILISATION_MAX: f64 = 0.5;
/// Fewer transactions are made in a turn or two, of which nothing can be told: the thread may have been sent away meanwhile.
pub const JUDGED_FROM: u64 = 1_000;

/// What the generator did.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LoadReport {
    /// Share of the run in which it was busy.
    pub utilisation: f64,
    /// Share of its own time in which it had transactions for which there was no room.
    pub blocked_share: f64,
    /// CPU time for each transaction that it offered, in nanoseconds.
    pub cpu_ns_per_transaction: f64,
    /// Transactions a second that it would have offered had it been busy all the time.
    pub per_second_max: f64,
    /// Whether it was the limit, which makes the run invalid.
    pub was_limit: bool,
}

impl LoadReport {
    /// Of a generator with this meter, in a run that took this long.
    pub fn of(meter: &Meter, elapsed_ns: u64) -> LoadReport {
        let busy_ns = meter.time_in(Regime::Busy) as f64;
        let whole_ns = meter.regime_ns.iter().sum::<u64>().max(1) as f64;
        let utilisation = busy_ns / elapsed_ns.max(1) as f64;
        LoadReport {
            utilisation,
            blocked_share: meter.time_in(Regime::Blocked) as f64 / whole_ns,
            cpu_ns_per_transaction: meter.cpu_ns as f64 / meter.passed.max(1) as f64,
            per_second_max: meter.passed as f64 * 1e9 / busy_ns.max(1.0),
            was_limit: utilisation > UTILISATION_MAX && meter.passed >= JUDGED_FROM,
        }
    }
}
