//! The static checks, each at its bound and one beyond.

#[path = "common/declared.rs"]
mod declared;
#[path = "common/rlp.rs"]
#[expect(dead_code, reason = "these transactions are only encoded")]
mod rlp;

use alloy_primitives::{Address, U256};
use pelton_engine::checks::{admit, intrinsic_gas};
use pelton_engine::codec;
use pelton_engine::limits::Limits;
use pelton_engine::reject::Reject::{self, *};
use pelton_engine::transaction::{Authorization, Fields, Kind, Listed, Transaction};
use revm::context_interface::cfg::gas::calculate_initial_tx_gas;
use revm::primitives::hardfork::SpecId;
use rlp::Item;

const CHAIN: u64 = 1337;
const LIMITS: Limits = Limits::standard(CHAIN);

/// Judges a transaction by the standard limits.
fn check(transaction: &Transaction, expected: Result<(), Reject>) {
    assert_eq!(admit(transaction, &LIMITS), expected, "{:?}", transaction.fields());
}

/// Judges a declared transaction that differs from a good one by this.
fn check_with(change: impl FnOnce(&mut Fields), expected: Result<(), Reject>) {
    check(&transaction(change), expected);
}

fn transaction(change: impl FnOnce(&mut Fields)) -> Transaction {
    let mut fields = Fields {
        kind: Kind::Declared,
        chain_id: Some(CHAIN),
        nonce: 0,
        gas_limit: 10_000_000,
        max_fee_per_gas: 100,
        max_priority_fee_per_gas: 1,
        max_contention_fee: 0,
        to: Some(address(1)),
        value: U256::from(1),
        input: vec![1, 0, 2].into(),
        reads: vec![],
        writes: vec![],
        authorizations: vec![],
    };
    change(&mut fields);
    codec::decode(declared::encode(&fields, &[1; 32], &[2; 64]).into()).expect("it decodes")
}

/// A 7702 transaction with this many delegations, otherwise good.
fn set_code(authorizations: usize, to: &[u8]) -> Transaction {
    let text = |bytes: &[u8]| Item::Text(bytes.to_vec());
    let authorization = Item::List(vec![
        text(&[]),
        text(address(2).as_slice()),
        Item::number(0),
        Item::number(1),
        Item::number(3),
        Item::number(4),
    ]);
    let mut items = [u128::from(CHAIN), 0, 1, 100, 10_000_000].map(Item::number).to_vec();
    items.extend([text(to), Item::number(0), text(&[]), Item::List(vec![])]);
    items.push(Item::List(vec![authorization; authorizations]));
    items.extend([1, 5, 6].map(Item::number));
    codec::decode([vec![4], Item::List(items).encode()].concat().into()).expect("it decodes")
}

fn legacy(v: u128) -> Transaction {
    let mut items = [0, 100, 21_000].map(Item::number).to_vec();
    items.extend([Item::Text(vec![1; 20]), Item::number(0), Item::number(0)]);
    items.extend([v, 5, 6].map(Item::number));
    codec::decode(Item::List(items).encode().into()).expect("it decodes")
}

fn address(byte: u8) -> Address {
    Address::repeat_byte(byte)
}

fn listed(byte: u8, slots: impl IntoIterator<Item = u64>) -> Listed {
    Listed { address: address(byte), slots: slots.into_iter().map(U256::from).collect() }
}

#[test]
fn a_good_transaction_of_each_kind_is_admitted() {
    check_with(|_| {}, Ok(()));
    check(&set_code(1, &[1; 20]), Ok(()));
    check(&legacy(35 + 2 * u128::from(CHAIN)), Ok(()));
    check(&legacy(36 + 2 * u128::from(CHAIN)), Ok(()));
}

#[test]
fn more_bytes_than_allowed_are_oversized() {
    let transaction = transaction(|_| {});
    let length = transaction.wire().len() as u32;
    let verdict = |transaction_bytes_max| admit(&transaction, &Limits { transaction_bytes_max, ..LIMITS });
    assert_eq!(verdict(length), Ok(()));
    assert_eq!(verdict(length - 1), Err(Oversized));
}

#[test]
fn a_transaction_is_for_this_chain_and_says_so() {
    for chain in [0, CHAIN - 1, CHAIN + 1, u64::MAX] {
        check_with(|fields| fields.chain_id = Some(chain), Err(WrongChain));
        check(&legacy(35 + 2 * u128::from(chain)), Err(WrongChain));
    }
    check(&legacy(27), Err(Unprotected));
    check(&legacy(28), Err(Unprotected));
}

#[test]
fn the_last_nonce_is_never_used() {
    check_with(|fields| fields.nonce = u64::MAX - 1, Ok(()));
    check_with(|fields| fields.nonce = u64::MAX, Err(NonceTooHigh));
}

#[test]
fn gas_has_a_limit() {
    check_with(|fields| fields.gas_limit = LIMITS.transaction_gas_max, Ok(()));
    check_with(|fields| fields.gas_limit = LIMITS.transaction_gas_max + 1, Err(GasLimitTooHigh));
    check_with(|fields| fields.gas_limit = u64::MAX, Err(GasLimitTooHigh));
}

