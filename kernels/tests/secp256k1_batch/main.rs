//! Whatever is claimed, the answers are those of recovery, one by one.

mod case;
#[path = "../common/levels.rs"]
mod levels;
mod speed;

use levels::levels;
use pelton_kernels::ecdsa;
use pelton_kernels::secp256k1::{Answer, BatchRecovery, KnownKey};
use proptest::prelude::*;
use secp256k1::ecdsa::Signature;
use secp256k1::{Message, PublicKey, Scalar, SecretKey};

use case::{Case, bytes, claims, signed};

/// The x of the base point; its y is even.
const BASE_X: &str = "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798";

/// The answers of every level are those of recovery; gives how many claims were true.
fn check(cases: &[Case]) -> usize {
    let expected: Vec<_> = cases
        .iter()
        .map(|case| {
            let recovered = ecdsa::recover(&case.digest, &case.signature, case.y_parity);
            match (recovered, case.key) {
                (Some(key), Some(claimed)) if key == claimed.to_bytes() => Answer::Claimed,
                _ => Answer::Recovered(recovered),
            }
        })
        .collect();
    for level in levels() {
        let mut answers = Vec::new();
        BatchRecovery::new([3; 32], level).answer(&claims(cases), &mut answers);
        assert_eq!(answers, expected, "{level}");
    }
    expected.iter().filter(|answer| **answer == Answer::Claimed).count()
}

fn number(text: &str) -> [u8; 32] {
    const_hex::decode_to_array(text).expect("64 digits")
}

/// `number` plus `delta`, big-endian; for numbers whose last byte neither overflows nor underflows.
fn near(mut number: [u8; 32], delta: i8) -> [u8; 32] {
    number[31] = number[31].checked_add_signed(delta).expect("only the last byte changes");
    number
}

fn join(r: [u8; 32], s: [u8; 32]) -> [u8; 64] {
    let mut signature = [0; 64];
    signature[..32].copy_from_slice(&r);
    signature[32..].copy_from_slice(&s);
    signature
}

/// A claim about r ‖ s by the key it recovers, if any, and else by key 0.
fn claimed_right(digest: [u8; 32], signature: [u8; 64], y_parity: u8) -> Case {
    let key = ecdsa::recover(&digest, &signature, y_parity);
    let key = key.map_or(signed(0, 0).key, |key| KnownKey::from_bytes(&key));
    Case { digest, signature, y_parity, key }
}

#[test]
fn r_s_and_parity_are_held_to_their_bounds() {
    let (zero, one, base) = ([0; 32], near([0; 32], 1), number(BASE_X));
    let (half, order) = (ecdsa::S_MAX, ecdsa::ORDER);
    let ends = [zero, one, base, half, near(half, 1), near(order, -1), order, near(order, 1), [0xff; 32]];
    let mut cases = Vec::new();
    for r in ends.into_iter().chain((2..12).map(|delta| near(zero, delta))) {
        for s in ends {
            for y_parity in [0, 1, 2, 3, 27, 255] {
                cases.push(claimed_right(bytes("bounds", 0), join(r, s), y_parity));
            }
        }
    }
    let in_range = |case: &&Case| case.y_parity < 2 && case.signature[32..] <= half[..];
    let valid = check(&cases);
    assert!(valid > 40 && valid < cases.iter().filter(in_range).count(), "{valid}");
}

#[test]
fn any_digest_is_a_number_modulo_the_order() {
    let digests =
        [[0; 32], near([0; 32], 1), near(ecdsa::ORDER, -1), ecdsa::ORDER, near(ecdsa::ORDER, 1), [0xff; 32]];
    let cases: Vec<_> = (0..24)
        .map(|index| {
            let case = signed(index, index / 2);
            claimed_right(digests[index % digests.len()], case.signature, case.y_parity)
        })
        .collect();
    assert_eq!(check(&cases), 24);
    // n and 0 are one number: whoever signed the one signed the other.
    assert_eq!(check(&[cases[0], Case { digest: ecdsa::ORDER, ..cases[0] }].repeat(4)), 8);
}

