//! How keys enter, and what their sums sign.

use blst::min_pk::{AggregatePublicKey, PublicKey};
use pelton_kernels::Level;
use pelton_kernels::bls12381::{BatchVerification, KnownKey, PROOF_TAG, reference};

use crate::cases::{
    Case, SMALL_ORDER, known, levels, minus, plus, point, proof, public, secret, sign, verdicts,
};

/// The sum of signatures.
fn sum(signatures: impl IntoIterator<Item = [u8; 96]>) -> [u8; 96] {
    signatures.into_iter().reduce(|a, b| plus(&a, &b)).expect("at least one")
}

/// Whether `signature` is valid for the sum of `keys`, as a batch and the reference say.
#[track_caller]
fn is_certificate(keys: &[KnownKey], message: &[u8], signature: &[u8; 96]) -> bool {
    let bytes: Vec<_> = keys.iter().map(KnownKey::to_bytes).collect();
    let expected = reference::verify_sum(&bytes, message, signature);
    let verdict = KnownKey::sum(keys).is_some_and(|key| {
        let case = Case { key, message: message.to_vec(), signature: *signature };
        assert_eq!(case.is_valid(), expected, "the sum is a key like any other");
        verdicts(&mut BatchVerification::new([1; 32], Level::best()), &[case]) == [true]
    });
    assert_eq!(verdict, expected);
    verdict
}

#[test]
fn a_key_enters_with_its_own_proof_and_no_other() {
    let key = public(1);
    let other_tag = sign(1, &key);
    let of_another_message = secret(1).sign(&public(2), PROOF_TAG, &[]).to_bytes();
    let small: [u8; 96] = point(SMALL_ORDER[0]);
    let proofs = [
        (proof(1), true),
        (proof(2), false),
        (other_tag, false),
        (of_another_message, false),
        (minus(&proof(1)), false),
        (plus(&proof(1), &small), false),
        ([0; 96], false),
        (point(&format!("c0{}", "00".repeat(95))), false),
    ];
    for (proof, expected) in proofs {
        assert_eq!(KnownKey::register(&key, &proof).is_some(), expected);
        assert_eq!(reference::verify_proof(&key, &proof), expected);
    }
    assert_eq!(KnownKey::register(&key, &proof(1)), KnownKey::from_genesis_without_proof(&key));
}

#[test]
fn infinity_is_no_key_and_proves_nothing() {
    let infinity: [u8; 48] = point(&format!("c0{}", "00".repeat(47)));
    let nothing: [u8; 96] = point(&format!("c0{}", "00".repeat(95)));
    assert_eq!(KnownKey::register(&infinity, &nothing), None);
    assert_eq!(KnownKey::from_genesis_without_proof(&infinity), None);
    assert!(!reference::verify_proof(&infinity, &nothing));
}

#[test]
fn a_rogue_key_is_refused_and_would_forge_if_it_were_not() {
    let victim = public(1);
    let mut rogue = AggregatePublicKey::from_public_key(&secret(2).sk_to_pk());
    let minus_victim = PublicKey::from_bytes(&minus(&victim)).expect("a point");
    rogue.add_public_key(&minus_victim, false).expect("nothing is checked");
    let rogue = rogue.to_public_key().to_bytes();
    for attempt in [secret(2).sign(&rogue, PROOF_TAG, &[]).to_bytes(), proof(2), proof(1), sign(2, &rogue)] {
        assert_eq!(KnownKey::register(&rogue, &attempt), None);
    }
    // What rule 5 is for: the victim never signed this.
    let taken = KnownKey::from_genesis_without_proof(&rogue).expect("a key like any other");
    assert!(is_certificate(&[known(1), taken], b"forged", &sign(2, b"forged")));
}

