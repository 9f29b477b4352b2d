//! The exchange: pools of two assets.

use std::sync::LazyLock;

use alloy_primitives::{Address, Bytes, U256, address, hex};

use super::{call, mapped, packed, runtime, word};

/// Where it stands.
pub const ADDRESS: Address = address!("0x7e00000000000000000000000000000000000003");

const ARTIFACT: &str = include_str!("../../contracts/out/Exchange.json");
const SWAP: [u8; 4] = hex!("7a9d1ac4");
const POOLS: u64 = 0;
const BALANCES: [u64; 2] = [1, 2];

/// Its code.
pub static CODE: LazyLock<Bytes> = LazyLock::new(|| runtime(ARTIFACT));

/// Call data that swaps one asset for at least so much of the other.
pub fn swap(pool: u32, zero_for_one: bool, amount_in: U256, amount_out_min: U256) -> Bytes {
    call(SWAP, &[U256::from(pool), U256::from(zero_for_one), amount_in, amount_out_min])
}

/// Where the reserves of a pool are kept.
pub fn pool(id: u32) -> U256 {
    mapped(U256::from(id), POOLS)
}

/// What the slot of a pool with these reserves holds.
pub fn reserves(first: u128, second: u128) -> U256 {
    packed(first, second)
}

/// Where an account's balances of both assets are kept.
pub fn balances(owner: Address) -> [U256; 2] {
    BALANCES.map(|slot| mapped(word(owner), slot))
}

#[cfg(test)]
#[test]
fn calls_and_slots_are_those_that_the_compiler_chose() {
    let slots = [("pools", POOLS, 0), ("balance0", BALANCES[0], 0), ("balance1", BALANCES[1], 0)];
    super::check(ARTIFACT, &[("swap(uint256,bool,uint256,uint256)", SWAP)], &slots);
}
