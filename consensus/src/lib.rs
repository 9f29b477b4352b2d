//! Order opaque block ids among mutually suspicious validators.
//!
//! ```text
//!   seal ──Proposal──> propose ─┐                ┌─> poll ──Event::Finalized──> execute, commit
//!                               └── [ Ordering ] ┘
//!                            votes <──> other validators
//! ```
//!
//! A core behind [`Ordering`] takes proposals, and says which became final. What it promises:
//!
//! 1. Blocks become final in the order of their heights, without a gap, each height once.
//! 2. Two honest validators never see different ids final at one height, while fewer than a third are faulty.
//! 3. Each block that is final comes with a [`Certificate`]: what can convince somebody who was not there.
//! 4. Nothing blocks: `propose` only accepts, `poll` only hands out. So it runs alike under threads and in
//!    simulation.
//!
//! Deliberately absent: what is in a block, whether it is valid, how its bytes travel, clocks, sockets. The
//! caller proposes only what it would execute, and fetches the bytes of a final block it does not have.
//!
//! [`Solo`] is the core of a network of one: it trusts itself, and its certificate says so.

mod ordering;
mod solo;

pub use ordering::{BlockId, Certificate, Event, Ordering, Proposal, ProposeError};
pub use solo::Solo;
