//! The audit: was everything that was counted also true?
//!
//! The final blocks are executed again, one transaction after the other, from genesis; every root and every outcome must
//! be the same. Balances and what was burnt must make what there was. Every transaction must have become what its
//! workload expects.

mod judge;

use alloy_primitives::{B256, U256};
use pelton_engine::limits::Limits;
use pelton_workloads::Workload;

use crate::durable::Durable;
use crate::replay::Replay;
use crate::report::Audit;
use crate::run::Outcomes;
use judge::Judge;

/// Findings that are printed; the rest are counted.
const FINDINGS_MAX: usize = 8;

/// Checks a whole run, of which this many transactions were offered.
pub fn audit(workload: &Workload, limits: &Limits, outcomes: &Outcomes, offered: u64) -> Audit {
    let mut findings = Findings::default();
    let mut judge = Judge::new(workload, offered);
    let serial_state_root = replay(workload, limits, outcomes, &mut judge, &mut findings);
    let equal = findings.is_empty();
    let supply_conserved = supply_conserved(workload, outcomes);
    findings.expect(supply_conserved, || {
        "balances and what was burnt do not make what there was at genesis".into()
    });
    let before = findings.count;
    judge.judge(workload, &outcomes.rejections, &mut findings);
    let expectations_met = findings.count == before;
    let blocks = outcomes.blocks.len() as u64;
    let recovered = outcomes.durable.map(|durable| recovered(outcomes, &durable, &mut findings));
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
        recovered,
        expectations_met,
        findings: findings.into_lines(),
    }
}

/// Executes all blocks again in order, and tells the judge what came of their transactions; gives the last root.
fn replay(
    workload: &Workload,
    limits: &Limits,
    outcomes: &Outcomes,
    judge: &mut Judge,
    findings: &mut Findings,
) -> B256 {
    let mut replay = Replay::new(&workload.genesis, limits);
    findings.expect(replay.root() == outcomes.genesis_root, || "the genesis roots differ".into());
    for one in &outcomes.blocks {
        let (header, height) = (&one.header, one.header.height);
        let stands = header.parent == replay.newest_id();
        findings.expect(stands, || format!("block {height} does not stand on the block below"));
        findings.expect(replay.knows_prices(header), || {
            format!("block {height}: its header speaks of other prices")
        });
        let executed = replay.execute(&one.block());
        let root = replay.root();
        findings.expect(root == one.state_root, || {
            format!("block {height}: serial root {root}, committed {}", one.state_root)
        });
        findings.expect(executed.digest() == one.outcomes, || {
            format!("block {height}: outcomes differ from serial")
        });
        judge.note(&executed.outcomes);
    }
    replay.root()
}

/// Whether the disk has what was told.
fn recovered(outcomes: &Outcomes, durable: &Durable, findings: &mut Findings) -> bool {
    let (height, root) = outcomes
        .blocks
        .last()
        .map_or((0, outcomes.genesis_root), |last| (last.header.height, last.state_root));
    let holds = (durable.height, durable.state_root) == (height, root);
    findings.expect(holds, || {
        let Durable { height: found, state_root, .. } = durable;
        format!("the chain ended at height {height} with root {root}, on disk at {found} with {state_root}")
    });
    holds
}

fn supply_conserved(workload: &Workload, outcomes: &Outcomes) -> bool {
    let burnt: U256 = outcomes.blocks.iter().map(|block| block.burnt).sum();
    workload.genesis.state().total_balance() == outcomes.total_balance + burnt
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
