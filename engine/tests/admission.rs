//! What may stand in a block is judged alike by whoever fills it and by all others, before anything runs.

#[path = "parallel_equals_serial/transactions.rs"]
mod transactions;

use alloy_primitives::{Address, Bytes, U256};
use pelton_engine::admission::{Admission, Inadmissible, Refused};
use pelton_engine::environment::{Environment, Fork};
use pelton_engine::executed::Outcome;
use pelton_engine::genesis::{Genesis, GenesisAccount};
use pelton_engine::limits::Limits;
use pelton_engine::reject::Reject;
use pelton_engine::serial::serial;
use pelton_engine::state::State;
use pelton_engine::transaction::{Fields, Listed, Verified};
use transactions::{CHAIN, fields, verified};

const LIMITS: Limits = Limits { block_transactions_max: 50, ..Limits::tiny(CHAIN) };
const GAS: u64 = 21_000;
const PRICE: u128 = 10;

fn account(number: u8) -> Address {
    Address::repeat_byte(number)
}

/// Costs at worst what it costs: gas at its price, and the value.
fn payment(from: u8, to: u8, nonce: u64, value: u64) -> Verified {
    let price = PRICE;
    let fields = Fields {
        nonce,
        gas_limit: GAS,
        max_fee_per_gas: price,
        max_priority_fee_per_gas: price,
        max_contention_fee: 0,
        to: Some(account(to)),
        value: U256::from(value),
        ..fields()
    };
    verified(&fields, account(from))
}

const FEE: u64 = GAS * PRICE as u64;

fn state(balances: &[(u8, u64)]) -> State {
    let mut genesis = Genesis::default();
    for (number, balance) in balances {
        let rich = GenesisAccount { balance: U256::from(*balance), ..GenesisAccount::default() };
        genesis.accounts.insert(account(*number), rich);
    }
    genesis.state()
}

fn refused(position: usize, refused: Refused) -> Result<(), Inadmissible> {
    Err(Inadmissible::Transaction(position, refused))
}

#[test]
fn nonces_follow_each_other_within_a_block_and_from_block_to_block() {
    let state = state(&[(1, 100 * FEE)]);
    let mut admission = Admission::new(LIMITS);
    let first = [payment(1, 9, 0, 0), payment(1, 9, 1, 0)];
    assert_eq!(admission.judge(&state, &first), Ok(()));
    let swapped = [first[1].clone(), first[0].clone()];
    assert_eq!(admission.judge(&state, &swapped), refused(0, Refused::OutOfTurn));
    admission.push(&first);
    assert_eq!(
        admission.judge(&state, &[payment(1, 9, 1, 0)]),
        refused(0, Refused::OutOfTurn),
        "it was used"
    );
    assert_eq!(admission.judge(&state, &[payment(1, 9, 3, 0)]), refused(0, Refused::OutOfTurn), "a gap");
    assert_eq!(admission.judge(&state, &[payment(1, 9, 2, 0)]), Ok(()));
}

#[test]
fn what_is_on_its_way_counts_until_everybody_has_executed_it() {
    let state = state(&[(1, 3 * FEE)]);
    let mut admission = Admission::new(LIMITS);
    let two = [payment(1, 9, 0, 0), payment(1, 9, 1, 0)];
    assert_eq!(LIMITS.root_lag, 2, "the ancestor of the next block is two below it");
    admission.push(&two);
    assert_eq!(
        admission.judge(&state, &[payment(1, 9, 2, 1)]),
        refused(0, Refused::CannotPay),
        "one wei short"
    );
    assert_eq!(admission.judge(&state, &[payment(1, 9, 2, 0)]), Ok(()));
    // One block later the ancestor holds the two, and they are forgotten here.
    admission.push(&[]);
    let mut after = state.clone();
    let done = serial(&mut after, &environment(1), &two);
    assert!(done.outcomes.iter().all(|outcome| outcome.receipt().is_some()));
    assert_eq!(admission.judge(&after, &[payment(1, 9, 2, 0)]), Ok(()));
    assert_eq!(admission.judge(&after, &[payment(1, 9, 2, 1)]), refused(0, Refused::CannotPay));
}

#[test]
fn what_was_paid_on_the_way_counts_later() {
    let state = state(&[(1, 100 * FEE)]);
    let admission = Admission::new(LIMITS);
    let gift = [payment(1, 2, 0, 10 * FEE), payment(2, 3, 0, 0)];
    assert_eq!(admission.judge(&state, &gift), refused(1, Refused::CannotPay));
    assert_eq!(admission.judge(&state, &gift[..1]), Ok(()));
}

#[test]
fn contracts_send_nothing_and_those_who_act_as_one_send_one_at_a_time() {
    let mut genesis = Genesis::default();
    let rich = |code: &[u8]| GenesisAccount {
        balance: U256::from(100 * FEE),
        code: Bytes::copy_from_slice(code),
        ..GenesisAccount::default()
    };
    genesis.accounts.insert(account(1), rich(&[0]));
    let delegation = [&[0xef, 0x01, 0x00][..], account(1).as_slice()].concat();
    genesis.accounts.insert(account(2), rich(&delegation));
    let state = genesis.state();
    let mut admission = Admission::new(LIMITS);
    assert_eq!(admission.judge(&state, &[payment(1, 9, 0, 0)]), refused(0, Refused::Contract));
    let both = [payment(2, 9, 0, 0), payment(2, 9, 1, 0)];
    assert_eq!(admission.judge(&state, &both), refused(1, Refused::OneAtATime));
    admission.push(&both[..1]);
    assert_eq!(admission.judge(&state, &both[1..]), refused(0, Refused::OneAtATime));
}

