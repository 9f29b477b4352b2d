//! Ed25519 signatures together, alone, and among companions of both kinds.

use pelton_kernels::Verdict;

use crate::agree::check;
use crate::case::{Case, batch};

/// All `cases` together, and each among valid and invalid companions, answer as `expected`.
#[track_caller]
pub fn check_among_companions(cases: &[Case], expected: &[bool]) {
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
