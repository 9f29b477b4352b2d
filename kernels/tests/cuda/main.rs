//! The arithmetic of the CUDA kernels, compiled for this machine and compared with oracles.
//!
//! The headers under `cuda/` are made of a dozen instructions that have a host form. A C++ compiler makes a program of
//! them that answers questions, see `cuda/host/main.cpp`; each test asks it many and knows the answers from elsewhere.
//! Whole verifications go through the tests that hold all back-ends equal.

mod agree;
#[path = "../common/case.rs"]
mod case;
#[path = "../common/companions.rs"]
mod companions;
#[path = "../agreement/ed25519.rs"]
mod ed25519;
mod field;
mod floors;
mod host;
mod messages;
#[path = "../agreement/secp256k1.rs"]
mod secp256k1;
mod split;

use pelton_kernels::{Signatures, Verdict};

/// The program of `cuda/host` that is asked.
const PROGRAM: &str = "main";

use agree::{answers, bytes, check, open_seeded};

/// The device's arithmetic answers as the reference, whose answers are given back.
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
