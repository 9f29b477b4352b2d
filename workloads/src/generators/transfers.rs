//! Plain transfers between random pairs of accounts: conflicts are rare when accounts are many.

use crate::draft::{Author, Draft};
use crate::spec::Spec;

pub(crate) fn drafts(spec: &Spec) -> Vec<Draft> {
    let mut author = Author::new(spec, spec.accounts as usize);
    (0..spec.transactions).map(|_| author.transfer()).collect()
}
