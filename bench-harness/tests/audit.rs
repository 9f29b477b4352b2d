//! The audit finds what is wrong: runs that are good are judged by expectations that are not theirs.

use pelton_bench_harness::audit::audit;
use pelton_bench_harness::run::{Outcomes, Plan, run};
use pelton_engine::limits::Limits;
use pelton_pipeline::clock::Nanos;
use pelton_pipeline::stages::load::Rate;
use pelton_workloads::{CHAIN_ID, Expectation, Scheme, Spec, Workload, generate};

fn workload(pattern: &str) -> Workload {
    let pattern = pattern.parse().expect("it is a pattern");
    generate(&Spec { pattern, scheme: Scheme::Ed25519, accounts: 20, transactions: 120, seed: 1 }, &|_| {})
}

fn ended(workload: &Workload) -> Outcomes {
    let backend = pelton_kernels::open("reference", [7; 32]).expect("it is always there");
    let plan = Plan {
        threads: 2,
        rate: Rate::Max,
        offer_ns: Nanos::MAX,
        claim_senders: false,
        until: None,
        choice: backend.into(),
        log: |line| panic!("no device takes part: {line}"),
        data_dir: None,
        around: None,
        exporter: None,
        keeps_metrics: false,
    };
    run(workload, &Limits::standard(CHAIN_ID), &plan).expect("the system gives threads")
}

/// What is wrong with a run of one workload by the expectations of another.
fn findings(judge: &Workload, outcomes: &Outcomes) -> Vec<String> {
    audit(judge, &Limits::standard(CHAIN_ID), outcomes, 120).findings
}

#[test]
fn a_contest_with_too_many_or_too_few_winners_is_found() {
    let mut workload = workload("mint:supply=0.5");
    let outcomes = ended(&workload);
    assert_eq!(findings(&workload, &outcomes), [""; 0]);
    assert_eq!(workload.prizes(), 30);
    for (supply, expected) in [("0.25", 15), ("0.75", 45)] {
        workload.spec.pattern = format!("mint:supply={supply}").parse().expect("it is a pattern");
        let wrong = format!("contest 0: 30 of 60 succeeded, not {expected}");
        assert_eq!(findings(&workload, &outcomes), [wrong]);
    }
}

#[test]
fn a_good_one_that_was_lost_and_a_bad_one_that_was_committed_are_found() {
    let mut workload = workload("liquidation:racers=10,positions=2");
    let outcomes = ended(&workload);
    assert_eq!(findings(&workload, &outcomes), [""; 0]);
    let number = |found: &[String]| -> u64 {
        let told = found.len() as u64 - 1;
        let last = found.last().expect("there are many");
        told + last.strip_prefix("and ").and_then(|rest| rest.split(' ').next()?.parse().ok()).unwrap_or(1)
    };
    let mut judged = |expectation: Expectation| {
        workload.transactions.iter_mut().for_each(|(_, expected)| *expected = expectation);
        findings(&workload, &outcomes)
    };
    let lost = judged(Expectation::Commit);
    assert!(lost[0].ends_with("is good and was lost"), "{lost:?}");
    assert_eq!(number(&lost), 108, "one of ten wins");
    let committed = judged(Expectation::Fail);
    assert!(committed[0].ends_with("must not be committed and was"), "{committed:?}");
    assert_eq!(number(&committed), 12);
}
