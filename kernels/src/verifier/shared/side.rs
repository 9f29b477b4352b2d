//! What a device, or the CPU, has in hand, and how long it needs.

use crate::crossover::Speed;
use crate::signatures::Scheme;

/// Signatures after which what was seen before counts half.
const RECENT: f64 = 16_384.0;

/// See the module.
pub struct Side {
    fixed_ns: [f64; 2],
    seen: [Seen; 2],
    /// Parts in hand.
    parts: usize,
    /// Time that all parts in hand are expected to take, from `since_ns` on.
    ahead_ns: f64,
    /// Since when it has been at it: the beginning of the first part in hand or the end of the last one before it.
    since_ns: u64,
    /// Nothing was in hand before the first part.
    was_idle: bool,
}

/// Signatures answered, and the time that went by meanwhile.
#[derive(Clone, Copy)]
struct Seen {
    signatures: f64,
    busy_ns: f64,
}

impl Side {
    pub fn new(measured: [Speed; 2]) -> Side {
        Side {
            fixed_ns: measured.map(|speed| speed.fixed_ns),
            seen: measured.map(|speed| Seen { signatures: RECENT, busy_ns: RECENT * speed.each_ns }),
            parts: 0,
            ahead_ns: 0.0,
            since_ns: 0,
            was_idle: true,
        }
    }

    /// Nanoseconds for one more signature of a batch.
    pub fn each_ns(&self, scheme: Scheme) -> f64 {
        let seen = self.seen[scheme as usize];
        seen.busy_ns / seen.signatures
    }

    /// Nanoseconds from now until so many more would be answered, behind all that is in hand.
    pub fn expected_ns(&self, now_ns: u64, scheme: Scheme, count: usize) -> f64 {
        let gone_ns = now_ns.saturating_sub(self.since_ns) as f64;
        let ahead_ns = if self.parts == 0 { 0.0 } else { (self.ahead_ns - gone_ns).max(0.0) };
        ahead_ns + self.fixed_ns[scheme as usize] + self.each_ns(scheme) * count as f64
    }

    /// It gets a part.
    pub fn begin(&mut self, now_ns: u64, scheme: Scheme, count: usize) {
        if self.parts == 0 {
            (self.since_ns, self.was_idle, self.ahead_ns) = (now_ns, true, 0.0);
        }
        self.parts += 1;
        self.ahead_ns += self.each_ns(scheme) * count as f64;
    }

    /// It gives a part back.
    pub fn end(&mut self, now_ns: u64, scheme: Scheme, count: usize, is_answered: bool) {
        let gone_ns = now_ns.saturating_sub(self.since_ns) as f64;
        self.ahead_ns = (self.ahead_ns - self.each_ns(scheme) * count as f64).max(0.0);
        if is_answered {
            // What any batch takes is no part of what a signature takes, unless it passed beside other parts.
            let fixed_ns = if self.was_idle { self.fixed_ns[scheme as usize] } else { 0.0 };
            let seen = &mut self.seen[scheme as usize];
            seen.signatures += count as f64;
            seen.busy_ns += (gone_ns - fixed_ns).max(0.0);
            if seen.signatures > 2.0 * RECENT {
                seen.signatures /= 2.0;
                seen.busy_ns /= 2.0;
            }
        }
        self.parts -= 1;
        (self.since_ns, self.was_idle) = (now_ns, false);
    }
}

#[cfg(test)]
mod tests {
    use super::{Scheme, Side, Speed};

    #[test]
    fn what_is_in_hand_counts_until_its_time_is_over() {
        let mut side = Side::new([Speed { fixed_ns: 100.0, each_ns: 10.0 }; 2]);
        let expected = |side: &Side, now_ns| side.expected_ns(now_ns, Scheme::Ed25519, 5).round();
        assert_eq!(expected(&side, 1_000), 150.0);
        side.begin(1_000, Scheme::Secp256k1, 50);
        assert_eq!([1_000, 1_400, 9_000].map(|now_ns| expected(&side, now_ns)), [650.0, 250.0, 150.0]);
        side.begin(1_200, Scheme::Ed25519, 10);
        assert_eq!(expected(&side, 1_200), 550.0);
        side.end(1_600, Scheme::Secp256k1, 50, true);
        assert_eq!(expected(&side, 1_600), 250.0);
    }

    #[test]
    fn a_side_that_became_slower_is_soon_known_to_be() {
        let mut side = Side::new([Speed { fixed_ns: 0.0, each_ns: 10.0 }; 2]);
        let mut now_ns = 0;
        for _ in 0..1_000 {
            side.begin(now_ns, Scheme::Ed25519, 1_000);
            now_ns += 40_000;
            side.end(now_ns, Scheme::Ed25519, 1_000, true);
        }
        assert!((side.each_ns(Scheme::Ed25519) - 40.0).abs() < 0.1);
        assert_eq!(side.each_ns(Scheme::Secp256k1), 10.0, "of the other scheme nothing was seen");
    }

    #[test]
    fn a_fault_says_nothing_about_how_fast_it_is() {
        let mut side = Side::new([Speed { fixed_ns: 0.0, each_ns: 10.0 }; 2]);
        side.begin(0, Scheme::Ed25519, 1_000);
        side.end(1_000_000_000, Scheme::Ed25519, 1_000, false);
        assert_eq!(side.expected_ns(1_000_000_000, Scheme::Ed25519, 1), 10.0);
    }
}
