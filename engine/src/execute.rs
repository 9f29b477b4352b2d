//! The parallel executor: the same as [`serial`](crate::serial::serial), sooner.
//!
//! ```text
//!                  ┌─ worker ─┐          cells: the block's accounts and slots, changed in place
//! Plan ──> Run ────┼─ worker ─┼──> walk ──> write set ──> State
//!                  └─ worker ─┘    alone, in block order: what could not run beside others
//! ```
//!
//! 1. A transaction runs as soon as all that the [plan](crate::plan) makes it wait for are through, on any worker. What it
//!    names is its own until then.
//! 2. Transfers pay their recipients, and all transactions the beneficiary, by what stands in their outcomes: it becomes
//!    part of a balance when somebody looks at it.
//! 3. A transaction that touches what the plan does not give it stops, and whatever waits for it stays back. All of these
//!    run in a walk at the end, which also finds out whether anything ran ahead that it should not have.
//! 4. The state below the block is only read. What differs from it in the end is the write set.
//!
//! The pieces are for those who run workers as jobs of their own pool; [`execute`] is all of them at once.

mod account;
mod cells;
mod charge;
mod gather;
mod order;
mod payments;
mod run;
mod schedule;
mod transfer;
mod upfront;
mod walk;
mod work;

use crate::environment::Environment;
pub use crate::evm::HashMany;
use crate::executed::Executed;
use crate::plan::Plan;
use crate::state::State;
pub(crate) use cells::Turn;
pub use gather::{Effort, Finished};
pub use run::Run;
pub(crate) use run::Stray;
pub(crate) use upfront::Upfront;
pub(crate) use walk::Ahead;

/// Runs a plan on at most so many threads of the current rayon pool, and brings the state up to date.
pub fn execute(state: &mut State, environment: &Environment, plan: Plan, threads: usize) -> Executed {
    let run = Run::new(plan, environment.clone(), threads);
    // One worker alone is quickest in block order.
    if threads > 1 {
        rayon::in_place_scope(|scope| spawn(scope, &run, state, run.start()));
    }
    run.finish(state).apply(state)
}

/// Sends so many workers.
fn spawn<'a>(scope: &rayon::Scope<'a>, run: &'a Run, state: &'a State, workers: usize) {
    for _ in 0..workers {
        scope.spawn(move |scope| {
            run.work(state, &|| spawn(scope, run, state, 1));
        });
    }
}
