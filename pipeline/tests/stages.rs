//! Stages, the turn around them and whole pipelines when something goes wrong.

#[path = "common/misdeeds.rs"]
mod misdeeds;
#[path = "common/world.rs"]
mod world;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use misdeeds::{Doubles, Gate, Gone, LateAndFailing, Loses, Outage, PanicsAt};
use parking_lot::Mutex;
use pelton_engine::block::{Parent, Summary};
use pelton_engine::codec;
use pelton_engine::genesis::{Genesis, GenesisAccount};
use pelton_engine::limits::Limits;
use pelton_engine::reject::Reject;
use pelton_engine::transaction::{Fields, Kind, Signature, Transaction, Verified};
use pelton_pipeline::batch::Batch;
use pelton_pipeline::chain::Chain;
use pelton_pipeline::clock::{Clock, SimulatedClock, WallClock};
use pelton_pipeline::datagrams::SimulatedDatagrams;
use pelton_pipeline::driver::simulated::{self, SimulatedPool};
use pelton_pipeline::driver::threads::Threads;
use pelton_pipeline::jobs::Pools;
use pelton_pipeline::ledger::Ledger;
use pelton_pipeline::link::Link;
use pelton_pipeline::meter::Regime;
use pelton_pipeline::stage::{Outbox, Stage};
use pelton_pipeline::stages::load::Rate;
use pelton_pipeline::stages::schedule::{Planned, Schedule};
use pelton_pipeline::stages::sink::Sink;
use pelton_pipeline::topology::{MakeVerifier, STAGES, Settings};
use pelton_pipeline::turn::{Runner, Turnable};
use pelton_workloads::encode::{Unsigned, authorize, sign};
use pelton_workloads::wallet::Account;
use pelton_workloads::{CHAIN_ID, Name, Scheme, Spec, Workload, generate};
use world::{Fate, STEPS_MAX, Scene, chunked};

fn numbers(range: std::ops::Range<u64>) -> Batch<u64> {
    range.map(|number| (number, 0)).collect()
}

/// A stage of numbers between two links.
fn runner<S>(stage: S, input: &Arc<Link<Batch<u64>>>, output: &Arc<Link<Batch<u64>>>) -> Runner<S>
where
    S: Stage<Input = Batch<u64>, Output = Batch<u64>>,
{
    Runner::new("mock", stage, input.clone(), output.clone(), Arc::new(Ledger::new(10)))
}

/// Gives five transactions to a stage and calls it once.
fn turn_once(stage: impl Stage<Input = Batch<u64>, Output = Batch<u64>>) {
    let (input, output) = (Arc::new(Link::new(1)), Arc::new(Link::new(9)));
    input.push(numbers(0..5)).expect("the link is empty");
    runner(stage, &input, &output).turn(&SimulatedClock::default());
}

#[test]
fn an_honest_stage_passes_the_check_that_the_next_two_fail() {
    turn_once(PanicsAt(5));
}

#[test]
#[should_panic(expected = "no transaction is lost without a reason")]
fn a_stage_that_loses_a_transaction_is_a_bug() {
    turn_once(Loses);
}

#[test]
#[should_panic(expected = "no transaction is lost without a reason")]
fn a_stage_that_doubles_a_transaction_is_a_bug() {
    turn_once(Doubles);
}

#[test]
fn a_blocked_stage_holds_everything_up_loses_nothing_and_its_time_adds_up() {
    let (clock, open) = (SimulatedClock::default(), Arc::new(AtomicBool::new(false)));
    let links: Vec<Arc<Link<Batch<u64>>>> =
        [100, 1, 1, 1].into_iter().map(|batches| Arc::new(Link::new(batches))).collect();
    for batch in 0..20 {
        links[0].push(numbers(5 * batch..5 * batch + 5)).expect("it has room for all");
    }
    links[0].close();
    let received = Arc::new(Mutex::new(Vec::new()));
    let receive = received.clone();
    let receive = Box::new(move |batch: Batch<u64>, _| receive.lock().extend_from_slice(batch.items()));
    let ledger = Arc::new(Ledger::new(10));
    let mut stages: Vec<Box<dyn Turnable>> = vec![
        Box::new(runner(PanicsAt(1_000), &links[0], &links[1])),
        Box::new(runner(PanicsAt(1_000), &links[1], &links[2])),
        Box::new(runner(Gate(open.clone()), &links[2], &links[3])),
        Box::new(Runner::new("sink", Sink::new(receive), links[3].clone(), Arc::new(Link::new(1)), ledger)),
    ];
    let turn_all = |stages: &mut [Box<dyn Turnable>]| {
        for stage in stages {
            clock.advance(7);
            stage.turn(&clock);
        }
    };
    (0..100).for_each(|_| turn_all(&mut stages));
    assert!(received.lock().is_empty());
    // One batch in each of the two links, and one in hand before each: the first stage is two ahead of the second.
    let passed: Vec<u64> = stages.iter().map(|stage| stage.meter().passed).collect();
    assert_eq!(passed, [20, 10, 0, 0], "no more was taken than there is room for");
    assert!(
        stages[0].meter().time_in(Regime::Blocked) > 2_000,
        "the first stage stood still most of the time"
    );
    assert!(stages[3].meter().time_in(Regime::Idle) > 2_000, "the last stage had nothing to do");
    open.store(true, Ordering::Relaxed);
    (0..100).for_each(|_| turn_all(&mut stages));
    assert_eq!(*received.lock(), (0..100).collect::<Vec<u64>>(), "all of it came, in order");
    assert!(stages.iter().all(|stage| stage.is_finished()));
    times_add_up(&mut stages, &clock);
}

