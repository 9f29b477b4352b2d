//! The cap of each key in a block, beside a plain model of it.

use alloy_primitives::U256;
use pelton_engine::prices::{Cap, Claim, Key, Rule, WEIGHT_ADD, WEIGHT_ONE, WEIGHT_READ, WEIGHT_WRITE};
use proptest::prelude::*;

use super::any::{RULE, Sent, address, block, keys};

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
