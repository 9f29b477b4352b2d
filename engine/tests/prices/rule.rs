//! Loads, prices and rates.

use alloy_primitives::{Address, U256};
use pelton_engine::limits::Limits;
use pelton_engine::prices::{
    Claim, Key, PriceList, Rule, Table, Usage, WEIGHT_READ, WEIGHT_WRITE, fake_exponential, growth,
};
use proptest::collection::vec;
use proptest::prelude::*;

use super::any::{RULE, address, block, borrowed, claims, keys};
use super::model;

/// A table after these blocks of one key each, charged for this load.
pub fn heated(key: Key, load: u64, blocks: u64, rule: &Rule) -> Table {
    let mut usage = Usage::default();
    let slots: Vec<U256> = key.slot.into_iter().collect();
    usage.add([Claim { address: key.address, slots: &slots, weight: WEIGHT_WRITE }], load);
    let mut table = Table::default();
    (0..blocks).for_each(|_| table.update(&usage, rule));
    table
}

#[test]
fn the_exponential_is_that_of_eip_4844() {
    // The EIP's own cases.
    for (factor, numerator, denominator, expected) in [
        (1, 0, 1, 1),
        (38_493, 0, 1_000, 38_493),
        (0, 1_234, 2_345, 0),
        (1, 2, 1, 6),
        (1, 4, 2, 6),
        (1, 3, 1, 16),
        (1, 6, 2, 18),
        (1, 4, 1, 49),
        (1, 8, 2, 50),
        (10, 8, 2, 542),
        (11, 8, 2, 596),
        (1, 5, 1, 136),
        (1, 5, 2, 11),
        (2, 5, 2, 23),
    ] {
        assert_eq!(fake_exponential(factor, numerator, denominator), expected);
    }
}

#[test]
fn a_key_at_its_highest_load_rises_by_a_fifth_a_block_and_an_idle_one_falls_by_a_sixteenth() {
    let rise = 1.0 + growth(3 * RULE.target, RULE.denominator) as f64 / (1_u64 << 32) as f64;
    let fall = 1.0 / (1.0 + growth(RULE.target, RULE.denominator) as f64 / (1_u64 << 32) as f64);
    assert_eq!(format!("{rise:.3} {fall:.3}"), "1.206 0.939");
}

#[test]
fn a_key_at_its_target_stays_cold_and_one_above_it_does_not() {
    let key = Key::account(address(1));
    assert!(heated(key, RULE.target, 100, &RULE).is_empty());
    assert_eq!(heated(key, RULE.target + 1, 100, &RULE).excess(&key), 100);
    assert_eq!(heated(key, u64::MAX, 1, &RULE).excess(&key), 3 * RULE.target);
}

#[test]
fn what_is_only_read_never_becomes_hot() {
    let read = Claim { address: address(1), slots: &[], weight: WEIGHT_READ };
    let mut usage = Usage::default();
    (0..1_000).for_each(|_| usage.add([read], RULE.target));
    assert_eq!(usage.load(&Key::account(address(1))), 0);
    usage.add([Claim { weight: WEIGHT_WRITE, ..read }], 16);
    assert_eq!(usage.load(&Key::account(address(1))), 250 * RULE.target + 16);
}

#[test]
fn an_idle_key_is_cold_after_as_many_blocks_as_its_excess_has_targets() {
    let key = Key::slot(address(1), U256::ZERO);
    let mut table = heated(key, RULE.load_max, 1_000, &RULE);
    assert_eq!(table.excess(&key), RULE.excess_max);
    for left in (1..=112).rev() {
        assert_eq!(table.excess(&key), left * RULE.target);
        table.update(&Usage::default(), &RULE);
    }
    assert!(table.is_empty());
}

#[test]
fn nothing_overflows_at_any_bound() {
    let rule = Rule::new(&Limits { block_gas_target: Rule::DENOMINATOR_MAX, ..Limits::standard(1) });
    let slots: Vec<U256> = (0..4_095).map(U256::from).collect();
    let all = [
        Claim { address: address(1), slots: &[], weight: WEIGHT_WRITE },
        Claim { address: address(1), slots: &slots, weight: WEIGHT_WRITE },
    ];
    let mut usage = Usage::default();
    (0..3).for_each(|_| usage.add(all, u64::MAX));
    let mut table = Table::default();
    (0..200).for_each(|_| table.update(&usage, &rule));
    assert_eq!(table.len(), 4_096);
    assert!(table.iter().all(|(_, excess)| excess == rule.excess_max));
    let list = PriceList::new(&table, u64::MAX, &rule);
    let price = list.price(&Key::account(address(1)));
    assert_eq!(price / u128::from(u64::MAX), 1_095);
    let rate = list.rate(all);
    assert_eq!(rate.fee_max(16), U256::from(4_096) * U256::from(16) * U256::from(price));
    let doubled = rate.with_unclaimed(rate);
    assert_eq!(doubled.fee_max(u64::MAX), rate.fee_max(u64::MAX) * U256::from(3));
    assert!(doubled.fee(u64::MAX, u64::MAX, U256::MAX) <= doubled.fee_max(u64::MAX));
}

