//! Has every transaction become what its workload expects?

use std::collections::{BTreeMap, BTreeSet};

use alloy_primitives::B256;
use pelton_engine::executed::Outcome;
use pelton_engine::reject::Reject;
use pelton_pipeline::ledger::Rejection;
use pelton_workloads::{Expectation, Workload};

use super::Findings;

/// What is expected of, and came of, all transactions with one id.
#[derive(Default)]
struct Case {
    commit: u64,
    fail: u64,
    /// Of which contest they are, one for each.
    contests: Vec<u32>,
    reject: u64,
    reasons: BTreeSet<Reject>,
    committed: u64,
    failed: u64,
}

/// Knows what is expected, and hears what came of it, by id.
pub(super) struct Judge(BTreeMap<B256, Case>);

impl Judge {
    /// Knows what is expected of the first so many transactions.
    pub(super) fn new(workload: &Workload, offered: u64) -> Judge {
        let mut cases: BTreeMap<B256, Case> = BTreeMap::new();
        for (wire, expectation) in workload.transactions.iter().take(offered as usize) {
            let case = cases.entry(B256::from(pelton_kernels::keccak256(wire))).or_default();
            match expectation {
                Expectation::Commit => case.commit += 1,
                Expectation::Fail => case.fail += 1,
                Expectation::Contested(contest) => case.contests.push(*contest),
                Expectation::Reject(reasons) => {
                    case.reject += 1;
                    case.reasons.extend(*reasons);
                }
            }
        }
        Judge(cases)
    }

    /// Hears what came of a block's transactions.
    pub(super) fn note(&mut self, outcomes: &[Outcome]) {
        for receipt in outcomes.iter().filter_map(Outcome::receipt) {
            let case = self.0.entry(receipt.id).or_default();
            case.committed += u64::from(receipt.success);
            case.failed += u64::from(!receipt.success);
        }
    }

    /// Compares what became of each transaction with what its workload expects.
    pub(super) fn judge(
        &self,
        workload: &Workload,
        rejections: &[(B256, Rejection)],
        findings: &mut Findings,
    ) {
        let Judge(cases) = self;
        let rejections: BTreeMap<_, _> = rejections.iter().copied().collect();
        for (id, case) in cases {
            let commit_max = case.commit + case.contests.len() as u64;
            findings.expect(case.committed >= case.commit, || format!("{id} is good and was lost"));
            findings.expect(case.committed <= commit_max, || format!("{id} must not be committed and was"));
            let (executed, expected) = (case.committed + case.failed, commit_max + case.fail);
            findings.expect(executed == expected, || {
                format!("{id} was executed {executed} times, not {expected}")
            });
            // Copies of what was executed are counted by the stages; what was not executed has its reason in the ledger.
            if case.reject > 0 && expected == 0 {
                let reason = rejections.get(id).map(|rejection| rejection.reason);
                findings.expect(reason.is_some_and(|reason| case.reasons.contains(&reason)), || {
                    format!("{id} was turned away for {reason:?}, not for one of {:?}", case.reasons)
                });
            }
        }
        judge_contests(workload.prizes(), cases.values(), findings);
    }
}

/// Who wins a contest is open, how many do is not.
fn judge_contests<'a>(prizes: u64, cases: impl Iterator<Item = &'a Case>, findings: &mut Findings) {
    let mut contests: BTreeMap<u32, (u64, u64)> = BTreeMap::new();
    for case in cases {
        // No workload repeats a contested transaction, so what was committed beyond the good ones is the contest's.
        for contest in &case.contests {
            let (entered, won) = contests.entry(*contest).or_default();
            *entered += 1;
            *won += case.committed.saturating_sub(case.commit).min(1);
        }
    }
    for (contest, (entered, won)) in contests {
        let expected = entered.min(prizes);
        findings.expect(won == expected, || {
            format!("contest {contest}: {won} of {entered} succeeded, not {expected}")
        });
    }
}
