//! The parallel executor does what the serial one does, on any block and any number of workers.

#[path = "parallel_equals_serial/campaign.rs"]
mod campaign;
#[path = "parallel_equals_serial/parts.rs"]
mod parts;
#[path = "parallel_equals_serial/payments.rs"]
mod payments;
#[path = "parallel_equals_serial/predictions.rs"]
mod predictions;
#[path = "parallel_equals_serial/transactions.rs"]
mod transactions;
#[path = "parallel_equals_serial/world.rs"]
mod world;

use std::sync::Arc;

use alloy_primitives::{Address, Bytes, U256, keccak256};
use pelton_engine::checks::intrinsic_gas;
use pelton_engine::environment::{Environment, Fork};
use pelton_engine::execute::{Effort, HashMany, Run, execute};
use pelton_engine::executed::{Executed, Outcome};
use pelton_engine::plan::Plan;
use pelton_engine::reject::Reject;
use pelton_engine::serial::serial;
use pelton_engine::state::State;
use pelton_engine::transaction::{Fields, Kind, Verified};
use pelton_engine::trie::Trie;

use parts::{authority, authorization, listed};
use predictions::{predicted, predictions};
use transactions::{CHAIN, fields, verified};
use world::{
    BALANCE_READER, BENEFICIARY, BURNER, CALLER, CODED, COUNTER, DESTRUCTIBLE, Dice, FEE_READER, Mix, POOR,
    block, environment, genesis, hidden_conflicts, prices, sender, word, words,
};

/// Runs a block in all ways, compares them, and leaves the state as it is afterwards.
fn check(state: &mut State, environment: &Environment, block: &[Verified], name: &str) -> Executed {
    let before = state.clone();
    let expected = serial(state, environment, block);
    for threads in [1, 2, 3, 8] {
        let mut parallel = before.clone();
        // The plan may know an older state.
        let known = if threads == 3 { &State::default() } else { &before };
        let plan = Plan::new(known, environment.fork, environment.beneficiary, block.to_vec());
        let executed = execute(&mut parallel, environment, plan, threads);
        assert_eq!(executed, expected, "{name}, {threads} threads");
        assert_eq!(&parallel, state, "{name}, {threads} threads");
    }
    let (alone, _) = by_one_worker(&before, environment, block);
    assert_eq!(alone, expected, "{name}, one worker");
    for (what, predictions) in predictions(&before, environment, block) {
        let threads = 1 + block.len() % 3;
        let mut parallel = before.clone();
        let plan = predicted(&before, environment, block, &predictions);
        let executed = execute(&mut parallel, environment, plan, threads);
        assert_eq!(executed, expected, "{name}, predictions {what}, {threads} threads");
        assert_eq!(&parallel, state, "{name}, predictions {what}, {threads} threads");
    }
    let (supply, left) = (before.total_balance(), state.total_balance());
    assert_eq!(supply, left + expected.burnt, "{name}: no wei is lost or made");
    let paid: U256 = expected.outcomes.iter().filter_map(Outcome::receipt).map(|receipt| receipt.fee).sum();
    assert_eq!(paid, expected.burnt + expected.tips, "{name}: fees are burnt or paid");
    let writes = &expected.writes;
    let ascending =
        writes.accounts.is_sorted_by(|a, b| a.0 < b.0) && writes.slots.is_sorted_by(|a, b| a.0 < b.0);
    assert!(ascending, "{name}: each key stands once, in order");
    expected
}

/// Runs a block by one worker, in another order than the block's where that is allowed.
fn by_one_worker(state: &State, environment: &Environment, block: &[Verified]) -> (Executed, Effort) {
    let plan = Plan::new(state, environment.fork, environment.beneficiary, block.to_vec());
    let hash_many = HashMany::new(|inputs, out| out.extend(inputs.iter().map(|input| keccak256(input).0)));
    let run = Run::new(plan, environment.clone(), 1).hashing(hash_many);
    assert!(run.start() == 0 || run.work(state, &|| unreachable!("there is no other")), "it is the last one");
    let finished = run.finish(state);
    let effort = finished.effort();
    (finished.apply(&mut state.clone()), effort)
}

