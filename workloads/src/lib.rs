//! Make the same signed transactions from the same seed.
//!
//! ```text
//! Spec ──> Cast (keys) ──> drafts, in order, by one thread ──> wire bytes and expectations, by all ──> Workload
//!              └─────────> genesis state                                                        file <──┘
//! ```
//!
//! Every transaction is signed by itself and comes with what must become of it, so that a benchmark is judged as
//! strictly as a test. The same [`Spec`] gives the same bytes on every machine, forever; a test holds their digests.

mod action;
mod cast;
pub mod contracts;
mod crowd;
mod dice;
mod draft;
pub mod encode;
mod expectation;
pub mod file;
mod funding;
mod generators;
mod market;
mod name;
mod parameter;
mod pattern;
mod spec;
mod twist;
pub mod wallet;
mod workload;
mod zipf;

pub use expectation::Expectation;
pub use file::load_or_make;
pub use name::Name;
pub use parameter::Parameter;
pub use pattern::{Pattern, PatternError};
pub use spec::{ACCOUNTS_MIN, CHAIN_ID, Scheme, Spec, UnknownWord};
pub use workload::{Tally, Workload, generate};
