//! `Devnet`: a network of one on this machine, with the whole pipeline behind it.
//!
//! ```text
//!   JSON-RPC ──submit──> door ──> ingest ... commit ──> History, Mempool, heads ──> JSON-RPC
//!                                    │ Watch
//!                                 Mempool
//! ```
//!
//! The stages are those of `pelton bench`, on threads of their own. A block is made when a transaction is there that can
//! run, at once or a fixed time after the one before; never an empty one, but where all that waits offers less than the
//! base fee, which only blocks bring down. Where it is kept in a folder, nobody is told of a block before it is durable, and
//! the next start goes on from the last one.

pub mod folder;

use std::collections::VecDeque;
use std::io;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{JoinHandle, Thread};
use std::time::Duration;

use pelton_consensus::catch_up::Floor;
use pelton_consensus::{BlockId, Process, Solo, Traffic};
use pelton_engine::genesis::Genesis;
use pelton_engine::limits::Limits;
use pelton_engine::prices::next_base_fee;
use pelton_kernels::Choice;
use pelton_pipeline::clock::{Clock, WallClock};
use pelton_pipeline::driver::threads::Threads;
use pelton_pipeline::ledger::Ledger;
use pelton_pipeline::metrics::board::Board;
use pelton_pipeline::room::Room;
use pelton_pipeline::stages::commit::Committed;
use pelton_pipeline::stages::intake::{Submitter, door};
use pelton_pipeline::start::Start;
use pelton_pipeline::topology::{Input, Pipeline, Run, Settings, World, build_on};
use pelton_pipeline::verifying::verifier;
use tokio::sync::broadcast;

use self::folder::Folder;
use crate::catch_up::{self, Finals, Folders, Shop};
use crate::consensus::Core;
use crate::figures::Figures;
use crate::history::{Entry, History, Keep, Next};
use crate::loopback::Loopback;
use crate::mempool::Mempool;
use crate::merkle::sidecar::Sidecar;
use crate::trail::{self, Trail};
use crate::validator::{self, Connected, Membership, News, Observer, Stands};
use crate::watched;

/// What may wait at the door: as many ordinary transactions as there is room for, or some hundred of the longest.
const DOOR: Room = Room { transactions: 1 << 14, bytes: 64 << 20 };
/// Blocks that a subscriber may be behind before it counts as slow.
const HEADS_MAX: usize = 256;
/// A transaction that cannot run yet is given up after this long.
const PARKED: Duration = Duration::from_secs(3 * 60 * 60);

/// What is chosen.
#[derive(Clone, Debug)]
pub struct Options {
    /// Chain id.
    pub chain_id: u64,
    /// The state below the first block.
    pub genesis: Genesis,
    /// Time between blocks; zero for one as soon as there is something for it.
    pub block_time: Duration,
    /// Threads that turn stages.
    pub threads: usize,
    /// What verifies signatures.
    pub choice: Choice,
    /// How much is kept for those who ask.
    pub keep: Keep,
    /// Where all of it is kept on disk, if anywhere.
    pub folder: Option<folder::Settings>,
    /// Who it is, if it is one of several.
    pub membership: Option<Membership>,
    /// Whether Ethereum's tree is kept beside the state.
    pub merkle: bool,
}

/// The way into a running pipeline, and what it tells.
pub struct Way {
    /// Takes transactions.
    pub submitter: Submitter,
    /// What waits.
    pub mempool: Arc<Mempool>,
    /// What was turned away.
    pub ledger: Arc<Ledger>,
    /// What the stages have counted.
    pub figures: Figures,
    /// When stages were done with what.
    pub trail: Arc<Trail>,
    /// The pipeline's time.
    pub clock: Arc<dyn Clock>,
    /// Other validators.
    pub peers: Connected,
}

/// A network of one. It ends when this is dropped.
pub struct Devnet {
    /// Blocks and states.
    pub history: Arc<History>,
    /// The way in.
    pub way: Arc<Way>,
    /// Tells of each block.
    pub heads: broadcast::Sender<Arc<Entry>>,
    /// What the blocks are judged by.
    pub limits: Limits,
    /// What can be watched of it.
    pub board: Arc<Board>,
    /// Ethereum's tree beside the state, if it is kept.
    pub sidecar: Option<Arc<Sidecar>>,
    /// Consensus, if it is one of several.
    process: Option<Process>,
    stop: Arc<AtomicBool>,
    driver: Option<JoinHandle<()>>,
    folder: Option<Folder>,
}

