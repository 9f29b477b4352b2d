//! A validator that was started again, between others that never stopped.

use std::sync::Arc;

use alloy_primitives::Bytes;
use parking_lot::Mutex;
use pelton_engine::block::{Block, Summary};
use pelton_engine::limits::Limits;
use pelton_pipeline::clock::SimulatedClock;
use pelton_pipeline::driver::simulated::{self, SimulatedPool};
use pelton_pipeline::origin::Origin;
use pelton_pipeline::stages::agree::{Answer, Question};
use pelton_pipeline::stages::commit::Committed;
use pelton_pipeline::start::Start;
use pelton_pipeline::turn::Turnable;

use super::judged::{Script, first_block_of, pair_too_dear};
use super::{STEPS, Validator, limits, start_of, validator};

/// Keeps the block that was asked for.
#[derive(Clone, Default)]
struct Asked(Arc<Mutex<Option<Arc<Block>>>>);

impl Answer<Arc<Block>> for Asked {
    fn give(self: Box<Self>, block: Arc<Block>) {
        *self.0.lock() = Some(block);
    }

    fn is_over(&self) -> bool {
        false
    }
}

/// A validator alone with somebody who asks it.
pub struct Alone {
    validator: Validator,
    stages: Vec<Box<dyn Turnable>>,
    script: Script,
    clock: Arc<SimulatedClock>,
    pool: SimulatedPool,
}

impl Alone {
    fn new(below: &Start, start: Start) -> Alone {
        Alone::with(limits(2), below, start)
    }

    pub fn with(limits: Limits, below: &Start, start: Start) -> Alone {
        let (clock, pool) = (Arc::new(SimulatedClock::default()), SimulatedPool::default());
        let script = Script::default();
        let (validator, stages) =
            validator(limits, below.parent, start, 0, Box::new(script.clone()), &clock, &pool);
        Alone { validator, stages, script, clock, pool }
    }

    fn run(&mut self, question: Question) {
        self.script.0.lock().push_back(question);
        simulated::run(&mut self.stages, &self.pool, &self.clock, 1, STEPS);
    }

    pub fn finalize(&mut self, block: &Bytes) {
        self.run(Question::Final { block: block.clone(), done: Box::new(|| ()) });
    }

    pub fn propose(&mut self, parent: &Bytes) -> Arc<Block> {
        let asked = Asked::default();
        self.run(Question::Propose { parent: parent.clone(), answer: Box::new(asked.clone()) });
        asked.0.lock().take().expect("a block was made")
    }

    /// The vote, if there is one.
    fn vote_on(&mut self, block: &Bytes, parent: &Bytes) -> Option<bool> {
        let (block, parent, answer) = (block.clone(), parent.clone(), Box::new(self.script.clone()));
        self.run(Question::Verify { block, parent, answer });
        self.script.1.lock().pop()
    }

    fn votes_for(&mut self, block: &Bytes, parent: &Bytes) -> bool {
        self.vote_on(block, parent).expect("it has voted")
    }
}

/// Where a chain stands after its first block, as a disk would have kept it.
fn after(mut start: Start, committed: &Committed) -> Start {
    let Committed { done, state_root, tables } = committed;
    start.state.apply(&done.executed.writes);
    start.trie.apply(&done.executed.writes.trie_updates());
    let prices = tables.newest().digest();
    let (height, gas_used) = (done.block.header().height, done.executed.gas_used);
    start.summaries.push(Summary { height, gas_used, state_root: *state_root, prices });
    Start { parent: done.block.as_parent(), tables: tables.clone(), ..start }
}

#[test]
fn a_leader_that_was_started_again_makes_no_block_that_others_refuse() {
    let (genesis, [first, second]) = pair_too_dear();
    let mut standing = Alone::new(&start_of(&genesis), start_of(&genesis));
    let below = first_block_of(&genesis, vec![first], |_| ());
    standing.finalize(&below);
    let taken_up = after(start_of(&genesis), &standing.validator.blocks.lock()[0]);
    let mut again = Alone::new(&start_of(&genesis), taken_up);
    // By the state that it stands at, the sender can pay: what the first one cost is known there.
    let wire = second.transaction().wire().clone();
    again.validator.submitter.submit(wire, Origin::default()).expect("there is room");
    let block = again.propose(&below);
    assert_eq!(block.header().height, 2);
    assert!(standing.votes_for(block.bytes(), &below), "others judge by the state further below");
    // Once it has seen what is on its way, it fills blocks like any other.
    for one in [&mut standing, &mut again] {
        one.finalize(block.bytes());
    }
    let next = again.propose(block.bytes());
    assert_eq!(next.transactions().len(), 1);
    assert!(standing.votes_for(next.bytes(), block.bytes()));
}

#[test]
fn a_validator_that_was_started_again_votes_above_blocks_it_was_never_asked_about() {
    let (genesis, [first, _]) = pair_too_dear();
    // So far apart that all of them can be judged before any is executed.
    let alone = || Alone::with(limits(4), &start_of(&genesis), start_of(&genesis));
    let mut standing = alone();
    let mut chain = vec![first_block_of(&genesis, vec![first], |_| ())];
    for _ in 0..3 {
        let parent = chain.last().expect("there is a first one").clone();
        chain.push(standing.propose(&parent).bytes().clone());
    }
    let [first, second, third, fourth] = chain.try_into().expect("there are four");
    // None of them is final, and of the two in the middle nobody has asked in this life.
    let mut again = alone();
    assert_eq!(again.vote_on(&fourth, &third), None, "what lies between is not known");
    for block in [second, first] {
        again.run(Question::LiesBelow { block });
    }
    assert_eq!(again.vote_on(&fourth, &third), Some(true));
}
