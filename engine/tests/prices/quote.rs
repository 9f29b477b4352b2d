//! What a user is told beforehand is what he pays.

use alloy_primitives::U256;
use pelton_engine::prices::quote::{Market, Quote, narrower};
use pelton_engine::prices::{
    Claim, Key, PriceList, Table, Usage, WEIGHT_ADD, WEIGHT_READ, WEIGHT_WRITE, next_base_fee,
};
use proptest::collection::vec;
use proptest::prelude::*;

use super::any::{LIMITS, RULE, address, block, borrowed, claims, keys};
use super::model;

const GAS: u64 = 100_000;

fn claim(byte: u8, slots: &[U256], weight: u64) -> Claim<'_> {
    Claim { address: address(byte), slots, weight }
}

/// A table in which slot 0 of account 1, and all of account 2, are hot.
fn table() -> Table {
    let mut usage = Usage::default();
    usage.add([claim(1, &[U256::ZERO], WEIGHT_WRITE), claim(2, &[], WEIGHT_WRITE)], 3 * RULE.target);
    let mut table = Table::default();
    (0..5).for_each(|_| table.update(&usage, &RULE));
    table
}

#[test]
fn a_quote_names_each_hot_key_that_is_covered() {
    let table = table();
    let market = Market::new(&table, 1_000_000_000, 0, &LIMITS);
    let one = U256::ONE;
    let quote = Quote::new(&market, [claim(1, &[], WEIGHT_WRITE), claim(2, &[one], WEIGHT_READ)], GAS);
    let found: Vec<(Key, u64, u64, u64)> =
        quote.keys.iter().map(|hot| (hot.key, hot.weight, hot.load, hot.excess)).collect();
    let excess = 10 * RULE.target;
    assert_eq!(
        found,
        [
            (Key::slot(address(1), U256::ZERO), WEIGHT_WRITE, GAS, excess),
            (Key::account(address(2)), WEIGHT_READ, GAS / 4, excess),
        ]
    );
    let price = PriceList::new(&table, 1_000_000_000, &RULE).price(&Key::account(address(2)));
    assert!(quote.keys.iter().all(|hot| hot.price == price));
    assert_eq!(quote.fee_max(), U256::from(price) * U256::from(GAS) * U256::from(5) / U256::from(4));
}

#[test]
fn who_claims_more_than_a_run_touched_is_told_what_less_would_save() {
    let table = table();
    let market = Market::new(&table, 1_000_000_000, 0, &LIMITS);
    let (zero, one) = (U256::ZERO, U256::ONE);
    let check = |claims: &[Claim<'_>], touched: &[Claim<'_>], expected: &[(u8, Vec<(Key, u64)>)]| {
        let advice = narrower(&market, claims.iter().copied(), touched.iter().copied(), GAS);
        let found: Vec<_> = advice.iter().map(|a| (a.address, a.claims.clone())).collect();
        assert_eq!(
            found,
            expected.iter().map(|(byte, keys)| (address(*byte), keys.clone())).collect::<Vec<_>>()
        );
        // What is saved is what the quotes say.
        let fee = |claims: Vec<Claim<'_>>| Quote::new(&market, claims, GAS).fee_max();
        let kept = |claim: &&Claim<'_>| expected.iter().all(|(byte, _)| claim.address != address(*byte));
        let instead = touched.iter().filter(|claim| !kept(claim));
        let narrow = claims.iter().filter(kept).chain(instead).copied().collect();
        let saving: U256 = advice.iter().map(|advice| advice.saving).sum();
        assert_eq!(fee(claims.to_vec()) - fee(narrow), saving);
    };
    let whole = claim(1, &[], WEIGHT_WRITE);
    let cold = Key::slot(address(1), one);
    check(&[whole], &[claim(1, &[one], WEIGHT_WRITE)], &[(1, vec![(cold, WEIGHT_WRITE)])]);
    check(&[whole], &[], &[(1, vec![])]);
    check(&[whole], &[claim(1, &[zero], WEIGHT_WRITE)], &[]);
    let read = claim(2, &[], WEIGHT_READ);
    let weaker = (2, vec![(Key::account(address(2)), WEIGHT_READ)]);
    check(&[claim(2, &[], WEIGHT_WRITE)], &[read], &[weaker]);
    let added = claim(2, &[], WEIGHT_ADD);
    check(&[read, whole], &[added, whole], &[(2, vec![(Key::account(address(2)), WEIGHT_ADD)])]);
    check(&[claim(3, &[], WEIGHT_WRITE)], &[], &[]);
}

proptest! {
    #[test]
    fn the_next_block_costs_what_was_quoted(
        blocks in vec(block(), 1..6), claims in claims(), base_fee in 7..1_000_000_000_000_u64, used in 21_000..=GAS,
    ) {
        let mut table = Table::default();
        blocks.iter().for_each(|block| table.update(&model::usage(block), &RULE));
        let list = PriceList::new(&table, base_fee, &RULE);
        let quote = Quote::new(&Market::new(&table, base_fee, 0, &LIMITS), borrowed(&claims), GAS);
        let rate = list.rate(borrowed(&claims));
        prop_assert_eq!(quote.rate, rate);
        prop_assert_eq!(quote.rate_max, rate, "a bound for the next block is exact");
        prop_assert_eq!(quote.fee(used), rate.fee(used, GAS, U256::MAX));
        let hot = quote.keys.iter().map(|hot| hot.key).collect::<Vec<Key>>();
        prop_assert!(hot.iter().all(|key| table.excess(key) > 0) && hot.is_sorted());
    }

    #[test]
    fn no_later_block_costs_more_than_was_quoted(
        before in vec(block(), 1..4),
        later in vec((block(), 0..=LIMITS.block_gas_max), 1..6),
        claims in claims(),
    ) {
        // All slots are named, so that none can become hot under a claim to a whole account unforeseen.
        let slots: Vec<U256> = keys().iter().filter_map(|key| key.slot).collect();
        let all: Vec<Claim<'_>> =
            borrowed(&claims).map(|c| if c.slots.is_empty() { Claim { slots: &slots, ..c } } else { c }).collect();
        let mut table = Table::default();
        before.iter().for_each(|block| table.update(&model::usage(block), &RULE));
        let mut base_fee = 1_000_000_000;
        let market = Market::new(&table, base_fee, later.len() as u64, &LIMITS);
        let bound = Quote::new(&market, all.iter().copied(), GAS).fee_bound();
        let mut now = table.clone();
        for (block, gas_used) in &later {
            now.update(&model::usage(block), &RULE);
            base_fee = next_base_fee(base_fee, *gas_used, &LIMITS);
            let list = PriceList::new(&now, base_fee, &RULE);
            prop_assert!(list.rate(all.iter().copied()).fee_max(GAS) <= bound);
        }
    }
}