fn run(block: &[Verified]) -> (State, Executed) {
    let mut state = genesis().state();
    let executed = check(&mut state, &environment(Fork::Osaka), block, "a block by hand");
    (state, executed)
}

fn receipt(executed: &Executed, index: usize) -> (bool, u64) {
    let receipt = executed.outcomes[index].receipt().expect("it ran");
    (receipt.success, receipt.gas_used)
}

fn call(kind: Kind, to: Address, input: Bytes) -> Fields {
    Fields { kind, to: Some(to), input, ..fields() }
}

/// What happened in many blocks, so that a test can tell that it tested something.
#[derive(Debug, Default)]
struct Tally {
    transactions: usize,
    /// They wait for no other.
    independent: usize,
    /// They ran alone.
    alone: usize,
    /// Blocks that had to run once more.
    again: u64,
    succeeded: u64,
    failed: u64,
    skipped: u64,
    /// Wei that hot keys cost.
    contention: U256,
    /// Skipped because they would not pay that.
    unpriced: u64,
}

fn many_blocks(seeds: std::ops::Range<u64>, mix: Mix) -> Tally {
    let mut tally = Tally::default();
    for seed in seeds {
        let mut dice = Dice(seed);
        let mut environment = environment(mix.fork);
        if mix.fork == Fork::OWN && seed % 2 == 1 {
            environment.prices = Arc::new(prices(&mut dice, environment.base_fee));
        }
        let mut state = genesis().state();
        let mut trie = Trie::new();
        trie.apply(&genesis().writes().trie_updates());
        for round in 0..4 {
            let block = block(&mut dice, &state, mix);
            let plan = Plan::new(&state, mix.fork, environment.beneficiary, block.clone());
            let (_, effort) = by_one_worker(&state, &environment, &block);
            tally.transactions += block.len();
            tally.independent += plan.independent();
            tally.alone += effort.alone;
            tally.again += u64::from(effort.again > 0);
            let executed = check(&mut state, &environment, &block, &format!("seed {seed}, round {round}"));
            for outcome in &executed.outcomes {
                tally.contention += outcome.receipt().map_or(U256::ZERO, |receipt| receipt.contention_fee);
                tally.unpriced += u64::from(*outcome == Outcome::Skipped(Reject::ContentionFeeTooLow));
                match outcome.receipt() {
                    Some(receipt) if receipt.success => tally.succeeded += 1,
                    Some(_) => tally.failed += 1,
                    None => tally.skipped += 1,
                }
            }
            let root = trie.apply(&executed.writes.trie_updates());
            let whole = Trie::new().apply(&state.writes().trie_updates());
            assert_eq!(root, whole, "seed {seed}, round {round}: the writes are all that changed");
        }
    }
    tally
}

#[test]
fn blocks_of_right_declarations_run_beside_each_other() {
    let tally =
        many_blocks(0..40, Mix { transactions: 40, senders: 200, copies: 8, wild: 1_000, fork: Fork::Osaka });
    assert!(tally.transactions > 20 * tally.alone && tally.transactions < 2 * tally.independent, "{tally:?}");
    assert!(tally.succeeded > 10 * tally.failed, "{tally:?}");
}

#[test]
fn blocks_with_some_wild_transactions_are_repaired() {
    let tally =
        many_blocks(100..200, Mix { transactions: 30, senders: 100, copies: 8, wild: 12, fork: Fork::Osaka });
    assert!(tally.again > 20 && tally.alone > 100 && tally.independent > 1_000, "{tally:?}");
    assert!(tally.contention > U256::from(1_000_000u64) && tally.unpriced > 20, "{tally:?}");
    assert!(tally.failed > 80 && tally.skipped > 50 && tally.succeeded > 1_000, "{tally:?}");
}

