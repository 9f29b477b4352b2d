//! `Quota`: how many transactions one peer may bring in a second.

use std::time::Duration;

/// A bucket that fills at a steady rate, up to what a tenth of a second brings.
pub(super) struct Quota {
    per_second: u64,
    /// Billionths of a transaction.
    full_ns: u128,
    since: Duration,
}

const NANOS: u128 = 1_000_000_000;

impl Quota {
    /// A full bucket.
    pub(super) fn new(per_second: u64) -> Quota {
        let per_second = per_second.max(1);
        Quota { per_second, full_ns: Quota::most(per_second), since: Duration::ZERO }
    }

    fn most(per_second: u64) -> u128 {
        (u128::from(per_second) * NANOS / 10).max(NANOS)
    }

    /// Takes one at this time since the beginning; or says how long to wait until there is one.
    pub(super) fn take(&mut self, now: Duration) -> Result<(), Duration> {
        let passed = now.saturating_sub(self.since).as_nanos();
        self.since = self.since.max(now);
        let most = Quota::most(self.per_second);
        self.full_ns = (self.full_ns + passed.saturating_mul(u128::from(self.per_second))).min(most);
        if self.full_ns >= NANOS {
            self.full_ns -= NANOS;
            return Ok(());
        }
        let missing = (NANOS - self.full_ns).div_ceil(u128::from(self.per_second));
        Err(Duration::from_nanos(u64::try_from(missing).unwrap_or(u64::MAX)))
    }
}

#[cfg(test)]
mod tests {
    use super::Quota;
    use std::time::Duration;

    #[test]
    fn no_more_comes_in_than_the_rate_and_a_tenth_of_a_second_allow() {
        let mut quota = Quota::new(1_000);
        let mut taken = 0;
        for step in 0..2_000 {
            let now = Duration::from_micros(500 * step);
            while quota.take(now).is_ok() {
                taken += 1;
            }
        }
        assert_eq!(taken, 100 + 999, "one second, and the bucket that was full");
    }

    #[test]
    fn after_the_time_that_it_names_there_is_one() {
        let mut quota = Quota::new(3);
        let mut now = Duration::from_secs(5);
        for _ in 0..10 {
            if let Err(wait) = quota.take(now) {
                assert!(wait > Duration::ZERO && wait <= Duration::from_millis(334));
                now += wait;
                assert_eq!(quota.take(now), Ok(()));
            }
        }
    }
}
