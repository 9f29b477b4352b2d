//! `Round`: one pipeline from genesis to its end, under one load.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::mpsc::{Receiver, channel};

use hdrhistogram::Histogram;
use pelton_engine::limits::Limits;
use pelton_engine::reject::Reject;
use pelton_kernels::Choice;
use pelton_pipeline::clock::{Clock, Nanos, WallClock};
use pelton_pipeline::driver::threads::Threads;
use pelton_pipeline::room::Room;
use pelton_pipeline::stages::commit::Committed;
use pelton_pipeline::stages::intake::{Submitter, door};
use pelton_pipeline::stages::load;
use pelton_pipeline::topology::{Input, Run, build};
use pelton_pipeline::turn::Turnable;
use pelton_workloads::CHAIN_ID;

use super::offer::{Beside, Offering, Rate, Seen};
use super::peaks::Peaks;
use super::traffic::{Clients, Due};
use super::{Fate, Settings};
use crate::bench::BenchError;
use crate::run::{Plan, run_delay_ns, settings, world};

/// As much waits at the door of a node.
const DOOR: Room = Room { transactions: 1 << 14, bytes: 64 << 20 };
/// Rejections that are remembered: as many as a node does.
const LEDGER_CAPACITY: usize = 1 << 20;
/// Share of a round in which it warms up.
const WARM: f64 = 0.2;

/// Where rounds are played.
pub(super) struct Ground<'a> {
    pub(super) settings: &'a Settings,
    pub(super) choice: &'a Choice,
    pub(super) clients: &'a Clients,
}

/// What came of a round.
#[derive(Debug)]
pub struct Round {
    /// Of the honest.
    pub honest: Fate,
    /// Of the flood.
    pub flood: Fate,
    /// Committed transactions between the first and the last block of the time that counts.
    steady: u64,
    /// Seconds between them.
    pub seconds: f64,
    /// The same without the time in which the threads were ready and were given no core.
    pub seconds_given: f64,
    /// Seconds from the first offer to the last block of all.
    whole: f64,
    /// From when an honest transaction was due until it was committed, in nanoseconds.
    pub latency_ns: Histogram<u64>,
    /// Rejections by stage and reason.
    pub rejected: BTreeMap<(&'static str, Reject), u64>,
    /// The most transactions that each stage held.
    pub held_max: BTreeMap<&'static str, u64>,
    /// The most that waited at the door.
    pub door_max: usize,
    /// The most memory that the process used.
    pub resident_bytes_max: u64,
    /// CPU time of the offering side, as a share of all that the threads could have had.
    pub offering_share: f64,
}

impl Round {
    /// Transactions committed a second, of the seconds that the machine gave.
    pub fn goodput(&self) -> f64 {
        self.steady as f64 / self.seconds_given.max(1e-9)
    }

    /// Transactions committed a second by the clock on the wall.
    pub(super) fn pace(&self) -> f64 {
        self.steady as f64 / self.seconds.max(1e-9)
    }

    /// The same of the whole round, its beginning and its end included.
    pub(super) fn pace_of_all(&self) -> f64 {
        (self.honest.committed + self.flood.committed) as f64 / self.whole.max(1e-9)
    }

    /// Share of what honest clients offered that came into blocks.
    pub fn honest_share(&self) -> f64 {
        self.honest.committed as f64 / self.honest.offered.max(1) as f64
    }

    /// Latency of honest transactions at this quantile, in milliseconds.
    pub fn latency_ms(&self, quantile: f64) -> f64 {
        self.latency_ns.value_at_quantile(quantile) as f64 / 1e6
    }
}

/// What blocks are told to.
struct Collected {
    honest: u64,
    all: u64,
    /// When, how many so far, and the time that threads were not given, at each block.
    marks: Vec<(Nanos, u64, Nanos)>,
    latency_ns: Histogram<u64>,
}

impl Collected {
    fn new() -> Collected {
        let latency_ns = Histogram::new_with_bounds(1, 1 << 42, 3).expect("the bounds are valid");
        Collected { honest: 0, all: 0, marks: Vec::new(), latency_ns }
    }

    fn note(&mut self, committed: &Committed, at: (Nanos, Nanos), clients: &Clients, due: &Due) {
        let (now_ns, delay_ns) = at;
        let Committed { done, .. } = committed;
        let outcomes = done.block.transactions().iter().zip(&done.executed.outcomes);
        for (transaction, _) in outcomes.filter(|(_, outcome)| outcome.receipt().is_some()) {
            self.all += 1;
            if let Some((client, at)) = clients.place_of(&transaction.sender(), transaction.fields().nonce) {
                self.honest += 1;
                self.latency_ns.saturating_record(now_ns.saturating_sub(due.get(client, at)).max(1));
            }
        }
        self.marks.push((now_ns, self.all, delay_ns));
    }

    /// What came of a round that offered for this long; what is known elsewhere is left empty.
    fn into_round(self, seen: &Seen, length_ns: Nanos, threads: usize) -> Round {
        let from_ns = seen.began_ns + (length_ns as f64 * WARM) as Nanos;
        let (steady, seconds, delay) = self.steady(from_ns, seen.began_ns + length_ns);
        let whole_ns = self.marks.last().map_or(0, |last| last.0.saturating_sub(seen.began_ns));
        Round {
            honest: Fate { committed: self.honest, ..seen.honest },
            flood: Fate { committed: self.all - self.honest, ..seen.flood },
            steady,
            seconds,
            seconds_given: (seconds - delay / threads as f64).max(seconds / 10.0),
            whole: whole_ns as f64 / 1e9,
            latency_ns: self.latency_ns,
            rejected: BTreeMap::new(),
            held_max: BTreeMap::new(),
            door_max: seen.door_max,
            resident_bytes_max: seen.resident_bytes_max,
            offering_share: 0.0,
        }
    }

