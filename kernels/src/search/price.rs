//! What sums cost, and what to expect of equations of which some are false.
//!
//! The unit is the time that one equation takes alone. A sum costs something each time and something for each equation.

/// The prices of sums on some level.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Price {
    pub each_time: f64,
    pub each_equation: f64,
    /// How many equations are settled alone at once, in lanes: groups are cut at multiples of it.
    pub lanes: usize,
    /// Fewer equations than this are settled alone. At least as many as there are lanes.
    pub group_min: usize,
}

impl Price {
    /// A sum of `len` equations.
    pub fn sum(&self, len: usize) -> f64 {
        self.each_time + self.each_equation * len as f64
    }

    /// Each of `len` equations alone: lanes that are left over take as long as those in use.
    pub fn alone(&self, len: usize) -> f64 {
        len.next_multiple_of(self.lanes) as f64
    }

    /// The least that `len` equations are expected to cost, if each of them is false with the chance `share`.
    pub fn expected(&self, len: usize, share: f64) -> f64 {
        let apart = self.expected_apart(len, share);
        apart.min(self.sum(len) + (1.0 - all_true(len, share)) * apart)
    }

    /// As [`Price::expected`], without a sum of all of them: in halves, or alone.
    pub fn expected_apart(&self, len: usize, share: f64) -> f64 {
        let alone = self.alone(len);
        if len < 2 * self.group_min {
            return alone;
        }
        alone.min(2.0 * self.expected(len / 2, share))
    }

    /// Whether a sum of `len` equations is expected to spare more than it costs.
    pub fn sum_pays(&self, len: usize, share: f64) -> bool {
        self.sum(len) < all_true(len, share) * self.expected_apart(len, share)
    }
}

/// The chance that none of `len` equations is false.
fn all_true(len: usize, share: f64) -> f64 {
    (1.0 - share).powi(len as i32)
}
