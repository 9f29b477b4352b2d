//! Metrics: what a watched pipeline gives out is what its stages counted, and being watched changes nothing else.

#[path = "common/world.rs"]
#[expect(dead_code, reason = "fates and threads are other tests'")]
mod world;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use pelton_engine::store::simulated::SimulatedDisk;
use pelton_engine::store::{Settings as StoreSettings, files::Files};
use pelton_pipeline::clock::{Clock, SimulatedClock, WallClock};
use pelton_pipeline::driver::simulated::{self, SimulatedPool};
use pelton_pipeline::driver::threads::Threads;
use pelton_pipeline::durability::Durability;
use pelton_pipeline::jobs::Pools;
use pelton_pipeline::meter::Regime;
use pelton_pipeline::metrics::board::Board;
use pelton_pipeline::metrics::sample::{Samples, Value};
use pelton_pipeline::metrics::{self, METRICS, Metric};
use pelton_pipeline::start::Start;
use pelton_workloads::{Name, Scheme, Spec, Workload, generate};
use world::{Kept, STEPS_MAX, Scene};

/// What only those outside of a pipeline know, or stages of a validator among several: for those see `agree.rs`.
const FROM_OUTSIDE: [&Metric; 29] = [
    &metrics::ARCHIVE_SEGMENTS,
    &metrics::ARCHIVE_BYTES,
    &metrics::ARCHIVE_PIECES,
    &metrics::ARCHIVE_FAULTS,
    &metrics::BUILD_INFO,
    &metrics::THREADS,
    &metrics::PROCESS_CPU,
    &metrics::PROCESS_RESIDENT,
    &metrics::DEVICE_IN_USE,
    &metrics::CROSSOVER,
    &metrics::BLOCKS_AGAIN,
    &metrics::CONSENSUS_VERDICTS,
    &metrics::CONSENSUS_QUESTIONS,
    &metrics::CONSENSUS_VIEW,
    &metrics::CONSENSUS_TIMEOUTS,
    &metrics::CONSENSUS_MESSAGES,
    &metrics::CONSENSUS_BYTES,
    &metrics::CONSENSUS_PEERS,
    &metrics::CONSENSUS_BLOCKS,
    &metrics::CONSENSUS_CONFLICTS,
    &metrics::CATCH_UP_PIECES,
    &metrics::CATCH_UP_BYTES,
    &metrics::MERKLE_LAG,
    &metrics::MERKLE_REBUILDS,
    &metrics::RPC_REQUESTS,
    &metrics::RPC_TIME,
    &metrics::RPC_IN_HAND,
    &metrics::RPC_CONNECTIONS,
    &metrics::RPC_LIMITS,
];

fn workload(name: Name) -> Workload {
    let spec =
        Spec { pattern: name.into(), scheme: Scheme::Ed25519, accounts: 24, transactions: 300, seed: 5 };
    generate(&spec, &|_| ())
}

/// A scene whose chain is kept on a disk in memory, and whose keys have prices.
fn scene(workload: &Workload) -> Scene {
    let mut scene = Scene::of(workload, 3);
    scene.limits.block_gas_target = 120_000;
    scene.limits.contention_lanes = 1;
    scene.limits.root_lag = 1;
    let files: Arc<dyn Files> = SimulatedDisk::new(1).files();
    let settings = StoreSettings::standard();
    let (start, store) =
        Start::open(&files, &settings, &scene.genesis, &scene.limits).expect("the disk is well");
    let durability = Arc::new(Durability::new(store, Arc::default()));
    scene.kept = Some(Kept { start, durability, thread: None });
    scene
}

/// The numbers of a metric, with their labels.
fn numbers(samples: &Samples, metric: &Metric) -> Vec<(Vec<String>, f64)> {
    let of_metric = samples.iter().filter(|sample| sample.metric == metric);
    let number = |value: &Value| match value {
        Value::Number(number) => *number,
        Value::Buckets(buckets) => buckets.count() as f64,
    };
    of_metric.map(|sample| (sample.labels.clone(), number(&sample.value))).collect()
}

fn of_stage(samples: &Samples, metric: &Metric, stage: &str) -> f64 {
    let of_stage = numbers(samples, metric).into_iter().filter(|(labels, _)| labels[0] == stage);
    of_stage.map(|(_, number)| number).sum()
}

