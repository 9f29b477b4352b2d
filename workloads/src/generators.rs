//! The generators, one file each: a spec gives the drafts of all its transactions, in order.

mod dex;
mod erc20;
mod game;
pub(crate) mod hostile;
mod hot_account;
mod hybrid;
pub(crate) mod liquidation;
pub(crate) mod mint;
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
        Name::Hybrid => hybrid::drafts(spec),
        Name::Mint => mint::drafts(spec),
        Name::Dex => dex::drafts(spec),
        Name::Liquidation => liquidation::drafts(spec),
        Name::Game => game::drafts(spec),
    }
}

/// How many can win each contest of a workload.
pub(crate) fn prizes(spec: &Spec) -> u64 {
    match spec.pattern.name() {
        Name::Mint => mint::supply(spec),
        Name::Liquidation => 1,
        _ => 0,
    }
}
