//! The engine's own executors.

use std::sync::Arc;

use pelton_engine::environment::Environment;
use pelton_engine::execute::{HashMany, Run};
use pelton_engine::executed::{Executed, Outcome};
use pelton_engine::plan::Plan;
use pelton_engine::prediction::Prediction;
use pelton_engine::serial::serial;
use pelton_engine::state::State;
use pelton_engine::transaction::Verified;
use pelton_kernels::Level;
use pelton_kernels::keccak::keccak256_many;
use rayon::{Scope, ThreadPoolBuilder};

use crate::contest::{Ended, Trace};
use crate::workload::Workload;

/// What predictions cost, which are made when transactions come in.
pub fn prepare_predict(workload: &Workload, _threads: usize) -> Box<dyn FnOnce() -> Ended + Send> {
    let (state, blocks) = begin(workload);
    let pool = ThreadPoolBuilder::new().num_threads(1).build().expect("a pool of one thread");
    Box::new(move || {
        let predict = |(environment, block): &(_, Arc<[_]>)| Prediction::of_block(&state, environment, block);
        let made: Vec<_> = pool.install(|| blocks.iter().map(predict).collect());
        Box::new(move || {
            let predicted = made.iter().flatten().flatten();
            Trace::of(predicted.map(|_| (true, 0)), Vec::new(), Vec::new())
        })
    })
}

type Blocks = Vec<(Environment, Arc<[Verified]>)>;

pub fn prepare_serial(workload: &Workload, _threads: usize) -> Box<dyn FnOnce() -> Ended + Send> {
    let (mut state, blocks) = begin(workload);
    Box::new(move || {
        let done: Vec<Executed> =
            blocks.iter().map(|(environment, block)| serial(&mut state, environment, block)).collect();
        Box::new(move || trace(&state, &done))
    })
}

pub fn prepare_execute(workload: &Workload, threads: usize) -> Box<dyn FnOnce() -> Ended + Send> {
    let (mut state, blocks) = begin(workload);
    let predictions = workload.predictions().to_vec();
    if threads == 1 {
        return Box::new(move || {
            let done = blocks.into_iter().map(|(environment, block)| {
                let plan = Plan::new(&state, environment.fork, environment.beneficiary, block);
                Run::new(plan, environment, 1).hashing(hash_many()).finish(&state).apply(&mut state)
            });
            let done: Vec<Executed> = done.collect();
            Box::new(move || trace(&state, &done))
        });
    }
    let pool = ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool of threads");
    Box::new(move || {
        let done = pool.install(|| overlapped(&mut state, blocks, &predictions, threads));
        Box::new(move || trace(&state, &done))
    })
}

/// Runs each block on all threads, one of which plans the next block meanwhile, as a pipeline does.
fn overlapped(
    state: &mut State,
    blocks: Blocks,
    predictions: &[Vec<Option<Prediction>>],
    threads: usize,
) -> Vec<Executed> {
    let mut done = Vec::with_capacity(blocks.len());
    let mut blocks = blocks.into_iter().enumerate();
    let plan = |state: &State, (at, (environment, block)): (usize, (Environment, Arc<[Verified]>))| {
        let (fork, beneficiary) = (environment.fork, environment.beneficiary);
        let predictions = predictions.get(at).map_or(&[][..], Vec::as_slice);
        (Plan::predicted(state, fork, beneficiary, block, predictions), environment)
    };
    let mut next = blocks.next().map(|block| plan(state, block));
    while let Some((this, environment)) = next.take() {
        let workers = this.workers(threads);
        let run = Run::new(this, environment, workers).hashing(hash_many());
        let below = &*state;
        let (finished, planned) = rayon::join(
            || {
                if workers > 1 {
                    rayon::in_place_scope(|scope| send_workers(scope, &run, below, run.start()));
                }
                run.finish(below)
            },
            || blocks.next().map(|block| plan(below, block)),
        );
        done.push(finished.apply(state));
        next = planned;
    }
    done
}

/// As the pipeline hashes.
fn hash_many() -> HashMany {
    HashMany::new(|inputs, out| keccak256_many(Level::best(), inputs, out))
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

fn trace(state: &State, done: &[Executed]) -> Trace {
    let receipts = done.iter().flat_map(|executed| &executed.outcomes).filter_map(Outcome::receipt);
    let writes = state.writes();
    let there = writes.accounts.into_iter().filter_map(|(address, account)| Some((address, account?)));
    Trace::of(receipts.map(|receipt| (receipt.success, receipt.gas_used)), there.collect(), writes.slots)
}
