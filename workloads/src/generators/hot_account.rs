//! Everyone pays account 0. An executor in which credits commute does not notice; others run one by one.

use crate::action::Action;
use crate::draft::{Author, Draft};
use crate::spec::Spec;

const HOT: u32 = 0;

pub(crate) fn drafts(spec: &Spec) -> Vec<Draft> {
    let mut author = Author::new(spec, spec.accounts as usize);
    let pay = |_| {
        let sender = author.other(HOT);
        let action = Action::Pay { to: HOT, value: author.value() };
        author.draft(sender, action)
    };
    (0..spec.transactions).map(pay).collect()
}
