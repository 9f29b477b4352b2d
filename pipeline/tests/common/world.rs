//! A whole pipeline in a world without sockets and other validators, and what came out of it.

use std::collections::{BTreeMap, VecDeque};
use std::num::NonZeroUsize;
use std::sync::Arc;

use alloy_primitives::{B256, Bytes};
use parking_lot::Mutex;
use pelton_engine::executed::Outcome;
use pelton_engine::genesis::Genesis;
use pelton_engine::limits::Limits;
use pelton_engine::reject::Reject;
use pelton_kernels::{Chunked, Spawn, open};
use pelton_pipeline::clock::{Clock, SimulatedClock, WallClock};
use pelton_pipeline::datagrams::{Datagrams, SimulatedDatagrams};
use pelton_pipeline::driver::disk::DiskThread;
use pelton_pipeline::driver::simulated::{self, Audit, SimulatedPool};
use pelton_pipeline::driver::threads::Threads;
use pelton_pipeline::durability::Durability;
use pelton_pipeline::jobs::Pools;
use pelton_pipeline::origin::Origin;
use pelton_pipeline::stages::commit::Committed;
use pelton_pipeline::stages::load::Rate;
use pelton_pipeline::stages::order::Ordering;
use pelton_pipeline::start::Start;
use pelton_pipeline::topology::{
    Input, MakeVerifier, Pipeline, Run, Settings, Storage, World, build, build_on,
};
use pelton_pipeline::turn::Turnable;
use pelton_workloads::{CHAIN_ID, Workload};

/// No simulation of these tests needs a quarter of it.
pub const STEPS_MAX: u64 = 2_000_000;

/// Everything that a pipeline is built from, to be changed before it runs.
pub struct Scene {
    pub limits: Limits,
    pub settings: Settings,
    pub genesis: Genesis,
    pub transactions: Vec<(Bytes, Origin)>,
    pub rate: Rate,
    pub until: Option<String>,
    pub verifier: MakeVerifier,
    pub datagrams: (Box<dyn Datagrams>, Box<dyn Datagrams>),
    pub kept: Option<Kept>,
}

/// A chain that is kept on disk, and where it stands.
pub struct Kept {
    pub start: Start,
    pub durability: Arc<Durability>,
    /// None for the threads that turn stages, as in a simulation.
    pub thread: Option<DiskThread>,
}

impl Scene {
    /// Tiny limits and settings, a wire that loses one packet in twenty, and chunks of three signatures.
    pub fn new(genesis: Genesis, transactions: Vec<Bytes>, wire_seed: u64) -> Scene {
        let (leader, follower) = SimulatedDatagrams::pair(wire_seed, 50);
        let transactions = transactions.into_iter().map(|wire| (wire, Origin::default())).collect();
        Scene {
            limits: Limits::tiny(CHAIN_ID),
            settings: Settings::tiny(),
            genesis,
            transactions,
            rate: Rate::Max,
            until: None,
            verifier: Box::new(|spawn| Box::new(chunked(spawn))),
            datagrams: (Box::new(leader), Box::new(follower)),
            kept: None,
        }
    }

    /// All transactions of a workload.
    pub fn of(workload: &Workload, wire_seed: u64) -> Scene {
        let transactions = workload.transactions.iter().map(|(wire, _)| wire.clone()).collect();
        Scene::new(workload.genesis.clone(), transactions, wire_seed)
    }

    /// Runs on one thread, in an order drawn from a seed.
    pub fn simulate(self, seed: u64) -> (Ended, Audit) {
        let (ended, audit) = self.simulate_for(seed, STEPS_MAX);
        let stuck = || describe(&ended.pipeline);
        assert!(audit.finished, "seed {seed}: not finished after {STEPS_MAX} steps\n{}", stuck());
        (ended, audit)
    }

    /// The same for so many steps at most, whatever is inside then.
    pub fn simulate_for(self, seed: u64, steps_max: u64) -> (Ended, Audit) {
        let (clock, pool) = (Arc::new(SimulatedClock::default()), SimulatedPool::default());
        let (mut pipeline, collected) = self.build(clock.clone(), Pools::one(Arc::new(pool.clone())));
        let audit = simulated::run(&mut pipeline.stages, &pool, &clock, seed, steps_max);
        (Ended::new(pipeline, &collected), audit)
    }

    /// Runs on real threads.
    pub fn run_on(self, threads: usize) -> Ended {
        let driver = Threads::start(threads).expect("the system has a few threads");
        let clock: Arc<dyn Clock> = Arc::new(WallClock::new());
        let stop = self.kept.as_ref().map_or_else(Arc::default, |kept| kept.durability.stop().clone());
        let (mut pipeline, collected) = self.build(clock.clone(), driver.pools());
        let stages = std::mem::take(&mut pipeline.stages);
        pipeline.stages = driver.run(stages, &clock, &stop);
        Ended::new(pipeline, &collected)
    }

