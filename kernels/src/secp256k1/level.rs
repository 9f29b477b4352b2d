//! What the sums are made with on each level.

use super::field::Portable;
#[cfg(target_arch = "x86_64")]
use super::five::Five;
use super::lanes::{Lanes, Work};
#[cfg(target_arch = "x86_64")]
use super::ten::Ten;
pub(super) use crate::level::Level;
#[cfg(target_arch = "x86_64")]
use crate::vector::{self, Fused, Halves, Vector as _};

impl Level {
    /// Does `work` with the level's instructions.
    pub(super) fn run<W: Work>(self, work: W) -> W::Output {
        #[cfg(target_arch = "x86_64")]
        if let Some(token) = self.ifma() {
            return token.call(InLanes { lanes: Five(token), work });
        } else if let Some(token) = self.avx512() {
            let multiplier = Fused(token);
            return multiplier.call(InLanes { lanes: Five(multiplier), work });
        } else if let Some(token) = self.avx2() {
            return token.call(InLanes { lanes: Ten(token), work });
        }
        work.run(Portable)
    }
}

/// Work with its lanes.
#[cfg(target_arch = "x86_64")]
struct InLanes<L, W> {
    lanes: L,
    work: W,
}

#[cfg(target_arch = "x86_64")]
impl<L: Lanes, W: Work> vector::Work for InLanes<L, W> {
    type Output = W::Output;

    #[inline(always)]
    fn run(self) -> W::Output {
        self.work.run(self.lanes)
    }
}
