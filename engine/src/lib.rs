//! Turn a state and an ordered block into a new state and an outcome.
//!
//! ```text
//! bytes ──codec──> Transaction ──sender──> Verified ──plan──> Plan ──execute──> Executed
//!                       │                                        └──serial───> Executed   (always equal)
//!                     checks ──> Reject
//! ```
//!
//! This crate knows no device, no network and no clock: everything that it gives is a function of what it is given.

extern crate alloc;
// Tests in here share helpers with those outside, which know the crate by its name.
#[cfg(test)]
extern crate self as pelton_engine;

pub mod access;
pub mod admission;
pub mod archive;
pub mod block;
pub mod checks;
pub mod codec;
pub mod commitment;
pub mod environment;
pub mod evm;
pub mod execute;
pub mod executed;
pub mod genesis;
pub mod limits;
pub mod plan;
pub mod prediction;
pub mod prices;
mod reads;
pub mod reject;
pub mod serial;
pub mod snapshot;
pub mod state;
pub mod stateless;
pub mod store;
mod sync;
pub mod transaction;
pub mod trie;
pub mod writes;