#[test]
fn a_key_at_infinity_is_refused_whatever_is_claimed() {
    // With R the base point itself, the key is (s B - e B) / r, which is infinity where s = e.
    let mut digest = bytes("a digest that serves as s", 0);
    digest[0] &= 0x3f;
    let mut cases: Vec<_> = (0..20).map(|index| signed(index, index % 3)).collect();
    cases[13] = Case { digest, signature: join(number(BASE_X), digest), y_parity: 0, ..cases[13] };
    assert_eq!(ecdsa::recover(&digest, &cases[13].signature, 0), None);
    assert_eq!(check(&cases), 19);
    cases[12] = cases[13];
    assert_eq!(check(&cases), 18);
    assert_eq!(check(&[cases[12], cases[12], cases[12], cases[12]]), 0);
}

#[test]
fn a_signature_claimed_for_another_key_is_given_to_its_own() {
    let mut cases: Vec<_> = (0..60).map(|index| signed(index, index / 4)).collect();
    cases[7].key = cases[8].key;
    assert_eq!(check(&cases), 59);
    for case in &mut cases {
        case.key = signed(0, 0).key;
    }
    assert_eq!(check(&cases), 4, "all claimed for key 0");
    // The negative of a key has the same x.
    let other = |case: &Case| {
        let mut key = case.key.expect("there").to_bytes();
        let mut secret = PublicKey::from_slice(&[&[4], &key[..]].concat()).expect("a point");
        secret = secret.negate();
        key.copy_from_slice(&secret.serialize_uncompressed()[1..]);
        Case { key: KnownKey::from_bytes(&key), ..*case }
    };
    let mut cases: Vec<_> = (0..20).map(|index| signed(index, index)).collect();
    cases[3] = other(&cases[3]);
    cases[17] = other(&cases[17]);
    assert_eq!(check(&cases), 18);
}

#[test]
fn repeated_signatures_and_repeated_keys_are_no_exception() {
    for (different, times) in [(1, 4), (1, 64), (1, 200), (2, 50), (9, 20)] {
        let cases: Vec<_> = (0..different).map(|index| signed(index, index / 2)).collect();
        let mut cases = cases.repeat(times);
        assert_eq!(check(&cases), different * times);
        cases[different].digest[0] ^= 1;
        assert_eq!(check(&cases), different * times - 1);
        let spoilt = cases[different];
        cases.fill(spoilt);
        assert_eq!(check(&cases), 0);
    }
}

#[test]
fn errors_that_cancel_each_other_are_both_found() {
    // (e/s) G grows by d in one equation and shrinks by d in the other.
    let mut cases: Vec<_> = (0..40).map(|index| signed(index, index / 2)).collect();
    let delta = SecretKey::from_secret_bytes(bytes("delta", 0)).expect("below the order");
    for (index, delta) in [(10, delta), (11, delta.negate())] {
        let s = Scalar::from_be_bytes(*cases[index].signature.last_chunk().expect("32 bytes"))
            .expect("below the order");
        let e = Scalar::from_be_bytes(cases[index].digest).expect("below the order");
        cases[index].digest =
            delta.mul_tweak(&s).and_then(|key| key.add_tweak(&e)).expect("not zero").to_secret_bytes();
    }
    assert_eq!(check(&cases), 38);
    // The same signature with both parities: R and -R.
    cases[20].y_parity ^= 1;
    assert_eq!(check(&cases), 37);
}

#[test]
fn any_share_of_forged_unhinted_and_broken_claims_is_told_apart() {
    for (forged, unhinted, broken) in
        [(1, 0, 0), (0, 50, 0), (0, 0, 10), (10, 20, 5), (50, 10, 1), (100, 0, 0)]
    {
        let mut cases: Vec<_> = (0..280).map(|index| signed(index, index / 5)).collect();
        for (index, case) in cases.iter_mut().enumerate() {
            let draw = bytes("draw", index);
            if draw[0] % 100 < forged {
                case.digest[usize::from(draw[1]) % 32] ^= 1 << (draw[2] % 8);
            }
            if draw[3] % 100 < unhinted {
                case.key = None;
            }
            if draw[4] % 100 < broken {
                case.signature[usize::from(draw[5]) % 64] ^= 0x80;
            }
        }
        check(&cases);
    }
}

