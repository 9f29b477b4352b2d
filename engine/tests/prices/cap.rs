//! The cap of each key in a block, beside a plain model of it.

use alloy_primitives::{Address, U256};
use pelton_engine::codec;
use pelton_engine::prices::{
    Cap, Claim, Key, Overloaded, Rule, WEIGHT_ADD, WEIGHT_ONE, WEIGHT_READ, WEIGHT_WRITE,
};
use pelton_engine::transaction::{Fields, Kind, Listed, Verified};
use proptest::prelude::*;

use super::any::{RULE, Sent, address, block, keys};
use super::declared;

const SMALL: Rule = Rule { load_max: 2_500_000, ..RULE };

/// What one transaction loads a key with, as weight × gas: the strongest claim that covers it, if any is to change it.
fn weighted(sent: &Sent, key: &Key) -> u64 {
    let covers = |claim: &Claim<'_>| {
        claim.address == key.address
            && (claim.slots.is_empty() || key.slot.is_some_and(|slot| claim.slots.contains(&slot)))
    };
    let whole = |claim: &Claim<'_>| claim.slots.is_empty();
    let of = |claims: Vec<Claim<'_>>| {
        let changes = claims.iter().any(|claim| claim.weight != WEIGHT_READ);
        if changes { claims.iter().map(|claim| claim.weight).max().unwrap_or(0) } else { 0 }
    };
    let covering: Vec<_> = sent.claims().filter(covers).collect();
    let (wholes, named): (Vec<_>, Vec<_>) = covering.into_iter().partition(whole);
    of(wholes).max(of(named)) * sent.charge
}

proptest! {
    #[test]
    fn a_block_takes_what_a_plain_sum_over_every_key_says(block in block()) {
        let mut cap = Cap::new(&SMALL);
        let mut sums = vec![0_u64; keys().len()];
        for sent in &block {
            let loads: Vec<u64> = keys().iter().map(|key| weighted(sent, key)).collect();
            let fits = |(sum, load): (&u64, &u64)| *load == 0 || *sum == 0 || sum + load <= SMALL.load_max * WEIGHT_ONE;
            let wanted = sums.iter().zip(&loads).all(fits);
            prop_assert_eq!(cap.add(sent.claims(), sent.charge), wanted, "{:?}", sent);
            if wanted {
                sums.iter_mut().zip(&loads).for_each(|(sum, load)| *sum += load);
            }
        }
    }
}

/// A call by somebody who calls nothing else, that names two slots of a contract, the second to read.
fn call(number: u8, contract: u8, slots: [u8; 2], gas_limit: u64) -> Verified {
    let listed = |slot: u8| vec![Listed { address: address(contract), slots: vec![U256::from(slot)] }];
    let fields = Fields {
        kind: Kind::Declared,
        chain_id: Some(1),
        nonce: 0,
        gas_limit,
        max_fee_per_gas: 1,
        max_priority_fee_per_gas: 1,
        max_contention_fee: 0,
        to: Some(address(contract)),
        value: U256::ZERO,
        input: vec![1].into(),
        reads: listed(slots[1]),
        writes: listed(slots[0]),
        authorizations: vec![],
    };
    let transaction =
        codec::decode(declared::encode(&fields, &[1; 32], &[1; 64]).into()).expect("it is well-formed");
    Verified::new(transaction, Address::with_last_byte(number))
}

proptest! {
    #[test]
    fn a_follower_takes_what_a_producer_may_make_in_any_order_and_refuses_one_more(
        wanted in prop::collection::vec((200_u8..203, [0_u8..3, 0_u8..3], 30_000_u64..1_000_000), 1..60),
    ) {
        let all = (0..).zip(wanted).map(|(number, (contract, slots, gas))| call(number, contract, slots, gas));
        let all: Vec<Verified> = all.collect();
        let mut cap = Cap::new(&SMALL);
        let fits = |one: &Verified| cap.add(Claim::all(one), one.fields().gas_limit);
        let (mut taken, left): (Vec<_>, Vec<_>) = all.into_iter().partition(fits);
        prop_assert_eq!(Cap::check(&SMALL, &taken), Ok(()));
        for one in left {
            taken.push(one);
            prop_assert_eq!(Cap::check(&SMALL, &taken), Err(Overloaded { position: taken.len() - 1 }));
            taken.pop();
        }
        taken.reverse();
        prop_assert_eq!(Cap::check(&SMALL, &taken), Ok(()));
        prop_assert_eq!(Cap::check(&SMALL, &[]), Ok(()));
    }
}

#[test]
fn readers_fill_no_key_and_payers_fill_it_sixteen_times_slower_than_writers() {
    let claim = |weight| [Claim { address: address(1), slots: &[], weight }];
    let count = |weight, tries| {
        let mut cap = Cap::new(&RULE);
        (0..tries).take_while(|_| cap.add(claim(weight), 100_000)).count()
    };
    let writers = (RULE.load_max / 100_000) as usize;
    assert_eq!(count(WEIGHT_WRITE, 10_000), writers);
    assert_eq!(count(WEIGHT_ADD, 10_000), 16 * writers);
    assert_eq!(count(WEIGHT_READ, 10_000), 10_000);
    let mut cap = Cap::new(&RULE);
    let slot = |slot: &'static [U256]| [Claim { address: address(1), slots: slot, weight: WEIGHT_WRITE }];
    assert!(cap.add(slot(const { &[U256::ZERO] }), RULE.load_max));
    assert!(!cap.add(claim(WEIGHT_WRITE), 1), "who claims the account claims its full slot");
    assert!(cap.add(slot(const { &[U256::ONE] }), RULE.load_max), "another slot is another key");
}