#[test]
fn blocks_of_wild_transactions_alone_are_repaired() {
    let tally =
        many_blocks(400..500, Mix { transactions: 25, senders: 20, copies: 2, wild: 1, fork: Fork::Osaka });
    assert!(tally.again > 20 && tally.skipped > 100 && tally.failed > 100, "{tally:?}");
}

#[test]
fn older_rules_are_the_same_in_parallel() {
    for fork in [Fork::Frontier, Fork::Byzantium, Fork::Berlin, Fork::London, Fork::Shanghai, Fork::Cancun] {
        let tally = many_blocks(700..715, Mix { transactions: 20, senders: 30, copies: 4, wild: 3, fork });
        assert!(tally.succeeded > 50, "{fork:?}: {tally:?}");
    }
}

#[test]
fn conflicts_that_no_list_tells_of_are_found_out() {
    let environment = environment(Fork::Osaka);
    let mut again = 0;
    for seed in 0..300 {
        let mut state = genesis().state();
        let block = hidden_conflicts(&mut Dice(seed), &state);
        let (_, effort) = by_one_worker(&state, &environment, &block);
        again += u32::from(effort.again > 0);
        check(&mut state, &environment, &block, &format!("seed {seed}"));
    }
    assert!(again > 100 && again < 300, "{again}");
}

#[test]
fn an_empty_block_changes_nothing() {
    let (state, executed) = run(&[]);
    assert_eq!(executed, Executed::default());
    assert_eq!(state, genesis().state());
}

#[test]
fn genesis_is_what_its_writes_say() {
    assert_eq!(genesis().state().writes(), genesis().writes());
}

#[test]
fn a_transfer_pays_all_three() {
    let transfer = Fields { value: U256::from(5), ..call(Kind::DynamicFee, sender(1), Bytes::new()) };
    let (state, executed) = run(&[verified(&transfer, sender(0))]);
    assert_eq!(receipt(&executed, 0), (true, 21_000));
    assert_eq!((executed.burnt, executed.tips), (U256::from(7 * 21_000), U256::from(3 * 21_000)));
    let before = genesis().state();
    let balance = |state: &State, address| state.account(&address).unwrap().balance;
    assert_eq!(balance(&state, sender(0)) + U256::from(5 + 210_000), balance(&before, sender(0)));
    assert_eq!(balance(&state, sender(1)), balance(&before, sender(1)) + U256::from(5));
    assert_eq!(balance(&state, BENEFICIARY), executed.tips);
}

#[test]
fn an_undeclared_touch_costs_the_whole_gas_limit_and_does_nothing_else() {
    let silent = Fields { value: U256::from(9), ..call(Kind::Declared, CALLER, words(&[word(COUNTER)])) };
    let (state, executed) = run(&[verified(&silent, sender(0))]);
    assert_eq!(receipt(&executed, 0), (false, 300_000));
    assert_eq!(state.account(&sender(0)).unwrap().nonce, 1);
    assert_eq!(state.account(&CALLER), genesis().state().account(&CALLER));
    assert_eq!(executed.writes.slots, []);
    let told = Fields { writes: vec![listed(COUNTER, &[0])], ..silent };
    let (state, executed) = run(&[verified(&told, sender(0))]);
    assert!(receipt(&executed, 0).0);
    assert_eq!(state.slot(&COUNTER, &U256::ZERO), U256::from(1));
}

#[test]
fn a_declared_read_is_no_permission_to_write() {
    let caller = Fields {
        writes: vec![listed(CALLER, &[0])],
        ..call(Kind::Declared, CALLER, words(&[word(COUNTER)]))
    };
    let reads = Fields { reads: vec![listed(COUNTER, &[0])], ..caller.clone() };
    let (_, executed) = run(&[verified(&reads, sender(0))]);
    assert_eq!(receipt(&executed, 0), (false, 300_000));
    // Paying an account changes it, though only its balance.
    let input = words(&[word(sender(5)), U256::from(1)]);
    let pays = Fields { reads: vec![listed(sender(5), &[])], input, ..caller };
    let (_, executed) = run(&[verified(&pays, sender(0))]);
    assert_eq!(receipt(&executed, 0), (false, 300_000));
}

