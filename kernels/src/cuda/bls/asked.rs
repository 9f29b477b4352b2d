//! What a GPU is asked of a batch of BLS signatures, and what its answers lead to.

use crate::bls12381::device::{Answers, Plan, Work};

/// What answers are before a kernel has written them: neither yes nor no.
pub const NO_ANSWER: u8 = 0xff;

/// One way to check signatures.
pub enum Asked {
    /// Sums, and then those signatures that are always asked for and those of sums that fail.
    Sums { plan: Plan, always: Vec<u32> },
    /// Each of these by itself, where `found` says what is known so far.
    Each { which: Vec<u32>, found: Answers },
}

impl Asked {
    /// What is asked first.
    pub fn first(work: &Work) -> Asked {
        match &work.plan {
            Some(plan) => Asked::Sums { plan: plan.clone(), always: work.always.clone() },
            None => Asked::Each {
                which: (0..work.count() as u32).collect(),
                found: Answers { signatures: vec![NO_ANSWER; work.count()], sums: Vec::new() },
            },
        }
    }
}

/// What sums say of their signatures, and the signatures of those that say nothing, as they have several and do not hold.
pub fn told(plan: &Plan, are_valid: &[u8], sums: &[u8]) -> (Answers, Vec<u32>) {
    let sums = &sums[..plan.sums.len()];
    let (mut signatures, mut failed) = (are_valid.to_vec(), Vec::new());
    for (range, held) in plan.ranges().zip(sums) {
        match held {
            1 => {}
            // Of one signature a sum is its equation times a number that is not zero.
            0 if range.len() > 1 => failed.extend(range.map(|index| index as u32)),
            0 => signatures[range.start] = are_valid[range.start] & *held,
            // No answer: whoever takes this sees it.
            other => signatures[range].fill(*other),
        }
    }
    (Answers { signatures, sums: sums.to_vec() }, failed)
}