/// Calls each stage once more, so that it has seen the present, and sums up.
fn times_add_up(stages: &mut [Box<dyn Turnable>], clock: &dyn Clock) {
    for stage in stages {
        stage.turn(clock);
        let whole: u64 = stage.meter().regime_ns.iter().sum();
        assert_eq!(whole, clock.now_ns(), "idle, busy and blocked are the whole time of {}", stage.name());
    }
}

fn workload(name: Name, scheme: Scheme) -> Workload {
    generate(&Spec { pattern: name.into(), scheme, accounts: 16, transactions: 200, seed: 5 }, &|_| ())
}

#[test]
fn in_a_whole_pipeline_the_times_of_every_stage_add_up() {
    let (clock, pool) = (Arc::new(SimulatedClock::default()), SimulatedPool::default());
    let scene = Scene::of(&workload(Name::Mix, Scheme::Ed25519), 1);
    let (mut pipeline, _) = scene.build(clock.clone(), Pools::one(Arc::new(pool.clone())));
    // Also in the middle of it.
    for steps in [1_000, STEPS_MAX] {
        simulated::run(&mut pipeline.stages, &pool, &clock, steps, steps);
        times_add_up(&mut pipeline.stages, clock.as_ref());
    }
}

/// A few people who sign with one scheme, of whom the first ones are rich.
struct Village {
    people: Vec<Account>,
    genesis: Genesis,
}

const ETHER: u64 = 1_000_000_000_000_000_000;
const FEE: u64 = 1_000_000_000;

impl Village {
    fn new(scheme: Scheme, people: u64, balances: &[u64]) -> Village {
        let people = Account::derive_all(9, scheme, 0..people);
        let mut genesis = Genesis::default();
        for (person, balance) in people.iter().zip(balances) {
            let account = GenesisAccount { balance: U256::from(*balance), ..GenesisAccount::default() };
            genesis.accounts.insert(person.address(), account);
        }
        Village { people, genesis }
    }

    fn address(&self, index: usize) -> Address {
        self.people[index].address()
    }

    fn fields(&self, nonce: u64, to: usize, value: u64) -> Fields {
        Fields {
            kind: match self.people[0].scheme() {
                Scheme::Ed25519 => Kind::Declared,
                Scheme::Secp256k1 => Kind::DynamicFee,
            },
            chain_id: Some(CHAIN_ID),
            nonce,
            gas_limit: 21_000,
            max_fee_per_gas: FEE.into(),
            max_priority_fee_per_gas: FEE.into(),
            max_contention_fee: 0,
            to: Some(self.address(to)),
            value: U256::from(value),
            input: Bytes::new(),
            reads: Vec::new(),
            writes: Vec::new(),
            authorizations: Vec::new(),
        }
    }

    fn pay(&self, from: usize, nonce: u64, to: usize, value: u64) -> Bytes {
        sign(&self.fields(nonce, to, value), &self.people[from])
    }

    /// The same payment under signatures that are none.
    fn forge(&self, from: usize, nonce: u64, to: usize, value: u64) -> Vec<Bytes> {
        let unsigned = Unsigned::new(&self.fields(nonce, to, value));
        let Signature::Ed25519 { rs, key } = self.people[from].sign(&unsigned.message(&self.people[from]))
        else {
            unreachable!("only villages that sign with ed25519 forge")
        };
        let forge = |byte: usize| {
            let mut rs = rs;
            rs[byte] ^= 1;
            unsigned.with(&Signature::Ed25519 { rs, key })
        };
        [0, 20, 32, 50].into_iter().map(forge).collect()
    }
}

