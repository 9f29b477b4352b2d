//! The metrics: one table from which the exporter, `docs/METRICS.md` and the dashboards follow.
//!
//! ```text
//!   stage: plain integers ── asked for? ──> copied by the thread that turns it ──> Board ──> text, for Prometheus
//!                            Watched, once a turn                                    ^
//!                                             what is known outside of the pipeline ─┘
//! ```
//!
//! Nothing is counted with atomics, and nothing is copied until somebody asks: a [`board::Board`] that was asked says so in
//! a flag, and each stage is copied out at its next turn by `board.rs`, between two calls of the stage. So a scrape
//! never makes a stage wait, and a run that nobody watches is not wrapped at all.
//!
//! To add a metric: one line in the table below, and one in the `observe` of whoever counts it. The type of a sample refuses
//! labels that the table does not name, tests refuse a metric that nobody gives or that no dashboard shows, and the page and
//! the dashboards are made from the table by `cargo run -p pelton-bench-harness --example observability`.
//!
//! Names are `pelton_` subject action unit; times are in seconds and sizes in bytes, counters end in `_total`.

pub mod board;
pub mod buckets;
mod document;
pub mod sample;
mod table;
mod text;

pub use document::document;
pub use table::*;
pub use text::{CONTENT_TYPE, text};

/// What becomes of a metric's value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// Only rises, from 0 at the start.
    Counter,
    /// Rises and falls.
    Gauge,
    /// How many values were at most as large as each bound, their sum and their number.
    Histogram {
        /// The bounds, rising, in what is counted.
        bounds: &'static [u64],
        /// How many of these make one of the metric's unit.
        per_unit: u64,
    },
}

impl Kind {
    /// As Prometheus calls it.
    pub fn name(&self) -> &'static str {
        match self {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Histogram { .. } => "histogram",
        }
    }
}

/// Which dashboard shows a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dashboard {
    /// Stages and links, latency, throughput, the process.
    Pipeline,
    /// Pool, prices, plans and execution.
    Engine,
    /// Signatures, and who answers about them.
    Verify,
    /// Consensus and multicast: blocks on their way to others, and final ones.
    Network,
    /// What clients ask of a node.
    Node,
    /// What is kept on disk.
    Durability,
}

impl Dashboard {
    /// All of them.
    pub const ALL: [Dashboard; 6] = [
        Dashboard::Pipeline,
        Dashboard::Engine,
        Dashboard::Verify,
        Dashboard::Network,
        Dashboard::Node,
        Dashboard::Durability,
    ];

    /// Part of its file's name and of its stable id.
    pub fn name(self) -> &'static str {
        match self {
            Dashboard::Pipeline => "pipeline",
            Dashboard::Engine => "engine",
            Dashboard::Verify => "verify",
            Dashboard::Network => "network",
            Dashboard::Node => "node",
            Dashboard::Durability => "durability",
        }
    }
}

/// One line of the table.
#[derive(Debug, PartialEq)]
pub struct Metric {
    /// As Prometheus knows it.
    pub name: &'static str,
    /// What becomes of its value.
    pub kind: Kind,
    /// What its value counts.
    pub unit: &'static str,
    /// The names of its labels.
    pub labels: &'static [&'static str],
    /// Which dashboard shows it.
    pub dashboard: Dashboard,
    /// What it means, in a sentence or two.
    pub help: &'static str,
}
