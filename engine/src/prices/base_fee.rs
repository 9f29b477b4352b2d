//! The price of gas itself.

use crate::limits::Limits;

/// A block twice as full as its target raises the base fee by one part in so many. With Ethereum's 8 and a usage of eight
/// blocks ago, the base fee swings; `docs/fees.md` says from where on.
const DIVISOR: u128 = 32;

const _: () = assert!(
    Limits::standard(1).base_fee_min as u128 >= DIVISOR,
    "an empty block lowers the base fee as long as it is above the least"
);

/// Base fee of the block after one with this base fee: EIP-1559's rule, with the gas used by the newest block that all have
/// executed, and with a change a quarter as large, since that usage is `root_lag` blocks old.
pub fn next_base_fee(base_fee: u64, gas_used: u64, limits: &Limits) -> u64 {
    let (fee, target) = (u128::from(base_fee), u128::from(limits.block_gas_target));
    let used = u128::from(gas_used);
    let change = fee * used.abs_diff(target) / target / DIVISOR;
    let next = if used > target { fee + change.max(1) } else { fee - change };
    u64::try_from(next).unwrap_or(u64::MAX).max(limits.base_fee_min)
}
