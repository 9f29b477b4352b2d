//! Several validators' pipelines and a consensus between them that does what it may: it lets views pass without a block,
//! drops blocks that were made, and says late that a block is final. All on one thread, in an order drawn from a seed.

mod again;
mod judged;
mod restarted;

use std::collections::{BTreeSet, VecDeque};
use std::num::NonZeroUsize;
use std::sync::Arc;

use alloy_primitives::{Address, B256, Bytes};
use parking_lot::Mutex;
use pelton_engine::block::{Block, Parent};
use pelton_engine::genesis::Genesis;
use pelton_engine::limits::Limits;
use pelton_kernels::{Chunked, Spawn, Verifier, open};
use pelton_pipeline::clock::SimulatedClock;
use pelton_pipeline::driver::simulated::{self, SimulatedPool};
use pelton_pipeline::jobs::Pools;
use pelton_pipeline::ledger::Ledger;
use pelton_pipeline::origin::Origin;
use pelton_pipeline::room::Room;
use pelton_pipeline::stages::agree::{Agreement, Answer, Question};
use pelton_pipeline::stages::commit::Committed;
use pelton_pipeline::stages::intake::{Submitter, door};
use pelton_pipeline::start::Start;
use pelton_pipeline::topology::validator::{Peers, build_validator};
use pelton_pipeline::topology::{Input, MakeVerifier, Run, Settings};
use pelton_pipeline::turn::Turnable;
use pelton_workloads::{CHAIN_ID, Name, Scheme, Spec, Workload, generate};

const VALIDATORS: usize = 3;
const STEPS: u64 = 40_000;
const ROUNDS_MAX: usize = 200;

/// Consensus between them, as one place that all look at.
#[derive(Default)]
struct Council {
    questions: Vec<VecDeque<Question>>,
    view: usize,
    /// The newest block that has all votes, and those up to it that were not said to be final.
    tip: Bytes,
    undecided: Vec<Bytes>,
    proposed: Option<Bytes>,
    votes: usize,
    asked: bool,
    dropped: usize,
}

type Shared = Arc<Mutex<Council>>;

impl Council {
    /// Goes on if it is time for it.
    fn step(&mut self, me: &Shared) {
        if !self.asked {
            self.asked = true;
            let leader = self.view % VALIDATORS;
            let answer = Box::new(ToCouncil(me.clone(), self.view));
            self.questions[leader].push_back(Question::Propose { parent: self.tip.clone(), answer });
        }
        if self.votes == VALIDATORS - 1 {
            let block = self.proposed.take().expect("it was voted on");
            self.tip = block.clone();
            self.undecided.push(block);
            // Now and then a block has all votes and is final only with a later one.
            if !self.view.is_multiple_of(3) {
                for block in std::mem::take(&mut self.undecided) {
                    for questions in &mut self.questions {
                        questions.push_back(Question::Final { block: block.clone(), done: Box::new(|| ()) });
                    }
                }
            }
            self.next_view();
        }
    }

    fn next_view(&mut self) {
        self.view += 1;
        (self.votes, self.asked, self.proposed) = (0, false, None);
    }
}

/// One validator's chair.
struct Chair(Shared, usize);

impl Agreement for Chair {
    fn next(&mut self) -> Option<Question> {
        let mut council = self.0.lock();
        council.step(&self.0);
        council.questions[self.1].pop_front()
    }
}

/// Takes the answers of a view to the council.
struct ToCouncil(Shared, usize);

impl Answer<Arc<Block>> for ToCouncil {
    fn give(self: Box<Self>, block: Arc<Block>) {
        let mut council = self.0.lock();
        assert_eq!(council.view, self.1, "a leader answers for its view");
        // Every fifth block is lost with its maker: nobody else hears of it.
        if self.1 % 5 == 4 {
            council.dropped += 1;
            return council.next_view();
        }
        council.proposed = Some(block.bytes().clone());
        let (leader, parent) = (self.1 % VALIDATORS, council.tip.clone());
        for other in (0..VALIDATORS).filter(|other| *other != leader) {
            let answer = Box::new(ToCouncil(self.0.clone(), self.1));
            let (block, parent) = (block.bytes().clone(), parent.clone());
            council.questions[other].push_back(Question::Verify { block, parent, answer });
        }
    }

    fn is_over(&self) -> bool {
        self.0.lock().view != self.1
    }
}

impl Answer<bool> for ToCouncil {
    fn give(self: Box<Self>, is_valid: bool) {
        let mut council = self.0.lock();
        assert!(is_valid, "honest validators make good blocks");
        council.votes += 1;
    }

    fn is_over(&self) -> bool {
        self.0.lock().view != self.1
    }
}

/// A chain of tiny limits at its genesis.
fn start_of(genesis: &Genesis) -> Start {
    Start::genesis(genesis, &Limits::tiny(CHAIN_ID))
}

/// A validator that is being driven.
struct Validator {
    submitter: Submitter,
    ledger: Arc<Ledger>,
    blocks: Arc<Mutex<Vec<Committed>>>,
}

fn verifier() -> MakeVerifier {
    Box::new(|spawn: Arc<dyn Spawn>| -> Box<dyn Verifier> {
        let backend = open("cpu", [3; 32]).expect("every machine has a processor");
        let in_flight_max = NonZeroUsize::new(3).expect("not zero");
        Box::new(Chunked::new(
            backend,
            spawn,
            pelton_kernels::Settings { in_flight_max, ..Default::default() },
        ))
    })
}