#[test]
fn a_precompile_needs_no_declaration_unless_it_is_paid() {
    let sha256 = Address::with_last_byte(2);
    let caller = |value| Fields {
        writes: vec![listed(CALLER, &[])],
        ..call(Kind::Declared, CALLER, words(&[word(sha256), U256::from(value)]))
    };
    let pays = Fields { value: U256::from(3), ..call(Kind::Legacy, sha256, Bytes::new()) };
    let pays = Fields { max_priority_fee_per_gas: 1_000, ..pays };
    let (_, executed) = run(&[
        verified(&caller(0), sender(0)),
        verified(&caller(1), sender(1)),
        verified(&pays, sender(2)),
        verified(&Fields { nonce: 1, ..caller(0) }, sender(0)),
    ]);
    let success: Vec<bool> = (0..4).map(|index| receipt(&executed, index).0).collect();
    assert_eq!(success, [true, false, true, true]);
    let reads = Fields {
        writes: vec![listed(BALANCE_READER, &[0])],
        ..call(Kind::Declared, BALANCE_READER, words(&[word(sha256)]))
    };
    let (state, _) = run(&[verified(&pays, sender(2)), verified(&reads, sender(3))]);
    assert_eq!(
        state.slot(&BALANCE_READER, &U256::ZERO),
        U256::from(3),
        "it is seen where another lane pays it"
    );
}

#[test]
fn whoever_reads_the_beneficiary_sees_all_fees_so_far() {
    let transfer =
        |nonce| verified(&Fields { nonce, ..call(Kind::DynamicFee, sender(1), Bytes::new()) }, sender(0));
    let read = verified(&call(Kind::DynamicFee, FEE_READER, Bytes::new()), sender(2));
    let (state, executed) = run(&[transfer(0), transfer(1), read, transfer(2)]);
    assert_eq!(state.slot(&FEE_READER, &U256::ZERO), U256::from(2 * 3 * 21_000));
    assert!(receipt(&executed, 2).0);
    let declared = verified(&call(Kind::Declared, FEE_READER, Bytes::new()), sender(2));
    let (_, executed) = run(&[transfer(0), declared]);
    assert_eq!(receipt(&executed, 1), (false, 300_000), "the beneficiary was not declared");
}

#[test]
fn the_beneficiary_may_send_and_receive() {
    let pays = Fields { value: U256::from(50), ..call(Kind::DynamicFee, BENEFICIARY, Bytes::new()) };
    let spends = Fields { value: U256::from(40), ..call(Kind::DynamicFee, sender(3), Bytes::new()) };
    let spends = Fields { gas_limit: 21_000, max_fee_per_gas: 7, max_priority_fee_per_gas: 0, ..spends };
    let rich = Fields { value: U256::from(147_000), ..pays.clone() };
    let (_, executed) = run(&[
        verified(&pays, sender(0)),
        verified(&spends, BENEFICIARY),
        verified(&rich, sender(1)),
        verified(&spends, BENEFICIARY),
    ]);
    assert_eq!(executed.outcomes[1], Outcome::Skipped(Reject::InsufficientFunds));
    assert_eq!(receipt(&executed, 3), (true, 21_000));
}

#[test]
fn a_wrong_hint_is_found_out_and_repaired() {
    // The second reads, undeclared, what the first changes; it comes first in no lane's order.
    let pays = Fields { value: U256::from(77), ..call(Kind::DynamicFee, sender(5), Bytes::new()) };
    let reads = call(Kind::DynamicFee, BALANCE_READER, words(&[word(sender(5))]));
    let (state, _) = run(&[verified(&pays, sender(0)), verified(&reads, sender(1))]);
    let expected = genesis().state().account(&sender(5)).unwrap().balance + U256::from(77);
    assert_eq!(state.slot(&BALANCE_READER, &U256::ZERO), expected);
}

