//! All stages and links of the pipeline, as a table.
//!
//! | stage | takes | gives | link before it, in batches |
//! | --- | --- | --- | --- |
//! | load | - | wire bytes | - |
//! | ingest | wire bytes, origin | `Transaction`, origin | 64, or 16 from a door |
//! | verify | `Transaction`, origin | `Verified` | 16 |
//! | dedup | `Verified` | `Verified` | 64 |
//! | schedule | `Verified` | `Planned` | 64 |
//! | seal | `Planned` | `Sealed` | 2 |
//! | multicast | `Sealed` | `Sealed` | 2 |
//! | assemble | `Sealed`, datagrams | `Sealed` | 2 |
//! | order | `Sealed` | `Sealed`, final | 2 |
//! | execute | `Sealed` | `Done` | 2 |
//! | commit | `Done` | `Committed` | 2 |
//! | persist, if the chain is kept on disk | `Committed` | `Committed`, durable | 2 |
//!
//! A pipeline that is cut after a stage ends there in a sink, to show what the stages up to it cost.

pub mod validator;

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use alloy_primitives::{Address, B256, Bytes};
use pelton_engine::block::Parent;
use pelton_engine::genesis::Genesis;
use pelton_engine::limits::Limits;
use pelton_engine::trie::Trie;
use pelton_kernels::{Spawn, Verifier};

use crate::batch::Load as _;
use crate::chain::Chain;
use crate::clock::{Clock, Nanos};
use crate::datagrams::Datagrams;
use crate::durability::Durability;
use crate::jobs::{Jobs, Pools};
use crate::ledger::Ledger;
use crate::link::Link;
use crate::origin::Origin;
use crate::room::Room;
use crate::shred::AssemblerLimits;
use crate::stage::Stage;
use crate::stages::assemble::{self, Assemble};
use crate::stages::commit::{Commit, Committed};
use crate::stages::dedup::Dedup;
use crate::stages::execute::Execute;
use crate::stages::ingest::{self, Ingest};
use crate::stages::intake::{Door, Intake};
use crate::stages::load::{Load, Rate};
use crate::stages::multicast::{self, Multicast};
use crate::stages::order::{Order, Ordering};
use crate::stages::persist::Persist;
use crate::stages::schedule::{self, Schedule};
use crate::stages::seal::Seal;
use crate::stages::sink::{Receive, Sink};
use crate::stages::verify::{self, Verify};
use crate::start::Start;
use crate::turn::{Runner, Turnable};
use crate::watch::Watch;
use crate::{batch, pool};

/// The stages after which the pipeline can be cut, in order; after the last it is whole.
pub const STAGES: [&str; 10] =
    ["ingest", "verify", "dedup", "schedule", "seal", "multicast", "assemble", "order", "execute", "commit"];

/// What one process chooses.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Threads that turn stages and run jobs.
    pub threads: usize,
    /// Transactions that dedup remembers.
    pub dedup_window: usize,
    /// Heights below the newest at which others may read the state; none for nobody.
    pub view_blocks: usize,
    /// Rejections that the ledger remembers.
    pub ledger_capacity: usize,
    /// Of the ingest stage.
    pub ingest: ingest::Settings,
    /// Of the verify stage.
    pub verify: verify::Settings,
    /// Of the schedule stage and its pool.
    pub schedule: schedule::Settings,
    /// Of the multicast stage.
    pub multicast: multicast::Settings,
    /// Of the assemble stage.
    pub assemble: assemble::Settings,
}

