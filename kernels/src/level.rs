//! The vector instructions that this processor has, found once.
//!
//! Levels are nested: each has all the instructions of those below it. A kernel runs the best code it has at or below
//! the level that it is given, and answers the same on every one.
//!
//! ```text
//!   level        token     what the processor has              the least that has it
//!   portable     -         nothing in particular
//!   avx2         Avx2      vectors of 256 bits                 Haswell, Zen 1
//!   avx512       Avx512    AVX-512 F, BW, DQ and VL            Skylake-X, Zen 4
//!   avx512ifma   Ifma      and its 52-bit multiplier           Ice Lake, Zen 4
//! ```
//!
//! A token cannot be made where the instructions are missing. Code that needs them asks for one, and is safe to call
//! with it.

use std::fmt;
use std::sync::LazyLock;

/// Some of the processor's vector instructions. One that the processor lacks cannot be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Level(Kind);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Portable,
    #[cfg(target_arch = "x86_64")]
    Avx2(Avx2),
    #[cfg(target_arch = "x86_64")]
    Avx512(Avx512),
    #[cfg(target_arch = "x86_64")]
    Ifma(Ifma),
}

/// The processor has AVX2.
#[cfg(target_arch = "x86_64")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Avx2(());

/// The processor has AVX-512 F, BW, DQ and VL, and what [`Avx2`] says.
#[cfg(target_arch = "x86_64")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Avx512(Avx2);

/// The processor has AVX-512 IFMA, and what [`Avx512`] says.
#[cfg(target_arch = "x86_64")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Ifma(Avx512);

impl Level {
    /// No vector instructions of our own. Any processor has it; the libraries below may still use vectors they find.
    pub const PORTABLE: Self = Self(Kind::Portable);

    /// All levels of this processor, the slowest first.
    pub fn all() -> impl ExactSizeIterator<Item = Self> + DoubleEndedIterator {
        static ALL: LazyLock<Vec<Level>> = LazyLock::new(detect);
        ALL.iter().copied()
    }

    /// The fastest level of this processor.
    pub fn best() -> Self {
        Self::all().next_back().unwrap_or(Self::PORTABLE)
    }

    /// The name by which it is reported.
    pub fn name(self) -> &'static str {
        match self.0 {
            Kind::Portable => "portable",
            #[cfg(target_arch = "x86_64")]
            Kind::Avx2(_) => "avx2",
            #[cfg(target_arch = "x86_64")]
            Kind::Avx512(_) => "avx512",
            #[cfg(target_arch = "x86_64")]
            Kind::Ifma(_) => "avx512ifma",
        }
    }
}

#[cfg(target_arch = "x86_64")]
impl Level {
    /// The proof that the level has AVX2, if it has.
    pub(crate) fn avx2(self) -> Option<Avx2> {
        match self.0 {
            Kind::Avx2(token) => Some(token),
            _ => self.avx512().map(|Avx512(token)| token),
        }
    }

    /// The proof that the level has AVX-512, if it has.
    pub(crate) fn avx512(self) -> Option<Avx512> {
        match self.0 {
            Kind::Avx512(token) => Some(token),
            _ => self.ifma().map(|Ifma(token)| token),
        }
    }

    /// The proof that the level has the 52-bit multiplier, if it has.
    pub(crate) fn ifma(self) -> Option<Ifma> {
        match self.0 {
            Kind::Ifma(token) => Some(token),
            _ => None,
        }
    }
}

#[cfg(target_arch = "x86_64")]
impl Ifma {
    /// The proof for the instructions below the multiplier.
    pub(crate) fn avx512(self) -> Avx512 {
        self.0
    }
}

#[cfg(target_arch = "x86_64")]
fn detect() -> Vec<Level> {
    let avx2 = is_x86_feature_detected!("avx2").then_some(Avx2(()));
    let has_avx512 = is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512dq")
        && is_x86_feature_detected!("avx512vl");
    let avx512 = avx2.filter(|_| has_avx512).map(Avx512);
    let ifma = avx512.filter(|_| is_x86_feature_detected!("avx512ifma")).map(Ifma);
    let kinds = [Some(Kind::Portable), avx2.map(Kind::Avx2), avx512.map(Kind::Avx512), ifma.map(Kind::Ifma)];
    kinds.into_iter().flatten().map(Level).collect()
}

#[cfg(not(target_arch = "x86_64"))]
fn detect() -> Vec<Level> {
    vec![Level::PORTABLE]
}

impl fmt::Display for Level {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::Level;

    #[test]
    fn levels_are_nested_and_the_last_one_is_the_best() {
        let levels: Vec<_> = Level::all().collect();
        assert_eq!((levels[0], levels.last()), (Level::PORTABLE, Some(&Level::best())));
        assert!(levels.is_sorted() && levels.iter().all(|level| level.to_string() == level.name()));
        #[cfg(target_arch = "x86_64")]
        for (level, tokens) in levels.into_iter().zip(0..) {
            let has = [level.avx2().is_some(), level.avx512().is_some(), level.ifma().is_some()];
            assert_eq!(has, [tokens > 0, tokens > 1, tokens > 2], "{level}");
        }
    }
}