#[test]
fn a_transaction_that_was_rejected_is_tried_again_when_it_is_sent_again() {
    let village = Village::new(Scheme::Ed25519, 3, &[ETHER]);
    let poor = village.pay(1, 0, 2, 1_000);
    // Twice turned away, then funded, then tried once more. Long pauses let each of them go all the way.
    let transactions =
        vec![poor.clone(), poor.clone(), village.pay(0, 0, 1, ETHER / 2), poor.clone(), poor.clone()];
    for seed in 0..20 {
        let scene = Scene::new(village.genesis.clone(), transactions.clone(), seed);
        let (ended, _) = Scene { rate: Rate::PerSecond(20.0), ..scene }.simulate(seed);
        let reasons = |name| {
            let stage = ended.pipeline.stages.iter().find(|stage| stage.name() == name);
            stage.expect("there is such a stage").meter().rejected.clone()
        };
        assert_eq!(ended.fates()[&keccak256(&poor)], Fate::Succeeded, "seed {seed}");
        assert_eq!(reasons("schedule"), [(Reject::InsufficientFunds, 2)].into(), "seed {seed}");
        assert_eq!(reasons("ingest"), [(Reject::Repeat, 1)].into(), "seed {seed}");
        assert_eq!(ended.executed() + ended.rejected(), 5);
    }
}

#[test]
fn a_forged_copy_never_shadows_the_real_one_and_is_checked_once() {
    let village = Village::new(Scheme::Ed25519, 2, &[ETHER, ETHER]);
    let mut transactions = Vec::new();
    for nonce in 0..10 {
        let (real, forged) = (village.pay(0, nonce, 1, 7), village.forge(0, nonce, 1, 7));
        transactions.extend_from_slice(&forged[..2]);
        transactions.push(real);
        transactions.extend_from_slice(&forged[2..]);
    }
    // The same forgeries once more, when it is known what they are.
    let last = village.forge(0, 9, 1, 7);
    for seed in 0..20 {
        let mut transactions = transactions.clone();
        transactions.extend_from_slice(&last);
        let scene = Scene::new(village.genesis.clone(), transactions, seed);
        let (ended, _) = Scene { rate: Rate::PerSecond(1_000.0), ..scene }.simulate(seed);
        assert_eq!(ended.executed(), 10, "seed {seed}");
        for (_, fate) in ended.fates() {
            assert!(matches!(fate, Fate::Succeeded | Fate::Rejected(Reject::BadSignature)), "seed {seed}");
        }
        let verify = &ended.pipeline.stages[2];
        assert_eq!((verify.name(), verify.meter().rejected_total()), ("verify", 40), "seed {seed}");
    }
}

#[test]
fn what_is_skipped_at_execution_is_accounted_for_and_its_sender_goes_on() {
    let village = Village::new(Scheme::Secp256k1, 3, &[ETHER, ETHER]);
    // The first one's transaction carries a delegation that uses the second one's first nonce, if it still can.
    let [first, second] = [&village.people[0], &village.people[1]];
    let authorization = authorize(U256::from(CHAIN_ID), village.address(2), 0, second);
    let delegates = Fields {
        kind: Kind::SetCode,
        gas_limit: 100_000,
        authorizations: vec![authorization],
        ..village.fields(0, 2, 1)
    };
    let mut transactions = vec![sign(&delegates, first)];
    transactions.extend((0..4).map(|nonce| village.pay(1, nonce, 2, 1)));
    let mut skipped = 0;
    for seed in 0..60 {
        let mut scene = Scene::new(village.genesis.clone(), transactions.clone(), seed);
        scene.settings.verify.batch_max = 1;
        scene.settings.schedule.block_interval_ns = 1_000;
        let (ended, _) = scene.simulate(seed);
        let stages = &ended.pipeline.stages;
        let execute = stages.iter().find(|stage| stage.name() == "execute").expect("there is such a stage");
        skipped += execute.meter().rejected_total();
        let fates: Vec<Fate> = transactions.iter().map(|wire| ended.fates()[&keccak256(wire)]).collect();
        assert!(matches!(fates[1], Fate::Succeeded | Fate::Rejected(Reject::StaleNonce)), "seed {seed}");
        let others = [fates[0], fates[2], fates[3], fates[4]];
        assert_eq!(others, [Fate::Succeeded; 4], "seed {seed}: {fates:?}");
        assert_eq!(ended.executed() + ended.rejected(), 5, "seed {seed}");
    }
    assert!(skipped > 0, "some seeds seal what another block spoils");
}

