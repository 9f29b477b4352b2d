//! Claims and blocks of chance, over so few keys that they meet.

use alloy_primitives::{Address, U256};
use pelton_engine::limits::Limits;
use pelton_engine::prices::{Claim, Key, Rule, WEIGHT_ADD, WEIGHT_READ, WEIGHT_WRITE};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

/// A chain whose T is a million gas.
pub const LIMITS: Limits =
    Limits { block_gas_target: 16_000_000, block_gas_max: 64_000_000, ..Limits::standard(1) };
pub const RULE: Rule = Rule::new(&LIMITS);

/// A claim that owns its slots.
#[derive(Clone, Debug)]
pub struct Owned {
    pub address: Address,
    pub slots: Vec<U256>,
    pub weight: u64,
}

/// A transaction as prices see it.
#[derive(Clone, Debug)]
pub struct Sent {
    pub claims: Vec<Owned>,
    pub charge: u64,
}

impl Sent {
    pub fn claims(&self) -> impl Iterator<Item = Claim<'_>> + Clone {
        borrowed(&self.claims)
    }
}

pub fn borrowed(claims: &[Owned]) -> impl Iterator<Item = Claim<'_>> + Clone {
    claims.iter().map(|owned| Claim { address: owned.address, slots: &owned.slots, weight: owned.weight })
}

pub fn address(byte: u8) -> Address {
    Address::repeat_byte(byte)
}

/// Every key that a claim of chance can name.
pub fn keys() -> Vec<Key> {
    let of = |byte| {
        let slots = (0..4).map(move |slot| Key::slot(address(byte), U256::from(slot)));
        std::iter::once(Key::account(address(byte))).chain(slots)
    };
    (1..4).flat_map(of).collect()
}

pub fn claim() -> impl Strategy<Value = Owned> {
    let slots = subsequence((0..4).map(U256::from).collect::<Vec<U256>>(), 0..=4);
    let weight = select(vec![WEIGHT_ADD, WEIGHT_READ, WEIGHT_WRITE]);
    (1..4_u8, slots, weight).prop_map(|(byte, slots, weight)| Owned { address: address(byte), slots, weight })
}

pub fn claims() -> impl Strategy<Value = Vec<Owned>> {
    vec(claim(), 0..6)
}

pub fn sent() -> impl Strategy<Value = Sent> {
    (claims(), 0..2_000_000_u64).prop_map(|(claims, charge)| Sent { claims, charge })
}

pub fn block() -> impl Strategy<Value = Vec<Sent>> {
    vec(sent(), 0..12)
}