impl Settings {
    /// For a validator or a benchmark on this many threads.
    pub fn standard(threads: usize) -> Settings {
        let key = [0x5a; 32];
        Settings {
            threads,
            dedup_window: 1 << 19,
            view_blocks: 0,
            ledger_capacity: 1 << 20,
            ingest: ingest::Settings { repeat_window: 1 << 17 },
            verify: verify::Settings {
                batch_max: 1_024,
                wait_ns: 250_000,
                wait_ns_max: 1_000_000,
                enough: 512 * threads as u64,
                in_flight_max: 1_024 * threads.max(2) as u64,
                sources: 4_096,
            },
            schedule: schedule::Settings {
                block_interval_ns: 25_000_000,
                beneficiary: Address::repeat_byte(0xbe),
                pool: pool::Settings {
                    room: Room { transactions: 1 << 17, bytes: 256 << 20 },
                    sender_max: 1 << 14,
                    parked_ns_max: 10_000_000_000,
                },
            },
            multicast: multicast::Settings { burst: 80, kept_blocks: 16, key },
            assemble: assemble::Settings {
                burst: 160,
                repair_after_ns: 20_000_000,
                key,
                seed: 1,
                limits: AssemblerLimits::standard(),
            },
        }
    }

    /// So small that rare paths become common, for tests.
    pub fn tiny() -> Settings {
        let mut settings = Settings::standard(2);
        settings.dedup_window = 64;
        settings.ingest = ingest::Settings { repeat_window: 16 };
        settings.verify = verify::Settings {
            batch_max: 5,
            wait_ns: 50_000,
            wait_ns_max: 100_000,
            enough: 3,
            in_flight_max: 10,
            sources: 2,
        };
        settings.schedule.block_interval_ns = 1_000_000;
        settings.multicast.burst = 2;
        settings.assemble.burst = 3;
        settings.assemble.repair_after_ns = 2_000_000;
        settings
    }
}

/// Makes a verifier over these jobs.
pub type MakeVerifier = Box<dyn FnOnce(Arc<dyn Spawn>) -> Box<dyn Verifier> + Send>;

/// What a pipeline is given from outside.
pub struct World {
    /// Where time comes from.
    pub clock: Arc<dyn Clock>,
    /// Where jobs run.
    pub pools: Pools,
    /// Makes the verifier, over jobs that are charged to its stage.
    pub verifier: MakeVerifier,
    /// The sending and the receiving end of the way to other nodes.
    pub datagrams: (Box<dyn Datagrams>, Box<dyn Datagrams>),
    /// Makes consensus, given the id of genesis.
    pub ordering: Box<dyn FnOnce(B256) -> Box<dyn Ordering> + Send>,
}

/// Where a chain is kept on disk.
pub struct Storage {
    /// The store.
    pub durability: Arc<Durability>,
    /// Where jobs run that wait for the disk: no thread that turns stages.
    pub thread: Arc<dyn Spawn>,
}

/// Where transactions come from.
pub enum Input {
    /// Made beforehand, to be offered at a rate.
    Load {
        /// Encoded, in the order in which they are offered.
        transactions: Vec<(Bytes, Origin)>,
        /// How fast.
        rate: Rate,
        /// For how long at most.
        offer_ns: Nanos,
    },
    /// From outside, while the pipeline runs.
    Door(Door),
}

/// What is put in, and where it goes.
pub struct Run {
    /// Where transactions come from.
    pub input: Input,
    /// Name of the stage after which the pipeline is cut, one of [`STAGES`]; none or the last for the whole.
    pub until: Option<String>,
    /// Called with each committed block; if the chain is kept on disk, once it is durable.
    pub on_commit: Receive<Committed>,
    /// Called with the arrivals of what came out of a pipeline that was cut.
    pub on_cut: Receive<Vec<Nanos>>,
    /// Told of single transactions on their way.
    pub watch: Option<Arc<dyn Watch>>,
}

/// A pipeline that stands ready.
pub struct Pipeline {
    /// The stages in order, for a driver.
    pub stages: Vec<Box<dyn Turnable>>,
    /// Why transactions were turned away.
    pub ledger: Arc<Ledger>,
    /// State, roots.
    pub chain: Arc<Chain>,
    /// The point below the first block: genesis, or where the chain was taken up.
    pub genesis: Parent,
    /// Root of the state there.
    pub genesis_root: B256,
    /// Blocks that the assemble stage has rebuilt.
    pub blocks_rebuilt: Arc<AtomicU64>,
}

