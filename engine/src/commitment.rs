//! The state commitment: what its root means, and how it is hashed.
//!
//! ```text
//!  rules    what a node hashes to
//!  lanes    BLAKE3 of many nodes at once
//!  joins    trees that are to be hashed, height by height
//! ```
//!
//! These use `core` and `alloc` only.

pub mod joins;
pub mod lanes;
pub mod rules;
