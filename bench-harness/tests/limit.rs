//! The report names the stage that really holds the others up, and a generator that does makes the run invalid.

#[path = "common/burden.rs"]
mod burden;
#[path = "common/small.rs"]
mod small;

use std::path::Path;

use pelton_bench_harness::bench::{Length, Options, Surroundings, bench_within};
use pelton_bench_harness::pipeline::{Rate, STAGES};
use pelton_bench_harness::report::Report;
use pelton_bench_harness::table::Table;
use small::{Silent, options};

/// Enough for many blocks, so that a burden is paid in every stage.
const TRANSACTIONS: u64 = 12_000;

/// A run in which a stage sleeps for so long with each transaction.
fn slowed(cache: &Path, stage: &str, each_ns: f64) -> Report {
    let run = Some(burden::burden(stage, each_ns, true));
    let surroundings = Surroundings { run, ..Surroundings::default() };
    bench_within(&options(cache, TRANSACTIONS), &Silent, &surroundings)
        .expect("the system gives threads")
        .report
}

#[test]
fn a_sleep_planted_in_each_stage_in_turn_makes_it_the_limit() {
    let cache = tempfile::tempdir().expect("a folder");
    for stage in STAGES {
        let report = slowed(cache.path(), stage, 100_000.0);
        assert_eq!(report.limit.stage, stage, "{:?}", report.limit);
        assert!(report.limit.busy_share > 0.5 && report.is_good(), "{:?}", report.limit);
    }
}

#[test]
fn a_generator_that_was_the_limit_makes_the_run_invalid() {
    let cache = tempfile::tempdir().expect("a folder");
    let good = slowed(cache.path(), "none", 0.0);
    assert!(good.is_good() && !good.load.was_limit && good.load.utilisation > 0.0, "{:?}", good.load);
    assert!(
        Table(&good).to_string().contains("\nload        busy ")
            && !Table(&good).to_string().contains("INVALID")
    );
    let bad = slowed(cache.path(), "load", 400_000.0);
    assert!(!bad.is_good() && bad.load.was_limit && bad.adds_up(), "{:?}", bad.load);
    assert_eq!(bad.limit.stage, "load");
    assert!(Table(&bad).to_string().contains("\nINVALID     "));
}

#[test]
fn independent_arrivals_come_at_the_rate_that_was_asked_for() {
    let cache = tempfile::tempdir().expect("a folder");
    let rate = Rate::Poisson { per_second: 2_000.0, seed: 1 };
    let options = Options { rate, length: Length::Seconds(1.0), ..options(cache.path(), TRANSACTIONS) };
    let ran = bench_within(&options, &Silent, &Surroundings::default()).expect("the system gives threads");
    let report = ran.report;
    assert_eq!((report.arrivals.as_str(), report.rate, report.offered), ("poisson", Some(2_000.0), 2_000));
    assert!(report.is_good() && (0.8..2.0).contains(&report.seconds), "{}", report.seconds);
    assert_eq!(ran.latency_ns.len(), report.committed);
}
