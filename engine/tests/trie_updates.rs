//! Where accounts and slots stand in the state commitment: hashed together, against hashed one by one.

use std::collections::BTreeMap;

use alloy_primitives::{Address, B256, U256};
use pelton_engine::state::Account;
use pelton_engine::trie::{Key32, ValueHash32};
use pelton_engine::writes::{WriteSet, account_key, account_value, slot_key, slot_value};
use proptest::prelude::*;

/// By hashed key, with the plain functions.
fn one_by_one(writes: &WriteSet) -> BTreeMap<Key32, Option<ValueHash32>> {
    let accounts = writes
        .accounts
        .iter()
        .map(|(address, account)| (account_key(address), account.as_ref().map(account_value)));
    let slots = writes.slots.iter().map(|((address, slot), value)| {
        (slot_key(address, slot), (!value.is_zero()).then(|| slot_value(value)))
    });
    accounts.chain(slots).collect()
}

fn any_number() -> impl Strategy<Value = U256> {
    prop_oneof![Just(U256::ZERO), Just(U256::MAX), any::<u64>().prop_map(U256::from)]
}

fn any_address() -> impl Strategy<Value = Address> {
    any::<u64>().prop_map(|number| Address::left_padding_from(&number.to_be_bytes()))
}

fn any_account() -> impl Strategy<Value = Account> {
    (any::<u64>(), any_number(), any::<u8>()).prop_map(|(nonce, balance, code)| Account {
        nonce,
        balance,
        code_hash: B256::repeat_byte(code),
    })
}

fn any_writes() -> impl Strategy<Value = WriteSet> {
    let accounts = proptest::collection::btree_map(any_address(), proptest::option::of(any_account()), 0..70);
    let slots = proptest::collection::btree_map((any_address(), any_number()), any_number(), 0..70);
    (accounts, slots).prop_map(|(accounts, slots)| WriteSet {
        accounts: accounts.into_iter().collect(),
        slots: slots.into_iter().collect(),
        codes: Vec::new(),
    })
}

proptest! {
    #[test]
    fn updates_are_those_of_plain_hashing_sorted_by_key(writes in any_writes()) {
        prop_assert_eq!(writes.trie_updates(), one_by_one(&writes).into_iter().collect::<Vec<_>>());
    }
}

#[test]
fn accounts_and_slots_that_share_their_bytes_have_different_keys() {
    let address = Address::repeat_byte(1);
    let keys = [
        account_key(&address),
        slot_key(&address, &U256::ZERO),
        slot_key(&address, &U256::ONE),
        slot_key(&Address::ZERO, &U256::ZERO),
        account_key(&Address::ZERO),
    ];
    assert_eq!(keys.iter().collect::<std::collections::BTreeSet<_>>().len(), keys.len());
}

#[test]
fn preimages_are_filled_up_with_zeros_to_whole_blocks() {
    let (address, number) = (Address::repeat_byte(0xab), U256::from(0x0102));
    let account = Account { nonce: 3, balance: number, code_hash: B256::repeat_byte(0xcd) };
    let bytes = |parts: &[&[u8]], len: usize| {
        let mut bytes = parts.concat();
        bytes.resize(len, 0);
        *blake3::hash(&bytes).as_bytes()
    };
    let number_bytes = number.to_be_bytes::<32>();
    assert_eq!(account_key(&address), bytes(&[&[0], address.as_slice()], 64));
    assert_eq!(slot_key(&address, &number), bytes(&[&[1], address.as_slice(), &number_bytes], 64));
    assert_eq!(slot_value(&number), bytes(&[&number_bytes], 64));
    let code = account.code_hash;
    assert_eq!(account_value(&account), bytes(&[&3_u64.to_be_bytes(), &number_bytes, code.as_slice()], 128));
}
