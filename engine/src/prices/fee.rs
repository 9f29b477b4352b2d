//! `Rate`: what a transaction pays per unit of gas charged; from it, its fee.

use std::ops::Add;

use alloy_primitives::U256;

use super::claims::WEIGHT_ONE;

/// One unit of gas in so many that were reserved and not used is charged.
const UNUSED_DIVISOR: u64 = 8;
/// What was touched without a claim costs so many times what it costs with one.
const UNCLAIMED_FACTOR: u128 = 2;

/// The gas that prices are paid for: all that was used, and an eighth of what was reserved beyond.
pub fn charge(gas_used: u64, gas_limit: u64) -> u64 {
    gas_used + gas_limit.saturating_sub(gas_used) / UNUSED_DIVISOR
}

/// The prices of all keys that a transaction claims, weighted and summed: sixteenths of a wei per unit of gas charged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rate(u128);

impl Rate {
    /// Of a transaction that claims no hot key.
    pub const ZERO: Rate = Rate(0);

    /// A price in wei that counts with this weight.
    pub(super) fn of(weight: u64, price: u128) -> Rate {
        Rate(u128::from(weight) * price)
    }

    /// Whether no hot key is claimed.
    pub fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// The rate of a transaction that also touched what it had not claimed, given the rate of a claim to that.
    pub fn with_unclaimed(self, unclaimed: Rate) -> Rate {
        Rate(self.0 + UNCLAIMED_FACTOR * unclaimed.0)
    }

    /// Wei per gas that suffice, whatever the transaction will use.
    pub fn per_gas(self) -> u128 {
        self.0.div_ceil(WEIGHT_ONE.into())
    }

    /// The highest fee in wei of a transaction with this gas limit. Never above the limit times [`Rate::per_gas`].
    pub fn fee_max(self, gas_limit: u64) -> U256 {
        self.times(gas_limit)
    }

    /// The fee in wei of a transaction that used so much of its gas limit and can be asked for so much at most.
    ///
    /// The fee is a multiple of the gas used, rounded down to it, so that the whole fee divided by the gas used is a price
    /// without a remainder. That gives away less than a wei per gas.
    pub fn fee(self, gas_used: u64, gas_limit: u64, fee_max: U256) -> U256 {
        if self.is_zero() || gas_used == 0 {
            return U256::ZERO;
        }
        let fee = self.times(charge(gas_used, gas_limit)).min(fee_max);
        fee - fee % U256::from(gas_used)
    }

    fn times(self, gas: u64) -> U256 {
        U256::from(self.0) * U256::from(gas) / U256::from(WEIGHT_ONE)
    }
}

impl Add for Rate {
    type Output = Rate;

    fn add(self, other: Rate) -> Rate {
        Rate(self.0 + other.0)
    }
}
