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
//!
//! With the feature `validators` there is the core of several, which asks instead of being asked, since whose turn it is
//! to propose is for all of them to say:
//!
//! ```text
//!   Application <──propose, verify, finalized── [ Process ] <──votes, blocks──> other validators
//!        └─────────────block, verdict, done────────>
//! ```
//!
//! A `Process` makes the promises 1 to 3, carries the bytes of blocks, and keeps on disk what it has promised to others.
//! Its certificates are checked by [`verify_certificate`].

#[cfg(feature = "validators")]
mod application;
#[cfg(feature = "validators")]
pub mod catch_up;
mod certificate;
#[cfg(feature = "cluster")]
pub mod cluster;
#[cfg(feature = "validators")]
mod committee;
#[cfg(feature = "validators")]
mod core;
#[cfg(feature = "validators")]
pub mod dkg;
#[cfg(feature = "simulation")]
pub mod misdeeds;
mod ordering;
#[cfg(feature = "validators")]
mod process;
#[cfg(feature = "signing")]
pub mod signing;
#[cfg(feature = "simulation")]
pub mod simulation;
mod solo;

#[cfg(feature = "simulation")]
pub use self::core::formats;
#[cfg(feature = "validators")]
pub use self::core::{Settings, Timing};
#[cfg(feature = "validators")]
pub use application::{Application, Block, Done, Link, Reply, Restored};
pub use certificate::{
    CERTIFICATE_BYTES_MAX, CertificateError, Certified, GROUP_KEY_BYTES, verify_certificate,
};
#[cfg(feature = "validators")]
pub use committee::{Committee, MEMBERS_MAX, NAMESPACE_BYTES_MAX, Secret, deal};
pub use ordering::{BlockId, Certificate, Event, Ordering, Proposal, ProposeError};
#[cfg(feature = "validators")]
pub use process::{Place, Process, Traffic};
pub use solo::Solo;
