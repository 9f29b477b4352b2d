//! One run of the pipeline on real threads, and what it left behind.

use std::io;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use alloy_primitives::{Address, B256, U256};
use hdrhistogram::Histogram;
use parking_lot::Mutex;
use pelton_consensus::{BlockId, Solo};
use pelton_engine::limits::Limits;
use pelton_kernels::Choice;
use pelton_pipeline::clock::{Clock, Nanos, WallClock};
use pelton_pipeline::driver::disk::DiskThread;
use pelton_pipeline::driver::threads::Threads;
use pelton_pipeline::ledger::Rejection;
use pelton_pipeline::metrics::board::Board;
use pelton_pipeline::origin::Origin;
use pelton_pipeline::stages::execute::Done;
use pelton_pipeline::stages::load::Rate;
use pelton_pipeline::start::Start;
use pelton_pipeline::topology::{Input, Pipeline, Run, Settings, Storage, World, build, build_on};
use pelton_pipeline::turn::Turnable;
use pelton_pipeline::verifying::verifier;
use pelton_workloads::Workload;
use rustix::time::{ClockId, clock_gettime};

use crate::around::Around;
use crate::bench::BenchError;
use crate::durable::{Durable, Kept};
use crate::exporter::Exporter;
use crate::final_block::Final;
use crate::outside;
use crate::solo::Core;
use crate::udp::Udp;

/// How a workload is run.
#[derive(Clone)]
pub struct Plan {
    /// Threads that turn stages and run jobs.
    pub threads: usize,
    /// How fast transactions are offered.
    pub rate: Rate,
    /// For how long at most, in nanoseconds.
    pub offer_ns: Nanos,
    /// Whether each transaction comes with its sender beside it.
    pub claim_senders: bool,
    /// Stage after which the pipeline is cut.
    pub until: Option<String>,
    /// What verifies signatures.
    pub choice: Choice,
    /// Who is told of a device that fails, in a line.
    pub log: fn(&str),
    /// Folder in which the chain is kept; none for memory only.
    pub data_dir: Option<PathBuf>,
    /// What is put around stages and jobs; none for nothing.
    pub around: Option<Arc<dyn Around>>,
    /// Where the run can be watched.
    pub exporter: Option<Arc<Exporter>>,
    /// Whether the metrics are kept as they are in the end.
    pub keeps_metrics: bool,
}

/// What a run left behind.
pub struct Outcomes {
    /// Final blocks in order.
    pub blocks: Vec<Final>,
    /// Transactions that came out of a pipeline that was cut.
    pub passed: u64,
    /// Rejections by id, copies not counted.
    pub rejections: Vec<(B256, Rejection)>,
    /// The stages with their meters; the first is the load, the last the sink.
    pub stages: Vec<Box<dyn Turnable>>,
    /// From the first offer to the last transaction that came out.
    pub elapsed_ns: Nanos,
    /// From the first offer to the end of the last thread.
    pub driven_ns: Nanos,
    /// CPU time of the whole process meanwhile.
    pub process_cpu_ns: Nanos,
    /// Time that its threads were ready and were given no core; 0 where the kernel does not tell.
    pub starved_ns: Nanos,
    /// From when each transaction was due until it came out.
    pub latency_ns: Histogram<u64>,
    /// Root of the genesis state.
    pub genesis_root: B256,
    /// Sum of all balances at the end.
    pub total_balance: U256,
    /// Blocks rebuilt from shreds.
    pub blocks_rebuilt: u64,
    /// Who answered how many signatures.
    pub verify: pelton_kernels::Report,
    /// The metrics at the end as text for Prometheus, if they were to be kept.
    pub metrics: Option<String>,
    /// What is on the disk, if the chain was kept there.
    pub durable: Option<Durable>,
}

impl Outcomes {
    /// The stages between load and sink.
    pub fn inner(&self) -> &[Box<dyn Turnable>] {
        &self.stages[1..self.stages.len() - 1]
    }

