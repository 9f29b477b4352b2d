//! Burst after burst of loans that have gone bad. Many bots race for each, with tips that differ; the first one closes it,
//! and all others revert.

use crate::action::Action;
use crate::draft::{Author, Draft};
use crate::parameter::Parameter;
use crate::spec::Spec;
use crate::twist::Twist;

/// How many loans there are.
pub(crate) fn loans(spec: &Spec) -> u32 {
    let bursts = spec.transactions.div_ceil(burst(spec).into());
    let loans = bursts * u64::from(spec.pattern.value(Parameter::Positions));
    u32::try_from(loans).expect("a workload has fewer than 2^32 loans")
}

/// How many transactions a burst has.
fn burst(spec: &Spec) -> u32 {
    spec.pattern.value(Parameter::Positions) * spec.pattern.value(Parameter::Racers)
}

pub(crate) fn drafts(spec: &Spec) -> Vec<Draft> {
    let mut author = Author::new(spec, spec.accounts as usize);
    let positions = spec.pattern.value(Parameter::Positions);
    let mut drafts = Vec::with_capacity(spec.transactions as usize);
    for first in (0..loans(spec)).step_by(positions as usize) {
        let mut targets: Vec<u32> = (0..burst(spec)).map(|racer| first + racer % positions).collect();
        author.dice.shuffle(&mut targets);
        drafts.extend(targets.into_iter().map(|loan| race(&mut author, loan)));
    }
    drafts.truncate(spec.transactions as usize);
    drafts
}

fn race(author: &mut Author, loan: u32) -> Draft {
    let sender = author.actor();
    let draft = author.draft(sender, Action::Liquidate { loan });
    Draft { tip: draft.tip + author.extra_tip(), twist: Twist::Contested(loan), ..draft }
}
