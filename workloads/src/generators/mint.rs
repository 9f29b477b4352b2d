//! Everyone wants one of a limited edition, and there are not enough. Payments between the same accounts go on beside it.

use crate::action::Action;
use crate::draft::{Author, Draft};
use crate::parameter::{ONE, Parameter};
use crate::spec::Spec;
use crate::twist::Twist;

/// How many collectibles there are.
pub(crate) fn supply(spec: &Spec) -> u64 {
    of(wanted(spec), spec.pattern.value(Parameter::Supply))
}

/// How many want one.
fn wanted(spec: &Spec) -> u64 {
    spec.transactions - of(spec.transactions, spec.pattern.value(Parameter::Background))
}

fn of(whole: u64, thousandths: u32) -> u64 {
    (u128::from(whole) * u128::from(thousandths) / u128::from(ONE)) as u64
}

pub(crate) fn drafts(spec: &Spec) -> Vec<Draft> {
    let mut author = Author::new(spec, spec.accounts as usize);
    let wanted = wanted(spec);
    let mut mints: Vec<bool> = (0..spec.transactions).map(|position| position < wanted).collect();
    author.dice.shuffle(&mut mints);
    let draft = |mints: bool| {
        if !mints {
            return author.transfer();
        }
        let sender = author.actor();
        Draft { twist: Twist::Contested(0), ..author.draft(sender, Action::Mint) }
    };
    mints.into_iter().map(draft).collect()
}
