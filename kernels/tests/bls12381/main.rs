//! Batches of BLS signatures answer as the reference does one by one, and keys enter only with their proofs.

mod batches;
mod cases;
mod encodings;
mod keys;
#[path = "../common/levels.rs"]
mod levels;
