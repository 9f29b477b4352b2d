//! What the sums are made with on each level.

use super::field::Portable;
#[cfg(target_arch = "x86_64")]
use super::ifma;
use super::lanes::Work;
pub(super) use crate::level::Level;

impl Level {
    /// Does `work` with the level's instructions.
    pub(super) fn run<W: Work>(self, work: W) -> W::Output {
        #[cfg(target_arch = "x86_64")]
        if let Some(token) = self.ifma() {
            return ifma::run(token, work);
        }
        work.run(Portable)
    }
}
