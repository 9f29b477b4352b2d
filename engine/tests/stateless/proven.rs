//! What a witness leads to is what the chain has come to.

use alloy_primitives::{Address, U256};
use pelton_engine::block::Header;
use pelton_engine::environment::Fork;
use pelton_engine::genesis::GenesisAccount;
use pelton_engine::stateless::Unprovable;
use pelton_engine::transaction::{Fields, Kind};

use crate::chain::{LIMITS, Link, chain, prove, random};
use crate::transactions::{fields, verified};
use crate::world::{Dice, Mix, block, genesis, sender};

fn headers(links: &[Link]) -> Vec<Header> {
    links.iter().map(|link| *link.block.header()).collect()
}

#[test]
fn every_block_leads_without_a_state_to_the_same_root_outcomes_and_gas() {
    for seed in 0..12 {
        let links = random(seed, 6, 60);
        for (at, link) in links.iter().enumerate() {
            let proven = prove(link.bytes(&[]).expect("it can be proven"), link).expect("it is good");
            assert_eq!(proven.claim.state_root, link.root, "seed {seed}, block {at}");
            assert_eq!(proven.executed.outcomes, link.executed.outcomes);
            assert_eq!(proven.executed.writes.accounts, link.executed.writes.accounts);
            assert_eq!(proven.executed.writes.slots, link.executed.writes.slots);
            assert_eq!(proven.claim.gas_used, link.executed.gas_used);
            assert_eq!(proven.root_before, link.root_before());
        }
    }
}

#[test]
fn headers_above_a_block_show_both_roots_and_hang_on_the_newest() {
    let links = random(7, 6, 20);
    for at in 0..3 {
        for count in 0..=3 {
            let above = headers(&links[at + 1..at + 1 + count]);
            let bytes = links[at].bytes(&above).expect("it can be proven");
            let proven = prove(bytes, &links[at]).expect("it is good");
            // The limits of this chain let a header speak of the block two below.
            assert_eq!(proven.root_before_is_in_headers, at == 0 || count >= 1, "block {at}, {count} above");
            assert_eq!(proven.root_after_is_in_headers, count >= 2, "block {at}, {count} above");
            assert_eq!(proven.newest, *links[at + count].block.header());
        }
    }
}

#[test]
fn hot_keys_have_their_price_without_a_state_too() {
    let links = random(3, 8, 90);
    let fees = links.iter().flat_map(|link| &link.executed.outcomes).filter_map(|outcome| outcome.receipt());
    assert!(fees.filter(|receipt| receipt.success && receipt.contention_fee > U256::ZERO).count() > 3);
    let last = links.last().expect("it has blocks");
    prove(last.bytes(&[]).expect("it can be proven"), last).expect("it is good");
}

#[test]
fn an_empty_block_touches_nothing() {
    let links = chain(&genesis(), 1, |_| Vec::new());
    let proven = prove(links[0].bytes(&[]).expect("it can be proven"), &links[0]).expect("it is good");
    assert_eq!((proven.touched, proven.claim.state_root), (0, proven.root_before));
}

#[test]
fn slots_that_become_void_cannot_be_proven_and_that_is_said() {
    let (mut genesis, bare) = (genesis(), Address::repeat_byte(0x77));
    let storage = [(U256::ONE, U256::ONE)].into();
    genesis.accounts.insert(bare, GenesisAccount { storage, ..GenesisAccount::default() });
    let links = chain(&genesis, 1, |_| {
        let touch = Fields { kind: Kind::DynamicFee, to: Some(bare), ..fields() };
        vec![verified(&touch, sender(0))]
    });
    assert_eq!(links[0].executed.writes.slots.len(), 1, "the block has voided it");
    assert_eq!(links[0].bytes(&[]), Err(Unprovable(bare)));
}

#[test]
fn blocks_of_every_seed_are_within_the_limits_and_not_all_alike() {
    let mut dice = Dice(1);
    let mix = Mix { transactions: 60, senders: 30, copies: 2, wild: 2, fork: Fork::Osaka };
    let links = chain(&genesis(), 4, |state| block(&mut dice, state, mix));
    assert!(links.iter().all(|link| link.block.header().transactions <= LIMITS.block_transactions_max));
    let executed: usize =
        links.iter().map(|link| link.executed.outcomes.iter().filter_map(|one| one.receipt()).count()).sum();
    assert!(executed > 20, "{executed} of the transactions ran");
}
