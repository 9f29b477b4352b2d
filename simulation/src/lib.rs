//! Run a whole cluster in one process from one seed, and judge it.
//!
//! ```text
//!   seed ──> Scenario ──> Cluster ── submit ──> Replica ── Desk ──> core ──┐
//!                │           │                  pipeline, disk             ├── network
//!                │           └─ kill, cut, ... > Replica ── Desk ──> core ─┘
//!                │                                 │ committed
//!                └────────────> Record <───────────┘ ──> checkers ──> Verdict
//! ```
//!
//! The validators are those of a node: the same pipeline of the same stages, the same agreement, the same files, and the same
//! desk between them. What is simulated is what is around them: time, the network, disks, power, clients, and those validators
//! that do what they must not. All of it follows from the seed, so what a seed has shown it shows again.
//!
//! * [`scenario`]: everything that is drawn.
//! * [`replica`]: one validator. [`cluster`]: all of them, and what befalls them. [`device`]: what verifies for one of them.
//! * [`checkers`]: what must be true of every run, one file for each property.

pub mod checkers;
mod clients;
pub mod cluster;
mod credulous;
pub mod device;
mod forged;
mod invalid;
mod jobs;
mod record;
pub mod replica;
pub mod scenario;
mod twin;
mod verdict;

pub use cluster::simulate;
pub use record::Record;
pub use scenario::{Options, Scenario};
pub use verdict::{Failure, Report, Verdict};
