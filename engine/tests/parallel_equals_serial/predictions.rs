//! Predictions, right and wrong, and that they change nothing but who runs beside whom.

use alloy_primitives::{Address, U256};
use pelton_engine::environment::{Environment, Fork};
use pelton_engine::execute::Run;
use pelton_engine::plan::Plan;
use pelton_engine::prediction::Prediction;
use pelton_engine::state::State;
use pelton_engine::transaction::{Fields, Kind, Verified};

use super::transactions::verified;
use super::world::{Dice, Mix, block, environment, genesis};

pub type Predictions = Vec<Option<Prediction>>;

pub fn predicted(state: &State, environment: &Environment, block: &[Verified], given: &Predictions) -> Plan {
    Plan::predicted(state, environment.fork, environment.beneficiary, block.to_vec(), given)
}

/// Right predictions, and predictions that are wrong in all ways.
pub fn predictions(
    state: &State,
    environment: &Environment,
    block: &[Verified],
) -> [(&'static str, Predictions); 6] {
    let right = Prediction::of_block(state, environment, block);
    let each = |change: fn(&mut Prediction)| {
        let mut all = right.clone();
        all.iter_mut().flatten().for_each(change);
        all
    };
    let mut neighbours = right.clone();
    neighbours.rotate_right(1.min(block.len()));
    let poor = Prediction::of_block(&State::default(), environment, block);
    let forgets = each(|prediction| {
        prediction.slots.pop();
        prediction.accounts.pop();
    });
    let reads = each(|prediction| prediction.slots.iter_mut().for_each(|slot| slot.2 = false));
    let nothing = vec![Some(Prediction::default()); block.len()];
    [
        ("as they should be", right),
        ("of the neighbours", neighbours),
        ("from another state", poor),
        ("that forget", forgets),
        ("that take writes for reads", reads),
        ("of nothing", nothing),
    ]
}

#[test]
fn blocks_of_right_predictions_run_beside_each_other_and_keep_their_order() {
    let environment = environment(Fork::Osaka);
    let (mut alone, mut transactions) = (0, 0);
    for seed in 800..840 {
        let state = genesis().state();
        let mix = Mix { transactions: 40, senders: 200, copies: 8, wild: 1_000, fork: Fork::Osaka };
        let block = block(&mut Dice(seed), &state, mix);
        // Stripped of its lists, a transaction says nothing of the slots that it touches.
        let strip = |one: &Verified| {
            let fields =
                Fields { kind: Kind::DynamicFee, reads: vec![], writes: vec![], ..one.fields().clone() };
            let max_contention_fee = 0;
            let max_priority_fee_per_gas = fields.max_priority_fee_per_gas.min(fields.max_fee_per_gas);
            verified(&Fields { max_contention_fee, max_priority_fee_per_gas, ..fields }, one.sender())
        };
        let block: Vec<Verified> = block.iter().map(strip).collect();
        let predictions = Prediction::of_block(&state, &environment, &block);
        let mut plan = predicted(&state, &environment, &block, &predictions);
        in_order(&mut plan, &block, &predictions);
        let run = Run::new(plan, environment.clone(), 1);
        assert!(
            run.start() == 0 || run.work(&state, &|| unreachable!("there is no other")),
            "it is the last one"
        );
        alone += run.finish(&state).effort().alone;
        transactions += block.len();
    }
    assert!(transactions > 400 && alone * 50 < transactions, "{alone} of {transactions}");
}

/// Whoever changes a slot has its place in the block among all that touch it.
fn in_order(plan: &mut Plan, block: &[Verified], predictions: &Predictions) {
    let order = plan.order();
    let place = |position: usize| order.iter().position(|one| *one as usize == position);
    let touches = |position: usize| predictions[position].iter().flat_map(|prediction| &prediction.slots);
    for later in 0..block.len() {
        for earlier in 0..later {
            let meets = touches(later).any(|(address, slot, changes)| {
                let same = |one: &&(Address, U256, bool)| one.0 == *address && one.1 == *slot;
                touches(earlier).find(same).is_some_and(|one| one.2 || *changes)
            });
            let is_one_sender = block[earlier].sender() == block[later].sender();
            if let (true, Some(first), Some(second)) = (meets || is_one_sender, place(earlier), place(later))
            {
                assert!(first < second, "{earlier} before {later}");
            }
        }
    }
}
