//! What tables and sums cost beside recoveries.
//!
//! The unit is the time of one recovery. Tables and sums cost something each time and something for each claim, and the
//! constants below are within a fifth of what was measured; the test `prices` measures them again.

use super::level::Level;
use crate::search;

/// Fewer claims than this are recovered one by one.
const GROUP_MIN: usize = 4;

/// What a batch may be expected to cost at most, of what it costs one by one.
const CLEARLY_LESS: f64 = 0.85;

/// The prices of a level.
#[derive(Clone, Copy, Debug)]
pub(super) struct Price {
    tables_each_time: f64,
    tables_each_claim: f64,
    pub sum: search::Price,
}

/// One lane.
const PORTABLE: Price = Price {
    tables_each_time: 0.7,
    tables_each_claim: 0.27,
    sum: search::Price { each_time: 0.7, each_equation: 0.37, lanes: 1, group_min: GROUP_MIN },
};

/// Four lanes of a 32-bit multiplier.
#[cfg(target_arch = "x86_64")]
const AVX2: Price = Price {
    tables_each_time: 0.9,
    tables_each_claim: 0.18,
    sum: search::Price { each_time: 1.6, each_equation: 0.265, lanes: 1, group_min: GROUP_MIN },
};

/// Eight lanes of a multiplier for floating-point numbers.
#[cfg(target_arch = "x86_64")]
const AVX512: Price = Price {
    tables_each_time: 1.0,
    tables_each_claim: 0.08,
    sum: search::Price { each_time: 1.5, each_equation: 0.11, lanes: 1, group_min: GROUP_MIN },
};

/// Eight lanes of a 52-bit multiplier.
#[cfg(target_arch = "x86_64")]
const IFMA: Price = Price {
    tables_each_time: 0.9,
    tables_each_claim: 0.048,
    sum: search::Price { each_time: 0.85, each_equation: 0.068, lanes: 1, group_min: GROUP_MIN },
};

impl Price {
    /// The prices of `level`.
    pub fn of(level: Level) -> Self {
        #[cfg(target_arch = "x86_64")]
        if level.ifma().is_some() {
            return IFMA;
        } else if level.avx512().is_some() {
            return AVX512;
        } else if level.avx2().is_some() {
            return AVX2;
        }
        PORTABLE
    }

    /// Tables for `len` claims.
    pub fn preparation(&self, len: usize) -> f64 {
        self.tables_each_time + self.tables_each_claim * len as f64
    }

    /// Whether `len` claims are expected to cost clearly less together than one by one. False ones are taken for spread at
    /// random; where they are spread evenly, as a forger may, every sum fails, and little is expected to be spared.
    pub fn preparation_pays(&self, len: usize, share: f64) -> bool {
        let together = self.preparation(len) + self.sum.expected(len, share);
        len >= GROUP_MIN && together < CLEARLY_LESS * len as f64
    }
}