impl Devnet {
    /// Starts it.
    ///
    /// # Errors
    /// Where the system gives no threads or random numbers.
    pub fn start(options: &Options) -> io::Result<Devnet> {
        let clock: Arc<dyn Clock> = Arc::new(WallClock::new());
        let threads = Threads::start(options.threads).map_err(io::Error::other)?;
        let (submitter, entrance) = door(DOOR, clock.clone());
        let limits = match &options.membership {
            Some(membership) => membership.limits.clone(),
            None => Limits::standard(options.chain_id),
        };
        let settings = settings(options);
        let stop = Arc::new(AtomicBool::new(false));
        let pieces = Arc::<catch_up::Counts>::default();
        let Opened { start, folder, floor } = open(options, &limits, (&stop, &clock), &pieces)?;
        let history = Arc::new(history(&start, folder.as_ref(), options, &limits)?);
        let mempool = Arc::new(Mempool::default());
        let trail = Arc::new(Trail::new(mempool.clone(), trail::KEEP.no_more_than(options.keep)));
        let (heads, _) = broadcast::channel(HEADS_MAX);
        let sidecar = if options.merkle { Some(Arc::new(Sidecar::start(history.clone())?)) } else { None };
        let finals = Arc::<Finals>::default();
        let mut teller = Teller {
            history: history.clone(),
            sidecar: sidecar.as_ref().map(|sidecar| sidecar.bell()),
            mempool: mempool.clone(),
            heads: heads.clone(),
            limits: limits.clone(),
            gas_used: gas_used(&start, &limits),
            observer: options.membership.as_ref().and_then(|membership| membership.observer.clone()),
            finals: finals.clone(),
        };
        let run = Run {
            input: Input::Door(entrance),
            until: None,
            on_commit: Box::new(move |committed, _| teller.tell(committed)),
            on_cut: Box::new(|_, _| {}),
            watch: Some(trail.clone()),
        };
        trail.begin(start.parent.height + 1);
        let mut storage = folder.as_ref().map(Folder::storage);
        let mut submitter = submitter;
        // Of several, also what others say comes from outside, and nobody rings for that; nor does a device.
        if options.membership.is_none() && !options.choice.is_on_device() {
            threads.bell().promise();
            submitter = submitter.ringing(threads.bell().clone());
            if let Some(storage) = &mut storage {
                storage.thread = threads.bell().behind(storage.thread.clone());
            }
        }
        let (pipeline, process) = match &options.membership {
            None => {
                let world = world(&settings, &options.choice, &threads, &clock, start.parent.height);
                (build_on(&settings, limits.clone(), start, storage, world, run), None)
            }
            Some(membership) => {
                let below = Start::genesis(&options.genesis, &limits).parent;
                let source = Shop::open(finals.clone(), history.clone(), &limits, clock.clone());
                let stands = Stands { below, start, storage, floor, finals, source };
                let (pipeline, process) = validator::join(
                    membership,
                    &settings,
                    &options.choice,
                    &limits,
                    stands,
                    (&threads, &clock),
                    run,
                )?;
                (pipeline, Some(process))
            }
        };
        let Pipeline { stages, ledger, .. } = pipeline;
        let figures = Figures::default();
        let (board, stages) = Board::watch(stages, Vec::new());
        if let Some(remote) = folder.as_ref().and_then(Folder::remote) {
            board.add(watched::moved(remote.clone()));
        }
        if let Some(process) = &process {
            board.add(watched::consensus(process.reporter()));
            board.add(watched::caught_up(pieces));
        }
        let stages = figures.watch(stages);
        let until = stop.clone();
        let time = clock.clone();
        let drive = move || drop(threads.run(stages, &time, &until));
        let driver = std::thread::Builder::new().name("pelton-driver".into()).spawn(drive)?;
        let peers =
            process.as_ref().map(|process| Connected::counted_by(process.connected())).unwrap_or_default();
        let way = Arc::new(Way { submitter, mempool, ledger, figures, trail, clock, peers });
        let driver = Some(driver);
        Ok(Devnet { history, way, heads, limits, board, sidecar, process, stop, driver, folder })
    }

    /// What the disk has said that makes it impossible to go on, if anything.
    pub fn fault(&self) -> Option<String> {
        self.folder.as_ref()?.fault()
    }

    /// Whether its threads still turn; if not, one of them has failed.
    pub fn is_running(&self) -> bool {
        let agrees = self.process.as_ref().is_none_or(Process::is_running);
        agrees && self.driver.as_ref().is_some_and(|driver| !driver.is_finished())
    }

    /// What went through the sockets of consensus.
    pub fn traffic(&self) -> Traffic {
        self.process.as_ref().map(Process::traffic).unwrap_or_default()
    }
}

impl Drop for Devnet {
    fn drop(&mut self) {
        // It asks the pipeline, so it ends first.
        self.process = None;
        self.stop.store(true, Ordering::Relaxed);
        if let Some(driver) = self.driver.take() {
            // If it panicked, that was said when it did.
            let _ = driver.join();
        }
        if let Some(folder) = &self.folder {
            folder.close();
        }
    }
}

/// Where a chain is taken up.
struct Opened {
    start: Start,
    folder: Option<Folder>,
    floor: Option<Floor>,
}