#[test]
fn a_late_and_failing_device_changes_nothing_but_time() {
    for workload in [workload(Name::Hostile, Scheme::Secp256k1), workload(Name::Hostile, Scheme::Ed25519)] {
        let (wanted, _) = Scene::of(&workload, 0).simulate(0);
        for seed in 0..10 {
            let verifier: MakeVerifier = Box::new(|spawn| Box::new(LateAndFailing::new(chunked(spawn), 2)));
            let (ended, _) = Scene { verifier, ..Scene::of(&workload, seed) }.simulate(seed);
            assert_eq!(ended.fates(), wanted.fates(), "seed {seed}");
            assert_eq!(ended.executed() + ended.rejected(), workload.transactions.len() as u64);
        }
    }
}

#[test]
fn a_device_that_never_answers_holds_transactions_and_does_not_hold_up_the_driver() {
    let workload = workload(Name::Transfers, Scheme::Ed25519);
    let verifier: MakeVerifier = Box::new(|_| Box::new(Gone::default()));
    let (clock, pool) = (Arc::new(SimulatedClock::default()), SimulatedPool::default());
    let scene = Scene { verifier, ..Scene::of(&workload, 0) };
    let (mut pipeline, _) = scene.build(clock.clone(), Pools::one(Arc::new(pool.clone())));
    let audit = simulated::run(&mut pipeline.stages, &pool, &clock, 0, 20_000);
    assert!(!audit.finished);
    let verify = pipeline.stages[2].meter();
    assert!(verify.held > 0 && verify.passed == 0 && verify.rejected_total() == 0, "a fault is no verdict");
}

#[test]
fn a_panicking_stage_stops_the_threads_instead_of_hanging_them() {
    for threads in [1, 2, 4] {
        let (input, output) = (Arc::new(Link::new(100)), Arc::new(Link::new(100)));
        for number in 0..50 {
            input.push(numbers(number..number + 1)).expect("it has room for all");
        }
        // The end of the input never comes, so only the panic can end this.
        let after = Arc::new(Link::new(100));
        let stages: Vec<Box<dyn Turnable>> = vec![
            Box::new(runner(PanicsAt(20), &input, &output)),
            Box::new(runner(PanicsAt(1_000), &output, &after)),
        ];
        let driver = Threads::start(threads).expect("the system has a few threads");
        let clock: Arc<dyn Clock> = Arc::new(WallClock::new());
        let run = || driver.run(stages, &clock, &AtomicBool::new(false));
        assert!(catch_unwind(AssertUnwindSafe(run)).is_err(), "the panic comes through on {threads} threads");
    }
}

#[test]
fn after_an_outage_of_the_wire_every_block_is_still_rebuilt() {
    let workload = workload(Name::Transfers, Scheme::Ed25519);
    for seed in 0..10 {
        // The first blocks are lost whole, and so are the first requests for repair.
        let (leader, follower) = SimulatedDatagrams::pair(seed, 100);
        let leader = Outage { inner: leader, lost: 40, tries: 0 };
        let follower = Outage { inner: follower, lost: 4, tries: 0 };
        let datagrams = (Box::new(leader) as _, Box::new(follower) as _);
        let (ended, _) = Scene { datagrams, ..Scene::of(&workload, seed) }.simulate(seed);
        assert_eq!(ended.executed(), 200, "seed {seed}");
        let rebuilt = ended.pipeline.blocks_rebuilt.load(Ordering::Relaxed);
        assert_eq!(rebuilt, ended.blocks.len() as u64, "seed {seed}");
    }
}

#[test]
fn a_pipeline_that_is_cut_anywhere_ends_and_accounts_for_every_transaction() {
    for workload in [workload(Name::Hostile, Scheme::Ed25519), workload(Name::Mix, Scheme::Secp256k1)] {
        let offered = workload.transactions.len() as u64;
        for stage in STAGES {
            let scene = |seed| Scene { until: Some(stage.to_owned()), ..Scene::of(&workload, seed) };
            for seed in 0..3 {
                let (ended, _) = scene(seed).simulate(seed);
                let out = ended.cut + ended.executed();
                assert_eq!(out + ended.rejected(), offered, "cut after {stage}, seed {seed}");
                assert!(out > 0, "cut after {stage}, seed {seed}");
            }
            let ended = scene(0).run_on(2);
            assert_eq!(ended.cut + ended.executed() + ended.rejected(), offered, "cut after {stage}");
        }
    }
}

