//! All back-ends give equal answers, on published vectors, at the bounds, and on whatever can be made up.

#[path = "../common/agree.rs"]
mod agree;
#[path = "../common/case.rs"]
mod case;
mod claims;
#[path = "../common/companions.rs"]
mod companions;
mod ed25519;
mod lengths;
#[path = "../common/levels.rs"]
mod levels;
mod secp256k1;

use pelton_kernels::{Signatures, Verdict};

use agree::{answers, bytes, check, open_seeded};

/// Every back-end answers as the reference, whose answers are given back.
#[track_caller]
fn check_agreement(batch: &Signatures) -> Vec<Verdict> {
    let expected = answers(&*open_seeded("reference", 0), batch, 1);
    check(batch, &expected);
    expected
}

/// How many signatures are valid.
fn valid(verdicts: &[Verdict]) -> usize {
    verdicts.iter().filter(|verdict| **verdict != Verdict::Invalid).count()
}