/// Puts a pipeline together that begins at genesis and keeps nothing on disk.
///
/// # Panics
/// If it is to be cut after something that is no stage.
pub fn build(settings: &Settings, mut limits: Limits, genesis: &Genesis, world: World, run: Run) -> Pipeline {
    let whole = STAGES[STAGES.len() - 1];
    let until = run.until.filter(|name| name != whole);
    let is_stage = until.as_deref().is_none_or(|name| STAGES.contains(&name));
    assert!(is_stage, "a pipeline is cut after one of its stages");
    if until.is_some() {
        // Nothing that is cut off can report a root, so headers speak of genesis.
        limits.root_lag = u64::MAX;
    }
    let start = Start::genesis(genesis, &limits);
    assemble_stages(settings, limits, start, None, world, Run { until, ..run })
}

/// Puts a whole pipeline together that takes a chain up where it stands, and keeps it on disk if there is a place.
///
/// # Panics
/// If it is to be cut: what is cut off could not be kept.
pub fn build_on(
    settings: &Settings,
    limits: Limits,
    start: Start,
    storage: Option<Storage>,
    world: World,
    run: Run,
) -> Pipeline {
    assert!(run.until.is_none(), "a chain is taken up by a whole pipeline");
    assemble_stages(settings, limits, start, storage, world, run)
}

fn assemble_stages(
    settings: &Settings,
    limits: Limits,
    start: Start,
    storage: Option<Storage>,
    world: World,
    run: Run,
) -> Pipeline {
    let Start { parent, summaries, tables, state, trie } = start;
    let genesis_root = B256::from(trie.root());
    let until = run.until;
    let chain = Chain::standing(limits, state, summaries, tables, until.is_some());
    let chain = Arc::new(chain.with_views(settings.view_blocks));
    let ledger = Arc::new(Ledger::watched(settings.ledger_capacity, run.watch.clone()));
    let blocks_rebuilt = Arc::default();
    let mut builder = Builder { stages: Vec::new(), ledger: ledger.clone(), until, on_cut: Some(run.on_cut) };
    let persist = storage.map(|Storage { durability, thread }| {
        Persist::new(durability, Jobs::new(thread, world.clock.clone()))
    });
    let (rebuilt, watch) = (Arc::clone(&blocks_rebuilt), run.watch);
    let parts = Parts { chain: chain.clone(), parent, trie, blocks_rebuilt: rebuilt, persist, watch };
    // Cut or whole, the stages up to the end are in the builder.
    let _ = table(&mut builder, settings, parts, world, run.input, run.on_commit);
    Pipeline { stages: builder.stages, ledger, chain, genesis: parent, genesis_root, blocks_rebuilt }
}

/// What several stages share, and what one of them goes on from.
struct Parts {
    chain: Arc<Chain>,
    parent: Parent,
    trie: Trie,
    blocks_rebuilt: Arc<AtomicU64>,
    persist: Option<Persist>,
    watch: Option<Arc<dyn Watch>>,
}

