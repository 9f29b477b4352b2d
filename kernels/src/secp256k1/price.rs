//! What sums cost beside recoveries, and what to expect of claims of which some are false.
//!
//! The unit is the time of one recovery. Tables and sums cost something each time and something for each claim, and the
//! constants below are within a fifth of what was measured; the test `prices` measures them again.

use super::level::Level;

/// Fewer claims than this are recovered one by one.
pub(super) const GROUP_MIN: usize = 4;

/// What a batch may be expected to cost at most, of what it costs one by one.
const CLEARLY_LESS: f64 = 0.85;

/// The prices of a level.
#[derive(Clone, Copy, Debug)]
pub(super) struct Price {
    preparation: Part,
    sum: Part,
}

#[derive(Clone, Copy, Debug)]
struct Part {
    each_time: f64,
    each_claim: f64,
}

/// One lane. It is charged for the levels that have not been measured, too.
const PORTABLE: Price = Price {
    preparation: Part { each_time: 0.7, each_claim: 0.27 },
    sum: Part { each_time: 0.7, each_claim: 0.37 },
};

/// Eight lanes of a 52-bit multiplier.
const EIGHT: Price = Price {
    preparation: Part { each_time: 0.9, each_claim: 0.048 },
    sum: Part { each_time: 0.85, each_claim: 0.068 },
};

impl Price {
    /// The prices of `level`.
    pub fn of(level: Level) -> Self {
        #[cfg(target_arch = "x86_64")]
        if level.ifma().is_some() {
            return EIGHT;
        }
        // And, until they are measured, of the levels in between: who pays too much is safe.
        PORTABLE
    }

    /// Tables for `len` claims.
    pub fn preparation(&self, len: usize) -> f64 {
        self.preparation.of(len)
    }

    /// A sum of `len` claims that are prepared.
    pub fn sum(&self, len: usize) -> f64 {
        self.sum.of(len)
    }

    /// The least that `len` prepared claims are expected to cost, if each of them is false with the chance `share`.
    pub fn expected(&self, len: usize, share: f64) -> f64 {
        let apart = self.expected_apart(len, share);
        apart.min(self.sum(len) + (1.0 - all_true(len, share)) * apart)
    }

    /// As [`Price::expected`], without a sum of all of them: in halves, or one by one.
    pub fn expected_apart(&self, len: usize, share: f64) -> f64 {
        let one_by_one = len as f64;
        if len < 2 * GROUP_MIN {
            return one_by_one;
        }
        one_by_one.min(2.0 * self.expected(len / 2, share))
    }

    /// Whether a sum of `len` claims is expected to spare more than it costs.
    pub fn sum_pays(&self, len: usize, share: f64) -> bool {
        self.sum(len) < all_true(len, share) * self.expected_apart(len, share)
    }

    /// Whether `len` claims are expected to cost clearly less together than one by one. False ones are taken for spread at
    /// random; where they are spread evenly, as a forger may, every sum fails, and little is expected to be spared.
    pub fn preparation_pays(&self, len: usize, share: f64) -> bool {
        let together = self.preparation(len) + self.expected(len, share);
        len >= GROUP_MIN && together < CLEARLY_LESS * len as f64
    }
}

impl Part {
    fn of(&self, len: usize) -> f64 {
        self.each_time + self.each_claim * len as f64
    }
}

/// The chance that none of `len` claims is false.
fn all_true(len: usize, share: f64) -> f64 {
    (1.0 - share).powi(len as i32)
}
