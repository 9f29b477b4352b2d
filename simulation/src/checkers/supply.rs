//! Supply: after every block, all balances and all that was burnt add up to what was there at genesis.

use std::collections::BTreeMap;

use alloy_primitives::{Address, U256};

use super::expect;
use crate::record::Record;

pub(super) fn check(record: &Record) -> Result<(), String> {
    let mut balances: BTreeMap<Address, U256> = BTreeMap::new();
    for (address, account) in record.genesis.writes().accounts {
        balances.insert(address, account.map_or(U256::ZERO, |account| account.balance));
    }
    let sum = |balances: &BTreeMap<Address, U256>| balances.values().copied().fold(U256::ZERO, |a, b| a + b);
    let (first, mut burnt) = (sum(&balances), U256::ZERO);
    for (height, (_, executed)) in &record.chain {
        for (address, account) in &executed.writes.accounts {
            balances.insert(*address, account.as_ref().map_or(U256::ZERO, |account| account.balance));
        }
        burnt += executed.burnt;
        let now = sum(&balances) + burnt;
        expect(now == first, || format!("after block {height} there are {now} wei, of {first}"))?;
    }
    Ok(())
}
