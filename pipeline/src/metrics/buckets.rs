//! `Buckets`: a histogram as plain integers, for whoever counts.

use hdrhistogram::Histogram;

use super::{Kind, Metric};

/// How many values lay between each two bounds of a metric, and their sum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Buckets {
    bounds: &'static [u64],
    /// One for each bound, and one for what is above the last.
    counts: Vec<u64>,
    sum: u64,
}

impl Buckets {
    /// Empty ones with the bounds of this metric.
    ///
    /// # Panics
    /// If the metric is no histogram.
    pub fn of(metric: &Metric) -> Buckets {
        let Kind::Histogram { bounds, .. } = metric.kind else { panic!("{} is no histogram", metric.name) };
        Buckets { bounds, counts: vec![0; bounds.len() + 1], sum: 0 }
    }

    /// Counts one value.
    pub fn note(&mut self, value: u64) {
        self.note_many(value, 1);
    }

    /// Counts a value so many times.
    pub fn note_many(&mut self, value: u64, times: u64) {
        self.counts[self.bounds.partition_point(|bound| *bound < value)] += times;
        self.sum = self.sum.saturating_add(value.saturating_mul(times));
    }

    /// Those of this metric with what a finer histogram has counted. Its values are known as well as it knows them.
    pub fn from_fine(metric: &Metric, fine: &Histogram<u64>) -> Buckets {
        let mut buckets = Buckets::of(metric);
        for cell in fine.iter_recorded() {
            buckets.note_many(cell.value_iterated_to(), cell.count_at_value());
        }
        buckets
    }

    /// Each bound with the number of values that were at most as large.
    pub fn cumulative(&self) -> impl Iterator<Item = (u64, u64)> {
        let sums = self.counts.iter().scan(0, |sum, count| {
            *sum += count;
            Some(*sum)
        });
        self.bounds.iter().copied().zip(sums)
    }

    /// How many values there were.
    pub fn count(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// The sum of all values.
    pub fn sum(&self) -> u64 {
        self.sum
    }
}

#[cfg(test)]
mod tests {
    use hdrhistogram::Histogram;

    use super::Buckets;
    use crate::metrics::{LATENCY, VERIFY_BATCH};

    #[test]
    fn a_value_counts_for_every_bound_that_it_does_not_exceed() {
        let mut buckets = Buckets::of(&VERIFY_BATCH);
        [0, 1, 2, 3, 32_768, 32_769, u64::MAX].into_iter().for_each(|value| buckets.note(value));
        let at = |bound| buckets.cumulative().find(|(known, _)| *known == bound).map(|(_, count)| count);
        assert_eq!([at(1), at(2), at(4), at(32_768)], [Some(2), Some(3), Some(4), Some(5)]);
        assert_eq!((buckets.count(), buckets.sum()), (7, u64::MAX));
    }

    #[test]
    fn a_finer_histogram_gives_the_same_number_and_nearly_the_same_sum() {
        let mut fine = Histogram::new_with_bounds(1, 1 << 40, 2).expect("the bounds are valid");
        (1..10_000_u64).for_each(|value| fine.saturating_record(value * 1_000));
        let buckets = Buckets::from_fine(&LATENCY, &fine);
        assert_eq!(buckets.count(), 9_999);
        let exact = 1_000.0 * 9_999.0 * 5_000.0;
        assert!((buckets.sum() as f64 / exact - 1.0).abs() < 0.01, "{} of {exact}", buckets.sum());
    }
}
