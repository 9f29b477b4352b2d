//! The codec, against `alloy-consensus` and against bytes written by hand. What holds of any bytes is in `agree`.

#[path = "common/agree.rs"]
mod agree;
#[path = "codec/any.rs"]
mod any;
#[path = "common/declared.rs"]
mod declared;
#[path = "common/rlp.rs"]
mod rlp;
#[path = "common/samples.rs"]
mod samples;

use alloy_eips::eip2718::Encodable2718;
use alloy_primitives::Signature;
use any::{any_authorization, any_fields, any_u256, envelopes};
use pelton_engine::reject::Reject::{self, BadSignature, Malformed, NonCanonical, Truncated, UnknownType};
use pelton_engine::transaction::Fields;
use proptest::collection::vec;
use proptest::prelude::*;
use rlp::Item::{self, List, Raw, Text};

/// Decodes bytes, asserts what holds of any, and that the verdict is this.
fn check(wire: &[u8], expected: Result<Fields, Reject>) {
    assert_eq!(agree::decode(wire).map(|transaction| transaction.fields().clone()), expected);
}

/// The sample of this name.
fn sample(name: &str) -> Vec<u8> {
    samples::all().into_iter().find(|(other, _)| *other == name).expect("the name of a sample").1
}

/// The sample of this name as a type byte, if it has one, and its items.
fn parts(name: &str) -> (Vec<u8>, Vec<Item>) {
    let wire = sample(name);
    let body = usize::from(wire[0] < 0x80);
    let Some(List(items)) = Item::parse(&wire[body..]) else { panic!("a sample is canonical") };
    (wire[..body].to_vec(), items)
}

/// The sample of this name with one item replaced.
fn altered(name: &str, at: usize, item: Item) -> Vec<u8> {
    let (mut wire, mut items) = parts(name);
    items[place(name, at)] = item;
    wire.extend(List(items).encode());
    wire
}

/// Where an item stands: `0x65` has the maximum contention fee between the maximum fee and the gas limit.
fn place(name: &str, at: usize) -> usize {
    if name.starts_with("declared") && at > PRIORITY + 1 { at + 1 } else { at }
}

/// A text of this many bytes, none of them 0.
fn text(length: usize) -> Item {
    Text(vec![0x99; length])
}

// Places of the items of `0x02`, which `0x65` shares up to the input but for the maximum contention fee.
const NONCE: usize = 1;
const PRIORITY: usize = 2;
const TO: usize = 5;
const VALUE: usize = 6;
const INPUT: usize = 7;
const LIST: usize = 8;
const PARITY: usize = 9;
const R: usize = 10;
const S: usize = 11;
// Places in a legacy transaction and in `0x65`.
const LEGACY_V: usize = 6;
const READS: usize = 8;
const WRITES: usize = 9;
const KEY: usize = 10;
const SIGNATURE: usize = 11;

#[test]
fn every_sample_decodes() {
    for (name, wire) in samples::all() {
        assert!(agree::decode(&wire).is_ok(), "{name}");
    }
}

#[test]
fn a_transaction_cut_anywhere_is_truncated() {
    for (_, wire) in samples::all() {
        for length in 0..wire.len() {
            check(&wire[..length], Err(Truncated));
        }
    }
}

#[test]
fn a_byte_after_the_transaction_is_not_canonical() {
    for (_, mut wire) in samples::all() {
        wire.push(0x80);
        check(&wire, Err(NonCanonical));
    }
}

#[test]
fn types_that_are_not_ours_are_unknown_whatever_follows() {
    let mut wire = sample("dynamic fee");
    for first in (0..0x80).filter(|first| ![1, 2, 4, 0x65].contains(first)) {
        wire[0] = first;
        check(&wire, Err(UnknownType));
        check(&wire[..1], Err(UnknownType));
    }
}

#[test]
fn what_is_not_a_list_is_malformed() {
    let wrapped = Text(sample("dynamic fee")).encode();
    check(&wrapped, Err(Malformed));
    check(&[0x80], Err(Malformed));
    check(&[0x02, 0x80], Err(Malformed));
    check(&[0x02, 0x07], Err(Malformed));
}

#[test]
fn numbers_have_one_form() {
    for at in [0, NONCE, PRIORITY, PRIORITY + 1, 4, VALUE, PARITY, R, S] {
        check(&altered("dynamic fee", at, Raw(vec![0x00])), Err(NonCanonical));
        check(&altered("dynamic fee", at, Raw(vec![0x81, 0x01])), Err(NonCanonical));
        check(&altered("dynamic fee", at, Raw(vec![0x82, 0x00, 0x99])), Err(NonCanonical));
        check(&altered("dynamic fee", at, Raw(vec![0xb8, 0x01, 0x99])), Err(NonCanonical));
        check(&altered("dynamic fee", at, List(vec![])), Err(Malformed));
        check(&altered("dynamic fee", at, text(33)), Err(Malformed));
    }
    check(&altered("dynamic fee", NONCE, text(9)), Err(Malformed));
    check(&altered("dynamic fee", PRIORITY, text(17)), Err(Malformed));
}