#[test]
fn a_watched_pipeline_gives_every_metric_of_the_table_and_it_is_what_the_stages_counted() {
    let workload = workload(Name::Hostile);
    let (clock, pool) = (Arc::new(SimulatedClock::default()), SimulatedPool::default());
    let (pipeline, collected) = scene(&workload).build(clock.clone(), Pools::one(Arc::new(pool.clone())));
    let (board, mut stages) = Board::watch(pipeline.stages, Vec::new());
    assert!(simulated::run(&mut stages, &pool, &clock, 7, STEPS_MAX).finished);
    let samples = board.samples();

    let given: BTreeSet<&str> = samples.iter().map(|sample| sample.metric.name).collect();
    let outside: BTreeSet<&str> = FROM_OUTSIDE.iter().map(|metric| metric.name).collect();
    let all: BTreeSet<&str> = METRICS.iter().map(|metric| metric.name).collect();
    assert_eq!(all.len(), METRICS.len(), "no name is used twice");
    let missing: Vec<_> = all.difference(&given).filter(|name| !outside.contains(*name)).collect();
    // Prices have come down again once the last block is through.
    assert!(missing.iter().all(|name| **name == metrics::HOT_KEY_PRICE.name), "nobody gives {missing:?}");

    for stage in &stages {
        let (name, meter) = (stage.name(), stage.meter());
        assert_eq!(of_stage(&samples, &metrics::STAGE_TAKEN, name), meter.taken as f64);
        assert_eq!(of_stage(&samples, &metrics::STAGE_PASSED, name), meter.passed as f64);
        assert_eq!(of_stage(&samples, &metrics::STAGE_REJECTED, name), meter.rejected_total() as f64);
        let whole_ns: u64 = Regime::ALL.iter().map(|regime| meter.time_in(*regime)).sum();
        assert!(of_stage(&samples, &metrics::STAGE_REGIME, name) * 1e9 <= whole_ns as f64 + 1.0);
    }
    let blocks = collected.lock().blocks.len() as f64;
    for metric in [&metrics::CHAIN_HEIGHT, &metrics::DURABLE_HEIGHT, &metrics::BLOCKS_FINAL] {
        assert_eq!(numbers(&samples, metric), [(vec![], blocks)], "{}", metric.name);
    }
    let executed = numbers(&samples, &metrics::EXECUTED);
    let in_blocks: f64 = executed.iter().map(|(_, number)| number).sum();
    let (out, skipped) = (numbers(&samples, &metrics::LATENCY)[0].1, executed[2].1);
    assert_eq!(out + skipped, in_blocks);
    let planned: f64 = numbers(&samples, &metrics::PLANNED).iter().map(|(_, number)| number).sum();
    assert_eq!(planned, in_blocks);
}

#[test]
fn equal_seeds_give_equal_runs_whether_somebody_watches_or_not() {
    let workload = workload(Name::Mix);
    let run = |is_watched: bool| {
        let (clock, pool) = (Arc::new(SimulatedClock::default()), SimulatedPool::default());
        let (pipeline, _) = scene(&workload).build(clock.clone(), Pools::one(Arc::new(pool.clone())));
        let mut stages = pipeline.stages;
        if is_watched {
            let (board, watched) = Board::watch(stages, Vec::new());
            board.ask();
            stages = watched;
        }
        simulated::run(&mut stages, &pool, &clock, 9, STEPS_MAX)
    };
    let (watched, plain) = (run(true), run(false));
    assert!(watched.finished);
    assert_eq!(watched.hash, plain.hash);
}

#[test]
fn stages_answer_while_they_run_and_what_they_answer_never_falls() {
    let workload = workload(Name::Transfers);
    let threads = Threads::start(2).expect("the system has two threads");
    let clock: Arc<dyn Clock> = Arc::new(WallClock::new());
    let scene = scene(&workload);
    let (pipeline, _collected) = scene.build(clock.clone(), threads.pools());
    let (board, stages) = Board::watch(pipeline.stages, Vec::new());
    let stop = AtomicBool::new(false);
    let (mut before, mut answers) = (0.0, 0);
    std::thread::scope(|scope| {
        let running = scope.spawn(|| threads.run(stages, &clock, &stop));
        while !running.is_finished() {
            board.ask();
            while !board.is_answered() && !running.is_finished() {
                std::thread::yield_now();
            }
            let now = of_stage(&board.samples(), &metrics::STAGE_TAKEN, "verify");
            assert!(now >= before, "a counter only rises");
            (before, answers) = (now, answers + 1);
        }
    });
    assert!(answers > 1, "it was asked while it ran");
    assert_eq!(of_stage(&board.samples(), &metrics::STAGE_TAKEN, "verify"), 300.0, "the end is not missed");
}
