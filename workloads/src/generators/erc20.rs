//! Token transfers: one contract that all call, whose slots conflict as seldom as those who own them meet. Some may leave
//! out what they touch, or name more.

use crate::action::Action;
use crate::crowd::Crowd;
use crate::draft::{Author, Draft};
use crate::parameter::Parameter;
use crate::spec::Spec;

pub(crate) fn drafts(spec: &Spec) -> Vec<Draft> {
    let mut author = Author::new(spec, spec.accounts as usize);
    let mut crowd = Crowd::new(spec);
    let extra = spec.pattern.value(Parameter::Extra);
    let transfer = |_| {
        let (sender, to) = crowd.pair(&mut author.dice);
        let action = Action::Token { to, amount: author.value(), extra };
        author.draft(sender, action)
    };
    (0..spec.transactions).map(transfer).collect()
}
