//! The genesis state of a workload: who owns what, and the contracts that are called.

use std::collections::BTreeMap;

use alloy_primitives::{Address, Bytes, U256};
use pelton_engine::genesis::{Genesis, GenesisAccount};

use crate::cast::{Cast, ELDER_NONCE};
use crate::contracts::{exchange, mint, token};
use crate::market;
use crate::name::Name;
use crate::spec::Spec;

/// Wei of everyone but paupers: a million ether, the highest fees of 60 million calls.
const WEI: u128 = 1_000_000 * 1_000_000_000_000_000_000;
/// Units of the token, and of both assets of the exchange, of everyone but paupers.
const UNITS: u64 = 1_000_000_000_000_000_000;

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
    if matches!(spec.pattern.name(), Name::Erc20 | Name::Mix | Name::Hostile) {
        deploy(token::ADDRESS, &token::CODE, tokens(addresses()));
    }
    if spec.pattern.name() == Name::Mix {
        deploy(mint::ADDRESS, &mint::CODE, edition(u128::MAX));
        deploy(exchange::ADDRESS, &exchange::CODE, pools(addresses(), 1, market::reserve(spec)));
    }
    genesis
}

fn tokens(owners: impl ExactSizeIterator<Item = Address>) -> BTreeMap<U256, U256> {
    let supply = U256::from(UNITS) * U256::from(owners.len());
    let balances = owners.map(|owner| (token::balance(owner), U256::from(UNITS)));
    balances.chain([(token::SUPPLY, supply)]).collect()
}

fn edition(supply: u128) -> BTreeMap<U256, U256> {
    BTreeMap::from([(mint::EDITION, mint::edition(0, supply))])
}

fn pools(owners: impl Iterator<Item = Address>, count: u32, reserve: u128) -> BTreeMap<U256, U256> {
    let balances = owners.flat_map(exchange::balances).map(|slot| (slot, U256::from(UNITS)));
    let pools = (0..count).map(|id| (exchange::pool(id), exchange::reserves(reserve, reserve)));
    balances.chain(pools).collect()
}
