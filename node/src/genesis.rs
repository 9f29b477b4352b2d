//! The state below the first block: ten rich accounts, or what a file in geth's format says.

use std::collections::BTreeMap;
use std::path::Path;
use std::{fs, io};

use alloy_primitives::{Address, Bytes, U256, address, bytes};
use pelton_engine::genesis::{Genesis, GenesisAccount};

use crate::accounts::WELL_KNOWN;

/// The chain id of development networks.
pub const DEVNET_CHAIN_ID: u64 = 31_337;
/// What each well-known account owns, in ether.
pub const DEVNET_ETHER: u64 = 10_000;
/// Tools deploy through this contract to have the same addresses on all chains. It passes its call data, a salt and
/// code, to CREATE2.
pub const CREATE2_DEPLOYER: Address = address!("4e59b44847b379578588920cA78FbF26c0B4956C");
const CREATE2_DEPLOYER_CODE: Bytes = bytes!(
    "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe03601600081602082378035828234f58015156039578182fd5b8082525050506014600cf3"
);

/// Ten rich accounts and the CREATE2 deployer.
pub fn devnet() -> Genesis {
    let ether = U256::from(10).pow(U256::from(18));
    let balance = U256::from(DEVNET_ETHER) * ether;
    let rich = GenesisAccount { balance, ..GenesisAccount::default() };
    let mut accounts: BTreeMap<_, _> =
        WELL_KNOWN.iter().map(|(address, _)| (*address, rich.clone())).collect();
    let deployer = GenesisAccount { code: CREATE2_DEPLOYER_CODE, nonce: 1, ..GenesisAccount::default() };
    accounts.insert(CREATE2_DEPLOYER, deployer);
    Genesis { accounts }
}

/// Reads a genesis file of geth's format.
///
/// # Errors
/// What the system says, or where the file is not of this format.
pub fn read(path: &Path) -> io::Result<alloy_genesis::Genesis> {
    let text = fs::read(path)?;
    serde_json::from_slice(&text).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}

/// The accounts of a genesis file.
pub fn state_of(file: &alloy_genesis::Genesis) -> Genesis {
    accounts_of(&file.alloc)
}

/// Accounts as such a file lists them.
pub(crate) fn accounts_of(alloc: &BTreeMap<Address, alloy_genesis::GenesisAccount>) -> Genesis {
    let accounts = alloc.iter().map(|(address, given)| {
        let slots = given.storage.iter().flatten().map(|(slot, value)| ((*slot).into(), (*value).into()));
        let account = GenesisAccount {
            balance: given.balance,
            nonce: given.nonce.unwrap_or_default(),
            code: given.code.clone().unwrap_or_default(),
            storage: slots.collect(),
        };
        (*address, account)
    });
    Genesis { accounts: accounts.collect() }
}

/// The same, the other way.
pub(crate) fn alloc_of(genesis: &Genesis) -> BTreeMap<Address, alloy_genesis::GenesisAccount> {
    let listed = genesis.accounts.iter().map(|(address, account)| {
        let slots = account.storage.iter().map(|(slot, value)| ((*slot).into(), (*value).into()));
        let given = alloy_genesis::GenesisAccount {
            balance: account.balance,
            nonce: (account.nonce > 0).then_some(account.nonce),
            code: (!account.code.is_empty()).then(|| account.code.clone()),
            storage: (!account.storage.is_empty()).then(|| slots.collect()),
            ..alloy_genesis::GenesisAccount::default()
        };
        (*address, given)
    });
    listed.collect()
}
