//! Which instructions the sums are made with.

use std::fmt;

use super::field::Portable;
#[cfg(target_arch = "x86_64")]
use super::ifma::{self, Ifma};
use super::lanes::Work;

/// A kind of instructions that this processor has. Answers do not depend on it.
#[derive(Clone, Copy, Debug)]
pub struct Level(Kind);

#[derive(Clone, Copy, Debug)]
enum Kind {
    Portable,
    #[cfg(target_arch = "x86_64")]
    Ifma(Ifma),
}

impl Level {
    /// Every level that this processor has, the fastest last.
    pub fn all() -> Vec<Self> {
        let levels = [
            Some(Self(Kind::Portable)),
            #[cfg(target_arch = "x86_64")]
            Ifma::detect().map(|proof| Self(Kind::Ifma(proof))),
        ];
        levels.into_iter().flatten().collect()
    }

    /// The fastest level that this processor has.
    pub fn best() -> Self {
        *Self::all().last().expect("the portable level is always there")
    }

    /// The name by which it is reported.
    pub fn name(self) -> &'static str {
        match self.0 {
            Kind::Portable => "portable",
            #[cfg(target_arch = "x86_64")]
            Kind::Ifma(_) => "avx512-ifma",
        }
    }

    /// Does `work` with the level's instructions.
    pub(super) fn run<W: Work>(self, work: W) -> W::Output {
        match self.0 {
            Kind::Portable => work.run(Portable),
            #[cfg(target_arch = "x86_64")]
            Kind::Ifma(proof) => ifma::run(proof, work),
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}
