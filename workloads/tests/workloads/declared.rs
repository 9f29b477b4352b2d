//! Declared access is as narrow as it can be: take any slot of it away, and the transaction fails.

use std::collections::{BTreeSet, HashMap};

use alloy_primitives::{Address, Bytes, U256};
use pelton_engine::codec;
use pelton_engine::executed::Outcome;
use pelton_engine::serial::serial;
use pelton_engine::state::State;
use pelton_engine::transaction::{Fields, Listed, Verified};
use pelton_workloads::encode::sign;
use pelton_workloads::wallet::Account;
use pelton_workloads::{Scheme, Spec, generate};

use crate::node::{environment, sender};

const SEED: u64 = 6;
const ACCOUNTS: u32 = 12;
/// A slot that nobody uses.
const NOWHERE: U256 = U256::from_limbs([7; 4]);

fn succeeds(state: &mut State, wire: Bytes) -> bool {
    let transaction = codec::decode(wire).expect("it is encoded well");
    let sender = sender(&transaction).expect("it is signed");
    let executed = serial(state, &environment(), &[Verified::new(transaction, sender)]);
    matches!(&executed.outcomes[..], [Outcome::Executed(receipt)] if receipt.success)
}

/// The same fields with one slot of the reads, or else of the writes, replaced by one of no use.
fn without(fields: &Fields, read: bool, slot: U256) -> Fields {
    let mut fields = fields.clone();
    let list = if read { &mut fields.reads } else { &mut fields.writes };
    let slots = &mut list[0].slots;
    slots.retain(|listed| *listed != slot);
    slots.push(NOWHERE);
    slots.sort_unstable();
    fields
}

/// The same fields with one slot of the writes only declared to be read.
fn only_read(fields: &Fields, slot: U256) -> Fields {
    let address = fields.writes[0].address;
    let mut fields = without(fields, false, slot);
    let mut slots: BTreeSet<U256> = fields.reads.iter().flat_map(|listed| listed.slots.clone()).collect();
    slots.insert(slot);
    fields.reads = vec![Listed { address, slots: slots.into_iter().collect() }];
    fields
}

/// Checks all transactions of a small workload, each on the state that those before it left; gives the numbers of reads
/// and writes of a transaction that were seen.
fn check(pattern: &str) -> BTreeSet<(usize, usize)> {
    let pattern = pattern.parse().expect("it is a pattern");
    let spec = Spec { pattern, scheme: Scheme::Ed25519, accounts: ACCOUNTS, transactions: 30, seed: SEED };
    let made = generate(&spec, &|_| {});
    let accounts = Account::derive_all(SEED, Scheme::Ed25519, 0..ACCOUNTS.into());
    let accounts: HashMap<Address, &Account> =
        accounts.iter().map(|account| (account.address(), account)).collect();
    let mut state = made.genesis.state();
    let mut seen = BTreeSet::new();
    for (wire, _) in made.transactions {
        let transaction = codec::decode(wire.clone()).expect("it is a good one");
        let account = accounts[&sender(&transaction).expect("it is signed")];
        let fields = transaction.fields();
        let slots = |list: &[Listed]| list.iter().flat_map(|listed| listed.slots.clone()).collect::<Vec<_>>();
        let (reads, writes) = (slots(&fields.reads), slots(&fields.writes));
        let narrower = reads.iter().map(|slot| without(fields, true, *slot));
        let narrower = narrower.chain(writes.iter().map(|slot| without(fields, false, *slot)));
        let narrower = narrower.chain(writes.iter().map(|slot| only_read(fields, *slot)));
        for less in narrower {
            assert!(!succeeds(&mut state.clone(), sign(&less, account)), "{pattern}: {less:?}");
        }
        assert!(succeeds(&mut state, wire), "{pattern}: {fields:?}");
        seen.insert((reads.len(), writes.len()));
    }
    seen
}

#[test]
fn a_slot_that_is_declared_is_needed() {
    assert_eq!(check("erc20"), BTreeSet::from([(0, 2)]));
    assert_eq!(check("dex:pools=2,greedy=0"), BTreeSet::from([(0, 3)]));
    assert_eq!(check("hybrid"), BTreeSet::from([(0, 0), (0, 2), (0, 3)]));
    assert_eq!(check("liquidation:racers=1"), BTreeSet::from([(1, 3)]));
    assert_eq!(check("game:every=5,reads=4,watch=0.5"), BTreeSet::from([(0, 1), (1, 1), (4, 1)]));
    assert_eq!(check("mint:supply=1"), BTreeSet::from([(0, 0)]), "a new slot depends on the counter");
}
