//! Random sums on the GPU: what is in a group with whom changes no verdict.

use pelton_kernels::cuda::Settings;
use pelton_kernels::{Scheme, Signatures, Verdict, Verifier as _, samples};

use crate::case::{Case, batch};
use crate::faults::{next, verifier_with};
use crate::kernels::right;
use crate::stand_in::{Misdeed, groups_that_held, tell};

/// Every signature whose key is not known is in a sum.
fn settings() -> Settings {
    Settings { sums_min: 0, keys_max: 0, ..Settings::new([5; 32]) }
}

#[track_caller]
fn check(batch: &Signatures, settings: Settings, held: usize) -> Vec<Verdict> {
    let mut verifier = verifier_with(settings);
    groups_that_held();
    verifier.submit(batch.clone()).expect("it is empty");
    let verdicts = next(&mut *verifier).outcome.expect("it answers");
    assert_eq!(groups_that_held(), held, "groups that held, of {} signatures", batch.len());
    assert_eq!(verifier.report().faults, 0);
    verdicts
}

/// Signatures whose answers are known have a group of their own, which never holds, as not all of them are valid.
pub fn held() {
    let valid = samples::valid(Scheme::Ed25519, 3, 300, false);
    for (length, held) in [(1, 1), (127, 1), (128, 1), (129, 2), (256, 2), (300, 3)] {
        let mut some = valid.clone();
        drop(some.split_off(length));
        assert_eq!(check(&some, settings(), held), right(&some), "{length} signatures");
    }
}

pub fn forged() {
    let spoilt = |at: &[usize]| {
        let mut cases: Vec<_> = (0..400).map(Case::signed).collect();
        at.iter().for_each(|index| cases[*index] = Case::spoilt(*index));
        let expected: Vec<_> = (0..400).map(|index| cases[index].verdict(!at.contains(&index))).collect();
        (batch(&cases), expected)
    };
    // Three groups of 128, and one of 16.
    for (at, held) in [(&[][..], 4), (&[0], 3), (&[127], 3), (&[128], 3), (&[126, 300], 2), (&[399], 3)] {
        let (batch, expected) = spoilt(at);
        assert_eq!(check(&batch, settings(), held), expected, "{at:?}");
    }
}

/// Signatures that break a rule of bytes have no part in a sum, and spoil none.
pub fn malformed() {
    let mut cases: Vec<_> = (0..300).map(Case::signed).collect();
    for index in [150, 260] {
        cases[index].signature[63] = 0xff;
    }
    cases[151].signature[..32].fill(0xff);
    cases[152].key = [0xff; 32];
    cases[153].key = [0; 32];
    let expected: Vec<_> = cases.iter().map(|case| case.verdict(case.valid_by_other_means())).collect();
    assert_eq!(expected.iter().filter(|verdict| **verdict == Verdict::Invalid).count(), 5);
    assert_eq!(check(&batch(&cases), settings(), 3), expected);
}

pub fn lied_to() {
    let some = samples::valid(Scheme::Ed25519, 3, 300, false);
    let mut verifier = verifier_with(settings());
    tell(Misdeed::HoldsAll);
    verifier.submit(some).expect("it is empty");
    let fault = next(&mut *verifier).outcome.expect_err("a known signature that is not valid was accepted");
    assert!(fault.reason.contains("wrong answer to a known signature"), "{fault}");
    tell(Misdeed::None);
}
