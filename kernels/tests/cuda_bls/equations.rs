//! Verification: of single signatures, and of sums of them.

use blst::min_pk::{AggregatePublicKey, AggregateSignature, PublicKey, Signature};
use blst::{blst_p1, blst_p1_affine, blst_p2};

use crate::cases::{Case, SMALL_ORDER, point, sign};
use crate::host::ask;
use crate::points::{Memory, hash};
use crate::questions::{Operation, question};

fn point_of(key: &[u8; 48]) -> blst_p1_affine {
    PublicKey::from_bytes(key).expect("a key").into()
}

#[test]
fn single_signatures_are_answered_as_by_the_reference() {
    let small = point(SMALL_ORDER[0]);
    let mut wrong = Case::signed(4, 4);
    wrong.signature = sign(5, &wrong.message);
    let mut malformed = Case::signed(6, 6);
    malformed.signature[50] ^= 4;
    let cases = [
        Case::signed(1, 1),
        Case::signed(2, 33),
        Case::signed(3, 3).spoilt(),
        Case::signed(3, 3).plus(&small),
        wrong,
        malformed,
    ];
    let questions: Vec<_> = cases
        .iter()
        .flat_map(|case| {
            let points = [point_of(&case.key.to_bytes()).memory(), hash(&case.message).memory()].concat();
            question(Operation::Verify, &[&points[..], &case.signature].concat())
        })
        .collect();
    let verdicts: Vec<_> = ask(&questions).into_iter().map(|byte| byte == 1).collect();
    assert_eq!(verdicts, cases.iter().map(Case::is_valid).collect::<Vec<_>>());
    assert_eq!(verdicts, [true, true, false, false, false, false]);
}

/// The keys of each message, those whose signatures are missing, and whether the sums hold.
type Sums<'a> = (&'a [&'a [usize]], &'a [usize], u8);

/// Sums of keys, one for each message, and the sum of what all have signed, of which those by `missing` are left out.
fn sums(keys_of: &[&[usize]], missing: &[usize]) -> Vec<u8> {
    let mut operands = (keys_of.len() as u32).to_le_bytes().to_vec();
    let mut signatures = Vec::new();
    for (number, keys) in keys_of.iter().enumerate() {
        let cases: Vec<_> = keys.iter().map(|key| Case::signed(*key, number)).collect();
        let points: Vec<_> =
            cases.iter().map(|case| PublicKey::from_bytes(&case.key.to_bytes()).expect("a key")).collect();
        let sum = match &points[..] {
            [] => blst_p1::default(),
            _ => {
                AggregatePublicKey::aggregate(&points.iter().collect::<Vec<_>>(), false).expect("some").into()
            }
        };
        operands.extend([sum.memory(), hash(&Case::signed(0, number).message).memory()].concat());
        let present = keys.iter().zip(&cases).filter(|(key, _)| !missing.contains(key));
        signatures.extend(present.map(|(_, case)| Signature::from_bytes(&case.signature).expect("a point")));
    }
    let sum = match &signatures[..] {
        [] => blst_p2::default(),
        _ => {
            AggregateSignature::aggregate(&signatures.iter().collect::<Vec<_>>(), false).expect("some").into()
        }
    };
    operands.extend(sum.memory());
    operands
}

#[test]
fn sums_hold_where_all_have_signed_and_nowhere_else() {
    let cases: [Sums; 7] = [
        (&[&[1]], &[], 1),
        (&[&[1, 2, 3]], &[], 1),
        (&[&[1, 2, 3]], &[2], 0),
        (&[&[1], &[2, 3], &[4], &[5], &[6], &[7], &[8], &[9]], &[], 1),
        (&[&[1], &[2, 3], &[4], &[5], &[6], &[7], &[8], &[9]], &[9], 0),
        // A sum that is infinity counts for nothing, and so does one of none.
        (&[&[], &[2]], &[], 1),
        (&[&[]], &[], 1),
    ];
    let questions: Vec<_> = cases
        .iter()
        .flat_map(|(keys_of, missing, _)| question(Operation::SumsHold, &sums(keys_of, missing)))
        .collect();
    assert_eq!(ask(&questions), cases.map(|(.., holds)| holds));
    let none = question(Operation::SumsHold, &sums(&[&[3]], &[3]));
    assert_eq!(ask(&none), [0], "a key without its signature");
}
