//! The ways in which this processor can multiply many bytes by one factor, found once.
//!
//! ```text
//!   arithmetic   bytes at once   a product with one factor is                       the least that has it
//!   portable     -               sums of inputs, doubled between bits               -
//!   avx2         32              two look-ups in tables of 16 (PSHUFB)              Haswell, Zen 1
//!   avx512       64              the same                                           Skylake-X
//!   gfni256      32              one product with a matrix of bits (GF2P8AFFINEQB)  Alder Lake, Zen 4
//!   gfni512      64              the same                                           Ice Lake, Zen 4
//! ```
//!
//! GFNI is a feature beside the [`Level`]s, which are nested; so these are not levels, though each needs one.

use std::fmt;
use std::sync::LazyLock;

use crate::Level;
#[cfg(target_arch = "x86_64")]
use crate::level::{Avx2, Avx512};

/// A way to multiply that this processor has. One that it lacks cannot be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arithmetic(pub(super) Kind);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Portable,
    #[cfg(target_arch = "x86_64")]
    Avx2(Avx2),
    #[cfg(target_arch = "x86_64")]
    Avx512(Avx512),
    #[cfg(target_arch = "x86_64")]
    Gfni256(Gfni<Avx2>),
    #[cfg(target_arch = "x86_64")]
    Gfni512(Gfni<Avx512>),
}

/// The processor has GFNI, and what `L` says, for whose vectors it is meant.
#[cfg(target_arch = "x86_64")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Gfni<L>(L);

impl Arithmetic {
    /// No instructions of our own choice: the compiler's for any processor of the kind.
    pub const PORTABLE: Self = Self(Kind::Portable);

    /// All that this processor has, the slowest first.
    pub fn all() -> impl ExactSizeIterator<Item = Self> + DoubleEndedIterator {
        static ALL: LazyLock<Vec<Arithmetic>> = LazyLock::new(|| detect(Level::best()));
        ALL.iter().copied()
    }

    /// The fastest that this processor has.
    #[must_use]
    pub fn best() -> Self {
        Self::all().next_back().unwrap_or(Self::PORTABLE)
    }

    /// The name by which it is reported.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self.0 {
            Kind::Portable => "portable",
            #[cfg(target_arch = "x86_64")]
            Kind::Avx2(_) => "avx2",
            #[cfg(target_arch = "x86_64")]
            Kind::Avx512(_) => "avx512",
            #[cfg(target_arch = "x86_64")]
            Kind::Gfni256(_) => "gfni256",
            #[cfg(target_arch = "x86_64")]
            Kind::Gfni512(_) => "gfni512",
        }
    }
}

#[cfg(target_arch = "x86_64")]
fn detect(level: Level) -> Vec<Arithmetic> {
    let has_gfni = is_x86_feature_detected!("gfni");
    let avx2 = level.avx2().map(Kind::Avx2);
    let avx512 = level.avx512().map(Kind::Avx512);
    let gfni256 = level.avx2().filter(|_| has_gfni).map(|token| Kind::Gfni256(Gfni(token)));
    let gfni512 = level.avx512().filter(|_| has_gfni).map(|token| Kind::Gfni512(Gfni(token)));
    let kinds = [Some(Kind::Portable), avx2, avx512, gfni256, gfni512];
    kinds.into_iter().flatten().map(Arithmetic).collect()
}

#[cfg(not(target_arch = "x86_64"))]
fn detect(_: Level) -> Vec<Arithmetic> {
    vec![Arithmetic::PORTABLE]
}

impl fmt::Display for Arithmetic {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(self.name())
    }
}