#[test]
fn an_address_has_20_bytes_or_is_absent() {
    for (name, at) in [("dynamic fee", TO), ("set code", TO), ("declared", TO), ("legacy", 3)] {
        for length in [1, 19, 21, 32] {
            check(&altered(name, at, text(length)), Err(Malformed));
        }
        check(&altered(name, at, List(vec![])), Err(Malformed));
        check(&altered(name, at, Raw([vec![0xb8, 20], vec![1; 20]].concat())), Err(NonCanonical));
        let absent = agree::decode(&altered(name, at, text(0))).expect("the codec judges no recipient");
        assert_eq!(absent.fields().to, None);
    }
}

#[test]
fn byte_strings_have_one_form() {
    for name in ["dynamic fee", "declared"] {
        check(&altered(name, INPUT, Raw(vec![0x81, 0x7f])), Err(NonCanonical));
        check(&altered(name, INPUT, Raw(vec![0xb8, 3, 1, 2, 3])), Err(NonCanonical));
        check(&altered(name, INPUT, Raw([vec![0xb8, 55], vec![1; 55]].concat())), Err(NonCanonical));
        check(&altered(name, INPUT, Raw([vec![0xb9, 0, 56], vec![1; 56]].concat())), Err(NonCanonical));
        check(&altered(name, INPUT, List(vec![])), Err(Malformed));
        for length in [0, 1, 55, 56, 255, 256, 65_535, 65_536] {
            assert!(agree::decode(&altered(name, INPUT, text(length))).is_ok());
        }
    }
}

#[test]
fn a_claimed_length_is_no_reason_to_allocate_or_to_panic() {
    for base in [0xb7, 0xf7] {
        for (digits, claimed) in
            [(8, u64::MAX), (8, 1 << 63), (8, u64::MAX - 8), (4, 0xffff_ffff), (2, 0xffff)]
        {
            let lie = [vec![base + digits as u8], claimed.to_be_bytes()[8 - digits..].to_vec()].concat();
            for at in 0..=S {
                check(&altered("dynamic fee", at, Raw(lie.clone())), Err(Truncated));
                check(&altered("declared", at, Raw(lie.clone())), Err(Truncated));
            }
        }
        let lie = [vec![base + 8], vec![0xff; 8]].concat();
        check(&[vec![0x02], lie.clone()].concat(), Err(Truncated));
        check(&[vec![0xff], vec![0xff; 8]].concat(), Err(Truncated));
    }
}

#[test]
fn the_outer_list_has_one_header() {
    let (kind, items) = parts("dynamic fee");
    let payload: Vec<u8> = items.iter().flat_map(Item::encode).collect();
    let length = payload.len() as u8;
    let with = |header: &[u8]| [&kind, header, &payload].concat();
    check(&with(&[0xf8, length]), Ok(agree::decode(&sample("dynamic fee")).unwrap().fields().clone()));
    check(&with(&[0xf9, 0, length]), Err(NonCanonical));
    check(&with(&[0xff, 0, 0, 0, 0, 0, 0, 0, length]), Err(NonCanonical));
    check(&with(&[0xf8, length + 1]), Err(Truncated));
    check(&with(&[0xf8, length - 1]), Err(NonCanonical));
    check(&with(&[0xf8, 55]), Err(NonCanonical));
}

#[test]
fn a_transaction_has_as_many_items_as_its_kind() {
    for (name, _) in samples::all() {
        let (kind, mut items) = parts(name);
        items.push(text(0));
        check(&[kind.clone(), List(items.clone()).encode()].concat(), Err(Malformed));
        items.truncate(items.len() - 2);
        check(&[kind, List(items).encode()].concat(), Err(Truncated));
    }
}

#[test]
fn lists_that_lie_are_refused() {
    let entry = |address, slots| List(vec![text(address), List(slots)]);
    for (name, at) in [("dynamic fee", LIST), ("set code", LIST), ("declared", READS), ("declared", WRITES)] {
        let refuse = |item, reject| check(&altered(name, at, item), Err(reject));
        refuse(text(0), Malformed);
        refuse(List(vec![text(20)]), Malformed);
        refuse(List(vec![List(vec![])]), Truncated);
        refuse(List(vec![List(vec![text(20)])]), Truncated);
        refuse(List(vec![List(vec![text(20), List(vec![]), text(0)])]), Malformed);
        refuse(List(vec![List(vec![text(20), text(32)])]), Malformed);
        refuse(List(vec![entry(19, vec![])]), Malformed);
        refuse(List(vec![entry(20, vec![text(31)])]), Malformed);
        refuse(List(vec![entry(20, vec![List(vec![])])]), Malformed);
        // An inner list that would end after the list around it, and one that ends before its last item does.
        refuse(List(vec![Raw([vec![0xd7, 0x94], vec![1; 20], vec![0xc0]].concat())]), Truncated);
        refuse(List(vec![Raw([vec![0xd5, 0x94], vec![1; 20], vec![0xc0]].concat())]), Truncated);
        refuse(List(vec![Raw([vec![0xf8, 22, 0x94], vec![1; 20], vec![0xc0]].concat())]), NonCanonical);
    }
}

