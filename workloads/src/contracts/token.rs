//! The ERC-20 token.

use std::sync::LazyLock;

use alloy_primitives::{Address, Bytes, U256, address, hex};

use super::{call, mapped, runtime, word};

/// Where it stands.
pub const ADDRESS: Address = address!("0x7e00000000000000000000000000000000000001");
/// Slot of the total supply.
pub const SUPPLY: U256 = U256::from_limbs([2, 0, 0, 0]);

const ARTIFACT: &str = include_str!("../../contracts/out/Token.json");
const TRANSFER: [u8; 4] = hex!("a9059cbb");
const BALANCES: u64 = 0;

/// Its code.
pub static CODE: LazyLock<Bytes> = LazyLock::new(|| runtime(ARTIFACT));

/// Call data that moves tokens.
pub fn transfer(to: Address, amount: U256) -> Bytes {
    call(TRANSFER, &[word(to), amount])
}

/// Where an account's balance is kept.
pub fn balance(owner: Address) -> U256 {
    mapped(word(owner), BALANCES)
}

#[cfg(test)]
#[test]
fn calls_and_slots_are_those_that_the_compiler_chose() {
    let slots = [("balanceOf", BALANCES, 0), ("totalSupply", SUPPLY.to(), 0)];
    super::check(ARTIFACT, &[("transfer(address,uint256)", TRANSFER)], &slots);
}
