//! `doctor`: what this host costs in throughput, and the line that changes it.
//!
//! Everything runs with none of it done. A loss is *measured* where a short measurement tells it, and otherwise *expected*,
//! from what the same thing cost elsewhere; what the host does not tell is unavailable, with the reason.
//!
//! ```text
//! /proc, /sys, limits, a few clocks ──> Check: found, loss, what to do ──> table, JSON
//! ```

pub mod graphics;
pub mod host;
mod memory;
mod network;
mod processor;
mod text;
mod time;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::doctor::host::Host;
use crate::machine::Machine;

/// Name and version of the object's shape.
pub const SCHEMA: &str = "pelton-doctor/1";

/// What was found of a host.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Diagnosis {
    /// `pelton-doctor/1`.
    pub schema: String,
    /// The host.
    pub machine: Machine,
    /// What was looked at.
    pub checks: Vec<Check>,
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Check {
    /// What it is.
    pub name: String,
    /// What came of it.
    pub state: State,
    /// What was found, or why nothing could be.
    pub found: String,
    /// What it costs; null if nothing.
    pub loss: Option<Loss>,
    /// The line that changes it, a command where there is one; null if there is nothing to do.
    pub change: Option<String>,
}

/// What came of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// As it should be.
    Good,
    /// Throughput is lost.
    Costs,
    /// The host does not tell.
    Unavailable,
}

/// A share of throughput that is lost.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Loss {
    /// At least.
    pub least: f64,
    /// At most.
    pub most: f64,
    /// Whether it was measured here, and not expected from elsewhere.
    pub is_measured: bool,
}

impl Loss {
    /// From elsewhere.
    fn expected(least: f64, most: f64) -> Loss {
        Loss { least, most, is_measured: false }
    }

    /// From here.
    fn measured(share: f64) -> Loss {
        Loss { least: share, most: share, is_measured: true }
    }
}

impl Check {
    fn good(name: &str, found: impl Into<String>) -> Check {
        Check { name: name.to_owned(), state: State::Good, found: found.into(), loss: None, change: None }
    }

    fn costs(name: &str, found: impl Into<String>, loss: Loss, change: impl Into<String>) -> Check {
        let change = Some(change.into());
        Check { name: name.to_owned(), state: State::Costs, found: found.into(), loss: Some(loss), change }
    }

    fn unavailable(name: &str, reason: impl Into<String>) -> Check {
        let found = format!("unavailable: {}", reason.into());
        Check { name: name.to_owned(), state: State::Unavailable, found, loss: None, change: None }
    }
}

/// Looks at a host.
pub fn diagnose(host: &Host) -> Diagnosis {
    let checks = vec![
        processor::instructions(),
        processor::governor(host),
        processor::mitigations(host),
        processor::quota(host),
        processor::others(host),
        processor::nodes(host),
        memory::huge_pages(host),
        memory::free(host),
        memory::open_files(),
        network::buffers(host),
        network::card(host),
        graphics::driver(host),
        time::clock(host),
    ];
    Diagnosis { schema: SCHEMA.to_owned(), machine: Machine::detect(), checks }
}

/// The JSON Schema of [`Diagnosis`].
pub fn schema() -> schemars::Schema {
    schemars::schema_for!(Diagnosis)
}