#[test]
fn a_promise_is_judged_by_code_that_came_to_an_account_earlier_in_the_block() {
    let to_nothing_that_touches = sender(CODED);
    let delegates = Fields {
        authorizations: vec![authorization(to_nothing_that_touches, 0)],
        ..call(Kind::SetCode, sender(2), Bytes::new())
    };
    let calls = Fields {
        writes: vec![listed(CALLER, &[0])],
        ..call(Kind::Declared, CALLER, words(&[word(authority()), U256::ZERO]))
    };
    let (_, executed) = run(&[verified(&calls, sender(1))]);
    assert_eq!(receipt(&executed, 0), (false, 300_000), "it has no code, so it has to be declared");
    let (state, executed) = run(&[verified(&delegates, sender(0)), verified(&calls, sender(1))]);
    assert!(receipt(&executed, 1).0, "it has code that nobody says to change");
    assert_eq!(state.slot(&CALLER, &U256::ZERO), U256::from(1));
}

#[test]
fn what_cannot_run_is_skipped_with_its_reason() {
    let base = fields();
    let cases = [
        (Fields { nonce: 1, ..base.clone() }, sender(0), Reject::NonceGap),
        (Fields { value: U256::MAX, ..base.clone() }, sender(0), Reject::InsufficientFunds),
        (
            Fields { value: U256::from(500_000_000u64), ..base.clone() },
            sender(POOR),
            Reject::InsufficientFunds,
        ),
        (base.clone(), sender(CODED), Reject::SenderIsContract),
        (Fields { max_fee_per_gas: 6, ..base.clone() }, sender(0), Reject::FeeTooLow),
        (Fields { gas_limit: 20_999, ..base.clone() }, sender(0), Reject::IntrinsicGas),
        (Fields { gas_limit: 1 << 24 | 1, ..base.clone() }, sender(0), Reject::GasLimitTooHigh),
        (Fields { chain_id: Some(CHAIN + 1), ..base.clone() }, sender(0), Reject::WrongChain),
    ];
    for (fields, sender, reject) in cases {
        let (state, executed) = run(&[verified(&fields, sender)]);
        assert_eq!(executed.outcomes, [Outcome::Skipped(reject)]);
        assert_eq!(state, genesis().state());
    }
    let (_, executed) = run(&[verified(&base, sender(0)), verified(&base, sender(0))]);
    assert_eq!(executed.outcomes[1], Outcome::Skipped(Reject::StaleNonce));
}

#[test]
fn a_delegation_takes_effect_for_what_follows() {
    let delegates = Fields {
        kind: Kind::SetCode,
        to: Some(sender(4)),
        authorizations: vec![authorization(COUNTER, 0)],
        ..fields()
    };
    let counts = call(Kind::DynamicFee, authority(), Bytes::new());
    let (state, executed) = run(&[verified(&delegates, sender(0)), verified(&counts, sender(1))]);
    assert!(receipt(&executed, 0).0 && receipt(&executed, 1).0);
    assert_eq!(state.account(&authority()).unwrap().nonce, 1);
    assert_eq!(state.slot(&authority(), &U256::ZERO), U256::from(1));
    // A delegated account still sends transactions itself.
    let mut state = state;
    let own = Fields { nonce: 1, gas_limit: 100_000, ..call(Kind::DynamicFee, sender(3), Bytes::new()) };
    let again = check(
        &mut state,
        &environment(Fork::Osaka),
        &[verified(&own, authority())],
        "from a delegated account",
    );
    assert_eq!(receipt(&again, 0), (true, 21_000));
}

