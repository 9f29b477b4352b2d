//! A block with its witness leads anyone to what it led its chain to, and nothing but it does.

#[path = "../parallel_equals_serial/parts.rs"]
mod parts;
#[path = "../parallel_equals_serial/transactions.rs"]
mod transactions;
#[path = "../parallel_equals_serial/world.rs"]
#[expect(dead_code, reason = "blocks of whole chains are made otherwise")]
mod world;

mod chain;
mod formats;
mod layout;
mod proven;
mod refused;