/// Opens the chain's folder, if it has one; one of several asks the others before whether there is more.
fn open(
    options: &Options,
    limits: &Limits,
    (stop, clock): (&Arc<AtomicBool>, &Arc<dyn Clock>),
    pieces: &Arc<catch_up::Counts>,
) -> io::Result<Opened> {
    let Some(settings) = &options.folder else {
        return Ok(Opened { start: Start::genesis(&options.genesis, limits), folder: None, floor: None });
    };
    let folders = Folders::of(&settings.path);
    folders.heal()?;
    let open = || Folder::open(settings, &options.genesis, limits, stop);
    let (mut start, mut folder) = open()?;
    let Some(membership) = &options.membership else {
        return Ok(Opened { start, folder: Some(folder), floor: None });
    };
    let below = Start::genesis(&options.genesis, limits).parent;
    let core = validator::core_of(membership, &below, validator::Desk::new(limits));
    let before = catch_up::Before {
        genesis: below.id,
        parent: &start.parent,
        unix_ms: clock.unix_ms(),
        behind_min: membership.behind_min,
    };
    if catch_up::catch_up(membership, core, &settings.path, &before, pieces)? {
        folder.close();
        drop(folder);
        (start, folder) = open()?;
    }
    let floor = folders.floor()?;
    if floor.as_ref().is_some_and(|floor| !membership.knows(floor)) {
        return Err(io::Error::other(format!("{}: its floor is another chain's", settings.path.display())));
    }
    Ok(Opened { start, folder: Some(folder), floor })
}

/// What is known of the chain where it stands.
fn history(
    start: &Start,
    folder: Option<&Folder>,
    options: &Options,
    limits: &Limits,
) -> io::Result<History> {
    let newest = start.summaries.last().expect("a chain stands at a block");
    let state = start.state.clone();
    let Some(folder) = folder else {
        let first = Entry::genesis(start.parent.id, newest.state_root, start.parent.base_fee, limits);
        return Ok(History::new(first, state, options.keep));
    };
    let (first, kept) = folder.entries(start, limits)?;
    let history = History::new(first, state, options.keep).with_kept(kept);
    Ok(if folder.is_headless(start) { history.without_first() } else { history })
}

/// Gas that the newest blocks used, as far back as the next header speaks of.
fn gas_used(start: &Start, limits: &Limits) -> VecDeque<u64> {
    let spoken_of = usize::try_from(limits.root_lag).unwrap_or(usize::MAX);
    let passed = start.summaries.len().saturating_sub(spoken_of);
    start.summaries[passed..].iter().map(|summary| summary.gas_used).collect()
}

fn settings(options: &Options) -> Settings {
    let mut settings = Settings::standard(options.threads);
    settings.schedule.block_interval_ns = options.block_time.as_nanos() as u64;
    settings.schedule.pool.parked_ns_max = PARKED.as_nanos() as u64;
    settings.fit(&options.choice)
}

fn world(
    settings: &Settings,
    choice: &Choice,
    threads: &Threads,
    clock: &Arc<dyn Clock>,
    height: u64,
) -> World {
    let (leader, follower) = Loopback::pair();
    World {
        clock: clock.clone(),
        pools: threads.pools(),
        verifier: verifier(choice, settings, clock, Arc::default(), say),
        datagrams: (Box::new(leader), Box::new(follower)),
        ordering: Box::new(move |id| Box::new(Core(Solo::new(height, BlockId(id.0), NonZeroUsize::MIN)))),
    }
}

/// Who is told of a device that fails.
pub(crate) fn say(line: &str) {
    eprintln!("pelton: {line}");
}

/// Tells clients of committed blocks.
struct Teller {
    history: Arc<History>,
    /// Sleeps until there is a block.
    sidecar: Option<Thread>,
    mempool: Arc<Mempool>,
    heads: broadcast::Sender<Arc<Entry>>,
    limits: Limits,
    /// Gas that the newest blocks used, as far back as the next header speaks of.
    gas_used: VecDeque<u64>,
    observer: Option<Observer>,
    finals: Arc<Finals>,
}

impl Teller {
    fn tell(&mut self, committed: Committed) {
        let news = self.observer.is_some().then(|| News::of(&committed));
        let Committed { mut done, state_root, tables } = committed;
        let writes = std::mem::take(&mut done.executed.writes);
        let (block, limits) = (&done.block, &self.limits);
        let (height, base_fee) = (block.header().height, block.header().base_fee);
        self.gas_used.push_back(done.executed.gas_used);
        if self.gas_used.len() as u64 > limits.root_lag {
            self.gas_used.pop_front();
        }
        self.finals.executed(height, &tables);
        let table = tables.after((height + 1).saturating_sub(limits.root_lag));
        let table = table.expect("tables go back as far as a header speaks of").clone();
        let next = Next { base_fee: next_base_fee(base_fee, self.gas_used[0], limits), table };
        let prices = tables.list(block.header().executed.height, base_fee);
        let prices = prices.expect("its own header spoke of it");
        let entry = Arc::new(Entry::own(block, done.executed, state_root, prices, next, limits));
        self.history.push(entry.clone(), &writes);
        if let Some(sidecar) = &self.sidecar {
            sidecar.unpark();
        }
        self.mempool.committed(&entry);
        // Nobody need listen.
        let _ = self.heads.send(entry);
        if let Some((Observer(hear), news)) = self.observer.as_ref().zip(news) {
            hear(news);
        }
    }
}
