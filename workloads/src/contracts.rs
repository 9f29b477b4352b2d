//! The contracts that workloads call: where they stand, how they are called, and which slots a call touches.
//!
//! Sources are in `contracts/`, compiled code in `contracts/out/`; `contracts/check.sh` proves that they belong
//! together. They are never deployed: their code and storage are in the genesis state.

use std::sync::LazyLock;

use alloy_primitives::{Address, Bytes, U256, address, hex, keccak256};

/// The ERC-20 token.
pub const TOKEN: Address = address!("0x7e00000000000000000000000000000000000001");
/// The collectibles, which share one counter.
pub const MINT: Address = address!("0x7e00000000000000000000000000000000000002");
/// The market of two assets.
pub const PAIR: Address = address!("0x7e00000000000000000000000000000000000003");

const TRANSFER: [u8; 4] = hex!("a9059cbb");
const MINT_ONE: [u8; 4] = hex!("1249c58b");
const SWAP: [u8; 4] = hex!("08c84c21");

const TOKEN_BALANCES: u64 = 0;
/// Slot of the token's total supply.
pub(crate) const TOKEN_SUPPLY: u64 = 2;
/// Slot of both reserves of the market, 128 bits each, the first in the lower half.
pub(crate) const PAIR_RESERVES: u64 = 0;
const PAIR_BALANCES: [u64; 2] = [1, 2];

/// Code of the token.
pub(crate) static TOKEN_CODE: LazyLock<Bytes> =
    LazyLock::new(|| runtime(include_str!("../contracts/out/Token.json")));
/// Code of the collectibles.
pub(crate) static MINT_CODE: LazyLock<Bytes> =
    LazyLock::new(|| runtime(include_str!("../contracts/out/Mint.json")));
/// Code of the market.
pub(crate) static PAIR_CODE: LazyLock<Bytes> =
    LazyLock::new(|| runtime(include_str!("../contracts/out/Pair.json")));

fn runtime(artifact: &str) -> Bytes {
    let artifact: serde_json::Value = serde_json::from_str(artifact).expect("compiled contracts are JSON");
    let code = artifact["runtime"].as_str().expect("compiled contracts carry their runtime code");
    hex::decode(code).expect("runtime code is hexadecimal").into()
}

/// Call data that moves tokens.
pub fn token_transfer(to: Address, amount: U256) -> Bytes {
    call(TRANSFER, &[to.into_word().into(), amount])
}

/// Call data that mints a collectible.
pub fn mint() -> Bytes {
    call(MINT_ONE, &[])
}

/// Call data that swaps one asset for the other, at any price.
pub fn swap(zero_for_one: bool, amount_in: U256) -> Bytes {
    call(SWAP, &[U256::from(zero_for_one), amount_in, U256::ZERO])
}

/// Where the token keeps an account's balance.
pub fn token_balance(owner: Address) -> U256 {
    mapped(owner, TOKEN_BALANCES)
}

/// Where the market keeps an account's balances of both assets.
pub fn pair_balances(owner: Address) -> [U256; 2] {
    PAIR_BALANCES.map(|slot| mapped(owner, slot))
}

/// Solidity's place for the value of `key` in the mapping at `slot`.
fn mapped(key: Address, slot: u64) -> U256 {
    let mut at = [0; 64];
    at[..32].copy_from_slice(key.into_word().as_slice());
    at[56..].copy_from_slice(&slot.to_be_bytes());
    keccak256(at).into()
}

fn call(selector: [u8; 4], words: &[U256]) -> Bytes {
    let mut data = Vec::with_capacity(4 + 32 * words.len());
    data.extend_from_slice(&selector);
    for word in words {
        data.extend_from_slice(&word.to_be_bytes::<32>());
    }
    data.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn artifact(text: &str) -> serde_json::Value {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn calls_and_slots_are_those_that_the_compiler_chose() {
        let token = artifact(include_str!("../contracts/out/Token.json"));
        let mint = artifact(include_str!("../contracts/out/Mint.json"));
        let pair = artifact(include_str!("../contracts/out/Pair.json"));
        assert_eq!(token["selectors"]["transfer(address,uint256)"], hex::encode(TRANSFER));
        assert_eq!(mint["selectors"]["mint()"], hex::encode(MINT_ONE));
        assert_eq!(pair["selectors"]["swap(bool,uint256,uint256)"], hex::encode(SWAP));
        assert_eq!(token["slots"]["balanceOf"]["slot"], TOKEN_BALANCES);
        assert_eq!(token["slots"]["totalSupply"]["slot"], TOKEN_SUPPLY);
        assert_eq!(pair["slots"]["reserve0"], serde_json::json!({"slot": PAIR_RESERVES, "offset": 0}));
        assert_eq!(pair["slots"]["reserve1"], serde_json::json!({"slot": PAIR_RESERVES, "offset": 16}));
        assert_eq!(pair["slots"]["balance0"]["slot"], PAIR_BALANCES[0]);
        assert_eq!(pair["slots"]["balance1"]["slot"], PAIR_BALANCES[1]);
    }
}