#[test]
fn the_sum_of_keys_signs_what_all_of_them_signed_and_nothing_else() {
    for len in [1, 2, 3, 15, 16, 17, 40, 100] {
        let keys: Vec<_> = (0..len).map(known).collect();
        let signatures: Vec<_> = (0..len).map(|key| sign(key, b"block")).collect();
        let all = sum(signatures.clone());
        assert!(is_certificate(&keys, b"block", &all), "{len} signers");
        assert!(!is_certificate(&keys, b"another", &all));
        if len > 1 {
            assert!(!is_certificate(&keys, b"block", &sum(signatures[1..].iter().copied())));
            assert!(!is_certificate(&keys[1..], b"block", &all));
        }
        let twice: Vec<_> = keys.iter().chain(&keys[..1]).copied().collect();
        assert!(!is_certificate(&twice, b"block", &all));
        assert!(is_certificate(&twice, b"block", &plus(&all, &signatures[0])));
    }
}

#[test]
fn a_sum_of_no_keys_or_of_opposite_keys_is_no_key() {
    assert_eq!(KnownKey::sum([]), None);
    let opposite = KnownKey::from_genesis_without_proof(&minus(&public(1))).expect("a key");
    assert_eq!(KnownKey::sum([&known(1), &opposite]), None);
    assert!(!is_certificate(&[known(1), opposite], b"block", &sign(1, b"block")));
    assert!(!is_certificate(&[], b"block", &sign(1, b"block")));
    assert_eq!(KnownKey::sum([&known(1), &opposite, &known(2)]), Some(known(2)));
}

#[test]
fn certificates_and_single_signatures_share_a_batch() {
    let certificate = |keys: std::ops::Range<usize>, message: &[u8]| Case {
        key: KnownKey::sum(&keys.clone().map(known).collect::<Vec<_>>()).expect("a key"),
        message: message.to_vec(),
        signature: sum(keys.map(|key| sign(key, message))),
    };
    let mut cases = vec![certificate(0..5, b"one"), certificate(3..9, b"one"), certificate(2..4, b"two")];
    cases.extend((0..5).map(|index| Case::signed(index, index)));
    cases[1].message = b"two".to_vec();
    assert_eq!(crate::cases::check(&cases), 7);
}

/// What every level says.
fn verify_aggregate(signed: &[(&KnownKey, &[u8])], signature: &[u8; 96]) -> bool {
    let verdict = |level| BatchVerification::new([1; 32], level).verify_aggregate(signed, signature);
    let verdicts: Vec<_> = levels().map(verdict).collect();
    assert!(verdicts.iter().all(|one| *one == verdicts[0]));
    verdicts[0]
}

#[test]
fn an_aggregate_over_several_messages_is_valid_for_exactly_these() {
    let messages: Vec<Vec<u8>> = (0..10).map(|index| vec![index as u8 / 2; 5]).collect();
    let keys: Vec<_> = (0..10).map(known).collect();
    let signature = sum((0..10).map(|key| sign(key, &messages[key])));
    let signed: Vec<_> = keys.iter().zip(messages.iter().map(Vec::as_slice)).collect();
    assert!(verify_aggregate(&signed, &signature));
    let mut reversed = signed.clone();
    reversed.reverse();
    assert!(verify_aggregate(&reversed, &signature));
    assert!(!verify_aggregate(&signed[1..], &signature));
    assert!(!verify_aggregate(&signed, &minus(&signature)));
    let mut wrong = signed.clone();
    (wrong[0].1, wrong[9].1) = (signed[9].1, signed[0].1);
    assert!(!verify_aggregate(&wrong, &signature));
    let small: [u8; 96] = point(SMALL_ORDER[1]);
    assert!(!verify_aggregate(&signed, &plus(&signature, &small)) && !verify_aggregate(&signed, &small));
    for nothing in [[0; 96], point(&format!("c0{}", "00".repeat(95)))] {
        assert!(!verify_aggregate(&[], &nothing) && !verify_aggregate(&signed, &nothing));
    }
    assert!(!verify_aggregate(&[], &signature));
}
