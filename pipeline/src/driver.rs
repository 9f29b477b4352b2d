//! Drivers: who calls `turn`, and when.
//!
//! [`threads`] lets a pool of threads rotate over the stages and run their jobs in between; [`simulated`] lets one
//! thread do so in an order drawn from a seed. The stages are the same. [`disk`] is one more thread, for what waits for a
//! disk, and [`bell`] wakes those that rest.

pub mod bell;
pub mod disk;
pub mod simulated;
pub mod threads;
