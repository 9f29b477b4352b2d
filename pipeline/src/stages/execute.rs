//! execute: runs final blocks, one after the other, each on several threads.
//!
//! ```text
//!  block ──> Run ──> jobs, one for each worker ──the last one leaves──> finish ──> outcomes, writes
//!                      │      ^
//!                      └──────┘ a worker that has more than it can do calls for another
//! ```
//!
//! The state is changed once, when a block is through, so between two blocks it is exactly that of the chain. While one block
//! runs, the next one may be looked into (`ahead.rs`).

mod ahead;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use pelton_engine::block::Block;
use pelton_engine::environment::Environment;
use pelton_engine::execute::{Effort, HashMany, Run};
use pelton_engine::executed::{Executed, Outcome};
use pelton_kernels::keccak::keccak256_many;
use pelton_kernels::{Level, Spawn};

use crate::batch::Load;
use crate::chain::Chain;
use crate::clock::Nanos;
use crate::jobs::Jobs;
use crate::metrics::buckets::Buckets;
use crate::metrics::sample::Samples;
use crate::metrics::{BLOCK_TRANSACTIONS, EXECUTED, EXECUTION_PREDICTED, EXECUTION_SERIAL, GAS_USED};
use crate::stage::{Outbox, Stage};
use crate::stages::seal::Sealed;
use ahead::Ahead;

/// A block and what came of it.
#[derive(Debug)]
pub struct Done {
    /// The block.
    pub block: Arc<Block>,
    /// Outcomes, gas, writes.
    pub executed: Executed,
    /// When each transaction came in, without those that were skipped.
    pub arrivals: Vec<Nanos>,
}

impl Load for Done {
    fn arrivals(&self) -> &[Nanos] {
        &self.arrivals
    }
}

/// The stage.
pub struct Execute {
    chain: Arc<Chain>,
    jobs: Jobs,
    threads: usize,
    hash_many: HashMany,
    next: Option<Next>,
    running: Option<Running>,
    counts: Counts,
}

/// What became of all blocks so far.
struct Counts {
    succeeded: u64,
    failed: u64,
    skipped: u64,
    gas_used: u64,
    alone: u64,
    again: u64,
    predicted: u64,
    block_transactions: Buckets,
}

impl Counts {
    fn new() -> Counts {
        let block_transactions = Buckets::of(&BLOCK_TRANSACTIONS);
        Counts {
            succeeded: 0,
            failed: 0,
            skipped: 0,
            gas_used: 0,
            alone: 0,
            again: 0,
            predicted: 0,
            block_transactions,
        }
    }

    fn note(&mut self, executed: &Executed, effort: Effort) {
        for outcome in &executed.outcomes {
            match outcome {
                Outcome::Executed(receipt) if receipt.success => self.succeeded += 1,
                Outcome::Executed(_) => self.failed += 1,
                Outcome::Skipped(_) => self.skipped += 1,
            }
        }
        self.gas_used += executed.gas_used;
        self.alone += effort.alone as u64;
        self.again += effort.again as u64;
        self.block_transactions.note(executed.outcomes.len() as u64);
    }
}

/// A block whose turn comes next.
struct Next {
    sealed: Sealed,
    environment: Environment,
    /// Found out meanwhile.
    ahead: Option<Arc<Ahead>>,
}

/// A block on its way.
struct Running {
    block: Arc<Block>,
    arrivals: Vec<Nanos>,
    work: Arc<Work>,
    /// Transactions could run beside each other.
    is_shared: bool,
}

/// What the workers of a block share.
struct Work {
    run: Run,
    chain: Arc<Chain>,
    /// The last worker has left.
    is_quiet: AtomicBool,
}

impl Execute {
    /// A stage that gives each block to at most so many workers at a time.
    pub fn new(chain: Arc<Chain>, jobs: Jobs, threads: usize) -> Execute {
        let level = Level::best();
        let hash_many = HashMany::new(move |inputs, out| keccak256_many(level, inputs, out));
        Execute { chain, jobs, threads, hash_many, next: None, running: None, counts: Counts::new() }
    }

    fn prepare(&self, sealed: Sealed) -> Next {
        let header = sealed.block.header();
        let prices = self.chain.prices(header.height, header.base_fee);
        let environment = Environment::of(header, prices, self.chain.limits());
        let begin = || Ahead::begin(&self.chain, &environment, sealed.block.transactions(), &self.jobs);
        let ahead = if ahead::is_worth(self.threads) { begin() } else { None };
        Next { sealed, environment, ahead }
    }