#[test]
fn a_claim_to_a_whole_account_pays_for_every_hot_slot_of_it_and_one_to_a_slot_for_the_whole_account() {
    let slot = |n| Key::slot(address(1), U256::from(n));
    let mut usage = Usage::default();
    let slots = [U256::from(1), U256::from(2)];
    usage.add([Claim { address: address(1), slots: &slots, weight: WEIGHT_WRITE }], 3 * RULE.target);
    usage.add([Claim { address: address(1), slots: &[], weight: WEIGHT_WRITE }], 2 * RULE.target);
    let mut table = Table::default();
    table.update(&usage, &RULE);
    let list = PriceList::new(&table, 1 << 40, &RULE);
    let [whole, one, two] = [Key::account(address(1)), slot(1), slot(2)].map(|key| list.price(&key));
    assert!(whole > 0 && one > whole && one == two);
    let rate = |slots: &[U256], weight| list.rate([Claim { address: address(1), slots, weight }]).per_gas();
    assert_eq!(rate(&[], WEIGHT_WRITE), whole + one + two);
    assert_eq!(rate(&slots[..1], WEIGHT_WRITE), whole + one);
    assert_eq!(rate(&slots[..1], WEIGHT_READ), (whole + one).div_ceil(4));
    assert_eq!(rate(&[U256::from(9)], WEIGHT_WRITE), whole);
    assert_eq!(list.rate([Claim { address: Address::ZERO, slots: &[], weight: WEIGHT_WRITE }]).per_gas(), 0);
}

proptest! {
    #[test]
    fn the_exponential_is_right_to_eight_digits_and_monotone(excess in 0..=RULE.excess_max, more in 0..1_000_000_u64) {
        let found = growth(excess, RULE.denominator) as f64 / (1_u64 << 32) as f64;
        let exact = (excess as f64 / RULE.denominator as f64).exp_m1();
        prop_assert!((found - exact).abs() <= 1e-8 * (1.0 + exact), "{found} {exact}");
        let higher = (excess + more).min(RULE.excess_max);
        prop_assert!(growth(higher, RULE.denominator) >= growth(excess, RULE.denominator));
    }

    #[test]
    fn loads_are_those_of_the_model_in_any_order(block in block(), seed in any::<u64>()) {
        let usage = model::usage(&block);
        for key in keys() {
            prop_assert_eq!(usage.load(&key), model::load(&block, &key), "{:?}", key);
        }
        let shuffled = model::usage(&shuffled(&block, seed));
        for key in keys() {
            prop_assert_eq!(shuffled.load(&key), usage.load(&key), "{:?}", key);
        }
    }

    #[test]
    fn rates_are_those_of_the_model_in_any_order(
        blocks in vec(block(), 1..6), claims in claims(), base_fee in any::<u64>(), seed in any::<u64>(),
    ) {
        let mut table = Table::default();
        blocks.iter().for_each(|block| table.update(&model::usage(block), &RULE));
        let list = PriceList::new(&table, base_fee, &RULE);
        let rate = list.rate(borrowed(&claims));
        let expected = model::rate(&list, borrowed(&claims), &keys());
        prop_assert_eq!(rate.fee_max(16), U256::from(expected));
        prop_assert_eq!(list.rate(borrowed(&shuffled(&claims, seed))), rate);
        let twice = [claims.clone(), claims].concat();
        prop_assert_eq!(list.rate(borrowed(&twice)), rate, "a repeated claim costs nothing");
    }

    #[test]
    fn more_load_never_makes_a_price_lower(blocks in vec(block(), 1..6), extra in block(), base_fee in 1..u64::MAX) {
        let (mut less, mut more) = (Table::default(), Table::default());
        for block in &blocks {
            less.update(&model::usage(block), &RULE);
            more.update(&model::usage(&[block.clone(), extra.clone()].concat()), &RULE);
        }
        let [less, more] = [less, more].map(|table| PriceList::new(&table, base_fee, &RULE));
        for key in keys() {
            prop_assert!(more.price(&key) >= less.price(&key));
        }
    }

    #[test]
    fn what_is_not_in_the_table_costs_nothing(blocks in vec(block(), 1..6), base_fee in any::<u64>(), byte in 4..=255_u8) {
        let mut table = Table::default();
        blocks.iter().for_each(|block| table.update(&model::usage(block), &RULE));
        let list = PriceList::new(&table, base_fee, &RULE);
        for key in keys().into_iter().filter(|key| table.excess(key) == 0) {
            prop_assert_eq!(list.price(&key), 0);
        }
        let rate = list.rate([Claim { address: address(byte), slots: &[], weight: WEIGHT_WRITE }]);
        prop_assert!(rate.is_zero());
    }
}

/// The same items in an order that follows from a seed.
pub fn shuffled<T: Clone>(items: &[T], seed: u64) -> Vec<T> {
    let rank = |at: usize| (at as u64 ^ seed).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29);
    let mut order: Vec<usize> = (0..items.len()).collect();
    order.sort_by_key(|at| rank(*at));
    order.into_iter().map(|at| items[at].clone()).collect()
}
