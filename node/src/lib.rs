//! Join a pipeline, a consensus core and a network into a validator.
//!
//! ```text
//!   clients ──HTTP, WebSocket──> server ──> rpc ──> History, Mempool, Trail
//!   browsers ──GET──> page ──┘
//!                                            │ transactions     ^
//!                                            v                  │ blocks
//!   peers ──frames──> feed ──transactions─> door ──> pipeline ───┘
//! ```
//!
//! The validator is one that is alone, or one of several, [`validator`]; or it serves a chain that does not grow,
//! [`import`]. Only this crate and the core of several validators use an asynchronous runtime.

pub mod accounts;
mod answers;
pub mod catch_up;
mod consensus;
pub mod depot;
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
mod page;
pub mod rpc;
pub mod serve;
pub mod server;
pub mod trail;
pub mod validator;
pub mod watched;
