//! The byte form of records: one for each, and nothing else is taken for one.

use alloy_primitives::{Address, B256, Bytes, KECCAK256_EMPTY, U256};
use pelton_engine::evm::Code;
use pelton_engine::state::Account;
use pelton_engine::store::record::{Record, Tip, decode, decode_writes, encode, encode_writes};
use pelton_engine::writes::WriteSet;
use proptest::prelude::*;

fn tip(root: Option<B256>) -> Tip {
    Tip { height: 7, id: B256::repeat_byte(1), gas_used: 21_000, root }
}

fn bytes_of(tip: &Tip, parent: &B256, notes: &[u8], writes: &WriteSet) -> Vec<u8> {
    let mut bytes = Vec::new();
    encode(&mut bytes, tip, parent, notes, writes);
    bytes
}

/// What a record of these writes reads as: codes are elsewhere.
fn read_as(tip: Tip, parent: B256, notes: Vec<u8>, writes: &WriteSet) -> Record {
    let codes = writes.codes.iter().map(|(hash, _)| *hash).collect();
    Record { tip, parent, notes, writes: WriteSet { codes: Vec::new(), ..writes.clone() }, codes }
}

fn account(nonce: u64, balance: u128) -> Account {
    Account { nonce, balance: U256::from(balance), code_hash: KECCAK256_EMPTY }
}

/// A number of any length in bytes.
fn any_number() -> impl Strategy<Value = U256> {
    (any::<[u64; 4]>(), 0..=256_usize).prop_map(|(words, shift)| U256::from_limbs(words) >> shift)
}

fn any_account() -> impl Strategy<Value = Account> {
    (any::<u64>(), 0..64_u32, any_number(), any::<Option<[u8; 32]>>()).prop_map(
        |(nonce, shift, balance, code)| Account {
            nonce: nonce >> shift,
            balance,
            code_hash: code.map_or(KECCAK256_EMPTY, B256::from),
        },
    )
}

fn any_writes() -> impl Strategy<Value = WriteSet> {
    let address = || (0..6_u8).prop_map(Address::repeat_byte);
    let accounts =
        proptest::collection::btree_map(address(), proptest::option::weighted(0.8, any_account()), 0..6);
    let slots = proptest::collection::btree_map((address(), any_number()), any_number(), 0..12);
    let codes = proptest::collection::btree_map(any::<[u8; 32]>(), Just(Code::new(Bytes::new())), 0..3);
    (accounts, slots, codes).prop_map(|(accounts, slots, codes)| WriteSet {
        accounts: accounts.into_iter().collect(),
        slots: slots.into_iter().collect(),
        codes: codes.into_iter().map(|(hash, code)| (hash.into(), code)).collect(),
    })
}

fn any_tip() -> impl Strategy<Value = Tip> {
    let root = proptest::option::of(any::<[u8; 32]>());
    (any::<u64>(), any::<[u8; 32]>(), any::<u64>(), root).prop_map(|(height, id, gas_used, root)| Tip {
        height,
        id: id.into(),
        gas_used,
        root: root.map(B256::from),
    })
}

/// Bytes that are read are exactly those that would be written.
fn check_canonical(bytes: &[u8]) -> bool {
    let Ok(Record { tip, parent, notes, mut writes, codes }) = decode(bytes) else { return false };
    writes.codes = codes.into_iter().map(|hash| (hash, Code::new(Bytes::new()))).collect();
    assert_eq!(bytes_of(&tip, &parent, &notes, &writes), bytes);
    true
}

proptest! {
    #[test]
    fn what_is_written_is_read(tip in any_tip(), parent in any::<[u8; 32]>(), notes in any::<Vec<u8>>(), writes in any_writes()) {
        let parent = B256::from(parent);
        let bytes = bytes_of(&tip, &parent, &notes, &writes);
        prop_assert_eq!(decode(&bytes).expect("it was written"), read_as(tip, parent, notes, &writes));
    }

    #[test]
    fn damaged_bytes_are_refused_or_are_the_one_form_of_something_else(
        writes in any_writes(),
        damages in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..3_u8), 1..4),
    ) {
        let mut bytes = bytes_of(&tip(None), &B256::ZERO, &[1, 2, 3], &writes);
        for (at, byte, kind) in damages {
            let at = at.index(bytes.len());
            match kind {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                _ => drop(bytes.remove(at)),
            }
        }
        check_canonical(&bytes);
    }

    #[test]
    fn any_bytes_are_refused_or_are_the_one_form_of_something(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        check_canonical(&bytes);
    }
}

