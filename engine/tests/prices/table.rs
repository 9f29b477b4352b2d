//! The table of hot keys over many blocks: replay, eviction, digest.

use std::collections::BTreeMap;

use alloy_primitives::U256;
use pelton_engine::limits::Limits;
use pelton_engine::prices::{Claim, Key, PriceList, Rule, Table, Tables, Usage, WEIGHT_WRITE};
use proptest::collection::vec;
use proptest::prelude::*;

use super::any::{LIMITS, RULE, address, block, keys};
use super::model;
use super::rule::{heated, shuffled};

/// So small a table that keys are evicted all the time.
const SMALL: Rule = Rule { hot_keys_max: 4, ..RULE };

proptest! {
    #[test]
    fn two_nodes_replay_to_the_same_table_and_that_is_the_models(
        blocks in vec(block(), 1..10), seed in any::<u64>(),
    ) {
        for rule in [RULE, SMALL] {
            let (mut one, mut other, mut expected) = (Table::default(), Table::default(), BTreeMap::new());
            for block in &blocks {
                one.update(&model::usage(block), &rule);
                other.update(&model::usage(&shuffled(block, seed)), &rule);
                expected = model::update(&expected, block, &rule, &keys());
                prop_assert_eq!(model::excesses(&one), expected.clone());
                prop_assert_eq!(one.digest(), other.digest());
            }
            prop_assert!(one.len() <= rule.hot_keys_max);
        }
    }

    #[test]
    fn equal_tables_and_no_others_have_equal_digests(one in vec(block(), 1..4), other in vec(block(), 1..4)) {
        let [one, other] = [one, other].map(|blocks| {
            let mut table = Table::default();
            blocks.iter().for_each(|block| table.update(&model::usage(block), &RULE));
            table
        });
        prop_assert_eq!(one == other, one.digest() == other.digest());
    }
}

#[test]
fn of_equal_excesses_the_lesser_keys_go() {
    let slots: Vec<U256> = (0..6).map(U256::from).collect();
    let mut usage = Usage::default();
    usage.add([Claim { address: address(1), slots: &slots, weight: WEIGHT_WRITE }], 2 * RULE.target);
    usage.add([Claim { address: address(9), slots: &[], weight: WEIGHT_WRITE }], 2 * RULE.target - 1);
    let mut table = Table::default();
    table.update(&usage, &SMALL);
    let left: Vec<Key> = table.iter().map(|(key, _)| *key).collect();
    assert_eq!(left, (2..6).map(|slot| Key::slot(address(1), U256::from(slot))).collect::<Vec<Key>>());
}

#[test]
fn the_digest_is_that_of_the_entries_bytes() {
    let key = Key::slot(address(1), U256::from(2));
    let table = heated(key, RULE.target + 7, 1, &RULE);
    let bytes = [&[1; 20][..], &[1], &[0; 31], &[2], &7_u64.to_be_bytes()].concat();
    assert_eq!(table.digest().0, *blake3::hash(&bytes).as_bytes());
    assert_eq!(Table::default().digest().0, *blake3::hash(&[]).as_bytes());
}

/// A key that becomes hot has an excess of 3T at most, so that others with as little make room for it, or it for them.
#[test]
fn a_key_with_more_than_one_blocks_excess_is_not_evicted_by_any_number_of_others() {
    let limits = Limits::standard(1);
    let rule = Rule::new(&limits);
    let victim = Key::slot(address(1), U256::ZERO);
    let mut table = heated(victim, rule.load_max, 2, &rule);
    let excess = table.excess(&victim);
    let (attack, _) = attack(&limits, &rule, victim);
    for _ in 0..40 {
        table.update(&attack, &rule);
        assert_eq!(table.excess(&victim), excess);
    }
    assert_eq!(table.len(), rule.hot_keys_max);
    assert!(table.iter().filter(|(key, _)| **key != victim).all(|(_, other)| other > excess));
}

/// As long as the table is full of hotter keys, no other one becomes hot. The figures stand in `docs/fees.md`.
#[test]
fn to_keep_the_table_full_costs_half_a_block_of_gas_at_a_hundred_base_fees_each_block() {
    let limits = Limits::standard(1);
    let rule = Rule::new(&limits);
    let mut table = Table::default();
    let (attack, groups) = attack(&limits, &rule, Key::account(address(1)));
    table.update(&attack, &rule);
    let list = PriceList::new(&table, 1_000_000, &rule);
    // Each key needs a load of T a block to stay as hot as it is; a transaction can load so many at once.
    let gas = groups * rule.target;
    assert!(2 * gas > limits.block_gas_target, "{gas} gas");
    let slots: Vec<U256> = (0..KEYS_EACH as u64).map(U256::from).collect();
    let hottest = address(99 + groups as u8);
    let rate = list.rate([Claim { address: hottest, slots: &slots, weight: WEIGHT_WRITE }]);
    assert!(rate.per_gas() > 100 * 1_000_000, "{} millionths of a base fee", rate.per_gas());
}

/// As many slots of one account as a transaction can name.
const KEYS_EACH: usize = Limits::standard(1).access_entries_max as usize - 1;

/// A block that makes as many keys as hot as can be, beside the victim at its target; and in how many groups, each of
/// which one transaction can name.
fn attack(limits: &Limits, rule: &Rule, victim: Key) -> (Usage, u64) {
    let groups = rule.hot_keys_max.div_ceil(KEYS_EACH) as u64;
    let mut usage = Usage::default();
    let slot: Vec<U256> = victim.slot.into_iter().collect();
    usage.add([Claim { address: victim.address, slots: &slot, weight: WEIGHT_WRITE }], rule.target);
    let slots: Vec<U256> = (0..KEYS_EACH as u64).map(U256::from).collect();
    for group in 0..groups {
        let address = address(100 + group as u8);
        usage.add([Claim { address, slots: &slots, weight: WEIGHT_WRITE }], rule.load_max);
    }
    assert!(groups * rule.load_max <= limits.block_gas_max, "the block holds all of it");
    (usage, groups)
}

proptest! {
    #[test]
    fn tables_are_read_back_as_they_were_and_nothing_else_is(
        blocks in vec(block(), 0..12), cut in any::<prop::sample::Index>(), bit in any::<prop::sample::Index>(),
    ) {
        let mut tables = Tables::new(&LIMITS);
        blocks.iter().for_each(|block| { tables.push_usage(&model::usage(block)); });
        let bytes = tables.encode();
        let read = Tables::decode(&bytes, &LIMITS).expect("it was just written");
        prop_assert_eq!(read.encode(), bytes.clone());
        for height in 0..=blocks.len() as u64 {
            prop_assert_eq!(read.after(height), tables.after(height));
        }
        prop_assert!(Tables::decode(&bytes[..cut.index(bytes.len())], &LIMITS).is_none());
        prop_assert!(Tables::decode(&[&bytes[..], &[0]].concat(), &LIMITS).is_none());
        let mut flipped = bytes.clone();
        flipped[bit.index(bytes.len())] ^= 1 << (bit.index(8 * bytes.len()) % 8);
        // Whatever else is read is written as the same bytes: there is one form of everything.
        if let Some(other) = Tables::decode(&flipped, &LIMITS) {
            prop_assert_eq!(other.encode(), flipped);
        }
    }
}