    /// Committed transactions, seconds, and seconds without a core, from the first block to the last in this time.
    fn steady(&self, from_ns: Nanos, until_ns: Nanos) -> (u64, f64, f64) {
        let mut inside = self.marks.iter().filter(|(at_ns, ..)| (from_ns..until_ns).contains(at_ns));
        let Some(first) = inside.next() else { return (0, 0.0, 0.0) };
        let last = inside.next_back().unwrap_or(first);
        let delay_ns = last.2.saturating_sub(first.2);
        (last.1 - first.1, (last.0 - first.0) as f64 / 1e9, delay_ns as f64 / 1e9)
    }
}

fn plan(ground: &Ground<'_>, peaks: &Peaks) -> Plan {
    Plan {
        threads: ground.settings.threads,
        rate: load::Rate::Max,
        offer_ns: Nanos::MAX,
        claim_senders: false,
        until: None,
        choice: ground.choice.clone(),
        log: |line| eprintln!("pelton: {line}"),
        data_dir: None,
        around: Some(Arc::new(peaks.clone())),
        exporter: None,
        keeps_metrics: false,
    }
}

/// Plays one round.
pub(super) fn play(ground: &Ground<'_>, rate: Rate, beside: Beside<'_>) -> Result<Round, BenchError> {
    let peaks = Peaks::default();
    let plan = plan(ground, &peaks);
    let threads = Threads::start(plan.threads).map_err(io::Error::other).map_err(BenchError::System)?;
    let clock: Arc<dyn Clock> = Arc::new(WallClock::new());
    let (submitter, stages, blocks) = assemble(ground, &plan, &threads, &clock, beside)?;
    let (due, cpu_ns) = (ground.clients.due(), AtomicU64::new(0));
    let length_ns = (ground.settings.seconds * 1e9) as Nanos;
    let clients = ground.clients;
    let offering =
        Offering { clients, due: &due, rate, beside, clock: clock.as_ref(), length_ns, cpu_ns: &cpu_ns };
    let mut collected = Collected::new();
    let (seen, rejected) = std::thread::scope(|scope| {
        let offered = scope.spawn(move || offering.run(&submitter));
        let (threads, clock) = (&threads, &clock);
        // What the stages hold goes with them, and so the blocks end.
        let ran = scope.spawn(move || rejected(&threads.run(stages, clock, &AtomicBool::new(false))));
        for (committed, now_ns, delay_ns) in blocks {
            collected.note(&committed, (now_ns, delay_ns), clients, &due);
        }
        let never = "neither side panics";
        (offered.join().expect(never), ran.join().expect(never))
    });
    let offering_s = cpu_ns.into_inner() as f64 / 1e9;
    let offering_share = offering_s / ground.settings.seconds / plan.threads as f64;
    let round = collected.into_round(&seen, length_ns, plan.threads);
    Ok(Round { rejected, held_max: peaks.all(), offering_share, ..round })
}

/// Blocks with when they were committed, and how long threads had been given no core by then.
type Blocks = Receiver<(Committed, Nanos, Nanos)>;

/// A way in, the stages, and what comes out.
type Assembled = (Submitter, Vec<Box<dyn Turnable>>, Blocks);

/// A pipeline behind a door.
fn assemble(
    ground: &Ground<'_>,
    plan: &Plan,
    threads: &Threads,
    clock: &Arc<dyn Clock>,
    beside: Beside<'_>,
) -> Result<Assembled, BenchError> {
    let settings = settings(plan, LEDGER_CAPACITY);
    let mut genesis = ground.clients.genesis();
    if let Beside::Flood { flood, .. } = beside {
        flood.endow(&mut genesis);
    }
    let world = world(plan, &settings, threads, clock, Arc::default()).map_err(BenchError::System)?;
    let (submitter, entrance) = door(DOOR, clock.clone());
    let (sender, blocks) = channel();
    let run = Run {
        input: Input::Door(entrance),
        until: None,
        on_commit: Box::new(move |committed, now_ns| {
            // The other side is there until the pipeline has ended.
            let _ = sender.send((committed, now_ns, run_delay_ns(|name| name.starts_with("pelton-"))));
        }),
        on_cut: Box::new(|_, _| ()),
        watch: None,
    };
    let pipeline = build(&settings, Limits::standard(CHAIN_ID), &genesis, world, run);
    let around = plan.around.as_ref().expect("a plan of a round has something around it");
    let stages = pipeline.stages.into_iter().map(|stage| around.stage(stage)).collect();
    Ok((submitter, stages, blocks))
}

/// Rejections by stage and reason.
fn rejected(stages: &[Box<dyn Turnable>]) -> BTreeMap<(&'static str, Reject), u64> {
    let of = |stage: &dyn Turnable| {
        let name = stage.name();
        stage.meter().rejected.clone().into_iter().map(move |(reason, count)| ((name, reason), count))
    };
    stages.iter().flat_map(|stage| of(stage.as_ref())).collect()
}