/// The table: each stage with the link before it, in order.
fn table(
    builder: &mut Builder,
    settings: &Settings,
    parts: Parts,
    world: World,
    input: Input,
    on_commit: Receive<Committed>,
) -> ControlFlow<()> {
    let Parts { chain, parent, trie, blocks_rebuilt, persist, watch } = parts;
    let limits = chain.limits().clone();
    let beneficiary = settings.schedule.beneficiary;
    // Each block waits for the one before it to be executed; batches of signatures wait for nothing.
    let verify_jobs = Jobs::new(world.pools.bulk, world.clock.clone());
    let execute_jobs = Jobs::new(world.pools.urgent, world.clock);
    let verifier = (world.verifier)(Arc::new(verify_jobs.clone()));
    let (leader, follower) = world.datagrams;

    let raw = Arc::new(Link::new(match input {
        Input::Load { .. } => 64,
        // Behind the door nobody is let through before anybody else, so that little should stand there.
        Input::Door(_) => 16,
    }));
    builder.stages.push(match input {
        Input::Load { transactions, rate, offer_ns } => {
            Box::new(Load::new(transactions, rate, offer_ns, 256, raw.clone()))
        }
        Input::Door(door) => Box::new(Intake::new(door, 256, raw.clone())),
    });

    let stage = Ingest::new(&settings.ingest, limits.clone(), builder.ledger.clone());
    let decoded = builder.stage("ingest", stage, raw, 16)?;
    let stage = Verify::new(settings.verify.clone(), verifier, verify_jobs);
    let verified = builder.stage("verify", stage, decoded, 64)?;
    let stage = Dedup::new(settings.dedup_window, builder.ledger.clone());
    let unique = builder.stage("dedup", stage, verified, 64)?;
    let stage = Schedule::new(settings.schedule.clone(), chain.clone(), parent).watched(watch);
    let planned = builder.stage("schedule", stage, unique, 2)?;
    let stage = Seal::new(limits, beneficiary, parent);
    let sealed = builder.stage("seal", stage, planned, 2)?;
    let stage = Multicast::new(settings.multicast.clone(), leader);
    let sent = builder.stage("multicast", stage, sealed, 2)?;
    let stage = Assemble::new(settings.assemble.clone(), follower, blocks_rebuilt);
    let rebuilt = builder.stage("assemble", stage, sent, 2)?;
    let ordered = builder.stage("order", Order::new((world.ordering)(parent.id)), rebuilt, 2)?;
    let stage = Execute::new(chain.clone(), execute_jobs, settings.threads);
    let executed = builder.stage("execute", stage, ordered, 2)?;
    let committed = builder.link("commit", Commit::new(chain, trie), executed, 2);
    let durable = match persist {
        Some(persist) => builder.link("persist", persist, committed, 2),
        None => committed,
    };
    builder.sink(durable, on_commit);
    ControlFlow::Continue(())
}

/// Collects stages until the one after which the pipeline is cut.
struct Builder {
    stages: Vec<Box<dyn Turnable>>,
    ledger: Arc<Ledger>,
    until: Option<String>,
    on_cut: Option<Receive<Vec<Nanos>>>,
}

impl Builder {
    /// Adds a stage, and the link after it.
    fn link<S: Stage + 'static>(
        &mut self,
        name: &'static str,
        stage: S,
        input: Arc<Link<S::Input>>,
        capacity_batches: usize,
    ) -> Arc<Link<S::Output>> {
        let output = Arc::new(Link::new(capacity_batches));
        self.stages.push(Box::new(Runner::new(name, stage, input, output.clone(), self.ledger.clone())));
        output
    }

    /// Adds a stage and the link after it, and ends the pipeline there if it is to be cut.
    fn stage<S: Stage + 'static>(
        &mut self,
        name: &'static str,
        stage: S,
        input: Arc<Link<S::Input>>,
        capacity_batches: usize,
    ) -> ControlFlow<(), Arc<Link<S::Output>>> {
        let output = self.link(name, stage, input, capacity_batches);
        if self.until.as_deref() != Some(name) {
            return ControlFlow::Continue(output);
        }
        let mut on_cut = self.on_cut.take().expect("a pipeline is cut once");
        self.sink(output, Box::new(move |load: S::Output, now_ns| on_cut(load.arrivals().to_vec(), now_ns)));
        ControlFlow::Break(())
    }

    fn sink<T: batch::Load>(&mut self, input: Arc<Link<T>>, receive: Receive<T>) {
        self.link("sink", Sink::new(receive), input, 1);
    }
}