#[test]
fn a_cut_pipeline_gives_up_what_waits_for_money_behind_what_it_never_settles() {
    // Enough for two payments and their gas at a time, of which no change ever comes back.
    let village = Village::new(Scheme::Ed25519, 2, &[2 * (ETHER / 10 + 21_000 * FEE)]);
    let transactions: Vec<Bytes> = (0..5).map(|nonce| village.pay(0, nonce, 1, ETHER / 10)).collect();
    for stage in ["schedule", "execute"] {
        let scene = Scene::new(village.genesis.clone(), transactions.clone(), 0);
        let (ended, _) = Scene { until: Some(stage.to_owned()), ..scene }.simulate(0);
        assert_eq!((ended.cut, ended.rejected()), (2, 3), "cut after {stage}");
    }
}

#[test]
#[should_panic(expected = "cut after one of its stages")]
fn a_cut_after_something_that_is_no_stage_is_a_bug() {
    let scene = Scene::new(Genesis::default(), Vec::new(), 0);
    Scene { until: Some("dedupe".to_owned()), ..scene }.simulate(0);
}

#[test]
fn a_pipeline_without_transactions_ends() {
    let (ended, _) = Scene::new(Genesis::default(), Vec::new(), 0).simulate(0);
    assert_eq!((ended.executed(), ended.rejected(), ended.blocks.len()), (0, 0, 0));
}

#[test]
fn empty_blocks_bring_the_base_fee_down_to_what_waits() {
    let planned = planned_of_dear(0);
    let sizes: Vec<usize> = planned.iter().map(|block| block.plan.transactions().len()).collect();
    assert_eq!(sizes.iter().sum::<usize>(), 1, "the transaction is planned once it can pay");
    assert!(sizes.len() > 1 && sizes.last() == Some(&1));
    assert!(planned.is_sorted_by(|a, b| a.base_fee > b.base_fee), "every empty block lowers the base fee");
}

#[test]
fn what_waits_for_another_transaction_makes_no_empty_blocks() {
    assert!(planned_of_dear(1).is_empty(), "no block brings the missing one");
}

/// What is planned of the first transaction with this nonce, where the base fee is four times what it offers.
fn planned_of_dear(nonce: u64) -> Vec<Planned> {
    let limits = Limits { root_lag: 1, ..Limits::tiny(CHAIN_ID) };
    let workload = workload(Name::Transfers, Scheme::Ed25519);
    let decoded = workload
        .transactions
        .iter()
        .map(|(wire, _)| codec::decode(wire.clone()).expect("a good transaction"));
    let transaction = decoded.into_iter().find(|one| one.fields().nonce == nonce).expect("somebody has one");
    let sender = *workload
        .genesis
        .accounts
        .keys()
        .find(|address| signed_by(&transaction, address))
        .expect("it is funded");
    let base_fee = 4 * u64::try_from(transaction.fields().max_fee_per_gas).expect("it is some gwei");
    let summary = |height| Summary { height, gas_used: 0, state_root: B256::ZERO, prices: B256::ZERO };
    let chain = Arc::new(Chain::new(limits.clone(), workload.genesis.state(), summary(0), false));
    let parent = Parent { base_fee, ..Parent::genesis(B256::ZERO, &limits) };
    let mut schedule = Schedule::new(Settings::tiny().schedule, chain.clone(), parent);

    let mut outbox = Outbox::at(0, 0);
    schedule.take([(Verified::new(transaction, sender), 0)].into_iter().collect(), &mut outbox);
    let mut planned = Vec::new();
    for height in 1..100 {
        let mut outbox = Outbox::at(height * 10_000_000, 0);
        schedule.poll(&mut outbox);
        let blocks = outbox.into_passed();
        if !blocks.is_empty() {
            chain.push_outcomes(&[], &[]);
            chain.push_summary(summary(planned.len() as u64 + 1));
        }
        planned.extend(blocks);
        if schedule.held() == 0 {
            break;
        }
    }
    planned
}

/// Whether the key in a declared transaction is the one of this account.
fn signed_by(transaction: &Transaction, address: &Address) -> bool {
    let Signature::Ed25519 { key, .. } = transaction.signature() else { panic!("a declared transaction") };
    pelton_kernels::address::of_ed25519(key) == address.0.0
}