#[test]
fn a_destroyed_contract_loses_all_its_slots_under_old_rules_and_none_under_new_ones() {
    let destroys = verified(&call(Kind::DynamicFee, DESTRUCTIBLE, words(&[word(sender(2))])), sender(0));
    for (fork, slots) in [(Fork::Shanghai, 0), (Fork::Osaka, 49)] {
        let mut state = genesis().state();
        let executed = check(&mut state, &environment(fork), std::slice::from_ref(&destroys), "destruction");
        assert!(receipt(&executed, 0).0);
        let left = state.writes().slots.iter().filter(|((address, _), _)| *address == DESTRUCTIBLE).count();
        assert_eq!(left, slots);
        assert_eq!(state.account(&DESTRUCTIBLE).is_none(), slots == 0);
    }
}

#[test]
fn a_contract_that_was_destroyed_is_gone_for_what_follows_in_the_block() {
    let destroys = verified(&call(Kind::DynamicFee, DESTRUCTIBLE, words(&[word(sender(2))])), sender(0));
    let pays =
        Fields { value: U256::from(6), ..call(Kind::DynamicFee, DESTRUCTIBLE, words(&[word(sender(2))])) };
    let mut state = genesis().state();
    let stores = verified(&call(Kind::DynamicFee, DESTRUCTIBLE, Bytes::new()), sender(3));
    let block = [stores, destroys, verified(&pays, sender(1))];
    check(&mut state, &environment(Fork::Shanghai), &block, "paid after destruction");
    let account = state.account(&DESTRUCTIBLE).unwrap();
    assert_eq!((account.balance, account.nonce), (U256::from(6), 0));
    assert!(state.writes().slots.iter().all(|((address, _), _)| *address != DESTRUCTIBLE));
}

#[test]
fn running_out_of_gas_keeps_nothing_but_the_fee() {
    let burns = call(Kind::DynamicFee, BURNER, Bytes::new());
    let (state, executed) = run(&[verified(&burns, sender(0))]);
    assert_eq!(receipt(&executed, 0), (false, 300_000));
    assert_eq!(state.account(&BURNER), genesis().state().account(&BURNER));
}

#[test]
fn intrinsic_gas_is_exactly_what_execution_asks_for() {
    let mut dice = Dice(1);
    for round in 0..300 {
        let bytes: Vec<u8> = (0..dice.roll(400)).map(|_| dice.roll(3) as u8).collect();
        let lists =
            (0..dice.roll(4)).map(|at| listed(sender(at), &[1, 2, 3][..dice.roll(4) as usize])).collect();
        let mut tried = Fields { input: bytes.into(), writes: lists, to: Some(sender(9)), ..fields() };
        tried.kind = [Kind::Legacy, Kind::AccessList, Kind::DynamicFee, Kind::Declared, Kind::SetCode]
            [dice.roll(5) as usize];
        match tried.kind {
            Kind::Legacy => tried.writes.clear(),
            Kind::Declared => tried.reads = vec![listed(sender(8), &[4])],
            Kind::SetCode => {
                tried.authorizations = vec![authorization(COUNTER, 5); 1 + dice.roll(3) as usize]
            }
            _ => {}
        }
        if tried.kind != Kind::SetCode && dice.roll(3) == 0 {
            tried.to = None;
            tried.input = [vec![0], tried.input.to_vec()].concat().into();
        }
        let gas = intrinsic_gas(&tried);
        let outcome = |gas_limit| {
            let tried = Fields { gas_limit, ..tried.clone() };
            let environment = environment(Fork::Osaka);
            serial(&mut genesis().state(), &environment, &[verified(&tried, sender(0))]).outcomes.remove(0)
        };
        assert!(outcome(gas).receipt().is_some(), "round {round}: {tried:?}");
        assert_eq!(outcome(gas - 1), Outcome::Skipped(Reject::IntrinsicGas), "round {round}: {tried:?}");
    }
}
