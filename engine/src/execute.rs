//! The parallel executor: the same as [`serial`], sooner.
//!
//! ```text
//!          ┌─ run_lanes ─┐
//! Plan ────┼─ run_lanes ─┼──> join ──> Executed
//!    ↑     └─ run_lanes ─┘      │
//!    └──── cut shorter ─────────┘  once at most
//! ```
//!
//! Lanes run against a state that nobody changes, each job with its own overlay. [`join`] puts their changes together,
//! pays the beneficiary what they owe it, and runs the tail on top. Why that equals serial execution is said in
//! [`plan`](crate::plan): nothing in the prefix can see the beneficiary's balance or what another lane does.
//!
//! The pieces are for those who run them as jobs of their own pool; [`execute`] is all of them at once.

use rayon::prelude::*;

use crate::environment::Environment;
use crate::evm::Evm;
use crate::executed::{Executed, Outcome};
use crate::plan::{Job, Plan};
use crate::serial::serial;
use crate::state::State;
use crate::writes::WriteSet;

/// What the lanes of one job did.
#[derive(Debug)]
pub struct LanesDone {
    /// With positions in the block.
    outcomes: Vec<(u32, Outcome)>,
    writes: WriteSet,
}

/// Runs a plan on so many jobs of the current rayon pool, and brings the state up to date.
pub fn execute(state: &mut State, environment: &Environment, mut plan: Plan, threads: usize) -> Executed {
    loop {
        let jobs = plan.jobs(threads);
        let (below, planned) = (&*state, &plan);
        let done = jobs.par_iter().map(|job| run_lanes(below, environment, planned, job)).collect();
        if let Some(executed) = join(state, environment, &mut plan, done) {
            return executed;
        }
    }
}

/// Runs the lanes of one job. A job that reaches out of its lanes stops there.
pub fn run_lanes(state: &State, environment: &Environment, plan: &Plan, job: &Job) -> LanesDone {
    let mut evm = Evm::new(state, environment);
    evm.reserve(job.positions.len());
    let mut outcomes = Vec::with_capacity(job.positions.len());
    for position in &job.positions {
        // Jobs go on in block order, so after the first violation nothing here is of use.
        if !plan.reaches(*position) {
            break;
        }
        let transaction = &plan.transactions()[*position as usize];
        match evm.run_in(plan.lane(*position), transaction) {
            Ok(outcome) => outcomes.push((*position, outcome)),
            Err(_violation) => {
                plan.violated(*position);
                break;
            }
        }
    }
    LanesDone { outcomes, writes: evm.into_writes() }
}

/// Puts together what all jobs of the plan did, runs the tail, and brings the state up to date.
///
/// None if a lane met a violation: the state is as it was, the plan has become shorter, and its jobs must be run again,
/// this time to the end.
pub fn join(
    state: &mut State,
    environment: &Environment,
    plan: &mut Plan,
    done: Vec<LanesDone>,
) -> Option<Executed> {
    if plan.shorten() {
        return None;
    }
    let prefix = join_lanes(state, environment, plan.prefix(), done);
    state.apply(&prefix.writes);
    match plan.tail() {
        [] => Some(prefix),
        tail => Some(prefix.then(serial(state, environment, tail))),
    }
}

fn join_lanes(state: &State, environment: &Environment, prefix: usize, done: Vec<LanesDone>) -> Executed {
    let mut writes = WriteSet::default();
    let mut places: Vec<Option<Outcome>> = vec![None; prefix];
    for lanes in done {
        writes.append(lanes.writes);
        for (position, outcome) in lanes.outcomes {
            places[position as usize] = Some(outcome);
        }
    }
    let outcomes: Option<Vec<Outcome>> = places.into_iter().collect();
    let outcomes = outcomes.expect("the jobs of a plan hold all transactions of its prefix");
    let mut executed = Executed::new(outcomes, environment.base_fee, WriteSet::default());
    if !executed.tips.is_zero() {
        let beneficiary = environment.beneficiary;
        let mut account = state.account(&beneficiary).unwrap_or_default();
        account.balance += executed.tips;
        writes.accounts.push((beneficiary, Some(account)));
    }
    executed.writes = writes.canonical();
    executed
}
