//! Run a scenario, for real or simulated, and judge it.
//!
//! ```text
//! Options ──> probe ──> workload ──> run ──> audit ──> Report ──> table, JSON
//! ```
//!
//! Two other crates meet the pipeline here, each in one file: sockets in [`udp`], consensus in [`solo`]. Whoever wants to
//! watch a run finds it at an [`exporter`].

pub mod around;
pub mod audit;
pub mod bench;
pub mod compare;
pub mod dashboards;
pub mod device;
pub mod doctor;
pub mod drive;
pub mod durable;
pub mod exporter;
pub mod final_block;
pub mod http;
pub mod load;
pub mod machine;
pub mod metered;
pub mod outside;
pub mod overload;
pub mod probe;
pub mod profile;
#[cfg(feature = "nvtx")]
pub mod ranged;
pub mod replay;
pub mod report;
pub mod run;
pub mod solo;
pub mod stateless;
pub mod summary;
pub mod table;
pub mod trace;
pub mod udp;

/// What the pipeline offers to choose from, and what may be put around it.
pub mod pipeline {
    pub use pelton_pipeline::clock::{Clock, Nanos};
    pub use pelton_pipeline::metrics::board::Board;
    pub use pelton_pipeline::metrics::{METRICS, Metric, document as metrics_document};
    pub use pelton_pipeline::stages::load::Rate;
    pub use pelton_pipeline::topology::STAGES;
    pub use pelton_pipeline::turn::Turnable;
    pub use pelton_pipeline::verifying::choose;
    pub use pelton_pipeline::wrapped::{Wrap, Wrapped};
}

/// What verification offers to choose from.
pub mod kernels {
    pub use pelton_kernels::choice::{CHOICES, Choice};
}

/// What the workloads offer to choose from.
pub mod workloads {
    pub use pelton_workloads::{ACCOUNTS_MIN, CHAIN_ID, Pattern, Scheme, Spec};
}

/// The JSON Schemas that docs publishes, by name.
pub fn schemas() -> Vec<(&'static str, schemars::Schema)> {
    vec![
        ("bench", report::schema()),
        ("compare", compare::schema()),
        ("doctor", doctor::schema()),
        ("profile", profile::schema()),
        ("environment", profile::environment::schema()),
    ]
}
