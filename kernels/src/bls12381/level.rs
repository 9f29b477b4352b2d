//! Which instructions a batch is verified with.

use std::fmt;

#[cfg(target_arch = "x86_64")]
use super::lanes::Ifma;

/// The instructions that compute. A level that the processor lacks cannot be made, and answers do not depend on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level(pub(super) Kind);

/// The token in a variant proves that the processor has the instructions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Portable,
    #[cfg(target_arch = "x86_64")]
    Ifma(Ifma),
}

impl Level {
    /// The arithmetic of blst. Any processor can do it.
    pub const PORTABLE: Self = Self(Kind::Portable);

    /// All levels of this processor, the slowest first.
    pub fn available() -> impl Iterator<Item = Self> {
        let levels = [
            Some(Self::PORTABLE),
            #[cfg(target_arch = "x86_64")]
            Ifma::detect().map(|token| Self(Kind::Ifma(token))),
        ];
        levels.into_iter().flatten()
    }

    /// The fastest level of this processor.
    pub fn best() -> Self {
        Self::available().last().unwrap_or(Self::PORTABLE)
    }
}

impl fmt::Display for Level {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self.0 {
            Kind::Portable => "portable",
            #[cfg(target_arch = "x86_64")]
            Kind::Ifma(_) => "avx512ifma",
        })
    }
}
