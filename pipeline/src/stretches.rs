//! `Stretches`: what a transaction costs a stage while nothing else disturbs.
//!
//! A mean takes in whatever the machine did besides: a neighbour on the same core, a cold cache, a page that was cleared.
//! Such things come and go within milliseconds, or stay for most of a run. So a run is cut into stretches of 2,048
//! transactions, and what one costs in the cheapest fiftieth of them is what the program asks for: changing the program moves
//! it, changing the weather hardly. (The lower quartile of runs of one build differed by 11 %, the fiftieth by 7 %, and means by
//! 12 %, while a neighbour was at work.)

use hdrhistogram::Histogram;

use crate::clock::Nanos;

/// Transactions of a stretch, at least: a batch or a block is never cut. What has been paid for and not yet passed on blurs its
/// ends, so it has to be many batches.
const STRETCH: u64 = 2_048;
/// Stretches below which the cheapest of them may all have been disturbed.
const STRETCHES_MIN: u64 = 16;
/// Which quantile counts.
const CHEAPEST: f64 = 0.02;

/// CPU time for a transaction, stretch by stretch.
#[derive(Clone, Debug)]
pub struct Stretches {
    /// In picoseconds, since a transaction costs some stages a few nanoseconds.
    cost_ps: Histogram<u64>,
    left: u64,
    cpu_ns: Nanos,
}

impl Default for Stretches {
    fn default() -> Stretches {
        let cost_ps = Histogram::new_with_bounds(1, 1 << 40, 3).expect("the bounds are valid");
        Stretches { cost_ps, left: 0, cpu_ns: 0 }
    }
}

impl Stretches {
    /// So many transactions have left the stage since its start, and it has taken so much CPU time.
    pub(crate) fn note(&mut self, left: u64, cpu_ns: Nanos) {
        let transactions = left - self.left;
        if transactions >= STRETCH {
            let took_ps = cpu_ns.saturating_sub(self.cpu_ns) * 1_000;
            self.cost_ps.saturating_record((took_ps / transactions).max(1));
            (self.left, self.cpu_ns) = (left, cpu_ns);
        }
    }

    /// Nanoseconds of CPU time for each transaction in the cheapest fiftieth of all stretches; none of too few.
    pub fn undisturbed_ns(&self) -> Option<f64> {
        let enough = self.cost_ps.len() >= STRETCHES_MIN;
        enough.then(|| self.cost_ps.value_at_quantile(CHEAPEST) as f64 / 1_000.0)
    }
}

#[cfg(test)]
mod tests {
    use super::{STRETCH, Stretches};

    /// Stretches of 500 ns a transaction, of which so many out of ten cost three times as much.
    fn disturbed(out_of_ten: u64) -> Stretches {
        let (mut stretches, mut cpu_ns) = (Stretches::default(), 0);
        for stretch in 1..=100 {
            cpu_ns += STRETCH * if stretch % 10 < out_of_ten { 1_500 } else { 500 };
            stretches.note(stretch * STRETCH, cpu_ns);
        }
        stretches
    }

    #[test]
    fn what_disturbs_most_stretches_moves_the_mean_and_not_the_cheapest() {
        for out_of_ten in 0..=9 {
            let found = disturbed(out_of_ten).undisturbed_ns().expect("there are enough");
            assert!((found - 500.0).abs() < 1.0, "{out_of_ten}: {found}");
        }
        let found = disturbed(10).undisturbed_ns().expect("there are enough");
        assert!((found - 1_500.0).abs() < 2.0, "{found}");
    }

    #[test]
    fn a_batch_is_never_cut_and_few_stretches_say_nothing() {
        let mut stretches = Stretches::default();
        stretches.note(STRETCH - 1, 1_000_000);
        assert_eq!(stretches.cost_ps.len(), 0);
        for block in 1..=15 {
            stretches.note(block * 10_000, block * 20_000);
        }
        assert_eq!((stretches.cost_ps.len(), stretches.undisturbed_ns()), (15, None));
        stretches.note(160_000, 320_000);
        assert_eq!(stretches.undisturbed_ns(), Some(2.0));
    }
}
