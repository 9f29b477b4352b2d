//! Batch = one by one, whatever the companions.

use pelton_kernels::Level;
use pelton_kernels::bls12381::{BatchVerification, KnownKey, SignedMessage};
use proptest::prelude::*;

use crate::cases::{Case, SMALL_ORDER, check, check_expected, levels, minus, plus, point, sign, verdicts};

/// How the messages of a batch may be shared: by all, by some, by none.
const SHARED_BY: [usize; 4] = [1000, 7, 2, 1];

/// Signatures by keys that all differ, of messages that `shared_by` of them share.
fn signed(len: usize, shared_by: usize) -> Vec<Case> {
    (0..len).map(|index| Case::signed(index, index / shared_by)).collect()
}

#[test]
fn valid_signatures_are_valid_in_a_batch_of_any_size() {
    for shared_by in SHARED_BY {
        let cases = signed(64, shared_by);
        assert!(cases.iter().all(Case::is_valid));
        for len in 0..=64 {
            check_expected(&cases[..len], &vec![true; len]);
        }
    }
}

#[test]
fn batches_beyond_the_greatest_sum_are_answered_in_parts() {
    let keys = 40;
    let cases: Vec<_> = (0..600).map(|index| Case::signed(index % keys, index / keys)).collect();
    let mut expected = vec![true; 600];
    check_expected(&cases, &expected);
    let mut some_spoilt = cases.clone();
    for index in [0, 100, 511, 512, 599] {
        some_spoilt[index] = cases[index].clone().spoilt();
        expected[index] = false;
    }
    check_expected(&some_spoilt, &expected);
    check_expected(&cases[..300], &[true; 300]);
}

#[test]
fn one_bad_among_many_is_found_at_each_place() {
    for shared_by in SHARED_BY {
        let cases = signed(19, shared_by);
        let other = sign(5, b"a message of nobody else");
        for place in 0..cases.len() {
            let mut cases = cases.clone();
            cases[place].signature = other;
            let expected: Vec<_> = (0..cases.len()).map(|index| index != place).collect();
            check_expected(&cases, &expected);
        }
    }
}

#[test]
fn swapped_signatures_are_both_invalid_although_their_sum_is_right() {
    for shared_by in SHARED_BY {
        let mut cases = signed(20, shared_by);
        (cases[3].signature, cases[4].signature) = (cases[4].signature, cases[3].signature);
        assert_eq!(check(&cases), 18);
        assert_eq!(check(&cases[3..5]), 0);
    }
}

#[test]
fn errors_that_cancel_in_an_unweighted_sum_are_both_found() {
    for shared_by in SHARED_BY {
        let mut cases = signed(20, shared_by);
        let error = sign(99, b"an error");
        cases[10].signature = plus(&cases[10].signature, &error);
        cases[11].signature = plus(&cases[11].signature, &minus(&error));
        assert_eq!(check(&cases), 18);
        assert_eq!(check(&cases[10..12]), 0);
        // Three errors: d, d and -2 d.
        cases[10] = Case::signed(10, 10 / shared_by).plus(&error);
        cases[11] = Case::signed(11, 11 / shared_by).plus(&error);
        cases[12] = Case::signed(12, 12 / shared_by).plus(&minus(&plus(&error, &error)));
        assert_eq!(check(&cases), 17);
    }
}

#[test]
fn a_part_of_small_order_makes_a_signature_invalid_in_every_one_of_many_batches() {
    let small: [[u8; 96]; 2] = SMALL_ORDER.map(point);
    for small in small {
        let mut cases = signed(6, 1000);
        cases[2] = cases[2].clone().plus(&small);
        assert!(!cases[2].is_valid() && cases[1].is_valid());
        let expected = [true, true, false, true, true, true];
        // A random sum would take it in one batch of 13 or 23; two of them cancel in any unweighted sum.
        for seed in 0..100 {
            let mut batch = BatchVerification::new([seed; 32], Level::best());
            assert_eq!(verdicts(&mut batch, &cases), expected);
        }
        cases[3] = cases[3].clone().plus(&minus(&small));
        assert_eq!(check(&cases), 4);
        cases[5].signature = small;
        assert_eq!(check(&cases), 3);
    }
}

#[test]
fn repeats_and_equal_keys_are_no_exception() {
    let case = Case::signed(1, 1);
    for len in [1, 2, 3, 16, 33, 64] {
        assert_eq!(check(&vec![case.clone(); len]), len);
        let mut cases = vec![case.clone(); len];
        cases[len / 2] = case.clone().spoilt();
        assert_eq!(check(&cases), len - 1);
        assert_eq!(check(&vec![case.clone().spoilt(); len]), 0);
    }
    let by_one_key: Vec<_> = (0..20).map(|index| Case::signed(3, index)).collect();
    assert_eq!(check(&by_one_key), 20);
}

#[test]
fn opposite_keys_and_signatures_of_one_message_are_valid_together() {
    let (case, other) = (Case::signed(1, 1), Case::signed(2, 1));
    let opposite = KnownKey::from_genesis_without_proof(&minus(&case.key.to_bytes())).expect("a key");
    let negative = Case { key: opposite, signature: minus(&case.signature), message: case.message.clone() };
    assert_eq!(check(&[case.clone(), negative.clone()]), 2);
    assert_eq!(check(&[case.clone(), negative.clone(), other]), 3);
    assert_eq!(check(&[case.clone(), Case { signature: case.signature, ..negative }]), 1);
}

#[test]
fn any_share_of_invalid_signatures_is_told_apart_by_one_who_has_seen_many_batches() {
    let good = signed(24, 3);
    let bad: Vec<_> = good.iter().cloned().map(Case::spoilt).collect();
    let mut batches: Vec<_> = levels().map(|level| BatchVerification::new([9; 32], level)).collect();
    for share in [0, 1, 2, 5, 12, 23, 24, 24, 24, 24, 24, 24, 24, 24, 2, 0, 1, 0] {
        let is_bad = |index: usize| index * 7 % 24 < share;
        let cases: Vec<_> = (0..24)
            .map(|index| if is_bad(index) { bad[index].clone() } else { good[index].clone() })
            .collect();
        let expected: Vec<_> = (0..24).map(|index| !is_bad(index)).collect();
        for batch in &mut batches {
            assert_eq!(verdicts(batch, &cases), expected, "{share} of 24 are bad");
        }
    }
}

#[test]
fn verdicts_are_appended_in_order_and_none_is_lost() {
    let mut verdicts = vec![false, true];
    BatchVerification::new([1; 32], Level::best()).verify(&[], &mut verdicts);
    assert_eq!(verdicts, [false, true]);
    let case = Case::signed(1, 1);
    let signed = |signature| SignedMessage { key: &case.key, message: &case.message, signature };
    let batch = [signed(&[0; 96]), signed(&case.signature), signed(&[0xff; 96])];
    BatchVerification::new([1; 32], Level::best()).verify(&batch, &mut verdicts);
    assert_eq!(verdicts, [false, true, false, true, false]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, ..ProptestConfig::default() })]
    #[test]
    fn any_mutation_at_any_place_changes_no_other_verdict(
        len in 1usize..40,
        shared_by in 1usize..10,
        mutations in prop::collection::vec((0usize..40, 0usize..98, 1u8..), 0..5),
    ) {
        let mut cases = signed(len, shared_by);
        for (index, place, change) in mutations {
            let case = &mut cases[index % len];
            match place {
                0..96 => case.signature[place] ^= change,
                96 => case.message.push(change),
                _ => case.key = crate::cases::known(usize::from(change)),
            }
        }
        check(&cases);
    }
}
