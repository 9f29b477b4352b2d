//! Comparisons of planted figures: what is there is found, what is not is not, and what is unlike is refused.

use pelton_bench_harness::compare::interval::Pairing;
use pelton_bench_harness::compare::likeness::{Allowed, Unlike};
use pelton_bench_harness::compare::runs::{Run, parse, read};
use pelton_bench_harness::compare::{Comparison, Set, Verdict, compare};
use pelton_pipeline::random::Random;
use serde_json::{Value, json};

/// A run in which ingest costs 1 µs, verify 40 µs and order 3 ns, all of them `slow` times as much.
fn run_json(slow: f64, of_verify: f64) -> Value {
    let stage =
        |name: &str, ns: f64| json!({"name": name, "taken": 1000, "cpu_ns_per_transaction": ns * slow});
    let whole_ns = slow * (1_000.0 + 40_000.0 * of_verify + 3.0);
    json!({
        "schema": "pelton-bench/1",
        "workload": {"name": "transfers", "seed": 1, "scheme": "secp256k1", "accounts": 100},
        "machine": {"cpu": "one", "cores": 2, "simd": ["avx2"], "gpu": null, "memory_bytes": 1u64 << 34, "os": "Linux 6"},
        "commit": "abc", "threads": 2, "until": null, "rate": null,
        "committed": 1000, "failed": 0, "passed": 0,
        "committed_per_second": 2e9 / whole_ns, "passed_per_second": 0.0,
        "latency_ns": {"p50": (whole_ns * 100.0) as u64, "p99": (whole_ns * 150.0) as u64},
        "stages": [stage("ingest", 1_000.0), stage("verify", 40_000.0 * of_verify), stage("order", 3.0)],
        "verify": {"requested": "auto", "senders_claimed": false},
        "load": {"was_limit": false},
        "audit": {"findings": []},
        "a field of a later version": 1,
    })
}

fn run(slow: f64, of_verify: f64) -> Run {
    serde_json::from_value(run_json(slow, of_verify)).expect("it has all that is needed")
}

/// Runs that wobble by up to this share, verify dearer by a factor.
fn runs(random: &mut Random, count: usize, wobble: f64, of_verify: f64) -> Vec<Run> {
    let mut slow = || 1.0 + wobble * (random.next_u64() as f64 / u64::MAX as f64 * 2.0 - 1.0);
    (0..count).map(|_| run(slow(), of_verify)).collect()
}

fn judge(a: &[Run], b: &[Run], pairing: Pairing) -> Comparison {
    let (a, b) = (Set { name: "a", runs: a }, Set { name: "b", runs: b });
    compare(a, b, pairing, Allowed::default()).expect("they are alike")
}

#[test]
fn the_same_thing_with_itself_is_within_noise_eighty_times() {
    let mut random = Random::new(1);
    for pairing in [Pairing::Paired, Pairing::Independent] {
        for round in 0..40 {
            let (a, b) = (runs(&mut random, 8, 0.08, 1.0), runs(&mut random, 8, 0.08, 1.0));
            let found = judge(&a, &b, pairing);
            assert_eq!(found.verdict, Verdict::WithinNoise, "round {round}: {found}");
            assert_eq!(found.slower_stage, None);
        }
    }
}

#[test]
fn a_stage_that_is_five_percent_dearer_is_worse_and_named_and_the_other_way_round_it_is_better() {
    let mut random = Random::new(2);
    for _ in 0..15 {
        let (a, b) = (runs(&mut random, 10, 0.015, 1.0), runs(&mut random, 10, 0.015, 1.05));
        let found = judge(&a, &b, Pairing::Paired);
        assert_eq!(
            (found.verdict, found.slower_stage.as_deref()),
            (Verdict::Worse, Some("verify")),
            "{found}"
        );
        let verify = found.metrics.iter().find(|metric| metric.stage.as_deref() == Some("verify"));
        let (low, high) =
            verify.and_then(|metric| metric.low.zip(metric.high)).expect("there are enough runs");
        assert!(low < 1.05 && 1.05 < high, "{low} {high}");
        let found = judge(&b, &a, Pairing::Paired);
        assert_eq!((found.verdict, found.slower_stage), (Verdict::Better, None));
    }
}

