//! Bytes that are not the one encoding of a point of the subgroup.

use blst::BLST_ERROR;
use blst::min_pk::{PublicKey, Signature};
use pelton_kernels::bls12381::{KnownKey, reference};

use crate::cases::{Case, SMALL_ORDER, bytes, check, minus, point, proof, public};

/// The field's prime, big-endian.
const PRIME: &str =
    "1a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaab";

/// Points of the curve of keys, but not of its subgroup: of order 3, where x is 0, and 11.
const SMALL_ORDER_KEYS: [&str; 2] = [
    "a00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000",
    "b9b3e2c8c6bbf59d3c326b531fc1e639d29200c28624ac604f251a12908c9b7f735318617f625954cc71cdf03229b1ef",
];

/// `number` + p + `delta`, big-endian, if it fits.
fn plus_prime(number: &[u8; 48], delta: u16) -> Option<[u8; 48]> {
    let (prime, mut sum, mut carry) = (point::<48>(PRIME), [0; 48], delta);
    for place in (0..48).rev() {
        carry += u16::from(number[place]) + u16::from(prime[place]);
        sum[place] = carry as u8;
        carry >>= 8;
    }
    (carry == 0).then_some(sum)
}

/// The case with other bytes for its signature.
fn with(case: &Case, change: impl FnOnce(&mut [u8; 96])) -> Case {
    let mut case = case.clone();
    change(&mut case.signature);
    case
}

#[test]
fn a_signature_with_any_bit_flipped_is_answered_as_by_the_reference() {
    let case = Case::signed(1, 2);
    let mut cases: Vec<_> =
        (0..768).map(|bit| with(&case, |signature| signature[bit / 8] ^= 1 << (bit % 8))).collect();
    cases.push(case);
    assert_eq!(check(&cases), 1);
}

#[test]
fn flags_that_a_point_does_not_have_make_it_invalid() {
    let case = Case::signed(1, 2);
    let flags = (0..8).map(|flags| with(&case, |signature| signature[0] = signature[0] & 0x1f | flags << 5));
    assert_eq!(check(&flags.collect::<Vec<_>>()), 1);
}

#[test]
fn infinity_is_invalid_however_it_is_written() {
    let case = Case::signed(1, 2);
    let mut cases = vec![case.clone()];
    for first in 0..=0xff {
        cases.push(with(&case, |signature| {
            *signature = [&[first][..], &[0; 95]].concat().try_into().expect("96")
        }));
    }
    for place in [0, 47, 48, 95] {
        cases.push(with(&case, |signature| {
            *signature = [0; 96];
            signature[place] = 1;
            signature[0] |= 0xc0;
        }));
    }
    assert_eq!(check(&cases), 1);
}

#[test]
fn a_coordinate_from_the_prime_on_is_invalid() {
    let case = Case::signed(1, 2);
    let mut cases = vec![case.clone()];
    let half = |signature: &[u8; 96], from: usize| -> [u8; 48] {
        signature[from..from + 48].try_into().expect("48")
    };
    // The same number, spelt with p more: there is room in the second coordinate always, in the first for small ones.
    let again = plus_prime(&half(&case.signature, 48), 0).expect("below 2^384");
    cases.push(with(&case, |signature| signature[48..].copy_from_slice(&again)));
    for delta in 0..40 {
        let number = plus_prime(&[0; 48], delta).expect("below 2^384");
        cases.push(with(&case, |signature| {
            signature[..48].copy_from_slice(&number);
            signature[0] |= 0x80;
        }));
        cases.push(with(&case, |signature| signature[48..].copy_from_slice(&number)));
    }
    cases.push(with(&case, |signature| signature[48..].fill(0xff)));
    cases.push(with(&case, |signature| *signature = [0xff; 96]));
    cases.push(with(&case, |signature| {
        signature[..48].fill(0xff);
        signature[0] = 0xbf;
    }));
    assert_eq!(check(&cases), 1);
}

#[test]
fn points_outside_of_the_subgroup_and_numbers_that_are_no_point_are_invalid() {
    let case = Case::signed(1, 2);
    let mut cases = vec![case.clone()];
    let (mut points, mut others) = (0, 0);
    for index in 0..200 {
        let mut encoding = [bytes("left", index), bytes("middle", index), bytes("right", index)].concat();
        encoding[0] = encoding[0] & 0x2f | 0x80;
        encoding[48] &= 0x0f;
        match Signature::from_bytes(&encoding) {
            Ok(_) => points += 1,
            Err(_) => others += 1,
        }
        cases.push(with(&case, |signature| signature.copy_from_slice(&encoding)));
    }
    assert!(points > 50 && others > 50, "{points} of the curve, {others} not");
    for small in SMALL_ORDER.map(point) {
        assert!(Signature::from_bytes(&small).is_ok(), "of the curve");
        cases.push(with(&case, |signature| *signature = small));
        cases.push(with(&case, |signature| *signature = minus(&small)));
        cases.push(case.clone().plus(&small));
    }
    assert_eq!(check(&cases), 1);
}

#[test]
fn a_key_is_decoded_if_and_only_if_the_reference_takes_it() {
    let good = public(1);
    let mut keys = vec![good, [0; 48], [0xff; 48], minus(&good)];
    keys.extend((0..384).map(|bit| {
        let mut key = good;
        key[bit / 8] ^= 1 << (bit % 8);
        key
    }));
    keys.extend((0..=0xff).map(|first| {
        let mut key = [0; 48];
        key[0] = first;
        key
    }));
    keys.extend((0..40).filter_map(|delta| plus_prime(&[0; 48], delta)).map(|mut key| {
        key[0] |= 0x80;
        key
    }));
    keys.extend(SMALL_ORDER_KEYS.map(point::<48>));
    for key in &keys {
        let decoded = KnownKey::from_genesis_without_proof(key);
        let expected = PublicKey::key_validate(key).is_ok();
        assert_eq!(decoded.is_some(), expected, "{}", const_hex::encode(key));
        assert!(decoded.is_none_or(|decoded| decoded.to_bytes() == *key));
    }
    for small in SMALL_ORDER_KEYS.map(point::<48>) {
        let decoded = PublicKey::from_bytes(&small);
        assert_ne!(decoded, Err(BLST_ERROR::BLST_BAD_ENCODING));
        assert_ne!(decoded, Err(BLST_ERROR::BLST_POINT_NOT_ON_CURVE));
        assert!(!reference::verify_proof(&small, &proof(1)));
    }
}
