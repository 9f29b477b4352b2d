//! Move batches through stages, and measure them.
//!
//! ```text
//! load ─> ingest ─> verify ─> dedup ─> schedule ─> seal ─> multicast ─> assemble ─> order ─> execute ─> commit ─> sink
//!                     │                   ^                    └ datagrams ┘          │         │          │
//!                 signatures              │                                       consensus   jobs    roots, balances
//!                                         └────────────────────── chain <─────────────────────┴──────────┘
//! ```
//!
//! A chain that is kept on disk has one more stage before the sink, persist.
//!
//! A [`stage::Stage`] is written without knowing who calls it; [`turn`] calls it, times it, counts what it did and
//! asserts that no transaction is lost; a [`driver`] decides when. [`topology`] lists the stages and links, [`metrics`] what
//! is counted.

pub mod batch;
pub mod brief;
pub mod chain;
pub mod clock;
pub mod datagrams;
pub mod draft;
pub mod driver;
pub mod durability;
pub mod examiner;
pub mod jobs;
pub mod ledger;
pub mod link;
pub mod meter;
pub mod metrics;
pub mod origin;
pub mod pool;
pub mod random;
pub mod room;
pub mod seen;
pub mod shred;
pub mod stage;
pub mod stages;
pub mod start;
pub mod stateless;
pub mod stretches;
pub mod topology;
mod trust;
pub mod turn;
pub mod verifying;
pub mod view;
pub mod watch;
pub mod wrapped;
