//! `Verdict`: how a run ended.

use std::fmt;

use crate::record::Counts;

/// What was wrong with a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// Something in it panicked.
    Crash(String),
    /// A property does not hold that must hold whatever happens.
    Safety {
        /// Its name.
        property: &'static str,
        /// What was found.
        what: String,
    },
    /// It is safe, and does not go on.
    Liveness(String),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Crash(what) => write!(f, "crash: {what}"),
            Failure::Safety { property, what } => write!(f, "safety, {property}: {what}"),
            Failure::Liveness(what) => write!(f, "liveness: {what}"),
        }
    }
}

/// What a run that ended was like.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Over all that happened.
    pub hash: String,
    /// Heights.
    pub heights: u64,
    /// Transactions that were executed.
    pub transactions: u64,
    /// What was counted.
    pub counts: Counts,
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Of this seed.
    pub seed: u64,
    /// What it was like. Of one that crashed, nothing.
    pub report: Report,
    /// What was wrong with it, if anything.
    pub failure: Option<Failure>,
}