#[test]
fn a_record_that_is_too_short_or_too_long_is_refused() {
    let writes = WriteSet {
        accounts: vec![(Address::repeat_byte(3), Some(account(1, 300))), (Address::repeat_byte(4), None)],
        slots: vec![((Address::repeat_byte(3), U256::MAX), U256::ONE)],
        codes: vec![(B256::repeat_byte(9), Code::new(Bytes::new()))],
    };
    let bytes = bytes_of(&tip(Some(B256::ZERO)), &B256::ZERO, &[4; 200], &writes);
    assert!(check_canonical(&bytes));
    (0..bytes.len()).for_each(|length| assert!(decode(&bytes[..length]).is_err(), "{length} bytes"));
    assert!(decode(&[bytes, vec![0]].concat()).is_err());
}

/// Checks that this write set in bytes is refused.
fn check_refused(parts: &[&[u8]]) {
    let bytes = parts.concat();
    assert!(decode_writes(&bytes).is_err(), "{bytes:?}");
}

#[test]
fn every_second_form_of_a_write_set_is_refused() {
    let [one, two] = [[1; 20], [2; 20]];
    assert!(decode_writes(&[&[1], &one[..], &[1, 0, 5], &[0, 0]].concat()).is_ok(), "an account with 5 wei");
    check_refused(&[&[1], &one, &[2, 0, 0, 5], &[0, 0]]);
    check_refused(&[&[1], &one, &[1, 0x80, 0, 5], &[0, 0]]);
    check_refused(&[&[0x81, 0], &one, &[1, 0, 5], &[0, 0]]);
    check_refused(&[&[1], &one, &[33, 0], &[1; 33], &[0, 0]]);
    check_refused(&[&[1], &one, &[0x81], &[0, 0]]);
    check_refused(&[&[1], &one, &[0x40, 0], KECCAK256_EMPTY.as_slice(), &[0, 0]]);
    check_refused(&[&[2], &two, &[0x80], &one, &[0x80], &[0, 0]]);
    check_refused(&[&[2], &one, &[0x80], &one, &[0x80], &[0, 0]]);
    check_refused(&[&[0, 1], &one, &[0], &[0, 0, 0]]);
    check_refused(&[&[0, 1], &one, &[2, 1, 7, 0, 1, 7, 0], &[0]]);
    check_refused(&[&[0, 2], &one, &[1, 1, 7, 0], &one, &[1, 1, 8, 0], &[0]]);
    check_refused(&[&[0, 0, 2], &[3; 32], &[3; 32]]);
}

#[test]
fn a_count_that_the_bytes_cannot_hold_takes_no_memory() {
    for count in
        [&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01][..], &[0xff, 0xff, 0xff, 0x7f]]
    {
        check_refused(&[count, &[1; 100]]);
        check_refused(&[&[0], count, &[1; 100]]);
        check_refused(&[&[0, 0], count, &[1; 100]]);
        check_refused(&[&[0, 1], &[1; 20], count, &[1; 100]]);
    }
}

#[test]
#[should_panic(expected = "write sets are canonical")]
fn an_unsorted_write_set_is_a_bug() {
    let accounts = [2, 1].map(|byte| (Address::repeat_byte(byte), None)).to_vec();
    encode_writes(&mut Vec::new(), &WriteSet { accounts, ..WriteSet::default() });
}

/// Sender and recipient of a transfer among accounts that hold ether and have sent a few thousand transactions.
#[test]
fn a_transfer_takes_seventy_bytes() {
    let transfer = |number: u64| {
        [1, 2].map(|side| {
            let hash = blake3::hash(&[number.to_be_bytes(), [side; 8]].concat());
            (Address::from_slice(&hash.as_bytes()[..20]), Some(account(3_000, 998_000_000_000_000_000_000)))
        })
    };
    let mut accounts: Vec<_> = (0..1_000).flat_map(transfer).collect();
    accounts.sort_unstable_by_key(|entry| entry.0);
    let mut bytes = Vec::new();
    encode_writes(&mut bytes, &WriteSet { accounts, ..WriteSet::default() });
    assert!(bytes.len() <= 70 * 1_000, "{} bytes a transfer", bytes.len() / 1_000);
}
