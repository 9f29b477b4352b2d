//! The stages, one file each, in the order in which a transaction meets them.

pub mod load;

pub mod intake;

pub mod ingest;

pub mod verify;

pub mod dedup;

pub mod schedule;

pub mod seal;

pub mod multicast;

pub mod assemble;

pub mod order;

pub mod agree;

pub mod execute;

pub mod commit;

pub mod persist;

pub mod sink;
