//! Swaps whose fate is known, in whatever order they run.
//!
//! A pool begins with equal reserves R, sixteen times all that the swaps of a workload could bring together. So no reserve
//! ever passes R + R/16, and since the product of both never falls, none is ever below R² / (R + R/16). The price then
//! stays within (17/16)², 13 %, and a swap that takes 85 % of what it gives always finds it, one that wants 115 % never.

use crate::action::Action;
use crate::dice::Dice;
use crate::spec::Spec;

const AMOUNT_MIN: u64 = 1_000_000;
const AMOUNT_MAX: u64 = 2_000_000;
const RESERVE_TIMES: u128 = 16;
const PERCENT_MODEST: u64 = 85;

/// What a pool holds of each asset at genesis.
pub(crate) fn reserve(spec: &Spec) -> u128 {
    RESERVE_TIMES * u128::from(spec.transactions.max(1)) * u128::from(AMOUNT_MAX)
}

/// A swap in this pool that always succeeds.
pub(crate) fn modest(dice: &mut Dice, pool: u32) -> Action {
    swap(dice, pool, PERCENT_MODEST)
}

fn swap(dice: &mut Dice, pool: u32, percent_min: u64) -> Action {
    let zero_for_one = dice.below(2) == 0;
    let amount = AMOUNT_MIN + dice.below(AMOUNT_MAX - AMOUNT_MIN);
    Action::Swap { pool, zero_for_one, amount, amount_min: amount * percent_min / 100 }
}
