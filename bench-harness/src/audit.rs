//! The audit: was everything that was counted also true?
//!
//! The final blocks are executed again, one transaction after the other, from genesis; every root and every outcome must
//! be the same. Balances and what was burnt must make what there was. Every transaction must have become what its
//! workload expects.

use std::collections::{BTreeMap, BTreeSet};

use alloy_primitives::{B256, U256};
use pelton_engine::environment::Environment;
use pelton_engine::executed::Outcome;
use pelton_engine::limits::Limits;
use pelton_engine::reject::Reject;
use pelton_engine::serial::serial;
use pelton_engine::trie::Trie;
use pelton_workloads::{Expectation, Workload};

use crate::report::Audit;
use crate::run::{Final, Outcomes};

/// Findings that are printed; the rest are counted.
const FINDINGS_MAX: usize = 8;

/// Checks a whole run, of which this many transactions were offered.
pub fn audit(workload: &Workload, limits: &Limits, outcomes: &Outcomes, offered: u64) -> Audit {
    let mut findings = Findings::default();
    let serial_state_root = replay(workload, limits, outcomes, &mut findings);
    let equal = findings.is_empty();
    let supply_conserved = supply_conserved(workload, outcomes);
    findings.expect(supply_conserved, || {
        "balances and what was burnt do not make what there was at genesis".into()
    });
    let before = findings.count;
    judge(workload, outcomes, offered, &mut findings);
    let expectations_met = findings.count == before;
    let blocks = outcomes.blocks.len() as u64;
    findings.expect(outcomes.blocks_rebuilt == blocks, || {
        format!("{} of {blocks} blocks were rebuilt from shreds", outcomes.blocks_rebuilt)
    });
    Audit {
        blocks,
        state_root: outcomes
            .blocks
            .last()
            .map_or(outcomes.genesis_root, |block| block.state_root)
            .to_string(),
        serial_state_root: serial_state_root.to_string(),
        equal,
        supply_conserved,
        blocks_rebuilt: outcomes.blocks_rebuilt,
        expectations_met,
        findings: findings.into_lines(),
    }
}

/// Executes all blocks again in order; gives the last root.
fn replay(workload: &Workload, limits: &Limits, outcomes: &Outcomes, findings: &mut Findings) -> B256 {
    let mut state = workload.genesis.state();
    let mut trie = Trie::new();
    let mut root = B256::from(trie.apply(&workload.genesis.writes().trie_updates()));
    findings.expect(root == outcomes.genesis_root, || "the genesis roots differ".into());
    let mut parent = pelton_engine::block::Parent::genesis(root, limits).id;
    for Final { block, outcomes, state_root, .. } in &outcomes.blocks {
        let (header, height) = (block.header(), block.header().height);
        findings
            .expect(header.parent == parent, || format!("block {height} does not stand on the block below"));
        parent = block.id();
        let executed = serial(&mut state, &Environment::of(header, limits), block.transactions());
        root = B256::from(trie.apply(&executed.writes.trie_updates()));
        findings.expect(root == *state_root, || {
            format!("block {height}: serial root {root}, committed {state_root}")
        });
        findings.expect(executed.outcomes == *outcomes, || {
            format!("block {height}: outcomes differ from serial")
        });
    }
    root
}

fn supply_conserved(workload: &Workload, outcomes: &Outcomes) -> bool {
    let burnt: U256 = outcomes.blocks.iter().map(|block| block.burnt).sum();
    workload.genesis.state().total_balance() == outcomes.total_balance + burnt
}

/// What is expected of, and came of, all transactions with one id.
#[derive(Default)]
struct Case {
    commit: u64,
    fail: u64,
    reject: u64,
    reasons: BTreeSet<Reject>,
    committed: u64,
    failed: u64,
}

/// Compares what became of each transaction with what its workload expects, by id.
fn judge(workload: &Workload, outcomes: &Outcomes, offered: u64, findings: &mut Findings) {
    let mut cases: BTreeMap<B256, Case> = BTreeMap::new();
    for (wire, expectation) in workload.transactions.iter().take(offered as usize) {
        let case = cases.entry(B256::from(pelton_kernels::keccak256(wire))).or_default();
        match expectation {
            Expectation::Commit => case.commit += 1,
            Expectation::Fail => case.fail += 1,
            Expectation::Reject(reasons) => {
                case.reject += 1;
                case.reasons.extend(*reasons);
            }
        }
    }
    for outcome in outcomes.blocks.iter().flat_map(|block| &block.outcomes) {
        if let Outcome::Executed(receipt) = outcome {
            let case = cases.entry(receipt.id).or_default();
            case.committed += u64::from(receipt.success);
            case.failed += u64::from(!receipt.success);
        }
    }
    let rejections: BTreeMap<_, _> = outcomes.rejections.iter().copied().collect();
    for (id, case) in &cases {
        findings.expect(case.committed >= case.commit, || format!("{id} is good and was lost"));
        findings.expect(case.committed <= case.commit, || format!("{id} must not be committed and was"));
        findings.expect(case.failed == case.fail, || {
            format!("{id} failed {} times, not {}", case.failed, case.fail)
        });
        // Copies of what was executed are counted by the stages; what was not executed has its reason in the ledger.
        if case.reject > 0 && case.commit + case.fail == 0 {
            let reason = rejections.get(id).map(|rejection| rejection.reason);
            findings.expect(reason.is_some_and(|reason| case.reasons.contains(&reason)), || {
                format!("{id} was turned away for {reason:?}, not for one of {:?}", case.reasons)
            });
        }
    }
}

/// What is wrong, the first few in words.
#[derive(Default)]
struct Findings {
    count: u64,
    lines: Vec<String>,
}

impl Findings {
    fn expect(&mut self, holds: bool, line: impl FnOnce() -> String) {
        if !holds {
            self.count += 1;
            if self.lines.len() < FINDINGS_MAX {
                self.lines.push(line());
            }
        }
    }

    fn is_empty(&self) -> bool {
        self.count == 0
    }

    fn into_lines(mut self) -> Vec<String> {
        let more = self.count - self.lines.len() as u64;
        if more > 0 {
            self.lines.push(format!("and {more} more"));
        }
        self.lines
    }
}
