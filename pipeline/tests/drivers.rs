//! The same pipeline under both drivers: time, seeds, threads and lost packets change when things happen, never what.

#[path = "common/world.rs"]
mod world;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use alloy_primitives::{B256, U256};
use pelton_engine::block::Header;
use pelton_engine::environment::Environment;
use pelton_engine::limits::Limits;
use pelton_engine::prices::Tables;
use pelton_engine::serial::serial;
use pelton_engine::trie::Trie;
use pelton_pipeline::metrics::EXECUTION_PREDICTED;
use pelton_pipeline::metrics::sample::{Samples, Value};
use pelton_workloads::{CHAIN_ID, Expectation, Name, Scheme, Spec, Workload, generate};
use world::{Ended, Fate, Scene};

/// A target that most blocks are above or below, so that the base fee moves with every block, and that single keys exceed,
/// so that they have prices; and no block may be sealed before the one below it is executed.
fn dear_limits() -> Limits {
    Limits {
        block_gas_target: 120_000,
        base_fee_min: 1_000_000_000,
        contention_lanes: 1,
        root_lag: 1,
        ..Limits::tiny(CHAIN_ID)
    }
}

fn workload(name: Name, scheme: Scheme, transactions: u64) -> Workload {
    generate(&Spec { pattern: name.into(), scheme, accounts: 24, transactions, seed: 11 }, &|_| ())
}

/// Every workload that differs in kind, small.
fn workloads() -> [Workload; 4] {
    [
        workload(Name::Transfers, Scheme::Ed25519, 200),
        workload(Name::Mix, Scheme::Secp256k1, 200),
        workload(Name::Hostile, Scheme::Ed25519, 300),
        workload(Name::Hostile, Scheme::Secp256k1, 300),
    ]
}

/// All that must hold of a whole run, whatever its timing; gives what became of each transaction.
fn check(workload: &Workload, ended: &Ended) -> BTreeMap<B256, Fate> {
    let offered = workload.transactions.len() as u64;
    assert_eq!(ended.executed() + ended.rejected(), offered, "offered = committed + failed + rejected");
    assert_eq!(ended.cut, 0, "nothing leaves a whole pipeline early");
    for stage in &ended.pipeline.stages {
        assert_eq!(stage.meter().held, 0, "{} has ended and holds nothing", stage.name());
    }
    let fates = ended.fates();
    meets_expectations(workload, &fates);
    equals_serial(workload, ended);
    fates
}

fn meets_expectations(workload: &Workload, fates: &BTreeMap<B256, Fate>) {
    let mut wanted: BTreeMap<B256, Vec<Expectation>> = BTreeMap::new();
    for (wire, expectation) in &workload.transactions {
        wanted.entry(alloy_primitives::keccak256(wire)).or_default().push(*expectation);
    }
    assert!(wanted.keys().eq(fates.keys()), "every transaction has one fate, and nothing else has");
    for (id, expectations) in wanted {
        let fate = fates[&id];
        let fits = |expectation: &Expectation| match (expectation, fate) {
            (Expectation::Commit, Fate::Succeeded) | (Expectation::Fail, Fate::Failed) => true,
            (Expectation::Contested(_), Fate::Succeeded | Fate::Failed) => true,
            (Expectation::Reject(reasons), Fate::Rejected(reason)) => reasons.contains(&reason),
            _ => false,
        };
        let executes = |expectation: &&Expectation| !matches!(expectation, Expectation::Reject(_));
        // Of several copies, that which is to be executed decides.
        match expectations.iter().find(executes) {
            Some(expectation) => assert!(fits(expectation), "{id}: {expectation:?}, but {fate:?}"),
            None => assert!(expectations.iter().any(fits), "{id}: {expectations:?}, but {fate:?}"),
        }
    }
}

/// Law 1, and that no wei is made or lost.
fn equals_serial(workload: &Workload, ended: &Ended) {
    let limits = ended.pipeline.chain.limits();
    let (mut state, mut trie) = (workload.genesis.state(), Trie::new());
    let mut tables = Tables::new(limits);
    let mut root = B256::from(trie.apply(&workload.genesis.writes().trie_updates()));
    assert_eq!(root, ended.pipeline.genesis_root);
    let mut roots = vec![root];
    let mut parent = ended.pipeline.genesis;
    let mut burnt = U256::ZERO;
    for committed in &ended.blocks {
        let block = &committed.done.block;
        let header = block.header();
        assert_eq!((header.height, header.parent), (parent.height + 1, parent.id), "blocks form a chain");
        let lagging = header.height.saturating_sub(limits.root_lag);
        assert_eq!(header.executed.height, lagging);
        assert_eq!(header.executed.state_root, roots[lagging as usize], "headers speak of agreed roots");
        let table = tables.after(lagging).expect("tables are kept that far");
        assert_eq!(header.executed.prices, table.digest(), "headers speak of agreed prices");
        let prices = tables.list(lagging, header.base_fee).expect("tables are kept that far");
        let environment = Environment::of(header, Arc::new(prices), limits);
        let executed = serial(&mut state, &environment, block.transactions());
        tables.push(block.transactions(), &executed.outcomes);
        assert_eq!(executed, committed.done.executed, "block {}: parallel equals serial", header.height);
        root = B256::from(trie.apply(&executed.writes.trie_updates()));
        assert_eq!(root, committed.state_root, "block {}", header.height);
        roots.push(root);
        burnt += executed.burnt;
        parent = block.as_parent();
    }
    let supply = workload.genesis.state().total_balance();
    assert_eq!(ended.pipeline.chain.state().total_balance() + burnt, supply, "supply is conserved");
    let rebuilt = ended.pipeline.blocks_rebuilt.load(std::sync::atomic::Ordering::Relaxed);
    assert_eq!(rebuilt, ended.blocks.len() as u64, "every block was rebuilt from shreds");
}

