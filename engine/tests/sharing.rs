//! What an executor makes of a block before it runs: how many workers it is worth, and which hashes it will ask for.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use alloy_primitives::{Address, B256, U256, keccak256};
use pelton_engine::codec;
use pelton_engine::environment::{Environment, Fork};
use pelton_engine::execute::{HashMany, Run};
use pelton_engine::plan::Plan;
use pelton_engine::serial::serial;
use pelton_engine::state::State;
use pelton_engine::transaction::Verified;
use pelton_workloads::{CHAIN_ID, Scheme, Spec, generate};

fn world(pattern: &str, accounts: u32, transactions: u64) -> (State, Vec<Verified>) {
    let pattern = pattern.parse().expect("the patterns below are well-formed");
    let made = generate(&Spec { pattern, scheme: Scheme::Ed25519, accounts, transactions, seed: 5 }, &|_| {});
    let verified = made.transactions.iter().zip(made.senders).map(|((wire, _), sender)| {
        Verified::new(codec::decode(wire.clone()).expect("it is well-formed"), sender)
    });
    (made.genesis.state(), verified.collect())
}

fn environment() -> Environment {
    Environment {
        fork: Fork::OWN,
        chain_id: CHAIN_ID,
        number: 1,
        timestamp: 1,
        beneficiary: Address::repeat_byte(0xbe),
        gas_limit: u64::MAX,
        base_fee: 7,
        prev_randao: B256::ZERO,
        difficulty: U256::ZERO,
        blob_excess_gas: 0,
        prices: Default::default(),
        block_hashes: Vec::new(),
    }
}

fn plan(pattern: &str, transactions: u64) -> Plan {
    let (state, block) = world(pattern, 300, transactions);
    Plan::new(&state, Fork::OWN, Address::repeat_byte(0xbe), block)
}

#[test]
fn little_work_and_work_in_a_row_are_left_to_one_worker() {
    assert_eq!(plan("transfers", 0).workers(16), 1, "nothing to do");
    assert_eq!(plan("transfers", 1_000).workers(16), 1, "transfers are soon done");
    assert_eq!(plan("erc20", 300).workers(16), 1, "so are few calls");
    assert_eq!(plan("mint", 1_200).workers(16), 1, "all want the same counter");
    assert_eq!(plan("dex:pools=1", 1_200).workers(16), 1, "all want the same pool");
}

#[test]
fn much_work_that_can_be_shared_is_shared_as_far_as_it_suffices() {
    assert_eq!(plan("transfers", 9_000).workers(16), 8);
    let calls = plan("erc20", 1_200);
    assert_eq!(calls.workers(2), 2);
    assert_eq!(calls.workers(16), 4, "1,200 calls weigh 19,200 transfers");
    assert_eq!(calls.workers(1), 1);
}

#[test]
fn what_calls_will_ask_for_is_hashed_ahead_and_changes_nothing() {
    let (genesis, transactions) = world("erc20", 2_000, 2_000);
    let (mut serially, mut ahead) = (genesis.clone(), genesis);
    let hashed = Arc::new(AtomicUsize::new(0));
    let count = hashed.clone();
    let hash_many = HashMany::new(move |inputs, out| {
        count.fetch_add(inputs.len(), Ordering::Relaxed);
        out.extend(inputs.iter().map(|input| keccak256(input).0));
    });
    for block in transactions.chunks(500) {
        let expected = serial(&mut serially, &environment(), block);
        let plan = Plan::new(&ahead, Fork::OWN, environment().beneficiary, block.to_vec());
        let run = Run::new(plan, environment(), 1).hashing(hash_many.clone());
        assert_eq!(run.finish(&ahead).apply(&mut ahead), expected);
        assert_eq!(ahead, serially);
    }
    // Both balances of each transfer, but for those of the first calls, which show what is asked for, and those that
    // are remembered still.
    let hashed = hashed.load(Ordering::Relaxed);
    assert!((1_500..4_000).contains(&hashed), "{hashed} hashes for 2,000 calls");
}
