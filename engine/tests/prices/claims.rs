//! What a transaction claims.

use alloy_primitives::{Address, Bytes, U256};
use pelton_engine::codec;
use pelton_engine::prices::{Claim, Key, PriceList, WEIGHT_ADD, WEIGHT_READ, WEIGHT_WRITE};
use pelton_engine::transaction::{Fields, Kind, Listed, Verified};

use super::any::{RULE, address};
use super::declared;
use super::rule::heated;

const SENDER: Address = Address::repeat_byte(1);
const PAYEE: Address = Address::repeat_byte(2);

fn payment() -> Fields {
    Fields {
        kind: Kind::Declared,
        chain_id: Some(1),
        nonce: 0,
        gas_limit: 21_000,
        max_fee_per_gas: 1,
        max_priority_fee_per_gas: 1,
        max_contention_fee: 0,
        to: Some(PAYEE),
        value: U256::ONE,
        input: Bytes::new(),
        reads: vec![],
        writes: vec![],
        authorizations: vec![],
    }
}

/// Address, number of slots and weight of each claim.
fn check(fields: Fields, sender: Address, expected: &[(Address, usize, u64)]) {
    let wire = declared::encode(&fields, &[1; 32], &[2; 64]);
    let transaction = Verified::new(codec::decode(wire.into()).expect("it decodes"), sender);
    let found: Vec<_> =
        Claim::all(&transaction).map(|claim| (claim.address, claim.slots.len(), claim.weight)).collect();
    assert_eq!(found, expected, "{fields:?}");
}

#[test]
fn a_payment_adds_to_its_payee_and_whatever_could_run_code_writes_it() {
    let (sender, payee) = ((SENDER, 0, WEIGHT_WRITE), (PAYEE, 0, WEIGHT_WRITE));
    check(payment(), SENDER, &[sender, (PAYEE, 0, WEIGHT_ADD)]);
    check(Fields { gas_limit: 21_001, ..payment() }, SENDER, &[sender, payee]);
    check(Fields { input: vec![0].into(), ..payment() }, SENDER, &[sender, payee]);
    check(payment(), PAYEE, &[payee, payee]);
}

#[test]
fn lists_are_claimed_as_they_say() {
    let listed =
        |byte, slots: u64| Listed { address: address(byte), slots: (0..slots).map(U256::from).collect() };
    let fields = Fields {
        gas_limit: 100_000,
        value: U256::ZERO,
        reads: vec![listed(3, 0), listed(4, 2)],
        writes: vec![listed(2, 1), listed(5, 0)],
        ..payment()
    };
    let expected = [
        (SENDER, 0, WEIGHT_WRITE),
        (address(3), 0, WEIGHT_READ),
        (address(4), 2, WEIGHT_READ),
        (PAYEE, 1, WEIGHT_WRITE),
        (address(5), 0, WEIGHT_WRITE),
    ];
    check(fields, SENDER, &expected);
}

#[test]
fn to_be_paid_is_a_sixteenth_as_dear_as_to_be_called() {
    let list = PriceList::new(&heated(Key::account(PAYEE), RULE.load_max, 9, &RULE), 16 << 32, &RULE);
    let rate = |weight| list.rate([Claim { address: PAYEE, slots: &[], weight }]).fee_max(16);
    assert_eq!(rate(WEIGHT_WRITE), rate(WEIGHT_ADD) * U256::from(16));
}
