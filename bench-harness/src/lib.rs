//! Run a scenario, for real or simulated, and judge it.
//!
//! ```text
//! Options ──> probe ──> workload ──> run ──> audit ──> Report ──> table, JSON
//! ```
//!
//! Two other crates meet the pipeline here, each in one file: sockets in [`udp`], consensus in [`solo`].

pub mod audit;
pub mod bench;
pub mod device;
pub mod durable;
pub mod machine;
pub mod metered;
pub mod probe;
pub mod replay;
pub mod report;
pub mod run;
pub mod solo;
pub mod stateless;
pub mod summary;
pub mod table;
pub mod udp;
pub mod watched;

/// What the pipeline offers to choose from.
pub mod pipeline {
    pub use pelton_pipeline::stages::load::Rate;
    pub use pelton_pipeline::topology::STAGES;
}

/// What verification offers to choose from.
pub mod kernels {
    pub use pelton_kernels::choice::CHOICES;
}

/// What the workloads offer to choose from.
pub mod workloads {
    pub use pelton_workloads::{ACCOUNTS_MIN, CHAIN_ID, Pattern, Scheme};
}