#[test]
fn a_key_that_is_no_point_or_spelt_in_another_way_is_not_taken() {
    let key = signed(0, 0).key.expect("there");
    assert_eq!(KnownKey::from_bytes(&key.to_bytes()), Some(key));
    for place in [0, 31, 32, 63] {
        let mut bytes = key.to_bytes();
        bytes[place] ^= 1;
        assert_eq!(KnownKey::from_bytes(&bytes), None);
    }
    let prime = number("fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f");
    for x in [[0; 32], prime, [0xff; 32]] {
        assert_eq!(KnownKey::from_bytes(&join(x, x)), None);
    }
    // x = 1 is of a point; p + 1 is another spelling of 1.
    let mut compressed = [2; 33];
    compressed[1..].copy_from_slice(&near([0; 32], 1));
    let point = PublicKey::from_slice(&compressed).expect("a point").serialize_uncompressed();
    let y = *point.last_chunk().expect("32 of 65 bytes");
    assert!(KnownKey::from_bytes(&join(near([0; 32], 1), y)).is_some());
    assert_eq!(KnownKey::from_bytes(&join(near(prime, 1), y)), None);
}

#[test]
fn where_x_is_the_order_or_more_verification_would_accept_what_recovery_gives_to_another() {
    let mut cases: Vec<_> = (0..20).map(|index| signed(index, index)).collect();
    let mut found = 0;
    for (small, e) in (1..40_i8).zip(0..).map(|(small, index)| (small, bytes("e", index))) {
        let (r, x) = (near([0; 32], small), near(ecdsa::ORDER, small));
        let Ok(nonce) = PublicKey::from_slice(&[&[2], &x[..]].concat()) else { continue };
        // With s = r and the digest r e, the equation is e G + Q - R = 0, and fulfilled by Q = R - e G.
        let e = SecretKey::from_secret_bytes(e).expect("below the order");
        let key = nonce.combine(&PublicKey::from_secret_key(&e.negate())).expect("not infinity");
        let digest = e.mul_tweak(&Scalar::from_be_bytes(r).expect("below the order")).expect("not zero");
        let (digest, signature) = (digest.to_secret_bytes(), join(r, r));
        let verified = Signature::from_compact(&signature).expect("in range");
        assert!(secp256k1::ecdsa::verify(&verified, Message::from_digest(digest), &key).is_ok());
        let key = KnownKey::from_bytes(key.serialize_uncompressed().last_chunk().expect("64 of 65 bytes"));
        for y_parity in [0, 1] {
            cases[found % 20] = Case { digest, signature, y_parity, key };
            found += 1;
            assert_eq!(check(&cases), 20 - found.min(20));
        }
    }
    assert!(found > 20, "{found}");
}

proptest! {
    #[test]
    fn any_mutation_at_any_place_changes_no_other_answer(
        len in 1usize..70,
        mutations in prop::collection::vec((0usize..70, 0usize..98, 1u8..), 0..6),
    ) {
        let mut cases: Vec<_> = (0..len).map(|index| signed(index, index / 3)).collect();
        for (index, place, change) in mutations {
            let case = &mut cases[index % len];
            match place {
                0..32 => case.digest[place] ^= change,
                32..96 => case.signature[place - 32] ^= change,
                96 => case.y_parity ^= change,
                _ => case.key = signed(0, usize::from(change)).key,
            }
        }
        check(&cases);
    }
}

#[test]
fn true_claims_are_found_true_in_a_batch_of_any_length() {
    let cases: Vec<_> = (0..300).map(|index| signed(index, index)).collect();
    for len in (1..40).chain([63, 64, 65, 128, 255, 256, 257, 300]) {
        assert_eq!(check(&cases[..len]), len);
    }
}
