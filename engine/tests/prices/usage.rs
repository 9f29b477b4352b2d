//! The usage of a block is taken from what could matter to its prices alone; nothing else matters.

use alloy_primitives::{B256, Bytes, U256};
use pelton_engine::codec;
use pelton_engine::executed::{Outcome, Receipt};
use pelton_engine::prices::{Claim, Rule, Table, Usage, charge};
use pelton_engine::reject::Reject;
use pelton_engine::transaction::{Fields, Kind, Listed, Verified};
use proptest::collection::vec;
use proptest::prelude::*;

use super::any::{RULE, Sent, address, sent};
use super::declared;

/// A target that a few of these transactions reach.
const SMALL: Rule = Rule { target: 2_000_000, load_max: 8_000_000, ..RULE };

/// A transaction with the claims of a random one, and what came of it.
fn executed(sent: &Sent, nonce: u64, skipped: bool) -> (Verified, Outcome) {
    let listed = |changes: bool| {
        let wanted = sent.claims.iter().filter(move |claim| (claim.weight > 4) == changes);
        wanted.map(|claim| Listed { address: claim.address, slots: claim.slots.clone() }).collect()
    };
    let fields = Fields {
        kind: Kind::Declared,
        chain_id: Some(1),
        nonce,
        gas_limit: 2_000_000,
        max_fee_per_gas: 1,
        max_priority_fee_per_gas: 0,
        max_contention_fee: 0,
        to: Some(address(9)),
        value: U256::ZERO,
        input: Bytes::from_static(&[1]),
        reads: listed(false),
        writes: listed(true),
        authorizations: vec![],
    };
    let wire = declared::encode(&fields, &[1; 32], &[2; 64]);
    let transaction = Verified::new(codec::decode(wire.into()).expect("it decodes"), address(8));
    let receipt = Receipt {
        id: B256::ZERO,
        success: true,
        gas_used: sent.charge,
        fee: U256::ZERO,
        contention_fee: U256::ZERO,
        logs: vec![],
        created: None,
    };
    let outcome = if skipped { Outcome::Skipped(Reject::StaleNonce) } else { Outcome::Executed(receipt) };
    (transaction, outcome)
}

proptest! {
    #[test]
    fn keys_that_stay_cold_may_be_left_out_and_no_others(
        blocks in vec(vec((sent(), prop::bool::weighted(0.1)), 0..12), 1..8),
    ) {
        let (mut table, mut whole) = (Table::default(), Table::default());
        for block in blocks {
            let (transactions, outcomes): (Vec<_>, Vec<_>) =
                block.iter().map(|(sent, skipped)| executed(sent, 0, *skipped)).unzip();
            let mut all = Usage::default();
            for (transaction, outcome) in transactions.iter().zip(&outcomes) {
                if let Some(receipt) = outcome.receipt() {
                    all.add(Claim::all(transaction), charge(receipt.gas_used, 2_000_000));
                }
            }
            let sifted = Usage::of(&transactions, &outcomes, &table, &SMALL);
            prop_assert!(sifted.keys().count() <= all.keys().count());
            whole.update(&all, &SMALL);
            table.update(&sifted, &SMALL);
            prop_assert_eq!(&table, &whole);
        }
    }
}
