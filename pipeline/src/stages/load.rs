//! load: brings in transactions that were made beforehand, each at the moment at which it is due.
//!
//! It stands in the place of sockets, and is open-loop: what it cannot deliver in time keeps the arrival that it
//! should have had, so that waiting before the door counts as latency.

use std::sync::Arc;

use alloy_primitives::Bytes;

use crate::batch::Batch;
use crate::clock::{Clock, Nanos};
use crate::link::Link;
use crate::meter::{Meter, Regime};
use crate::origin::Origin;
use crate::random::Random;
use crate::turn::Turnable;

/// When transactions are due.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Rate {
    /// Each as soon as there is room for it.
    Max,
    /// This many a second, evenly.
    PerSecond(f64),
    /// This many a second on average, each independent of the others, as from many clients: times between them follow
    /// an exponential distribution.
    Poisson {
        /// How many.
        per_second: f64,
        /// What the times follow from.
        seed: u64,
    },
}

/// The beginning of a pipeline.
pub struct Load {
    transactions: Vec<(Bytes, Origin)>,
    rate: Rate,
    until_ns: Nanos,
    /// When each is due after the start, where no formula tells.
    due_ns: Vec<Nanos>,
    next: usize,
    batch_max: usize,
    output: Arc<Link<Batch<(Bytes, Origin)>>>,
    started_ns: Option<Nanos>,
    meter: Meter,
    regime: Regime,
    since_ns: Nanos,
    finished: bool,
}

impl Load {
    /// Offers these in order, at this rate, until they or the time is at an end.
    pub fn new(
        transactions: Vec<(Bytes, Origin)>,
        rate: Rate,
        until_ns: Nanos,
        batch_max: usize,
        output: Arc<Link<Batch<(Bytes, Origin)>>>,
    ) -> Load {
        let due_ns = match rate {
            Rate::Max | Rate::PerSecond(_) => Vec::new(),
            Rate::Poisson { per_second, seed } => poisson(transactions.len(), per_second, seed),
        };
        Load {
            transactions,
            rate,
            until_ns,
            due_ns,
            next: 0,
            batch_max,
            output,
            started_ns: None,
            meter: Meter::default(),
            regime: Regime::Idle,
            since_ns: 0,
            finished: false,
        }
    }

    /// When the transaction of this index is due.
    fn due_ns(&self, index: usize, started_ns: Nanos, now_ns: Nanos) -> Nanos {
        match self.rate {
            Rate::Max => now_ns,
            Rate::PerSecond(rate) => started_ns + (index as f64 * 1e9 / rate) as Nanos,
            Rate::Poisson { .. } => started_ns + self.due_ns[index],
        }
    }

    /// Sends what is due; gives whether anything was sent.
    fn offer(&mut self, now_ns: Nanos) -> bool {
        let started_ns = *self.started_ns.get_or_insert(now_ns);
        let mut sent = false;
        self.regime = Regime::Idle;
        while self.next < self.transactions.len() && now_ns - started_ns < self.until_ns {
            let mut batch = Batch::with_capacity(self.batch_max);
            for index in self.next..self.transactions.len().min(self.next + self.batch_max) {
                let due_ns = self.due_ns(index, started_ns, now_ns);
                if due_ns > now_ns {
                    break;
                }
                batch.push(self.transactions[index].clone(), due_ns);
            }
            if batch.is_empty() {
                return sent;
            }
            let count = batch.len();
            if self.output.push(batch).is_err() {
                self.regime = Regime::Blocked;
                return sent;
            }
            self.next += count;
            self.meter.taken += count as u64;
            self.meter.passed += count as u64;
            sent = true;
        }
        self.output.close();
        self.finished = true;
        sent
    }
}

/// Times of so many independent events, this many a second on average.
fn poisson(count: usize, per_second: f64, seed: u64) -> Vec<Nanos> {
    let mut random = Random::new(seed);
    let mut sum_ns = 0.0;
    let mut next = || {
        // Above 0 and at most 1, so that its logarithm is finite.
        let uniform = (random.next_u64() >> 11) as f64 + 1.0;
        sum_ns -= (uniform / (1_u64 << 53) as f64).ln() * 1e9 / per_second;
        sum_ns as Nanos
    };
    (0..count).map(|_| next()).collect()
}

impl Turnable for Load {
    fn name(&self) -> &'static str {
        "load"
    }

    fn turn(&mut self, clock: &dyn Clock) -> bool {
        let now_ns = clock.now_ns();
        self.meter.regime_ns[self.regime as usize] += now_ns - self.since_ns;
        let cpu_ns = clock.thread_cpu_ns();
        let sent = self.offer(now_ns);
        self.meter.cpu_ns += clock.thread_cpu_ns() - cpu_ns;
        self.meter.turns += u64::from(sent);
        self.since_ns = clock.now_ns();
        self.meter.regime_ns[Regime::Busy as usize] += self.since_ns - now_ns;
        sent
    }

    fn is_finished(&self) -> bool {
        self.finished
    }

    fn meter(&self) -> &Meter {
        &self.meter
    }

    fn queue_max(&self) -> usize {
        0
    }
}

#[cfg(test)]
mod tests {
    use super::poisson;

    #[test]
    fn independent_arrivals_have_the_mean_and_the_spread_of_their_distribution() {
        let due_ns = poisson(100_000, 1_000.0, 7);
        assert!(due_ns.is_sorted());
        let gaps: Vec<f64> = due_ns.windows(2).map(|pair| (pair[1] - pair[0]) as f64 / 1e6).collect();
        let mean = gaps.iter().sum::<f64>() / gaps.len() as f64;
        let variance = gaps.iter().map(|gap| (gap - mean).powi(2)).sum::<f64>() / gaps.len() as f64;
        assert!((mean - 1.0).abs() < 0.02 && (variance - 1.0).abs() < 0.05, "{mean} {variance}");
        assert_ne!(due_ns, poisson(100_000, 1_000.0, 8));
    }
}
