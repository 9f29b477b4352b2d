//! Swaps. All those in one pool meet in the slot of its reserves. Some want more than any price gives, and revert.

use crate::draft::{Author, Draft};
use crate::market;
use crate::parameter::Parameter;
use crate::spec::Spec;
use crate::twist::Twist;

pub(crate) fn drafts(spec: &Spec) -> Vec<Draft> {
    let mut author = Author::new(spec, spec.accounts as usize);
    let (pools, greedy) = (spec.pattern.value(Parameter::Pools), spec.pattern.value(Parameter::Greedy));
    let swap = |_| {
        let sender = author.actor();
        let pool = author.dice.below(pools.into()) as u32;
        if author.dice.chance(greedy) {
            let action = market::greedy(&mut author.dice, pool);
            return Draft { twist: Twist::Reverting, ..author.draft(sender, action) };
        }
        let action = market::modest(&mut author.dice, pool);
        author.draft(sender, action)
    };
    (0..spec.transactions).map(swap).collect()
}
