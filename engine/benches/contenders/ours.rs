//! The engine's own executors.

use std::sync::LazyLock;

use alloy_primitives::{Address, U256};
use pelton_engine::environment::Environment;
use pelton_engine::execute::{Run, execute};
use pelton_engine::executed::Executed;
use pelton_engine::plan::Plan;
use pelton_engine::serial::serial;
use pelton_engine::state::State;
use pelton_engine::transaction::Verified;
use rayon::{Scope, ThreadPool, ThreadPoolBuilder};

use crate::contest::{Ended, Trace};
use crate::workloads::Workload;

static TWO: LazyLock<ThreadPool> =
    LazyLock::new(|| ThreadPoolBuilder::new().num_threads(2).build().expect("a pool of two threads"));

type Blocks = Vec<(Environment, Vec<Verified>)>;

pub fn prepare_serial(workload: &Workload, _threads: usize) -> Box<dyn FnOnce() -> Ended + Send> {
    let (mut state, blocks) = begin(workload);
    let watched = workload.watched.clone();
    Box::new(move || {
        let done = blocks.iter().map(|(environment, block)| serial(&mut state, environment, block)).collect();
        Box::new(move || trace(&state, done, &watched))
    })
}

pub fn prepare_execute(workload: &Workload, threads: usize) -> Box<dyn FnOnce() -> Ended + Send> {
    let (mut state, blocks) = begin(workload);
    let watched = workload.watched.clone();
    if threads == 1 {
        return Box::new(move || {
            let done = blocks.into_iter().map(|(environment, block)| {
                let plan = Plan::new(&state, environment.fork, environment.beneficiary, block);
                execute(&mut state, &environment, plan, 1)
            });
            let done = done.collect();
            Box::new(move || trace(&state, done, &watched))
        });
    }
    Box::new(move || {
        let done = TWO.install(|| overlapped(&mut state, blocks, threads));
        Box::new(move || trace(&state, done, &watched))
    })
}

/// Runs each block on all threads, and plans the next one while it is finished, as a pipeline does.
fn overlapped(state: &mut State, blocks: Blocks, threads: usize) -> Vec<Executed> {
    let mut done = Vec::with_capacity(blocks.len());
    let mut blocks = blocks.into_iter();
    let plan = |state: &State, (environment, block): (Environment, Vec<Verified>)| {
        let plan = Plan::new(state, environment.fork, environment.beneficiary, block);
        (plan, environment)
    };
    let mut next = blocks.next().map(|block| plan(state, block));
    while let Some((this, environment)) = next.take() {
        let run = Run::new(this, environment, threads);
        rayon::in_place_scope(|scope| send_workers(scope, &run, state, run.start()));
        let below = &*state;
        let (finished, planned) =
            rayon::join(|| run.finish(below), || blocks.next().map(|block| plan(below, block)));
        done.push(finished.apply(state));
        next = planned;
    }
    done
}

fn send_workers<'a>(scope: &Scope<'a>, run: &'a Run, state: &'a State, workers: usize) {
    for _ in 0..workers {
        scope.spawn(move |scope| {
            run.work(state, &|| send_workers(scope, run, state, 1));
        });
    }
}

fn begin(workload: &Workload) -> (State, Blocks) {
    (workload.state.clone(), workload.blocks.clone())
}

fn trace(state: &State, done: Vec<Executed>, watched: &[(Address, U256)]) -> Trace {
    let mut hash = blake3::Hasher::new();
    for (owner, slot) in watched.iter() {
        let balance = state.account(owner).unwrap_or_default().balance;
        hash.update(&balance.to_be_bytes::<32>());
        hash.update(&state.slot(&Workload::token(), slot).to_be_bytes::<32>());
    }
    for executed in &done {
        assert!(executed.outcomes.iter().all(|outcome| outcome.receipt().is_some_and(|one| one.success)));
    }
    Trace {
        gas_used: done.iter().map(|executed| executed.gas_used).sum(),
        balances: *hash.finalize().as_bytes(),
    }
}