    /// Transactions executed, or passed where the pipeline was cut.
    pub fn came_out(&self) -> f64 {
        let executed: u64 = self.blocks.iter().map(|block| block.succeeded + block.failed).sum();
        (executed + self.passed) as f64
    }
}

/// What the sink fills.
struct Collected {
    blocks: Vec<Final>,
    passed: u64,
    last_ns: Nanos,
    latency_ns: Histogram<u64>,
}

/// What a pipeline fills while it runs.
#[derive(Default)]
struct Filled {
    collected: Arc<Mutex<Collected>>,
    verify: Arc<Mutex<pelton_kernels::Report>>,
}

impl Default for Collected {
    fn default() -> Collected {
        let latency_ns = Histogram::new_with_bounds(1, 1 << 42, 3).expect("the bounds are valid");
        Collected { blocks: Vec::new(), passed: 0, last_ns: 0, latency_ns }
    }
}

impl Collected {
    fn note(&mut self, arrivals: &[Nanos], now_ns: Nanos) {
        self.last_ns = now_ns;
        for arrival_ns in arrivals {
            self.latency_ns.saturating_record(now_ns.saturating_sub(*arrival_ns).max(1));
        }
    }
}

/// Runs a workload through a whole pipeline, or one that is cut.
///
/// # Errors
/// [`BenchError::System`] where there are no threads or sockets, [`BenchError::Keep`] where the chain cannot be kept.
pub fn run(workload: &Workload, limits: &Limits, plan: &Plan) -> Result<Outcomes, BenchError> {
    let system = BenchError::System;
    let threads = Threads::start(plan.threads).map_err(io::Error::other).map_err(system)?;
    let clock: Arc<dyn Clock> = Arc::new(WallClock::new());
    let filled = Filled::default();
    let stop = Arc::<AtomicBool>::default();
    let make = |folder| {
        let thread = DiskThread::start().map_err(system)?;
        let kept = Kept::make(folder, &workload.genesis, limits, thread, &stop, clock.as_ref());
        kept.map_err(BenchError::Keep)
    };
    let (kept, start) = plan.data_dir.as_deref().map(make).transpose()?.unzip();
    let start = start.zip(kept.as_ref().map(Kept::storage));
    let pipeline = assemble(workload, limits, plan, &threads, &clock, &filled, start).map_err(system)?;
    let Pipeline { stages, ledger, chain, genesis_root, blocks_rebuilt, .. } = pipeline;
    let mut stages = match &plan.around {
        Some(around) => stages.into_iter().map(|stage| around.stage(stage)).collect(),
        None => stages,
    };
    let mut board = None;
    if plan.exporter.is_some() || plan.keeps_metrics {
        let sources = vec![outside::process(plan.threads), outside::device(&plan.choice)];
        let (shown, watched) = Board::watch(stages, sources);
        plan.exporter.iter().for_each(|exporter| exporter.show(shown.clone()));
        (board, stages) = (Some(shown), watched);
    }
    let (started_ns, cpu_ns, delay_ns) = (clock.now_ns(), process_cpu_ns(), run_delay_ns(|_| true));
    let stages = threads.run(stages, &clock, &stop);
    let driven_ns = clock.now_ns() - started_ns;
    let process_cpu_ns = process_cpu_ns() - cpu_ns;
    let starved_ns = run_delay_ns(|_| true).saturating_sub(delay_ns);
    drop(threads);
    let metrics = board.filter(|_| plan.keeps_metrics).map(|board| board.text());
    let durable = kept.map(|kept| kept.recover(clock.as_ref())).transpose().map_err(BenchError::Keep)?;
    let collected = std::mem::take(&mut *filled.collected.lock());
    let total_balance = chain.state().total_balance();
    let verify = filled.verify.lock().clone();
    Ok(Outcomes {
        blocks: collected.blocks,
        passed: collected.passed,
        rejections: ledger.all(),
        stages,
        elapsed_ns: collected.last_ns.saturating_sub(started_ns).max(1),
        driven_ns,
        process_cpu_ns,
        starved_ns,
        latency_ns: collected.latency_ns,
        genesis_root,
        total_balance,
        blocks_rebuilt: blocks_rebuilt.load(Ordering::Relaxed),
        verify,
        metrics,
        durable,
    })
}

