//! What a validator votes on blocks that somebody makes up.

use std::collections::VecDeque;
use std::sync::Arc;

use alloy_primitives::{Address, B256, Bytes, U256};
use parking_lot::Mutex;
use pelton_engine::block::{Block, Summary};
use pelton_engine::codec;
use pelton_engine::genesis::Genesis;
use pelton_engine::limits::Limits;
use pelton_engine::transaction::Verified;
use pelton_pipeline::clock::SimulatedClock;
use pelton_pipeline::driver::simulated::{self, SimulatedPool};
use pelton_pipeline::metrics::board::Board;
use pelton_pipeline::metrics::sample::Value;
use pelton_pipeline::metrics::{CONSENSUS_QUESTIONS, CONSENSUS_VERDICTS, Metric};
use pelton_pipeline::stages::agree::{Agreement, Answer, Question};
use pelton_workloads::{CHAIN_ID, Name, Scheme, Workload};

use super::{STEPS, limits, start_of, validator, workload};

/// Asks what it was told to, and keeps the votes.
#[derive(Clone, Default)]
pub struct Script(pub Arc<Mutex<VecDeque<Question>>>, pub Arc<Mutex<Vec<bool>>>);

impl Agreement for Script {
    fn next(&mut self) -> Option<Question> {
        self.0.lock().pop_front()
    }
}

impl Answer<bool> for Script {
    fn give(self: Box<Self>, is_valid: bool) {
        self.1.lock().push(is_valid);
    }

    fn is_over(&self) -> bool {
        false
    }
}

/// What one validator votes when it is asked about these blocks on top of genesis, one after the other. It counts that, and
/// what waits.
fn votes(genesis: &Genesis, blocks: &[Bytes], finals: &[Bytes]) -> Vec<bool> {
    let (clock, pool) = (Arc::new(SimulatedClock::default()), SimulatedPool::default());
    let script = Script::default();
    let start = start_of(genesis);
    let (_validator, stages) =
        validator(limits(2), start.parent, start, 0, Box::new(script.clone()), &clock, &pool);
    let (board, mut stages) = Board::watch(stages, Vec::new());
    for block in blocks {
        let (block, parent, answer) = (block.clone(), Bytes::new(), Box::new(script.clone()));
        script.0.lock().push_back(Question::Verify { block, parent, answer });
    }
    for block in finals {
        script.0.lock().push_back(Question::Final { block: block.clone(), done: Box::new(|| ()) });
    }
    simulated::run(&mut stages, &pool, &clock, 1, STEPS);
    board.ask();
    stages.iter_mut().for_each(|stage| {
        stage.turn(clock.as_ref());
    });
    let votes = script.1.lock().clone();
    let of = |is_good: bool| votes.iter().filter(|vote| **vote == is_good).count() as f64;
    let samples = board.samples();
    let counted = |metric: &Metric| -> Vec<(String, Value)> {
        let of_metric = samples.iter().filter(|sample| sample.metric == metric);
        of_metric.map(|sample| (sample.labels[0].clone(), sample.value.clone())).collect()
    };
    let number = |name: &str, value: f64| (name.to_owned(), Value::Number(value));
    assert_eq!(counted(&CONSENSUS_VERDICTS), [number("for", of(true)), number("against", of(false))]);
    let waiting = ["propose", "verify", "final"].map(|kind| number(kind, 0.0));
    assert_eq!(counted(&CONSENSUS_QUESTIONS), waiting);
    votes
}

/// An empty first block, whose header speaks of genesis as it was, or of what `lie` makes of it.
fn first_block(genesis: &Genesis, lie: impl Fn(&mut Summary)) -> Bytes {
    first_block_of(genesis, Vec::new(), lie)
}

pub fn first_block_of(genesis: &Genesis, transactions: Vec<Verified>, lie: impl Fn(&mut Summary)) -> Bytes {
    let limits = Limits::tiny(CHAIN_ID);
    let start = start_of(genesis);
    let mut executed = *start.summaries.last().expect("a chain stands at a block");
    lie(&mut executed);
    Block::seal(&start.parent, executed, Address::ZERO, 1, transactions, &limits).bytes().clone()
}

/// Two transactions that somebody sends one after the other.
pub fn pair() -> (Genesis, [Verified; 2]) {
    let Workload { genesis, transactions, senders, .. } = workload(Name::Transfers, Scheme::Ed25519);
    let verified = transactions.iter().zip(senders).map(|((wire, _), sender)| {
        Verified::new(codec::decode(wire.clone()).expect("it is well-formed"), sender)
    });
    let verified: Vec<Verified> = verified.collect();
    let of_nonce = |nonce: u64, sender: Address| {
        verified.iter().find(|one| (one.fields().nonce, one.sender()) == (nonce, sender))
    };
    let both =
        |one: &Verified| Some([of_nonce(0, one.sender())?.clone(), of_nonce(1, one.sender())?.clone()]);
    let both = verified.iter().find_map(both).expect("somebody sends twice");
    (genesis, both)
}

/// The same, where the sender owns a wei less than both of them can cost.
pub fn pair_too_dear() -> (Genesis, [Verified; 2]) {
    let (mut genesis, [first, second]) = pair();
    let cost = |one: &Verified| one.fields().cost_max().expect("it is bounded");
    let owns = cost(&first) + cost(&second) - U256::ONE;
    genesis.accounts.get_mut(&first.sender()).expect("it was rich").balance = owns;
    (genesis, [first, second])
}

#[test]
fn a_block_with_a_transaction_out_of_turn_or_that_nobody_can_pay_gets_no_vote() {
    let (genesis, [first, second]) = pair();
    let block = |genesis: &Genesis, holds: &[&Verified]| {
        first_block_of(genesis, holds.iter().map(|one| (*one).clone()).collect(), |_| ())
    };
    let good = [block(&genesis, &[&first]), block(&genesis, &[&first, &second])];
    assert_eq!(votes(&genesis, &good, &[]), [true; 2]);
    let bad = [
        block(&genesis, &[&second]),
        block(&genesis, &[&second, &first]),
        block(&genesis, &[&first, &first]),
    ];
    assert_eq!(votes(&genesis, &bad, &[]), [false; 3]);
    let (genesis, [first, second]) = pair_too_dear();
    let blocks = [block(&genesis, &[&first]), block(&genesis, &[&first, &second])];
    assert_eq!(votes(&genesis, &blocks, &[]), [true, false]);
}

#[test]
fn a_block_that_speaks_of_another_state_gets_no_vote() {
    let genesis = workload(Name::Transfers, Scheme::Ed25519).genesis;
    let honest = first_block(&genesis, |_| ());
    let lies = [
        first_block(&genesis, |executed| executed.state_root = B256::repeat_byte(1)),
        first_block(&genesis, |executed| executed.prices = B256::repeat_byte(1)),
        first_block(&genesis, |executed| executed.gas_used += 1),
    ];
    assert_eq!(votes(&genesis, std::slice::from_ref(&honest), &[]), [true]);
    assert_eq!(votes(&genesis, &lies, &[]), [false; 3]);
    // Somebody else's genesis.
    let mut other = genesis.clone();
    other.accounts.pop_first();
    assert_eq!(votes(&other, &[honest], &[]), [false]);
}

#[test]
#[should_panic(expected = "speaks of another block 0 than this validator has executed")]
fn a_final_block_that_speaks_of_another_state_stops_the_validator() {
    let genesis = workload(Name::Transfers, Scheme::Ed25519).genesis;
    let lie = first_block(&genesis, |executed| executed.state_root = B256::repeat_byte(1));
    votes(&genesis, &[], &[lie]);
}