    /// Puts the pipeline together; what comes out is collected beside it.
    pub fn build(self, clock: Arc<dyn Clock>, pools: Pools) -> (Pipeline, Arc<Mutex<Collected>>) {
        let collected = Arc::<Mutex<Collected>>::default();
        let (on_commit, on_cut) = (collected.clone(), collected.clone());
        let run = Run {
            input: Input::Load { transactions: self.transactions, rate: self.rate, offer_ns: u64::MAX },
            until: self.until,
            on_commit: Box::new(move |block, _| on_commit.lock().blocks.push(block)),
            on_cut: Box::new(move |arrivals, _| on_cut.lock().cut += arrivals.len() as u64),
            watch: None,
        };
        let thread = pools.bulk.clone();
        let world = World {
            clock,
            pools,
            verifier: self.verifier,
            datagrams: self.datagrams,
            ordering: Box::new(|_| Box::<Hesitant>::default()),
        };
        let pipeline = match self.kept {
            None => build(&self.settings, self.limits, &self.genesis, world, run),
            Some(Kept { start, durability, thread: own }) => {
                let thread = own.map_or(thread, |own| Arc::new(own));
                let storage = Some(Storage { durability, thread });
                build_on(&self.settings, self.limits, start, storage, world, run)
            }
        };
        (pipeline, collected)
    }
}

/// The fast back-end in chunks of three.
pub fn chunked(spawn: Arc<dyn Spawn>) -> Chunked {
    let backend = open("cpu", [3; 32]).expect("every machine has a processor");
    let three = NonZeroUsize::new(3).expect("not zero");
    let settings = pelton_kernels::Settings {
        secp256k1_chunk_len: three,
        secp256k1_claimed_chunk_len: three,
        ed25519_chunk_len: three,
        in_flight_max: three,
    };
    Chunked::new(backend, spawn, settings)
}

/// What came out of a pipeline.
#[derive(Default)]
pub struct Collected {
    /// Committed blocks in order.
    pub blocks: Vec<Committed>,
    /// Transactions that came out where it was cut.
    pub cut: u64,
}

/// A pipeline that has ended, and what came out.
pub struct Ended {
    pub pipeline: Pipeline,
    pub blocks: Vec<Committed>,
    pub cut: u64,
}

/// What became of a transaction, at last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fate {
    Succeeded,
    Failed,
    Rejected(Reject),
}

impl Ended {
    fn new(pipeline: Pipeline, collected: &Mutex<Collected>) -> Ended {
        let Collected { blocks, cut } = std::mem::take(&mut *collected.lock());
        Ended { pipeline, blocks, cut }
    }

    /// The fate of each transaction by id. A copy of what was executed says nothing of it.
    pub fn fates(&self) -> BTreeMap<B256, Fate> {
        let rejected = self.pipeline.ledger.all().into_iter();
        let mut fates: BTreeMap<_, _> = rejected.map(|(id, why)| (id, Fate::Rejected(why.reason))).collect();
        for receipt in self.outcomes().filter_map(Outcome::receipt) {
            let fate = if receipt.success { Fate::Succeeded } else { Fate::Failed };
            let before = fates.insert(receipt.id, fate);
            let executed_twice = matches!(before, Some(Fate::Succeeded | Fate::Failed));
            assert!(!executed_twice, "{} was executed twice", receipt.id);
        }
        fates
    }

    /// What became of each transaction that was in a block.
    pub fn outcomes(&self) -> impl Iterator<Item = &Outcome> {
        self.blocks.iter().flat_map(|block| &block.done.executed.outcomes)
    }

    /// How many were executed.
    pub fn executed(&self) -> u64 {
        self.outcomes().filter(|outcome| outcome.receipt().is_some()).count() as u64
    }

    /// How many all stages together turned away.
    pub fn rejected(&self) -> u64 {
        self.pipeline.stages.iter().map(|stage| stage.meter().rejected_total()).sum()
    }
}

/// What each stage counted, for messages.
fn describe(pipeline: &Pipeline) -> String {
    let line = |stage: &dyn Turnable| {
        let (name, meter) = (stage.name(), stage.meter());
        let (taken, passed, held) = (meter.taken, meter.passed, meter.held);
        let done = if stage.is_finished() { "finished" } else { "goes on" };
        format!(
            "{name:>10} {done}: taken {taken}, passed {passed}, held {held}, rejected {:?}",
            meter.rejected
        )
    };
    pipeline.stages.iter().map(|stage| line(stage.as_ref())).collect::<Vec<_>>().join("\n")
}

/// Consensus of one that takes two blocks at a time and tells of every other poll only.
#[derive(Default)]
struct Hesitant {
    waiting: VecDeque<B256>,
    polls: u64,
}

impl Ordering for Hesitant {
    fn propose(&mut self, _height: u64, id: B256, _parent: B256) -> bool {
        let takes = self.waiting.len() < 2;
        if takes {
            self.waiting.push_back(id);
        }
        takes
    }

    fn next_final(&mut self) -> Option<B256> {
        self.polls += 1;
        if self.polls.is_multiple_of(2) { self.waiting.pop_front() } else { None }
    }
}
