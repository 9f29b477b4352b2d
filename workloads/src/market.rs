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
const PERCENT_GREEDY: u64 = 115;

/// What a pool holds of each asset at genesis.
pub(crate) fn reserve(spec: &Spec) -> u128 {
    RESERVE_TIMES * u128::from(spec.transactions.max(1)) * u128::from(AMOUNT_MAX)
}

/// A swap in this pool that always succeeds.
pub(crate) fn modest(dice: &mut Dice, pool: u32) -> Action {
    swap(dice, pool, PERCENT_MODEST)
}

/// A swap in this pool that wants more than any price ever gives.
pub(crate) fn greedy(dice: &mut Dice, pool: u32) -> Action {
    swap(dice, pool, PERCENT_GREEDY)
}

fn swap(dice: &mut Dice, pool: u32, percent_min: u64) -> Action {
    let zero_for_one = dice.below(2) == 0;
    let amount = AMOUNT_MIN + dice.below(AMOUNT_MAX - AMOUNT_MIN);
    Action::Swap { pool, zero_for_one, amount, amount_min: amount * percent_min / 100 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::name::Name;
    use crate::spec::Scheme;

    /// Swaps in a pool as the contract does.
    fn give(amount: u128, reserves: (&mut u128, &mut u128)) -> u128 {
        let out = amount * 997 * *reserves.1 / (*reserves.0 * 1_000 + amount * 997);
        *reserves.0 += amount;
        *reserves.1 -= out;
        out
    }

    #[test]
    fn modest_swaps_find_their_price_and_greedy_ones_never_do_also_in_the_worst_order() {
        for transactions in [1, 2, 3, 50, 10_000] {
            let (pattern, scheme) = (Name::Dex.into(), Scheme::Ed25519);
            let spec = Spec { pattern, scheme, accounts: 2, transactions, seed: 1 };
            for forth in 0..=transactions {
                if forth > 3 && forth + 3 < transactions && forth != transactions / 2 {
                    continue;
                }
                let (mut first, mut second) = (reserve(&spec), reserve(&spec));
                for position in 0..transactions {
                    let amount = AMOUNT_MAX.into();
                    let out = match position < forth {
                        true => give(amount, (&mut first, &mut second)),
                        false => give(amount, (&mut second, &mut first)),
                    };
                    assert!(out >= amount * u128::from(PERCENT_MODEST) / 100, "{position} of {transactions}");
                    assert!(out < amount * u128::from(PERCENT_GREEDY) / 100, "{position} of {transactions}");
                }
            }
        }
    }
}
