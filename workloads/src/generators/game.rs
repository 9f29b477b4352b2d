//! A game. Account 0 keeps the clock: every so often it moves it on and looks at many players. All others move, each in its
//! own slot; some look at the clock.

use crate::action::Action;
use crate::draft::{Author, Draft};
use crate::parameter::Parameter;
use crate::spec::Spec;

const KEEPER: u32 = 0;

pub(crate) fn drafts(spec: &Spec) -> Vec<Draft> {
    let mut author = Author::new(spec, spec.accounts as usize);
    let every = u64::from(spec.pattern.value(Parameter::Every));
    let watch = spec.pattern.value(Parameter::Watch);
    let count = spec.pattern.value(Parameter::Reads).min(spec.accounts - 1);
    let draft = |position: u64| {
        if (position + 1).is_multiple_of(every) {
            let first = 1 + author.dice.below(u64::from(spec.accounts - count)) as u32;
            return author.draft(KEEPER, Action::Tick { first, count });
        }
        let player = author.other(KEEPER);
        let steps = 1 + author.dice.below(6);
        let by_clock = author.dice.chance(watch);
        author.draft(player, Action::Move { steps, by_clock })
    };
    (0..spec.transactions).map(draft).collect()
}
