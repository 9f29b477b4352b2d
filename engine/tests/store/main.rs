//! The store: what it writes, what it finds again, and what it makes of everything that can happen to a disk.

mod archive;
mod checkpoints;
mod damage;
mod disk;
mod formats;
mod frames;
mod model;
mod offer;
mod power;
mod record;
mod snapshot;
mod written;

#[path = "../common/random.rs"]
mod random;