/// Runs these seeds and, for one of them, several numbers of threads; all must agree.
fn agree(workload: &Workload, limits: &Limits, seeds: std::ops::Range<u64>) {
    let scene = |seed| Scene { limits: limits.clone(), ..Scene::of(workload, seed) };
    let wanted = check(workload, &scene(seeds.start).simulate(seeds.start).0);
    for seed in seeds.clone().skip(1) {
        let (ended, _) = scene(seed).simulate(seed);
        assert_eq!(check(workload, &ended), wanted, "{} under seed {seed}", workload.spec.file_name());
    }
    for threads in [1, 2, 4] {
        let ended = scene(seeds.start).run_on(threads);
        assert_eq!(check(workload, &ended), wanted, "{} on {threads} threads", workload.spec.file_name());
    }
}

#[test]
fn the_same_pipeline_under_both_drivers_gives_the_same_set_of_results() {
    for workload in workloads() {
        agree(&workload, &Limits::tiny(CHAIN_ID), 0..20);
        agree(&workload, &dear_limits(), 20..30);
    }
}

/// `PELTON_FUZZ_SEED` and `PELTON_FUZZ_CASES` make it another campaign, or a shorter one; `enemies/fuzz` does.
#[test]
#[ignore = "takes minutes: many more seeds of the same"]
#[expect(clippy::disallowed_methods, reason = "whoever starts it says how long and with which seeds")]
fn the_same_pipeline_under_many_seeds_gives_the_same_set_of_results() {
    let from_environment =
        |name, or| std::env::var(name).map_or(or, |text| text.parse::<u64>().expect("a number"));
    let first = 1_000_000 * from_environment("PELTON_FUZZ_SEED", 1);
    let count = (from_environment("PELTON_FUZZ_CASES", 20_000) / 100).max(1);
    for workload in workloads() {
        agree(&workload, &Limits::tiny(CHAIN_ID), first..first + 2 * count);
        agree(&workload, &dear_limits(), first + 2 * count..first + 3 * count);
    }
}

#[test]
fn equal_seeds_give_equal_audit_hashes_and_different_seeds_different_ones() {
    for workload in workloads() {
        let audit = |seed| Scene { limits: dear_limits(), ..Scene::of(&workload, seed) }.simulate(seed).1;
        let audits: Vec<_> = (0..4).map(audit).collect();
        for (seed, first) in (0..).zip(&audits) {
            assert_eq!(audit(seed), *first, "{} under seed {seed}", workload.spec.file_name());
        }
        let distinct: BTreeSet<_> = audits.iter().map(|audit| audit.hash).collect();
        assert_eq!(distinct.len(), audits.len(), "{}", workload.spec.file_name());
    }
}

#[test]
fn equal_seeds_give_equal_blocks_also_when_the_base_fee_moves() {
    let workload = workload(Name::Mix, Scheme::Secp256k1, 200);
    let headers = |seed| -> Vec<Header> {
        let scene = Scene { limits: dear_limits(), ..Scene::of(&workload, seed) };
        scene.simulate(seed).0.blocks.iter().map(|block| *block.done.block.header()).collect()
    };
    for seed in 0..5 {
        let first = headers(seed);
        assert_eq!(first, headers(seed), "seed {seed}");
        let base_fees: BTreeSet<u64> = first.iter().map(|header| header.base_fee).collect();
        assert!(base_fees.len() > 10, "the base fee moved");
    }
}

/// How many transactions were predicted before their block's turn.
fn predicted(ended: &Ended) -> f64 {
    let mut samples = Samples::default();
    ended.pipeline.stages.iter().for_each(|stage| stage.observe(&mut samples));
    let of_metric = samples.iter().filter(|sample| sample.metric == &EXECUTION_PREDICTED);
    let number = |value: &Value| if let Value::Number(number) = value { *number } else { 0.0 };
    of_metric.map(|sample| number(&sample.value)).sum()
}

#[test]
fn blocks_that_are_looked_into_ahead_of_their_turn_come_out_as_serial_execution_has_them() {
    let spec = |pattern: &str| Spec {
        pattern: pattern.parse().expect("it is a pattern"),
        scheme: Scheme::Secp256k1,
        accounts: 40,
        transactions: 900,
        seed: 3,
    };
    for (pattern, is_open) in [("erc20:undeclared=1", true), ("erc20", false)] {
        let workload = generate(&spec(pattern), &|_| ());
        let scene = |threads| {
            let mut scene = Scene::of(&workload, 1);
            scene.limits = Limits { root_lag: 2, ..Limits::standard(CHAIN_ID) };
            scene.settings.threads = threads;
            // Long enough for blocks of some hundred.
            scene.settings.schedule.block_interval_ns = 100_000_000;
            scene
        };
        let few = scene(2).simulate(1).0;
        let wanted = check(&workload, &few);
        assert_eq!(predicted(&few), 0.0, "{pattern}: two threads have no time for it");
        let mut looked_into = 0.0;
        for ended in [scene(4).simulate(1).0, scene(4).simulate(2).0, scene(4).run_on(4)] {
            assert_eq!(check(&workload, &ended), wanted, "{pattern}");
            looked_into += predicted(&ended);
        }
        assert_eq!(looked_into > 0.0, is_open, "{pattern}: {looked_into} predicted");
    }
}
