//! Run a scenario, for real or simulated, and judge it.
//!
//! ```text
//! Options ──> probe ──> workload ──> run ──> audit ──> Report ──> table, JSON
//! ```
//!
//! Two other crates meet the pipeline here, each in one file: sockets in [`udp`], consensus in [`solo`].

pub mod audit;
pub mod bench;
pub mod machine;
pub mod probe;
pub mod report;
pub mod run;
pub mod solo;
pub mod summary;
pub mod table;
pub mod udp;

/// What the pipeline offers to choose from.
pub mod pipeline {
    pub use pelton_pipeline::stages::load::Rate;
    pub use pelton_pipeline::topology::STAGES;
}

/// What the workloads offer to choose from.
pub mod workloads {
    pub use pelton_workloads::{ACCOUNTS_MIN, Pattern, Scheme};
}
