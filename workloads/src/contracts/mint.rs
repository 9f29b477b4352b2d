//! The collectibles, which share one counter.

use std::sync::LazyLock;

use alloy_primitives::{Address, Bytes, U256, address, hex};

use super::{call, mapped, packed, runtime, word};

/// Where they stand.
pub const ADDRESS: Address = address!("0x7e00000000000000000000000000000000000002");
/// Slot of the counter, and of how many there are to be: see [`edition`].
pub const EDITION: U256 = U256::ZERO;

const ARTIFACT: &str = include_str!("../../contracts/out/Mint.json");
const MINT: [u8; 4] = hex!("1249c58b");
const OWNERS: u64 = 1;
const BALANCES: u64 = 2;

/// Their code.
pub static CODE: LazyLock<Bytes> = LazyLock::new(|| runtime(ARTIFACT));

/// Call data that mints one.
pub fn mint() -> Bytes {
    call(MINT, &[])
}

/// What the slot [`EDITION`] holds when so many are minted, of so many.
pub fn edition(minted: u128, supply: u128) -> U256 {
    packed(minted, supply)
}

/// Where the owner of one is kept.
pub fn owner(id: U256) -> U256 {
    mapped(id, OWNERS)
}

/// Where it is kept how many an account owns.
pub fn balance(owner: Address) -> U256 {
    mapped(word(owner), BALANCES)
}

#[cfg(test)]
#[test]
fn calls_and_slots_are_those_that_the_compiler_chose() {
    let slots = [
        ("minted", EDITION.to(), 0),
        ("supply", EDITION.to(), 16),
        ("ownerOf", OWNERS, 0),
        ("balanceOf", BALANCES, 0),
    ];
    super::check(ARTIFACT, &[("mint()", MINT)], &slots);
}
