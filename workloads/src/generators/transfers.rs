//! Plain transfers: conflicts are rare when accounts are many and all alike.

use crate::crowd::Crowd;
use crate::draft::{Author, Draft};
use crate::spec::Spec;

pub(crate) fn drafts(spec: &Spec) -> Vec<Draft> {
    let mut author = Author::new(spec, spec.accounts as usize);
    let mut crowd = Crowd::new(spec);
    let transfer = |_| {
        let (sender, to) = crowd.pair(&mut author.dice);
        author.pay(sender, to)
    };
    (0..spec.transactions).map(transfer).collect()
}
