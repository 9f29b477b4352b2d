use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};

use alloy_primitives::{Address, B256, Bytes, keccak256};
use pelton_engine::genesis::Genesis;
use pelton_engine::limits::Limits;
use pelton_engine::reject::Reject;
use pelton_engine::{checks, codec};
use pelton_workloads::{CHAIN_ID, Expectation, Name, Scheme, Spec, Tally, Workload, generate};

use crate::node::{Fate, run, sender};
use crate::{all, plain};

fn make(spec: &Spec) -> Workload {
    generate(spec, &|_| {})
}

/// If this fails although it was meant to, raise `VERSION` in spec.rs with the new digests.
#[test]
fn a_workload_is_the_same_forever() {
    let line = |spec: Spec| {
        let Workload { digest, genesis, .. } = make(&spec);
        format!("{} {} {digest} {}", spec.pattern, spec.scheme, hash(&genesis))
    };
    let made: Vec<String> = all(20, 1_000).map(line).collect();
    let frozen: Vec<&str> = include_str!("digests.txt").lines().collect();
    assert_eq!(made, frozen, "\n{}\n", made.join("\n"));
}

fn hash(genesis: &Genesis) -> B256 {
    let mut bytes = Vec::new();
    for (address, account) in &genesis.accounts {
        bytes.extend_from_slice(address.as_slice());
        bytes.extend_from_slice(&account.balance.to_be_bytes::<32>());
        bytes.extend_from_slice(&account.nonce.to_be_bytes());
        bytes.extend_from_slice(keccak256(&account.code).as_slice());
        for (slot, value) in &account.storage {
            bytes.extend_from_slice(&slot.to_be_bytes::<32>());
            bytes.extend_from_slice(&value.to_be_bytes::<32>());
        }
    }
    keccak256(bytes)
}

#[test]
fn any_number_of_threads_makes_the_same_and_counts_all_of_it() {
    for name in [Name::Mix, Name::Hostile] {
        let spec = plain(name, Scheme::Ed25519, 10, 700, 3);
        let with = |threads| {
            let counted = AtomicU64::new(0);
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let progress = |count| {
                counted.fetch_add(count, Ordering::Relaxed);
            };
            let made = pool.install(|| generate(&spec, &progress));
            assert_eq!(counted.into_inner(), 700);
            made
        };
        assert!(with(1) == with(5));
    }
}

#[test]
fn good_transactions_are_admitted_and_each_senders_nonces_count_up() {
    for spec in all(10, 300) {
        let mut nonces: HashMap<Address, u64> = HashMap::new();
        let made = make(&spec);
        assert_eq!(made.transactions.len(), 300);
        let executed = |end: &Expectation| !matches!(end, Expectation::Reject(_));
        for (wire, _) in made.transactions.iter().filter(|(_, end)| executed(end)) {
            let transaction = codec::decode(wire.clone()).unwrap();
            assert_eq!(checks::admit(&transaction, &Limits::standard(CHAIN_ID)), Ok(()));
            let sender = sender(&transaction).expect("good transactions are signed");
            assert!(made.genesis.accounts.contains_key(&sender), "the sender has money");
            let nonce = nonces.entry(sender).or_default();
            assert_eq!(transaction.fields().nonce, *nonce);
            *nonce += 1;
        }
    }
}

#[test]
fn a_mix_has_its_parts_in_proportion() {
    let spec = plain(Name::Mix, Scheme::Ed25519, 50, 2_000, 1);
    let mut calls: HashMap<usize, u64> = HashMap::new();
    for (wire, _) in make(&spec).transactions {
        *calls.entry(codec::decode(wire).unwrap().fields().input.len()).or_default() += 1;
    }
    // By the length of their call data: transfers, token transfers, mints, swaps.
    for (length, percent) in [(0, 60), (68, 25), (4, 10), (132, 5)] {
        assert!(calls[&length].abs_diff(percent * 20) < 60, "{calls:?}");
    }
}

