//! execute: runs final blocks, one after the other, each on several threads.
//!
//! ```text
//!  block ──> jobs, one for each share of the lanes ──> join ──> outcomes, writes
//!                    ^                                  │
//!                    └─── again, with a shorter prefix ─┘ if a transaction went beyond its hint
//! ```
//!
//! The state is changed in `join` alone, so between two blocks it is exactly that of the chain.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};

use pelton_engine::block::Block;
use pelton_engine::environment::Environment;
use pelton_engine::execute::{LanesDone, join, run_lanes};
use pelton_engine::executed::{Executed, Outcome};
use pelton_engine::plan::Plan;
use pelton_kernels::Spawn;

use crate::batch::Load;
use crate::chain::Chain;
use crate::clock::Nanos;
use crate::jobs::Jobs;
use crate::stage::{Outbox, Stage};
use crate::stages::seal::Sealed;

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
    running: Option<Running>,
    send: Sender<LanesDone>,
    receive: Receiver<LanesDone>,
}

/// A block whose lanes are on the pool.
struct Running {
    block: Arc<Block>,
    arrivals: Vec<Nanos>,
    environment: Arc<Environment>,
    plan: Arc<Plan>,
    jobs: usize,
    done: Vec<LanesDone>,
}

impl Execute {
    /// A stage that spreads each block over as many jobs as there are threads.
    pub fn new(chain: Arc<Chain>, jobs: Jobs, threads: usize) -> Execute {
        let (send, receive) = channel();
        Execute { chain, jobs, threads, running: None, send, receive }
    }

    fn start(&mut self, block: Arc<Block>, arrivals: Vec<Nanos>, environment: Arc<Environment>, plan: Plan) {
        let shares = plan.jobs(self.threads);
        let plan = Arc::new(plan);
        let jobs = shares.len();
        for share in shares {
            let (chain, environment, plan) = (self.chain.clone(), environment.clone(), plan.clone());
            let send = self.send.clone();
            self.jobs.spawn(Box::new(move || {
                let done = run_lanes(&chain.state(), &environment, &plan, &share);
                drop(plan);
                // The stage is gone only if the pipeline was stopped, and then nobody waits for this.
                let _ = send.send(done);
            }));
        }
        self.running =
            Some(Running { block, arrivals, environment, plan, jobs, done: Vec::with_capacity(jobs) });
    }

    /// Puts the lanes together, or starts them again.
    fn finish_block(&mut self, running: Running, outbox: &mut Outbox<Done>) {
        let Running { block, arrivals, environment, plan, done, .. } = running;
        let mut plan = Arc::into_inner(plan).expect("jobs let go of the plan before they report");
        let executed = join(&mut self.chain.state_mut(), &environment, &mut plan, done);
        let Some(executed) = executed else {
            return self.start(block, arrivals, environment, plan);
        };
        let mut kept = Vec::with_capacity(arrivals.len());
        for ((outcome, transaction), arrival_ns) in
            executed.outcomes.iter().zip(block.transactions()).zip(arrivals)
        {
            match outcome {
                Outcome::Executed(_) => kept.push(arrival_ns),
                Outcome::Skipped(reason) => outbox.reject(transaction.id(), *reason),
            }
        }
        outbox.pass(Done { block, executed, arrivals: kept });
    }
}

impl Stage for Execute {
    type Input = Sealed;
    type Output = Done;

    fn take(&mut self, input: Sealed, outbox: &mut Outbox<Done>) {
        let environment = Environment::of(input.block.header(), self.chain.limits());
        self.start(input.block, input.arrivals, Arc::new(environment), input.plan);
        self.poll(outbox);
    }

    fn poll(&mut self, outbox: &mut Outbox<Done>) {
        let Some(mut running) = self.running.take() else { return };
        running.done.extend(self.receive.try_iter());
        if running.done.len() == running.jobs {
            self.finish_block(running, outbox);
        } else {
            self.running = Some(running);
        }
    }

    fn held(&self) -> u64 {
        self.running.as_ref().map_or(0, |running| running.arrivals.len() as u64)
    }

    fn has_room(&self) -> bool {
        self.running.is_none()
    }

    fn is_working(&self) -> bool {
        self.running.is_some()
    }

    fn job_cpu_ns(&self) -> Nanos {
        self.jobs.cpu_ns()
    }
}
