//! Join a pipeline, a consensus core and a network into a validator.
//!
//! ```text
//!   clients ──HTTP, WebSocket──> server ──> rpc ──> History, Mempool
//!                                            │ transactions     ^
//!                                            v                  │ blocks
//!   peers ──frames──> feed ──transactions─> door ──> pipeline ───┘
//! ```
//!
//! So far the validator is one that is alone, [`devnet`], or a chain that does not grow, [`import`]. This crate is the
//! only one that uses an asynchronous runtime: for connections, and for nothing else.

pub mod accounts;
mod answers;
mod consensus;
pub mod devnet;
pub mod feed;
pub mod figures;
pub mod genesis;
pub mod history;
pub mod import;
mod json;
mod loopback;
pub mod mempool;
pub mod merkle;
pub mod rpc;
pub mod serve;
pub mod server;
