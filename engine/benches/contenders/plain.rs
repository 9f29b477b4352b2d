//! Blocks of one kind of transaction, wei or tokens, and who pays whom in them.

use std::sync::OnceLock;

use alloy_primitives::{Address, Bytes, U256, hex, keccak256};
use pelton_engine::genesis::{Genesis, GenesisAccount};
use pelton_engine::state::State;
use pelton_engine::transaction::{Fields, Listed, Verified};

use crate::transactions::{CHAIN, fields, verified};
use crate::workload::{Size, Workload, environment};

pub const NAMES: &[&str] = &[
    "transfers, independent",
    "transfers, random pairs",
    "transfers among 100",
    "transfers, a chain",
    "transfers to one",
    "ERC-20, independent",
    "ERC-20 among 100",
    "ERC-20, a chain",
];

const TOKEN: Address = Address::repeat_byte(0x7e);

static GENESIS: OnceLock<State> = OnceLock::new();

/// Makes one of them. All share a genesis state, which is made once.
pub fn make(name: &str, size: &Size) -> Workload {
    let is_call = name.starts_with("ERC-20");
    let among = if name.ends_with("among 100") { 100 } else { size.accounts };
    let count = if is_call { size.calls } else { size.transfers };
    let mut dice = Dice(1);
    let mut nonces = vec![0; among];
    let block = |height: usize| {
        let order = dice.shuffled(among);
        let transactions = (0..count).map(|index| {
            let (from, to) = match name.split([',', ' ']).next_back() {
                Some("independent") => (order[2 * index], order[2 * index + 1]),
                Some("chain") => (order[index % among], order[(index + 1) % among]),
                Some("one") => (1 + index, 0),
                _ => {
                    let from = dice.below(among);
                    (from, (from + 1 + dice.below(among - 1)) % among)
                }
            };
            nonces[from] += 1;
            transaction(is_call, from, to, nonces[from] - 1)
        });
        let transactions = transactions.collect();
        (environment(CHAIN, height as u64 + 1), transactions)
    };
    let blocks = (0..size.blocks).map(block).collect();
    let state = GENESIS.get_or_init(|| genesis(size.accounts).state()).clone();
    Workload::new(name, state, blocks)
}

/// Wei, or tokens with both slots named.
fn transaction(is_call: bool, from: usize, to: usize, nonce: u64) -> Verified {
    let (from, to) = (account(from), account(to));
    let amount = U256::from(1 + nonce);
    if !is_call {
        let fields = Fields { nonce, gas_limit: 21_000, to: Some(to), value: amount, ..fields() };
        return verified(&fields, from);
    }
    let mut input = hex!("a9059cbb").to_vec();
    input.extend_from_slice(to.into_word().as_slice());
    input.extend_from_slice(&amount.to_be_bytes::<32>());
    let slots = vec![balance_slot(from), balance_slot(to)];
    let writes = vec![Listed { address: TOKEN, slots }];
    let fields =
        Fields { nonce, gas_limit: 100_000, to: Some(TOKEN), input: input.into(), writes, ..fields() };
    verified(&fields, from)
}

fn account(index: usize) -> Address {
    Address::from_slice(&keccak256(index.to_be_bytes())[12..])
}

/// Where the token keeps what an account owns.
fn balance_slot(owner: Address) -> U256 {
    let mut at = [0; 64];
    at[12..32].copy_from_slice(owner.as_slice());
    keccak256(at).into()
}

fn genesis(accounts: usize) -> Genesis {
    let artifact = include_str!("../../../workloads/contracts/out/Token.json");
    let artifact: serde_json::Value = serde_json::from_str(artifact).expect("compiled contracts are JSON");
    let code = hex::decode(artifact["runtime"].as_str().expect("runtime code")).expect("hexadecimal digits");
    let mut genesis = Genesis::default();
    let mut token = GenesisAccount { nonce: 1, code: Bytes::from(code), ..GenesisAccount::default() };
    for index in 0..accounts {
        let rich = GenesisAccount { balance: U256::from(u64::MAX), ..GenesisAccount::default() };
        genesis.accounts.insert(account(index), rich);
        token.storage.insert(balance_slot(account(index)), U256::from(u64::MAX));
    }
    genesis.accounts.insert(TOKEN, token);
    genesis
}

/// SplitMix64: small, and the same everywhere.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ mixed >> 31) % bound as u64) as usize
    }

    fn shuffled(&mut self, count: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..count).collect();
        for at in (1..count).rev() {
            order.swap(at, self.below(at + 1));
        }
        order
    }
}
