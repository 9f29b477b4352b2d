//! The generators, one file each: a spec gives the drafts of all its transactions, in order.

mod erc20;
pub(crate) mod hostile;
mod hot_account;
mod mix;
mod transfers;

use crate::cast::Cast;
use crate::draft::Draft;
use crate::name::Name;
use crate::spec::Spec;

/// Plans all transactions of a workload.
pub(crate) fn drafts(spec: &Spec, cast: &Cast) -> Vec<Draft> {
    match spec.pattern.name() {
        Name::Transfers => transfers::drafts(spec),
        Name::HotAccount => hot_account::drafts(spec),
        Name::Erc20 => erc20::drafts(spec),
        Name::Mix => mix::drafts(spec),
        Name::Hostile => hostile::drafts(spec, cast),
    }
}