/// Limits of small blocks, each of which speaks of the block so far below.
fn limits(root_lag: u64) -> Limits {
    Limits { root_lag, ..Limits::tiny(CHAIN_ID) }
}

fn validator(
    limits: Limits,
    below: Parent,
    start: Start,
    index: usize,
    agreement: Box<dyn Agreement>,
    clock: &Arc<SimulatedClock>,
    pool: &SimulatedPool,
) -> (Validator, Vec<Box<dyn Turnable>>) {
    let mut settings = Settings::tiny();
    settings.schedule.beneficiary = Address::repeat_byte(0xb0 + index as u8);
    let peers = Peers {
        clock: clock.clone(),
        pools: Pools::one(Arc::new(pool.clone())),
        verifier: verifier(),
        examiner: verifier(),
        agreement,
        genesis: below,
        empty_after_ns: 5_000_000,
    };
    let (submitter, entrance) = door(Room { transactions: 1 << 12, bytes: 64 << 20 }, clock.clone());
    let blocks = Arc::<Mutex<Vec<Committed>>>::default();
    let collected = blocks.clone();
    let run = Run {
        input: Input::Door(entrance),
        until: None,
        on_commit: Box::new(move |block, _| collected.lock().push(block)),
        on_cut: Box::new(|_, _| ()),
        watch: None,
    };
    let pipeline = build_validator(&settings, limits, start, None, peers, run);
    (Validator { submitter, ledger: pipeline.ledger, blocks }, pipeline.stages)
}

fn workload(name: Name, scheme: Scheme) -> Workload {
    generate(&Spec { pattern: name.into(), scheme, accounts: 24, transactions: 200, seed: 11 }, &|_| ())
}

/// Runs a workload, of which each validator but the last is handed everything, until each transaction has its fate: if it
/// is plain, that it is executed.
fn check(workload: &Workload, is_plain: bool, seed: u64) -> usize {
    let council: Shared = Arc::default();
    council.lock().questions.resize_with(VALIDATORS, VecDeque::new);
    let (clock, pool) = (Arc::new(SimulatedClock::default()), SimulatedPool::default());
    let (mut validators, mut stages) = (Vec::new(), Vec::new());
    for index in 0..VALIDATORS {
        let chair = Box::new(Chair(council.clone(), index));
        let start = start_of(&workload.genesis);
        let (validator, own) = validator(limits(2), start.parent, start, index, chair, &clock, &pool);
        validators.push(validator);
        stages.extend(own);
    }
    for (wire, _) in &workload.transactions {
        for validator in &validators[..VALIDATORS - 1] {
            validator.submitter.submit(wire.clone(), Origin::default()).expect("there is room");
        }
    }
    let wanted: BTreeSet<B256> =
        workload.transactions.iter().map(|(wire, _)| alloy_primitives::keccak256(wire)).collect();
    for round in 0.. {
        assert!(round < ROUNDS_MAX, "seed {seed}: a transaction has no fate");
        simulated::run(&mut stages, &pool, &clock, seed + round as u64, STEPS);
        let first = (!is_plain).then_some(&validators[0]);
        if validators.iter().all(|validator| has_all(validator, first, &wanted)) {
            break;
        }
    }
    same_chain(&validators);
    council.lock().dropped
}

/// Whether this validator has executed everything that is wanted, or the first one has turned it away.
fn has_all(validator: &Validator, first: Option<&Validator>, wanted: &BTreeSet<B256>) -> bool {
    let blocks = validator.blocks.lock();
    let outcomes = blocks.iter().flat_map(|block| &block.done.executed.outcomes);
    let executed: BTreeSet<B256> = outcomes.filter_map(|outcome| Some(outcome.receipt()?.id)).collect();
    let is_rejected = |id| first.is_some_and(|first| first.ledger.rejection(id).is_some());
    wanted.iter().all(|id| executed.contains(id) || is_rejected(id))
}

/// That all have the same blocks and the same states after them, and none executed anything twice.
fn same_chain(validators: &[Validator]) {
    let chains: Vec<Vec<(B256, B256)>> = validators
        .iter()
        .map(|validator| {
            let blocks = validator.blocks.lock();
            blocks.iter().map(|block| (block.done.block.id(), block.state_root)).collect()
        })
        .collect();
    let common = chains.iter().map(Vec::len).min().expect("there are validators");
    assert!(chains.iter().all(|chain| chain[..common] == chains[0][..common]));
    let mut seen = BTreeSet::new();
    let blocks = validators[0].blocks.lock();
    for receipt in blocks.iter().flat_map(|b| &b.done.executed.outcomes).filter_map(|o| o.receipt()) {
        assert!(seen.insert(receipt.id), "{} was executed twice", receipt.id);
    }
}

#[test]
fn validators_have_one_chain_and_every_transaction_its_fate_though_blocks_are_lost() {
    for (name, scheme, is_plain) in
        [(Name::Transfers, Scheme::Ed25519, true), (Name::Mix, Scheme::Secp256k1, false)]
    {
        let workload = workload(name, scheme);
        let dropped: usize = (1..=3).map(|seed| check(&workload, is_plain, seed * 1_000)).sum();
        assert!(dropped > 3, "some blocks with transactions were lost on the way");
    }
}
