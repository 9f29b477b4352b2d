//! The loans, which whoever comes first may close.

use std::sync::LazyLock;

use alloy_primitives::{Address, Bytes, U256, address, hex};

use super::{call, mapped, packed, runtime, word};

/// Where they stand.
pub const ADDRESS: Address = address!("0x7e00000000000000000000000000000000000004");
/// Slot of the price, in thousandths of a unit of debt for a unit of collateral.
pub const PRICE: U256 = U256::ZERO;

const ARTIFACT: &str = include_str!("../../contracts/out/Loans.json");
const LIQUIDATE: [u8; 4] = hex!("415f1240");
const LOANS: u64 = 1;
const CASH: u64 = 2;
const COLLATERAL: u64 = 3;

/// Their code.
pub static CODE: LazyLock<Bytes> = LazyLock::new(|| runtime(ARTIFACT));

/// Call data that closes a loan.
pub fn liquidate(loan: u32) -> Bytes {
    call(LIQUIDATE, &[U256::from(loan)])
}

/// Where a loan is kept.
pub fn loan(id: u32) -> U256 {
    mapped(U256::from(id), LOANS)
}

/// What the slot of a loan holds.
pub fn terms(collateral: u128, debt: u128) -> U256 {
    packed(collateral, debt)
}

/// Where an account's money is kept that pays debts.
pub fn cash(owner: Address) -> U256 {
    mapped(word(owner), CASH)
}

/// Where it is kept what an account has seized.
pub fn collateral(owner: Address) -> U256 {
    mapped(word(owner), COLLATERAL)
}

#[cfg(test)]
#[test]
fn calls_and_slots_are_those_that_the_compiler_chose() {
    let slots =
        [("price", PRICE.to(), 0), ("loans", LOANS, 0), ("cash", CASH, 0), ("collateral", COLLATERAL, 0)];
    super::check(ARTIFACT, &[("liquidate(uint256)", LIQUIDATE)], &slots);
}
