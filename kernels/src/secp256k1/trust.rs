//! What the claims before have earned: how many of them proved false, and how much time sums may still take.
//!
//! Whoever hands over claims can make any sum fail, with one forged signature in the name of any known account. Two rules
//! keep that from slowing the others down:
//!
//! 1. *Expectation.* A sum is made only where it is expected to spare more than it costs, judged by the share of false
//!    claims among the last of those whose key was known. What is recovered one by one shows whether its claim was true
//!    as well, so the share is always fresh, and nothing has to be tried now and then to see whether times are better.
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

/// What earlier claims weigh at most when a batch begins, in claims: so few that a batch soon sees that times have changed.
const MEMORY_MAX: f64 = 64.0;

/// Claims that were settled, and how many of them were false.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Share {
    pub settled: f64,
    pub found_false: f64,
}

impl Share {
    /// The chance that the next claim is false. Before anything is known, that is one of 320, at the weight of 16 claims.
    pub fn of_false(&self) -> f64 {
        (self.found_false + 0.05) / (self.settled + 16.0)
    }

    pub fn plus(&self, other: &Self) -> Self {
        Self { settled: self.settled + other.settled, found_false: self.found_false + other.found_false }
    }
}

/// Shared by all threads; each holds it for one look or one change.
#[derive(Debug)]
pub(super) struct Trust(Mutex<State>);

#[derive(Debug)]
struct State {
    share: Share,
    budget: f64,
}

impl Trust {
    pub fn new() -> Self {
        Self(Mutex::new(State { share: Share::default(), budget: BUDGET_MAX }))
    }

    /// What was learnt from the last claims.
    pub fn share(&self) -> Share {
        self.lock().share
    }

    /// Adds what a batch showed, and forgets what is older than the memory.
    pub fn learn(&self, batch: &Share) {
        let mut state = self.lock();
        let Share { settled, found_false } = state.share.plus(batch);
        let kept = (MEMORY_MAX / settled).min(1.0);
        state.share = Share { settled: settled * kept, found_false: found_false * kept };
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
