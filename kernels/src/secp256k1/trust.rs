//! What the claims before have earned: how many of them proved false, and how much time sums may still take.
//!
//! Whoever hands over claims can make any sum fail, with one forged signature in the name of any known account. Two rules
//! keep that from slowing the others down:
//!
//! 1. *Expectation.* A sum is made only where it is expected to spare more than it costs, judged by the share of false
//!    claims among the last of those whose key was known: the last 64 or the last 1024, whichever is worse, so that trust
//!    is lost at once and won back slowly. What is recovered one by one shows whether its claim was true as well, so the
//!    share is always fresh, and nothing has to be tried now and then to see whether times are better.
//! 2. *Budget.* Who knows rule 1 can mislead it: true claims until they are trusted, then false ones. So tables and sums
//!    are paid from a budget. A claim that a sum settles earns the recovery that it spared; a recovery earns a
//!    [`ALLOWANCE`]; the budget begins at [`BUDGET_MAX`] and never exceeds it. Where it does not suffice, claims are
//!    recovered one by one.
//!
//! With r claims recovered and t settled by sums, what was spent is at most BUDGET_MAX + ALLOWANCE r + t. So, whatever is
//! claimed in whatever order, and for any stretch of time as well as for the whole:
//!
//! ```text
//!   r + spent  ≤  (1 + ALLOWANCE) (r + t)  +  BUDGET_MAX            in recoveries
//! ```
//!
//! No account is remembered for false claims: anyone can claim any account, and would slow down whom he names. Who knows
//! where claims came from can strip those of a source that proved wrong, and does well to.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// What each recovery adds to the budget, in recoveries.
pub(super) const ALLOWANCE: f64 = 1.0 / 16.0;

/// The greatest budget, in recoveries: a fifth of a second of one core, or less. It is this large so that many threads can
/// have sums under way while claims are true.
pub(super) const BUDGET_MAX: f64 = 4096.0;

/// What earlier claims weigh at most when a batch begins, in claims.
const RECENT_MAX: f64 = 64.0;
const LASTING_MAX: f64 = 1024.0;

/// What the last claims showed.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Record {
    recent: Share,
    lasting: Share,
}

impl Record {
    /// The chance that the next claim is false.
    pub fn of_false(&self) -> f64 {
        self.recent.of_false().max(self.lasting.of_false())
    }

    pub fn plus(&self, batch: &Share) -> Self {
        Self { recent: self.recent.plus(batch), lasting: self.lasting.plus(batch) }
    }
}

/// Claims that were settled, and how many of them were false.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Share {
    pub settled: f64,
    pub found_false: f64,
}

impl Share {
    /// Before anything is known, one of 320 at the weight of 16 claims.
    fn of_false(&self) -> f64 {
        (self.found_false + 0.05) / (self.settled + 16.0)
    }

    pub fn plus(&self, other: &Self) -> Self {
        Self { settled: self.settled + other.settled, found_false: self.found_false + other.found_false }
    }

    /// The same share at a weight of at most `settled_max`.
    fn at_most(&self, settled_max: f64) -> Self {
        let kept = (settled_max / self.settled).min(1.0);
        Self { settled: self.settled * kept, found_false: self.found_false * kept }
    }
}

/// Shared by all threads; each holds it for one look or one change.
#[derive(Debug)]
pub(super) struct Trust(Mutex<State>);

#[derive(Debug)]
struct State {
    record: Record,
    budget: f64,
}

impl Trust {
    pub fn new() -> Self {
        Self(Mutex::new(State { record: Record::default(), budget: BUDGET_MAX }))
    }

    /// What the last claims showed.
    pub fn record(&self) -> Record {
        self.lock().record
    }

    /// Adds what a batch showed.
    pub fn learn(&self, batch: &Share) {
        let mut state = self.lock();
        let Record { recent, lasting } = state.record.plus(batch);
        state.record = Record { recent: recent.at_most(RECENT_MAX), lasting: lasting.at_most(LASTING_MAX) };
    }

    /// Takes a price from the budget, if that suffices for it and for `more` that is soon to follow.
    pub fn spend(&self, price: f64, more: f64) -> bool {
        let mut state = self.lock();
        let suffices = state.budget >= price + more;
        if suffices {
            state.budget -= price;
        }
        suffices
    }

    /// Adds to the budget.
    pub fn earn(&self, recoveries: f64) {
        let mut state = self.lock();
        state.budget = BUDGET_MAX.min(state.budget + recoveries);
    }

    /// Both numbers are right after each change, so a thread that panicked with the lock left nothing bad behind.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
