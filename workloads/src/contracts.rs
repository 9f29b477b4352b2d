//! The contracts that workloads call: where they stand, how they are called, and which slots a call touches.
//!
//! Sources are in `contracts/`, compiled code in `contracts/out/`; `contracts/check.sh` proves that they belong
//! together. They are never deployed: their code and storage are in the genesis state.

pub mod exchange;
pub mod game;
pub mod loans;
pub mod mint;
pub mod token;

use alloy_primitives::{Address, B256, Bytes, U256, hex, keccak256};

/// Runtime code of a compiled contract.
fn runtime(artifact: &str) -> Bytes {
    let artifact: serde_json::Value = serde_json::from_str(artifact).expect("compiled contracts are JSON");
    let code = artifact["runtime"].as_str().expect("compiled contracts carry their runtime code");
    hex::decode(code).expect("runtime code is hexadecimal").into()
}

/// Call data of a function of so many words.
fn call(selector: [u8; 4], words: &[U256]) -> Bytes {
    let mut data = Vec::with_capacity(4 + 32 * words.len());
    data.extend_from_slice(&selector);
    for word in words {
        data.extend_from_slice(&word.to_be_bytes::<32>());
    }
    data.into()
}

/// An address as a word of call data.
fn word(address: Address) -> U256 {
    address.into_word().into()
}

/// Solidity's place for the value of `key` in the mapping at `slot`.
fn mapped(key: U256, slot: u64) -> U256 {
    keccak256([B256::from(key), B256::from(U256::from(slot))].concat()).into()
}

/// Two numbers of 128 bits in one slot, the first in the lower half.
fn packed(low: u128, high: u128) -> U256 {
    (U256::from(high) << 128) | U256::from(low)
}

/// Compares what the compiler chose with what is written down here.
#[cfg(test)]
fn check(artifact: &str, selectors: &[(&str, [u8; 4])], slots: &[(&str, u64, u64)]) {
    let artifact: serde_json::Value = serde_json::from_str(artifact).unwrap();
    for (signature, selector) in selectors {
        assert_eq!(artifact["selectors"][signature], hex::encode(selector), "{signature}");
    }
    for (label, slot, offset) in slots {
        assert_eq!(artifact["slots"][label], serde_json::json!({"slot": slot, "offset": offset}), "{label}");
    }
}