#[test]
fn an_authorization_has_six_items() {
    let place = LIST + 1;
    let (_, items) = parts("set code");
    let List(authorizations) = &items[place] else { panic!("authorizations are a list") };
    let List(first) = &authorizations[0] else { panic!("an authorization is a list") };
    let with = |change: &dyn Fn(&mut Vec<Item>)| {
        let mut changed = first.clone();
        change(&mut changed);
        altered("set code", place, List(vec![List(changed)]))
    };
    assert!(agree::decode(&with(&|_| {})).is_ok());
    assert!(agree::decode(&altered("set code", place, List(vec![]))).is_ok(), "checks refuse an empty list");
    check(&with(&|items| items.push(text(0))), Err(Malformed));
    check(&with(&|items| drop(items.pop())), Err(Truncated));
    check(&with(&|items| items[1] = text(0)), Err(Malformed));
    check(&with(&|items| items[2] = text(9)), Err(Malformed));
    check(&with(&|items| items[3] = text(2)), Err(Malformed));
    check(&with(&|items| items[4] = text(33)), Err(Malformed));
}

#[test]
fn parity_is_0_or_1() {
    for bytes in [vec![2], vec![27], vec![0xff], vec![1, 0], vec![0xff; 8]] {
        check(&altered("access list, creating", LIST, Text(bytes.clone())), Err(BadSignature));
        check(&altered("dynamic fee", PARITY, Text(bytes.clone())), Err(BadSignature));
        check(&altered("set code", PARITY + 1, Text(bytes)), Err(BadSignature));
    }
}

#[test]
fn a_legacy_v_holds_parity_and_chain() {
    let largest = 36 + 2 * u128::from(u64::MAX);
    for (v, expected) in [
        (27, Some(None)),
        (28, Some(None)),
        (35, Some(Some(0))),
        (36, Some(Some(0))),
        (37, Some(Some(1))),
        (u64::MAX.into(), Some(Some(u64::MAX / 2 - 17))),
        (largest, Some(Some(u64::MAX))),
        (largest + 1, None),
        (u128::MAX, None),
        (0, None),
        (1, None),
        (26, None),
    ]
    .into_iter()
    .chain((29..=34).map(|v| (v, None)))
    {
        let chain_id =
            agree::decode(&altered("legacy", LEGACY_V, Item::number(v))).map(|t| t.fields().chain_id);
        assert_eq!(chain_id, expected.ok_or(BadSignature), "v = {v}");
    }
    check(&altered("legacy", LEGACY_V, text(17)), Err(Malformed));
}

#[test]
fn a_declared_transaction_carries_a_whole_key_and_signature() {
    for length in [0, 31, 33] {
        check(&altered("declared", KEY, text(length)), Err(Malformed));
    }
    for length in [0, 63, 65] {
        check(&altered("declared", SIGNATURE, text(length)), Err(Malformed));
    }
    check(&altered("declared", KEY, Raw([vec![0xb8, 32], vec![1; 32]].concat())), Err(NonCanonical));
    check(&altered("declared", SIGNATURE, Raw([vec![0xb9, 0, 64], vec![1; 64]].concat())), Err(NonCanonical));
    // Keys and signatures are strings and not numbers: they may begin with zeros.
    assert!(agree::decode(&altered("declared", KEY, Text(vec![0; 32]))).is_ok());
    assert!(agree::decode(&altered("declared", SIGNATURE, Text(vec![0; 64]))).is_ok());
}

proptest! {
    #[test]
    fn what_alloy_encodes_decodes_to_the_same(
        fields in any_fields(),
        authorizations in vec(any_authorization(), 0..3),
        (r, s, parity) in (any_u256(), any_u256(), any::<bool>()),
    ) {
        for envelope in envelopes(fields, authorizations, Signature::new(r, s, parity)) {
            check(&envelope.encoded_2718(), Ok(agree::fields(&envelope)));
        }
    }

    #[test]
    fn a_declared_transaction_decodes_to_what_was_encoded(
        fields in any_fields(),
        key in any::<[u8; 32]>(),
        signature in any::<[u8; 64]>(),
    ) {
        check(&declared::encode(&fields, &key, &signature), Ok(fields));
    }

    #[test]
    fn bytes_of_chance_are_judged(kind in prop_oneof![Just(1_u8), Just(2), Just(4), Just(0x65), any::<u8>()],
                                  bytes in vec(any::<u8>(), 0..200)) {
        drop(agree::decode(&[vec![kind], bytes].concat()));
    }
}
