//! `Meter`: what the loop counts of one stage. Plain integers; the loop copies them out.

use std::collections::BTreeMap;
use std::collections::VecDeque;

use hdrhistogram::Histogram;
use pelton_engine::reject::Reject;

use crate::clock::Nanos;
use crate::metrics::buckets::Buckets;
use crate::metrics::sample::Samples;
use crate::metrics::{
    STAGE_CPU, STAGE_HELD, STAGE_PASSED, STAGE_REGIME, STAGE_REJECTED, STAGE_SERVICE, STAGE_TAKEN,
    STAGE_TURNS,
};
use crate::stretches::Stretches;

/// Whether times are measured: not in a build that shows what this costs.
pub(crate) const IS_METERED: bool = !cfg!(feature = "unmetered");

/// What a stage is doing. The three add up to its whole time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Regime {
    /// Nothing in hand.
    Idle,
    /// Work being done, in a turn or on the pool.
    Busy,
    /// Done, but the next stage has no room.
    Blocked,
}

/// Counts and times of one stage since the start.
#[derive(Clone, Debug)]
pub struct Meter {
    /// Transactions that came in.
    pub taken: u64,
    /// Transactions that went on.
    pub passed: u64,
    /// Transactions turned away, by reason.
    pub rejected: BTreeMap<Reject, u64>,
    /// Transactions inside.
    pub held: u64,
    /// Nanoseconds idle, busy and blocked.
    pub regime_ns: [Nanos; 3],
    /// CPU time of its turns and of its jobs, in nanoseconds.
    pub cpu_ns: u64,
    /// The same for each transaction, stretch by stretch.
    pub stretches: Stretches,
    /// Times from a batch coming in until as many transactions have gone out, in nanoseconds.
    pub service_ns: Histogram<u64>,
    /// Turns in which something happened.
    pub turns: u64,
    /// For each batch inside: how many transactions had come in by then, and when.
    entries: VecDeque<(u64, Nanos)>,
}

impl Default for Meter {
    fn default() -> Meter {
        Meter {
            taken: 0,
            passed: 0,
            rejected: BTreeMap::new(),
            held: 0,
            regime_ns: [0; 3],
            cpu_ns: 0,
            stretches: Stretches::default(),
            service_ns: Histogram::new_with_bounds(1, 1 << 40, 2).expect("the bounds are valid"),
            turns: 0,
            entries: VecDeque::new(),
        }
    }
}

impl Regime {
    /// All of them; the place of each is that of its time.
    pub const ALL: [Regime; 3] = [Regime::Idle, Regime::Busy, Regime::Blocked];

    /// The name that metrics use.
    pub fn name(self) -> &'static str {
        match self {
            Regime::Idle => "idle",
            Regime::Busy => "busy",
            Regime::Blocked => "blocked",
        }
    }
}

impl Meter {
    /// Copies all of it out, for the stage of this name.
    pub fn observe(&self, stage: &str, samples: &mut Samples) {
        let seconds = |ns: Nanos| ns as f64 / 1e9;
        samples.count(&STAGE_TAKEN, [stage], self.taken);
        samples.count(&STAGE_PASSED, [stage], self.passed);
        for (reason, count) in &self.rejected {
            samples.count(&STAGE_REJECTED, [stage, reason.name()], *count);
        }
        samples.count(&STAGE_HELD, [stage], self.held);
        for regime in Regime::ALL {
            samples.number(&STAGE_REGIME, [stage, regime.name()], seconds(self.time_in(regime)));
        }
        samples.number(&STAGE_CPU, [stage], seconds(self.cpu_ns));
        samples.count(&STAGE_TURNS, [stage], self.turns);
        samples.buckets(&STAGE_SERVICE, [stage], Buckets::from_fine(&STAGE_SERVICE, &self.service_ns));
    }

    /// Transactions turned away, whatever the reason.
    pub fn rejected_total(&self) -> u64 {
        self.rejected.values().sum()
    }

    /// CPU time for each transaction that came in, in nanoseconds.
    pub fn cpu_ns_per_transaction(&self) -> f64 {
        self.cpu_ns as f64 / self.taken.max(1) as f64
    }

    /// Nanoseconds in a regime.
    pub fn time_in(&self, regime: Regime) -> Nanos {
        self.regime_ns[regime as usize]
    }

    pub(crate) fn count_taken(&mut self, transactions: u64, now_ns: Nanos) {
        self.taken += transactions;
        if IS_METERED {
            self.entries.push_back((self.taken, now_ns));
        }
    }

    pub(crate) fn count_rejected(&mut self, reason: Reject) {
        *self.rejected.entry(reason).or_default() += 1;
    }

    /// Law 2, and the service times of what has left.
    pub(crate) fn settle(&mut self, name: &str, held: u64, now_ns: Nanos) {
        self.held = held;
        let left = self.passed + self.rejected_total();
        assert_eq!(
            self.taken,
            left + held,
            "no transaction is lost without a reason: taken = passed + rejected + held in {name}"
        );
        if IS_METERED {
            self.stretches.note(left, self.cpu_ns);
        }
        while let Some((count, entered_ns)) = self.entries.front()
            && *count <= left
        {
            self.service_ns.saturating_record(now_ns.saturating_sub(*entered_ns).max(1));
            self.entries.pop_front();
        }
    }
}