#[test]
fn a_block_keeps_to_the_limits_of_the_chain() {
    let state = state(&[(1, u64::MAX)]);
    let admission = Admission::new(LIMITS);
    let many: Vec<Verified> = (0..51).map(|nonce| payment(1, 9, nonce, 0)).collect();
    assert_eq!(admission.judge(&state, &many), Err(Inadmissible::TooMany));
    let of = |change: Fields| verified(&change, account(1));
    let cheap = Fields { max_fee_per_gas: 1, max_priority_fee_per_gas: 1, max_contention_fee: 0, ..fields() };
    let long = |nonce| {
        let input = vec![1; 100_000].into();
        of(Fields { nonce, input, gas_limit: 16_000_000, to: Some(account(9)), ..cheap.clone() })
    };
    assert_eq!(admission.judge(&state, &[long(0)]), Ok(()));
    assert_eq!(admission.judge(&state, &[long(0), long(1)]), Err(Inadmissible::TooLong));
    let greedy = |nonce| of(Fields { nonce, gas_limit: 16_000_000, to: Some(account(9)), ..cheap.clone() });
    let small = Limits { block_gas_max: 30_000_000, ..LIMITS };
    let two = [greedy(0), greedy(1)];
    assert_eq!(Admission::new(small).judge(&state, &two), Err(Inadmissible::TooMuchGas));
    let poor = of(Fields { gas_limit: 20_000, to: Some(account(9)), ..cheap.clone() });
    assert_eq!(admission.judge(&state, &[poor]), refused(0, Refused::Limits(Reject::IntrinsicGas)));
}

#[test]
fn a_block_with_too_much_of_one_key_names_the_transaction_that_should_have_waited() {
    let state = state(&[(1, u64::MAX), (2, u64::MAX)]);
    let limits = Limits { contention_load_max: 1, block_gas_target: 160_000_000, ..LIMITS };
    let hot = |from: u8| {
        let writes = vec![Listed { address: account(7), slots: vec![U256::ZERO] }];
        let change = Fields { gas_limit: 9_000_000, to: Some(account(7)), writes, ..fields() };
        let cheap =
            Fields { max_fee_per_gas: 1, max_priority_fee_per_gas: 1, max_contention_fee: 0, ..change };
        verified(&cheap, account(from))
    };
    let admission = Admission::new(limits);
    assert_eq!(admission.judge(&state, &[hot(1)]), Ok(()));
    assert_eq!(admission.judge(&state, &[hot(1), hot(2)]), refused(1, Refused::Overloaded));
}

fn environment(number: u64) -> Environment {
    Environment {
        fork: Fork::OWN,
        chain_id: CHAIN,
        number,
        timestamp: number,
        beneficiary: account(0xbe),
        gas_limit: u64::MAX,
        base_fee: 7,
        prev_randao: Default::default(),
        difficulty: U256::ZERO,
        blob_excess_gas: 0,
        prices: Default::default(),
        block_hashes: Vec::new(),
    }
}

/// Random payments among accounts that own little. Whoever fills blocks has executed more than those who judge them.
#[test]
fn what_is_admissible_is_never_skipped_and_all_judges_agree() {
    let mut dice = 7_u64;
    let mut roll = move |bound: u64| {
        dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (dice >> 33) % bound
    };
    let limits = Limits { root_lag: 4, ..LIMITS };
    let mut states =
        vec![state(&(1..=12).map(|number| (number, u64::from(number) * 3 * FEE)).collect::<Vec<_>>())];
    let (mut producer, mut follower) = (Admission::new(limits.clone()), Admission::new(limits));
    let (mut filled, mut refusals) = (0, 0);
    for height in 1_u64..200 {
        let ancestor = &states[height.saturating_sub(4) as usize];
        let newest = states.last().expect("genesis is one");
        let mut open = producer.open();
        let mut block = Vec::new();
        for _ in 0..roll(30) {
            let from = 1 + roll(12) as u8;
            let mine = block.iter().filter(|one: &&Verified| one.sender() == account(from)).count() as u64;
            let next = newest.account(&account(from)).map_or(0, |account| account.nonce) + mine;
            let one = payment(from, 1 + roll(12) as u8, next + u64::from(roll(10) == 0), roll(2 * FEE));
            match open.add(ancestor, &one) {
                Ok(()) => block.push(one),
                Err(_) => refusals += 1,
            }
        }
        assert_eq!(follower.judge(ancestor, &block), Ok(()), "height {height}");
        let mut after = newest.clone();
        let done = serial(&mut after, &environment(height), &block);
        let is_skipped = |outcome: &Outcome| outcome.receipt().is_none();
        assert!(!done.outcomes.iter().any(is_skipped), "height {height}: {:?}", done.outcomes);
        producer.push(&block);
        follower.push(&block);
        filled += block.len();
        states.push(after);
    }
    assert!(filled > 150 && refusals > 500, "{filled} admitted, {refusals} refused");
}