#[test]
fn hostile_has_exactly_so_many_of_each() {
    for scheme in Scheme::ALL {
        for (transactions, expected) in [
            (1, Tally { commit: 1, ..Tally::default() }),
            (49, Tally { commit: 49 - 2 - 2 - 1, reject: 2 + 2 + 1, ..Tally::default() }),
            (2_000, Tally { commit: 1_398, fail: 80, reject: 522, contested: 0 }),
        ] {
            let spec = plain(Name::Hostile, scheme, 30, transactions, 5);
            assert_eq!(make(&spec).tally(), expected);
        }
        let spec = plain(Name::Hostile, scheme, 30, 2_000, 5);
        let mut first_reasons: HashMap<Reject, u64> = HashMap::new();
        for (_, expectation) in make(&spec).transactions {
            if let Expectation::Reject(reasons) = expectation {
                *first_reasons.entry(reasons[0]).or_default() += 1;
            }
        }
        let expected = [
            (Reject::Repeat, 100),
            (Reject::BadSignature, 160),
            (Reject::Truncated, 40),
            (Reject::UnknownType, 20),
            (Reject::Malformed, 40),
            (Reject::NonCanonical, 40),
            (Reject::Oversized, 2),
            (Reject::WrongChain, 40),
            (Reject::StaleNonce, 40),
            (Reject::InsufficientFunds, 40),
        ];
        assert_eq!(first_reasons, HashMap::from(expected));
    }
}

/// How many of the transactions with one id ended, or must end, how.
#[derive(Debug, Default, PartialEq, Eq)]
struct Ends {
    commit: u64,
    fail: u64,
    reject: u64,
}

#[test]
fn every_transaction_ends_as_expected() {
    for spec in all(20, 1_000) {
        let made = make(&spec);
        let fates = run(&made.genesis, made.transactions.iter().map(|(wire, _)| wire));
        judge(&spec, &made.transactions, &fates);
        judge_contests(&made, &fates);
    }
}

/// Who wins a contest is open, how many do is not.
fn judge_contests(made: &Workload, fates: &[Fate]) {
    let mut contests: HashMap<u32, (u64, u64)> = HashMap::new();
    for ((_, expectation), fate) in made.transactions.iter().zip(fates) {
        if let Expectation::Contested(contest) = expectation {
            let (entered, won) = contests.entry(*contest).or_default();
            *entered += 1;
            *won += u64::from(*fate == Fate::Commit);
        }
    }
    for (entered, won) in contests.into_values() {
        assert_eq!(won, entered.min(made.prizes()), "{:?}", made.spec);
    }
}

#[test]
fn forged_copies_and_repeats_cost_good_ones_nothing_in_any_order() {
    for scheme in Scheme::ALL {
        let spec = plain(Name::Hostile, scheme, 20, 1_000, 11);
        let Workload { mut transactions, genesis, .. } = make(&spec);
        // Bad ones first, but for what is executed, which keeps its order.
        transactions.sort_by_key(|(_, expectation)| !matches!(expectation, Expectation::Reject(_)));
        let repeated = |end: &Expectation| matches!(end, Expectation::Reject([Reject::Repeat, ..]));
        transactions.sort_by_key(|(_, expectation)| repeated(expectation));
        let fates = run(&genesis, transactions.iter().map(|(wire, _)| wire));
        judge(&spec, &transactions, &fates);
    }
}

/// Counts by id, as the documentation of `Expectation` says.
fn judge(spec: &Spec, transactions: &[(Bytes, Expectation)], fates: &[Fate]) {
    let mut expected: HashMap<B256, Ends> = HashMap::new();
    let mut allowed: HashMap<B256, Vec<Reject>> = HashMap::new();
    let mut found: HashMap<B256, Ends> = HashMap::new();
    for ((wire, expectation), fate) in transactions.iter().zip(fates) {
        let ends = expected.entry(keccak256(wire)).or_default();
        match expectation {
            Expectation::Commit => ends.commit += 1,
            Expectation::Fail => ends.fail += 1,
            Expectation::Contested(_) if *fate == Fate::Commit => ends.commit += 1,
            Expectation::Contested(_) => ends.fail += 1,
            Expectation::Reject(reasons) => {
                ends.reject += 1;
                allowed.entry(keccak256(wire)).or_default().extend(*reasons);
            }
        }
    }
    for ((wire, _), fate) in transactions.iter().zip(fates) {
        let id = keccak256(wire);
        let ends = found.entry(id).or_default();
        match fate {
            Fate::Commit => ends.commit += 1,
            Fate::Fail => ends.fail += 1,
            Fate::Reject(reason) => {
                ends.reject += 1;
                let allowed = allowed.get(&id).map_or(&[][..], Vec::as_slice);
                assert!(allowed.contains(reason), "{spec:?}: {reason}, not one of {allowed:?}: {wire}");
            }
        }
    }
    assert_eq!(found, expected, "{spec:?}");
}
