//! What equations before have earned: how many of them proved false, and how much time sums may still take.
//!
//! Whoever sends signatures can make any sum fail, with a single forged one. Two rules keep that from slowing the others
//! down:
//!
//! 1. *Expectation.* A sum is made only where it is expected to spare more than it costs, judged by the share of false
//!    ones among the last equations: the last 64 or the last 1024, whichever is worse, so that trust is lost at once and
//!    won back slowly. What is settled alone shows whether it was true as well, so the share is always fresh, and nothing
//!    has to be tried now and then to see whether times are better.
//! 2. *Budget.* Who knows rule 1 can mislead it: true equations until they are trusted, then false ones. So sums are paid
//!    from a budget. An equation that a sum settles earns the time that it would have taken alone; one settled alone earns
//!    an [`ALLOWANCE`]; the budget begins at [`BUDGET_MAX`] and never exceeds it. Where it does not suffice, equations are
//!    settled alone.
//!
//! The unit is the time that one equation takes alone. With r equations settled alone and t by sums, what was spent is at
//! most BUDGET_MAX + ALLOWANCE r + t. So, whatever is sent in whatever order, and for any stretch of time as well as for
//! the whole:
//!
//! ```text
//!   r + spent  ≤  (1 + ALLOWANCE) (r + t)  +  BUDGET_MAX
//! ```
//!
//! No account is remembered for false equations: where anyone can name any account, that would slow down whom he names.
//! Who knows where signatures came from can keep those of a source that proved wrong apart, and does well to.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// What each equation settled alone adds to the budget.
pub(crate) const ALLOWANCE: f64 = 1.0 / 16.0;

/// The greatest budget: a fifth of a second of one core, or less. It is this large so that many threads can have sums
/// under way while equations are true.
pub(crate) const BUDGET_MAX: f64 = 4096.0;

/// What earlier equations weigh at most when a batch begins.
const RECENT_MAX: f64 = 64.0;
const LASTING_MAX: f64 = 1024.0;

/// What the last equations showed.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Record {
    recent: Share,
    lasting: Share,
}

impl Record {
    /// The chance that the next equation is false.
    pub fn of_false(&self) -> f64 {
        self.recent.of_false().max(self.lasting.of_false())
    }

    pub fn plus(&self, batch: &Share) -> Self {
        Self { recent: self.recent.plus(batch), lasting: self.lasting.plus(batch) }
    }
}

/// How many equations were settled, and how many of them were false.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Share {
    pub settled: f64,
    pub found_false: f64,
}

impl Share {
    /// Before anything is known, one of 3200 at the weight of 16.
    fn of_false(&self) -> f64 {
        (self.found_false + 0.005) / (self.settled + 16.0)
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
pub(crate) struct Trust(Mutex<State>);

#[derive(Debug)]
struct State {
    record: Record,
    budget: f64,
    budget_max: f64,
}

impl Trust {
    pub fn new() -> Self {
        Self::up_to(BUDGET_MAX)
    }

    /// For whom no sum is ever made.
    pub fn never() -> Self {
        Self::up_to(0.0)
    }

    fn up_to(budget_max: f64) -> Self {
        Self(Mutex::new(State { record: Record::default(), budget: budget_max, budget_max }))
    }

    /// What the last equations showed.
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
    pub fn earn(&self, amount: f64) {
        let mut state = self.lock();
        state.budget = state.budget_max.min(state.budget + amount);
    }

    /// Both numbers are right after each change, so a thread that panicked with the lock left nothing bad behind.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
