//! Blocks in which nothing but wei moves, which are dealt out by account.

use std::cell::Cell;
use std::sync::Arc;

use alloy_primitives::{Address, Bytes, U256};
use pelton_engine::environment::{Environment, Fork};
use pelton_engine::execute::{Effort, Run};
use pelton_engine::executed::{Executed, Outcome};
use pelton_engine::plan::Plan;
use pelton_engine::reject::Reject;
use pelton_engine::state::State;
use pelton_engine::transaction::{Fields, Kind, Verified};

use super::transactions::{fields, verified};
use super::world::{
    BENEFICIARY, CODED, COUNTER, Dice, POOR, SENDERS, environment, genesis, payments, prices, sender,
};
use super::{check, receipt, run};

/// Runs a block by so many workers, one after the other.
fn by_workers(
    state: &State,
    environment: &Environment,
    block: &[Verified],
    workers: usize,
) -> (Executed, Effort) {
    let plan = Plan::new(state, environment.fork, environment.beneficiary, block.to_vec());
    let run = Run::new(plan, environment.clone(), workers);
    let started = run.start();
    let (waiting, mut ended) = (Cell::new(started), false);
    while waiting.get() > 0 {
        waiting.set(waiting.get() - 1);
        ended |= run.work(state, &|| waiting.set(waiting.get() + 1));
    }
    assert!(ended || started == 0, "somebody is the last one");
    let finished = run.finish(state);
    let effort = finished.effort();
    (finished.apply(&mut state.clone()), effort)
}

fn pay(from: Address, to: Address, value: u64, nonce: u64) -> Verified {
    let fields = Fields { nonce, gas_limit: 21_000, to: Some(to), value: U256::from(value), ..fields() };
    verified(&Fields { kind: Kind::DynamicFee, input: Bytes::new(), ..fields }, from)
}

#[test]
fn random_payments_are_the_same_however_they_are_dealt_out() {
    let (mut dealt_out, mut again, mut skipped, mut succeeded) = (0, 0, 0, 0);
    for seed in 0..150 {
        let mut dice = Dice(seed);
        let mut environment = environment(Fork::Osaka);
        if seed % 3 == 0 {
            environment.prices = Arc::new(prices(&mut dice, environment.base_fee));
        }
        let mut state = genesis().state();
        for round in 0..3 {
            let wild = [1_000, 30, 8][round];
            let block = payments(&mut dice, &state, wild);
            let (executed, effort) = by_workers(&state, &environment, &block, 1 + seed as usize % 7);
            let expected = check(&mut state, &environment, &block, &format!("seed {seed}, round {round}"));
            assert_eq!(executed, expected, "seed {seed}, round {round}");
            dealt_out += usize::from(effort.again == 0);
            again += usize::from(effort.again > 0);
            skipped += executed.outcomes.iter().filter(|outcome| outcome.receipt().is_none()).count();
            succeeded += executed.outcomes.iter().filter_map(Outcome::receipt).count();
        }
    }
    assert!(dealt_out > 100 && again > 50, "{dealt_out} dealt out, {again} again");
    assert!(skipped > 200 && succeeded > 5_000, "{skipped} skipped, {succeeded} succeeded");
}

#[test]
fn who_spends_what_came_in_the_same_block_is_paid_in_order() {
    let poor = sender(POOR);
    let block = [
        pay(poor, sender(1), 478_000_000, 0),
        pay(poor, sender(1), 1_000_000, 1),
        pay(sender(2), poor, 5_000_000, 0),
        pay(poor, sender(1), 1_000_000, 1),
    ];
    let (_, executed) = run(&block);
    assert_eq!(executed.outcomes[1], Outcome::Skipped(Reject::InsufficientFunds));
    assert_eq!(receipt(&executed, 3), (true, 21_000));
    let (again, effort) = by_workers(&genesis().state(), &environment(Fork::Osaka), &block, 3);
    assert_eq!((again, effort.again), (executed, block.len()));
}

#[test]
fn the_beneficiary_spends_the_tips_that_it_has_got_by_then() {
    let spends = |value| {
        let fields = pay(BENEFICIARY, sender(1), value, 0).fields().clone();
        verified(&Fields { max_fee_per_gas: 7, max_priority_fee_per_gas: 0, ..fields }, BENEFICIARY)
    };
    let block = [
        spends(0),
        pay(sender(0), sender(1), 7, 0),
        pay(sender(2), BENEFICIARY, 500_000, 0),
        spends(400_000),
        pay(sender(3), sender(1), 7, 0),
    ];
    let (state, executed) = run(&block);
    assert_eq!(executed.outcomes[0], Outcome::Skipped(Reject::InsufficientFunds));
    assert!(receipt(&executed, 3).0);
    let left = state.account(&BENEFICIARY).expect("it has tips").balance;
    let spent = U256::from(400_000) + executed.outcomes[3].receipt().expect("it ran").fee;
    assert_eq!(left, executed.tips + U256::from(500_000) - spent);
}

#[test]
fn payments_to_and_from_accounts_with_code_are_no_plain_payments() {
    for block in [
        vec![pay(sender(0), sender(1), 5, 0), pay(sender(1), sender(CODED), 5, 0)],
        vec![pay(sender(0), sender(1), 5, 0), pay(sender(CODED), sender(1), 5, 0)],
        vec![pay(sender(0), COUNTER, 0, 0), pay(sender(1), sender(2), 5, 0)],
    ] {
        let (_, executed) = run(&block);
        let (again, _) = by_workers(&genesis().state(), &environment(Fork::Osaka), &block, 3);
        assert_eq!(again, executed);
    }
}

#[test]
fn accounts_that_begin_alike_are_written_in_order() {
    let near = |last: u64| {
        let mut address = Address::repeat_byte(0x42);
        address.0[18..].copy_from_slice(&(last as u16).to_be_bytes());
        address
    };
    let mut dice = Dice(3);
    let block: Vec<Verified> = (0..SENDERS)
        .filter(|index| *index != CODED)
        .map(|index| pay(sender(index), near(dice.roll(300)), 5, 0))
        .collect();
    let (_, executed) = run(&block);
    assert_eq!(executed.outcomes.iter().filter_map(Outcome::receipt).count(), block.len());
}
