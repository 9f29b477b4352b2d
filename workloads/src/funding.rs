//! The genesis state of a workload: who owns what, and the contracts that are called.

use std::collections::BTreeMap;

use alloy_primitives::{Address, Bytes, U256};
use pelton_engine::genesis::{Genesis, GenesisAccount};

use crate::cast::{Cast, ELDER_NONCE};
use crate::contracts::{
    self, MINT, MINT_CODE, PAIR, PAIR_CODE, PAIR_RESERVES, TOKEN, TOKEN_CODE, TOKEN_SUPPLY,
};
use crate::spec::{Name, Spec};

/// Wei of everyone but paupers: a million ether, the highest fees of 60 million calls.
const WEI: u128 = 1_000_000 * 1_000_000_000_000_000_000;
/// Units of the token, and of both assets in the market, of everyone but paupers.
const UNITS: u64 = 1_000_000_000_000_000_000;
/// Units of both assets in the market's reserves.
const RESERVE: u128 = 1_000_000 * UNITS as u128;

/// The state below the first transaction.
pub(crate) fn genesis(spec: &Spec, cast: &Cast) -> Genesis {
    let mut genesis = Genesis::default();
    let owners = &cast.accounts[..cast.paupers.start as usize];
    for (index, account) in (0..).zip(owners) {
        let nonce = if cast.elders.contains(&index) { ELDER_NONCE } else { 0 };
        let funded = GenesisAccount { balance: U256::from(WEI), nonce, ..GenesisAccount::default() };
        let before = genesis.accounts.insert(account.address(), funded);
        assert!(before.is_none(), "no two keys have one address");
    }
    let addresses = || owners.iter().map(|account| account.address());
    let mut deploy = |address, code: &Bytes, storage| {
        let contract = GenesisAccount { code: code.clone(), storage, ..GenesisAccount::default() };
        genesis.accounts.insert(address, contract);
    };
    if matches!(spec.name, Name::Erc20 | Name::Mix | Name::Hostile) {
        deploy(TOKEN, &TOKEN_CODE, token(addresses()));
    }
    if spec.name == Name::Mix {
        deploy(MINT, &MINT_CODE, BTreeMap::new());
        deploy(PAIR, &PAIR_CODE, pair(addresses()));
    }
    genesis
}

fn token(owners: impl ExactSizeIterator<Item = Address>) -> BTreeMap<U256, U256> {
    let supply = U256::from(UNITS) * U256::from(owners.len());
    let balances = owners.map(|owner| (contracts::token_balance(owner), U256::from(UNITS)));
    balances.chain([(U256::from(TOKEN_SUPPLY), supply)]).collect()
}

fn pair(owners: impl Iterator<Item = Address>) -> BTreeMap<U256, U256> {
    let reserves = (U256::from(RESERVE) << 128) | U256::from(RESERVE);
    let balances = owners.flat_map(contracts::pair_balances).map(|slot| (slot, U256::from(UNITS)));
    balances.chain([(U256::from(PAIR_RESERVES), reserves)]).collect()
}
