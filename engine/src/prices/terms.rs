//! `Terms`: what a transaction pays in one block, as far as that is known before it runs.
//!
//! ```text
//! fee = gas used × (base fee + tip) + contention fee
//! ```
//!
//! The base fee and the contention fee are burnt, the tip is the producer's. A declared transaction names the most that it
//! pays for contention apart; Ethereum's own types pay all of it within gas limit × maximum fee, and what contention takes
//! of that is not there for the tip.

use alloy_primitives::U256;

use super::fee::Rate;
use crate::reject::Reject;
use crate::transaction::{Fields, Kind};

/// What one transaction pays in one block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    gas_limit: u64,
    price: u128,
    tip: u128,
    rate: Rate,
    contention_max: U256,
}

impl Terms {
    /// The terms where no key is hot.
    ///
    /// # Errors
    /// `FeeTooLow` if the transaction does not cover the base fee, `FeeFields` if its priority fee is above its maximum.
    pub fn without_contention(fields: &Fields, base_fee: u64) -> Result<Terms, Reject> {
        if fields.max_priority_fee_per_gas > fields.max_fee_per_gas {
            return Err(Reject::FeeFields);
        }
        let tip = fields.tip(base_fee).ok_or(Reject::FeeTooLow)?;
        let price = u128::from(base_fee) + tip;
        Ok(Terms { gas_limit: fields.gas_limit, price, tip, rate: Rate::ZERO, contention_max: U256::ZERO })
    }

    /// The terms of a transaction whose claims have this rate, where some key is hot.
    ///
    /// # Errors
    /// The same, and `ContentionFeeTooLow` if it does not cover the price of its claims
    /// whatever it uses of its gas limit.
    pub fn new(fields: &Fields, base_fee: u64, rate: Rate) -> Result<Terms, Reject> {
        let terms = Terms { rate, ..Terms::without_contention(fields, base_fee)? };
        if fields.kind == Kind::Declared {
            let contention_max = rate.fee_max(fields.gas_limit);
            let is_covered = contention_max <= U256::from(fields.max_contention_fee);
            return is_covered
                .then_some(Terms { contention_max, ..terms })
                .ok_or(Reject::ContentionFeeTooLow);
        }
        let base_fee = u128::from(base_fee);
        let left = fields.max_fee_per_gas - base_fee;
        let tip = left.checked_sub(rate.per_gas()).ok_or(Reject::ContentionFeeTooLow)?.min(terms.tip);
        let contention_max = U256::from(fields.gas_limit) * U256::from(left - tip);
        Ok(Terms { price: base_fee + tip, tip, contention_max, ..terms })
    }

    /// Wei per gas used, without the price of contention.
    pub fn price(&self) -> u128 {
        self.price
    }

    /// Wei per gas used for the producer.
    pub fn tip(&self) -> u128 {
        self.tip
    }

    /// The most that it pays for contention, in wei; for Ethereum's own types with what they touch without naming it. It
    /// is set aside while the transaction runs.
    pub fn contention_max(&self) -> U256 {
        self.contention_max
    }

    /// What it pays for contention, in wei, after it used so much gas and touched what it had not claimed at this rate.
    pub fn contention_fee(&self, gas_used: u64, unclaimed: Rate) -> U256 {
        self.rate.with_unclaimed(unclaimed).fee(gas_used, self.gas_limit, self.contention_max)
    }

    /// All that it pays, in wei, when this is the contention fee.
    pub fn fee(&self, gas_used: u64, contention_fee: U256) -> U256 {
        let gas = match u128::from(gas_used).checked_mul(self.price) {
            Some(gas) => U256::from(gas),
            None => U256::from(gas_used) * U256::from(self.price),
        };
        gas + contention_fee
    }
}