#[test]
fn on_a_restless_machine_what_a_stage_costs_undisturbed_still_tells() {
    let mut random = Random::new(3);
    let mut side = |of_verify: f64| {
        let mut runs = runs(&mut random, 10, 0.15, of_verify);
        let costs_ns = [1_000.0, 40_000.0 * of_verify, 3.0];
        for (stage, ns) in runs.iter_mut().flat_map(|run| run.stages.iter_mut().zip(costs_ns)) {
            let wobble = 1.0 + 0.01 * (random.next_u64() as f64 / u64::MAX as f64 * 2.0 - 1.0);
            stage.undisturbed_cpu_ns_per_transaction = Some(ns * wobble);
        }
        runs
    };
    for _ in 0..10 {
        let (same, again, dearer) = (side(1.0), side(1.0), side(1.05));
        let found = judge(&same, &again, Pairing::Paired);
        assert_eq!(found.verdict, Verdict::WithinNoise, "{found}");
        let found = judge(&same, &dearer, Pairing::Paired);
        assert_eq!(found.slower_stage.as_deref(), Some("verify"), "{found}");
    }
}

#[test]
fn a_difference_that_is_certain_and_below_its_floor_is_within_noise() {
    let exact = |of_verify: f64| vec![run(1.0, of_verify); 10];
    assert_eq!(judge(&exact(1.0), &exact(1.01), Pairing::Paired).verdict, Verdict::WithinNoise);
    assert_eq!(judge(&exact(1.0), &exact(1.05), Pairing::Paired).verdict, Verdict::Worse);
    // Nanoseconds of a stage that costs next to nothing are nobody's concern, though they have doubled.
    let mut dearer = exact(1.0);
    dearer.iter_mut().for_each(|run| run.stages[2].cpu_ns_per_transaction *= 2.0);
    assert_eq!(judge(&exact(1.0), &dearer, Pairing::Paired).verdict, Verdict::WithinNoise);
}

#[test]
fn too_few_runs_decide_nothing() {
    let found = judge(&[run(1.0, 1.0)], &[run(2.0, 1.0)], Pairing::Independent);
    assert_eq!(found.verdict, Verdict::Undecided);
    assert!(found.metrics.iter().all(|metric| metric.low.is_none() && metric.ratio.is_some()), "{found}");
}

#[test]
fn what_is_unlike_or_untrue_is_refused() {
    let same = run_json(1.0, 1.0);
    let check = |change: &dyn Fn(&mut Value), allowed: Allowed| {
        let mut other = same.clone();
        change(&mut other);
        let of = |value: &Value| vec![serde_json::from_value::<Run>(value.clone()).expect("a run"); 5];
        let (a, b) = (of(&same), of(&other));
        compare(Set { name: "a", runs: &a }, Set { name: "b", runs: &b }, Pairing::Paired, allowed)
    };
    let (none, all) = (Allowed::default(), Allowed { machines: true, settings: true });
    for (field, value) in
        [("cpu", json!("two")), ("cores", json!(4)), ("gpu", json!("a GPU")), ("os", json!("L"))]
    {
        let change = |run: &mut Value| run["machine"][field] = value.clone();
        assert!(matches!(check(&change, none), Err(Unlike::Machines(what)) if what[0].starts_with(field)));
        assert!(check(&change, all).expect("it is allowed").unlike[0].starts_with(field));
    }
    for (field, value) in [("threads", json!(3)), ("rate", json!(1.0)), ("until", json!("seal"))] {
        let change = |run: &mut Value| run[field] = value.clone();
        assert!(matches!(check(&change, none), Err(Unlike::Settings(_))), "{field}");
        assert!(check(&change, all).is_ok());
    }
    let lost = |run: &mut Value| run["audit"]["findings"] = json!(["one is lost"]);
    assert!(matches!(check(&lost, all), Err(Unlike::Untrue(_))));
    let slow_load = |run: &mut Value| run["load"]["was_limit"] = json!(true);
    assert!(matches!(check(&slow_load, all), Err(Unlike::Untrue(_))));
    assert!(matches!(check(&|run| run["schema"] = json!("other/1"), all), Err(Unlike::Untrue(_))));
}

#[test]
fn runs_are_read_one_after_the_other_from_arrays_and_from_folders() {
    let one = run_json(1.0, 1.0).to_string();
    assert_eq!(parse(&format!("{one}\n[{one},{one}]")).expect("it is JSON").len(), 3);
    assert!(parse("{}").is_err() && parse("[1]").is_err() && parse("{").is_err());
    let folder = tempfile::tempdir().expect("a folder");
    assert!(read(folder.path()).is_err(), "nothing is in it");
    std::fs::create_dir(folder.path().join("out")).expect("a folder");
    for name in ["1.json", "2.json", "out/report.json", "notes.txt"] {
        std::fs::write(folder.path().join(name), &one).expect("it can be written");
    }
    assert_eq!(read(folder.path()).expect("there are runs").len(), 3);
    std::fs::write(folder.path().join("3.json"), "{}").expect("it can be written");
    assert!(read(folder.path()).is_err(), "nothing is left out in silence");
}
