//! What cannot be encoded or decoded.

use std::error::Error;
use std::fmt;

use super::SHARDS_MAX;

/// Numbers of shards or lengths that do not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErasureError {
    /// There is no such code.
    Shape {
        /// Data shards asked for.
        data: usize,
        /// Parity shards asked for.
        parity: usize,
    },
    /// Too few or too many shards.
    Count {
        /// Shards given.
        given: usize,
        /// Shards needed.
        needed: usize,
    },
    /// The code has no shard of this number.
    Unknown {
        /// The number.
        index: u8,
    },
    /// A shard was named twice.
    Repeated {
        /// Its number.
        index: u8,
    },
    /// Shards have no bytes.
    Empty,
    /// Shards have different lengths.
    Length {
        /// Bytes of a shard.
        given: usize,
        /// Bytes of the first one.
        needed: usize,
    },
}

impl fmt::Display for ErasureError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Shape { data, parity } => write!(
                out,
                "{data} data and {parity} parity shards: a code has one of each at least, and {SHARDS_MAX} at most"
            ),
            Self::Count { given, needed } => write!(out, "{given} shards were given, not {needed}"),
            Self::Unknown { index } => write!(out, "the code has no shard {index}"),
            Self::Repeated { index } => write!(out, "shard {index} was named twice"),
            Self::Empty => out.write_str("shards have no bytes"),
            Self::Length { given, needed } => {
                write!(out, "a shard has {given} bytes, the first one {needed}")
            }
        }
    }
}

impl Error for ErasureError {}
