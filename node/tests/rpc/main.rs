//! The node as its clients meet it: over sockets, by HTTP and WebSocket, with good requests and bad ones.

mod bad_input;
mod chain;
mod client;
mod contention;
mod contract;
mod depot;
mod documented;
mod feed;
mod fuzz;
mod inside;
mod live;
mod load;
mod merkle;
mod moved;
mod official;
mod page;
mod refusals;
mod subscriptions;
mod wallet;