fn assemble(
    workload: &Workload,
    limits: &Limits,
    plan: &Plan,
    threads: &Threads,
    clock: &Arc<dyn Clock>,
    filled: &Filled,
    kept: Option<(Start, Storage)>,
) -> io::Result<Pipeline> {
    // A benchmark asks about every single transaction afterwards.
    let settings = settings(plan, workload.transactions.len().max(1));
    let world = world(plan, &settings, threads, clock, filled.verify.clone())?;
    let (on_commit, on_cut) = (filled.collected.clone(), filled.collected.clone());
    let origin =
        |sender: &Address| Origin { source: 0, claimed_sender: plan.claim_senders.then_some(*sender) };
    let transactions = workload.transactions.iter().zip(&workload.senders);
    let transactions = transactions.map(|((wire, _), sender)| (wire.clone(), origin(sender))).collect();
    let run = Run {
        input: Input::Load { transactions, rate: plan.rate, offer_ns: plan.offer_ns },
        until: plan.until.clone(),
        on_commit: Box::new(move |committed, now_ns| {
            let mut collected = on_commit.lock();
            collected.note(&committed.done.arrivals, now_ns);
            let Done { block, executed, .. } = &committed.done;
            collected.blocks.push(Final::of(block, executed, committed.state_root));
        }),
        on_cut: Box::new(move |arrivals, now_ns| {
            let mut collected = on_cut.lock();
            collected.passed += arrivals.len() as u64;
            collected.note(&arrivals, now_ns);
        }),
        watch: None,
    };
    Ok(match kept {
        None => build(&settings, limits.clone(), &workload.genesis, world, run),
        Some((start, storage)) => build_on(&settings, limits.clone(), start, Some(storage), world, run),
    })
}

/// What a process chooses that runs a benchmark, with so many rejections remembered.
pub(crate) fn settings(plan: &Plan, ledger_capacity: usize) -> Settings {
    Settings { ledger_capacity, ..Settings::standard(plan.threads) }.fit(&plan.choice)
}

/// A network of one on this machine: threads, sockets on loopback, a core that agrees with itself. Who answered what is
/// copied to `report`.
pub(crate) fn world(
    plan: &Plan,
    settings: &Settings,
    threads: &Threads,
    clock: &Arc<dyn Clock>,
    report: Arc<Mutex<pelton_kernels::Report>>,
) -> io::Result<World> {
    let (leader, follower) = Udp::pair()?;
    Ok(World {
        clock: clock.clone(),
        pools: match &plan.around {
            Some(around) => around.pools(threads.pools(), clock),
            None => threads.pools(),
        },
        verifier: verifier(&plan.choice, settings, clock, report, plan.log),
        datagrams: (Box::new(leader), Box::new(follower)),
        ordering: Box::new(|genesis| Box::new(Core(Solo::new(0, BlockId(genesis.0), NonZeroUsize::MIN)))),
    })
}

/// CPU time of this process.
pub fn process_cpu_ns() -> Nanos {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}

/// Time that the living threads of this process with such a name were ready and were given no core; 0 where the kernel does not
/// tell.
pub(crate) fn run_delay_ns(is_meant: impl Fn(&str) -> bool) -> Nanos {
    let of_thread = |entry: std::fs::DirEntry| {
        let read = |file| std::fs::read_to_string(entry.path().join(file)).ok();
        read("comm").filter(|name| is_meant(name))?;
        read("schedstat")?.split_whitespace().nth(1)?.parse::<Nanos>().ok()
    };
    std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten().filter_map(of_thread).sum()
}
