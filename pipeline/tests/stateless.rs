//! Who has no state checks signatures as everyone does.

use alloy_primitives::{Address, Bytes};
use pelton_engine::block::{Block, Parent, Summary};
use pelton_engine::codec;
use pelton_engine::limits::Limits;
use pelton_engine::prices::Table;
use pelton_engine::reject::Reject;
use pelton_engine::stateless::{Below, Refusal, make};
use pelton_engine::transaction::Verified;
use pelton_engine::trie::Trie;
use pelton_pipeline::stateless::verify_block;
use pelton_workloads::{CHAIN_ID, Scheme, Spec, Workload, generate};

const LIMITS: Limits = Limits::standard(CHAIN_ID);

fn workload(scheme: Scheme, transactions: u64) -> Workload {
    let pattern = "transfers".parse().expect("it is a pattern");
    generate(&Spec { pattern, scheme, accounts: 60, transactions, seed: 1 }, &|_| {})
}

/// The first block of a chain, with these transactions whether they are signed or not.
fn file(workload: &Workload, wires: impl Iterator<Item = Bytes>) -> Bytes {
    let (state, mut trie, hot_keys) = (workload.genesis.state(), Trie::new(), Table::default());
    let state_root = trie.apply(&workload.genesis.writes().trie_updates()).into();
    let summary = Summary { height: 0, gas_used: 0, state_root, prices: hot_keys.digest() };
    let transactions = wires.zip(&workload.senders).map(|(wire, sender)| {
        Verified::new(codec::decode(wire).expect("it is still laid out as a transaction"), *sender)
    });
    let parent = Parent::genesis(state_root, &LIMITS);
    let block = Block::seal(
        &parent,
        summary,
        Address::repeat_byte(9),
        1_000,
        transactions.collect::<Vec<_>>(),
        &LIMITS,
    );
    let below = Below { state: &state, trie: &trie, parent: None, hot_keys: &hot_keys };
    make(&below, &block, &[], &LIMITS).expect("it can be proven").into()
}

#[test]
fn a_signature_that_is_none_is_refused_though_all_hashes_fit() {
    for scheme in [Scheme::Secp256k1, Scheme::Ed25519] {
        let workload = workload(scheme, 600);
        let wires = || workload.transactions.iter().map(|(wire, _)| wire.clone());
        for name in ["reference", "cpu"] {
            let backend = pelton_kernels::open(name, [3; 32]).expect("it is always there");
            let proven = verify_block(&file(&workload, wires()), &LIMITS, backend.as_ref());
            let executed = proven.expect("all are signed").executed;
            assert!(executed.outcomes.iter().all(|outcome| outcome.receipt().is_some_and(|one| one.success)));
            for forged in [0, 255, 256, 599] {
                // The last byte is one of s, in either scheme.
                let wires = wires().enumerate().map(|(at, wire)| match at == forged {
                    true => [&wire[..wire.len() - 1], &[wire[wire.len() - 1] ^ 1]].concat().into(),
                    false => wire,
                });
                let refusal = verify_block(&file(&workload, wires), &LIMITS, backend.as_ref()).err();
                let at = forged as u32;
                match (scheme, refusal) {
                    // Whoever signed that is somebody else, of whom the witness does not know.
                    (Scheme::Secp256k1, Some(Refusal::NotCovered(_))) => {}
                    (_, refusal) => {
                        assert_eq!(refusal, Some(Refusal::Transaction(at, Reject::BadSignature)), "{name}")
                    }
                }
            }
        }
    }
}