#[test]
fn fees_are_in_order_and_add_up() {
    check_with(|fields| fields.max_priority_fee_per_gas = 100, Ok(()));
    check_with(|fields| fields.max_priority_fee_per_gas = 101, Err(FeeFields));
    let fee = U256::from(10_000_000_u64) * U256::from(100);
    check_with(|fields| fields.value = U256::MAX - fee, Ok(()));
    check_with(|fields| fields.value = U256::MAX - fee + U256::from(1), Err(FeeFields));
    check_with(|fields| fields.max_fee_per_gas = u128::MAX, Ok(()));
    check_with(|fields| fields.max_contention_fee = u128::MAX, Ok(()));
    let contention =
        |value| move |fields: &mut Fields| (fields.value, fields.max_contention_fee) = (value, 5);
    check_with(contention(U256::MAX - fee - U256::from(5)), Ok(()));
    check_with(contention(U256::MAX - fee - U256::from(4)), Err(FeeFields));
}

#[test]
fn creation_code_has_a_limit_and_call_data_only_that_of_all_bytes() {
    let length = LIMITS.init_code_bytes_max as usize;
    let input =
        |length, to| move |fields: &mut Fields| (fields.input, fields.to) = (vec![0; length].into(), to);
    check_with(input(length, None), Ok(()));
    check_with(input(length + 1, None), Err(InitCodeTooLarge));
    check_with(input(length + 1, Some(address(1))), Ok(()));
}

#[test]
fn lists_have_a_limit_on_accounts_and_slots_together() {
    let max = u64::from(LIMITS.access_entries_max);
    let split = |extra| {
        move |fields: &mut Fields| {
            fields.reads = vec![listed(1, 0..100), listed(2, [])];
            fields.writes = vec![listed(3, 0..max - 103 + extra)];
        }
    };
    check_with(split(0), Ok(()));
    check_with(split(1), Err(AccessListTooLong));
    check_with(|fields| fields.writes = vec![listed(3, 0..max - 1)], Ok(()));
    check_with(|fields| fields.writes = vec![listed(3, 0..max)], Err(AccessListTooLong));
}

#[test]
fn declared_lists_ascend() {
    let cases = [
        (vec![listed(1, [0, 1]), listed(2, []), listed(3, [0])], Ok(())),
        (vec![listed(1, []), listed(1, [])], Err(AccessListUnsorted)),
        (vec![listed(2, []), listed(1, [])], Err(AccessListUnsorted)),
        (vec![listed(1, [1, 1])], Err(AccessListUnsorted)),
        (vec![listed(1, [2, 1])], Err(AccessListUnsorted)),
        (vec![listed(1, [1]), listed(2, [3, 2])], Err(AccessListUnsorted)),
    ];
    for (list, expected) in cases {
        check_with(|fields| fields.reads = list.clone(), expected);
        check_with(|fields| fields.writes = list.clone(), expected);
    }
    // One account may be read in some slots and written in others.
    check_with(|fields| (fields.reads, fields.writes) = (vec![listed(1, [1])], vec![listed(1, [2])]), Ok(()));
}

#[test]
fn delegations_have_a_limit_and_a_recipient() {
    let max = LIMITS.authorizations_max as usize;
    check(&set_code(max, &[1; 20]), Ok(()));
    check(&set_code(max + 1, &[1; 20]), Err(Authorizations));
    check(&set_code(0, &[1; 20]), Err(Authorizations));
    check(&set_code(1, &[]), Err(Authorizations));
}

#[test]
fn gas_pays_for_the_transaction_itself() {
    type Change = fn(&mut Fields);
    let changes: [Change; 6] = [
        |_| {},
        |fields| fields.to = None,
        |fields| fields.input = vec![].into(),
        |fields| fields.input = vec![0xff; 5_000].into(),
        |fields| (fields.input, fields.to) = (vec![7; 33].into(), None),
        |fields| {
            (fields.reads, fields.writes) = (vec![listed(1, [1, 2])], vec![listed(1, []), listed(2, [3])])
        },
    ];
    for change in changes {
        let enough = intrinsic_gas(transaction(change).fields());
        let with = |gas_limit| transaction(|fields| (change(fields), fields.gas_limit = gas_limit).1);
        check(&with(enough), Ok(()));
        check(&with(enough - 1), Err(IntrinsicGas));
        check(&with(0), Err(IntrinsicGas));
    }
}

#[test]
fn intrinsic_gas_is_that_of_the_virtual_machine() {
    for input in [vec![], vec![0; 100], vec![1; 100], [[0, 9]; 500].concat(), vec![3; 32], vec![3; 33]] {
        for to in [None, Some(address(1))] {
            for (accounts, slots) in [(0, 0), (1, 0), (2, 5)] {
                for authorizations in [0, 1, 3] {
                    let mut transaction = transaction(|_| {}).fields().clone();
                    (transaction.input, transaction.to) = (input.clone().into(), to);
                    transaction.writes = (0..accounts).map(|byte| listed(byte, [])).collect();
                    transaction.reads = if slots > 0 { vec![listed(9, 0..slots)] } else { vec![] };
                    transaction.authorizations = vec![authorization(); authorizations];
                    let accounts = u64::from(accounts) + u64::from(slots > 0);
                    let machine = calculate_initial_tx_gas(
                        SpecId::OSAKA,
                        &input,
                        to.is_none(),
                        accounts,
                        slots,
                        authorizations as u64,
                        None,
                    );
                    let expected =
                        (machine.initial_regular_gas + machine.initial_state_gas).max(machine.floor_gas);
                    assert_eq!(intrinsic_gas(&transaction), expected, "{transaction:?}");
                }
            }
        }
    }
}

fn authorization() -> Authorization {
    let address = address(2);
    Authorization { chain_id: U256::ZERO, address, nonce: 0, y_parity: 0, r: U256::ZERO, s: U256::ZERO }
}