    /// Starts the next block, unless one runs or it is still looked into.
    fn start_next(&mut self) {
        if self.running.is_some() {
            return;
        }
        let Some(mut next) = self.next.take() else { return };
        if let Some(ahead) = &next.ahead {
            let Some(foreseen) = ahead.take() else {
                self.next = Some(next);
                return;
            };
            next.sealed.plan = foreseen.plan;
            self.counts.predicted += foreseen.predicted as u64;
        }
        self.start(next.sealed, next.environment);
    }

    fn start(&mut self, input: Sealed, environment: Environment) {
        let threads = input.plan.workers(self.threads);
        let run = Run::new(input.plan, environment, threads).hashing(self.hash_many.clone());
        // One worker alone is quickest in block order, which is how a block is finished.
        let workers = if threads > 1 { run.start() } else { 0 };
        let is_quiet = AtomicBool::new(workers == 0);
        let work = Arc::new(Work { run, chain: self.chain.clone(), is_quiet });
        for _ in 0..workers {
            send_worker(&self.jobs, &work);
        }
        let (block, arrivals) = (input.block, input.arrivals);
        self.running = Some(Running { block, arrivals, work, is_shared: workers > 0 });
    }

    /// Puts the block that runs together, if all workers have left.
    fn finish_running(&mut self, outbox: &mut Outbox<Done>) {
        let Some(mut running) = self.running.take() else { return };
        // Workers that have left may still be about to let go.
        match Arc::get_mut(&mut running.work).is_some_and(|work| *work.is_quiet.get_mut()) {
            true => self.finish_block(running, outbox),
            false => self.running = Some(running),
        }
    }

    fn finish_block(&mut self, running: Running, outbox: &mut Outbox<Done>) {
        let Running { block, arrivals, work, is_shared } = running;
        let work = Arc::into_inner(work).expect("nobody else has it, and nobody is left to give it away");
        let finished = work.run.finish(&self.chain.state());
        let effort = finished.effort();
        let executed = self.chain.advance(finished);
        // One thread runs all of a block in its order, beside nothing: that is no sign of conflicts.
        self.counts.note(&executed, if is_shared { effort } else { Effort::default() });
        let mut kept = Vec::with_capacity(arrivals.len());
        for ((outcome, transaction), arrival_ns) in
            executed.outcomes.iter().zip(block.transactions().iter()).zip(arrivals)
        {
            match outcome {
                Outcome::Executed(_) => kept.push(arrival_ns),
                Outcome::Skipped(reason) => outbox.reject(transaction.id(), *reason),
            }
        }
        outbox.pass(Done { block, executed, arrivals: kept });
    }
}

fn send_worker(jobs: &Jobs, work: &Arc<Work>) {
    let (again, work) = (jobs.clone(), work.clone());
    jobs.spawn(Box::new(move || {
        let is_last = work.run.work(&work.chain.state(), &|| send_worker(&again, &work));
        if is_last {
            work.is_quiet.store(true, Ordering::Release);
        }
    }));
}

impl Stage for Execute {
    type Input = Sealed;
    type Output = Done;

    fn take(&mut self, input: Sealed, outbox: &mut Outbox<Done>) {
        self.next = Some(self.prepare(input));
        self.poll(outbox);
    }

    fn poll(&mut self, outbox: &mut Outbox<Done>) {
        self.finish_running(outbox);
        self.start_next();
        self.finish_running(outbox);
    }

    fn held(&self) -> u64 {
        let next = self.next.as_ref().map_or(0, |next| next.sealed.arrivals.len());
        (next + self.running.as_ref().map_or(0, |running| running.arrivals.len())) as u64
    }

    fn has_room(&self) -> bool {
        self.next.is_none() && (self.running.is_none() || ahead::is_worth(self.threads))
    }

    fn is_working(&self) -> bool {
        self.running.is_some() || self.next.is_some()
    }

    fn job_cpu_ns(&self) -> Nanos {
        self.jobs.cpu_ns()
    }

    fn observe(&self, samples: &mut Samples) {
        let counts = &self.counts;
        samples.count(&EXECUTED, ["success"], counts.succeeded);
        samples.count(&EXECUTED, ["failed"], counts.failed);
        samples.count(&EXECUTED, ["skipped"], counts.skipped);
        samples.count(&EXECUTION_PREDICTED, [], counts.predicted);
        samples.count(&GAS_USED, [], counts.gas_used);
        samples.count(&EXECUTION_SERIAL, ["alone"], counts.alone);
        samples.count(&EXECUTION_SERIAL, ["again"], counts.again);
        samples.buckets(&BLOCK_TRANSACTIONS, [], counts.block_transactions.clone());
    }
}
