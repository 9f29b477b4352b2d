//! The genesis state of a workload: who owns what, and the contracts that are called.

use std::collections::BTreeMap;

use alloy_primitives::{Address, Bytes, U256};
use pelton_engine::genesis::{Genesis, GenesisAccount};

use crate::cast::{Cast, ELDER_NONCE};
use crate::contracts::{exchange, game, loans, mint, token};
use crate::generators;
use crate::market;
use crate::name::Name;
use crate::parameter::Parameter;
use crate::spec::Spec;
use crate::wallet::Account;

/// Wei of everyone but paupers: a million ether, the highest fees of 30 million calls.
const WEI: u128 = 1_000_000 * 1_000_000_000_000_000_000;
/// Units of the token, of both assets of the exchange, and of the money that pays debts, of everyone but paupers.
const UNITS: u64 = 1_000_000_000_000_000_000;

/// A loan that is worth 1.3 times its debt, which is not enough.
const COLLATERAL: u128 = 1_300;
const DEBT: u128 = 1_000;
/// In thousandths.
const PRICE: u64 = 1_000;

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
    let owners: Vec<Address> = owners.iter().map(Account::address).collect();
    for (address, code, storage) in contracts(spec, &owners) {
        let contract = GenesisAccount { code: code.clone(), storage, ..GenesisAccount::default() };
        genesis.accounts.insert(address, contract);
    }
    genesis
}

type Storage = BTreeMap<U256, U256>;

/// Address, code and slots of every contract that is called.
fn contracts(spec: &Spec, owners: &[Address]) -> Vec<(Address, &'static Bytes, Storage)> {
    let token = || (token::ADDRESS, &*token::CODE, tokens(owners));
    let mint = |supply| (mint::ADDRESS, &*mint::CODE, edition(supply));
    let exchange = |count| (exchange::ADDRESS, &*exchange::CODE, pools(spec, owners, count));
    match spec.pattern.name() {
        Name::Transfers | Name::HotAccount => vec![],
        Name::Erc20 | Name::Hostile => vec![token()],
        Name::Mix => vec![token(), mint(u128::MAX), exchange(1)],
        Name::Hybrid => vec![token(), exchange(spec.pattern.value(Parameter::Pools))],
        Name::Mint => vec![mint(generators::mint::supply(spec).into())],
        Name::Dex => vec![exchange(spec.pattern.value(Parameter::Pools))],
        Name::Liquidation => vec![(loans::ADDRESS, &*loans::CODE, bad_loans(spec, owners))],
        Name::Game => vec![(game::ADDRESS, &*game::CODE, Storage::new())],
    }
}

fn tokens(owners: &[Address]) -> Storage {
    let supply = U256::from(UNITS) * U256::from(owners.len());
    let balances = owners.iter().map(|owner| (token::balance(*owner), U256::from(UNITS)));
    balances.chain([(token::SUPPLY, supply)]).collect()
}

fn edition(supply: u128) -> Storage {
    Storage::from([(mint::EDITION, mint::edition(0, supply))])
}

fn pools(spec: &Spec, owners: &[Address], count: u32) -> Storage {
    let reserve = market::reserve(spec);
    let balances = owners.iter().flat_map(|owner| exchange::balances(*owner));
    let pools = (0..count).map(|id| (exchange::pool(id), exchange::reserves(reserve, reserve)));
    balances.map(|slot| (slot, U256::from(UNITS))).chain(pools).collect()
}

fn bad_loans(spec: &Spec, owners: &[Address]) -> Storage {
    let terms = loans::terms(COLLATERAL, DEBT);
    let loans = (0..generators::liquidation::loans(spec)).map(|id| (loans::loan(id), terms));
    let cash = owners.iter().map(|owner| (loans::cash(*owner), U256::from(UNITS)));
    loans.chain(cash).chain([(loans::PRICE, U256::from(PRICE))]).collect()
}
