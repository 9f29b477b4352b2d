//! What a question wants to be otherwise: fields of its block, and accounts of its state.

use std::collections::BTreeMap;

use alloy_primitives::{Address, U256};
use alloy_rpc_types_eth::BlockOverrides;
use alloy_rpc_types_eth::state::{AccountOverride, StateOverride};
use pelton_engine::environment::Environment;
use pelton_engine::evm::call::{Calls, Reads};

use super::failure::Failure;

/// Changes what a block tells its transactions.
pub(super) fn override_block(environment: &mut Environment, overrides: BlockOverrides) {
    let small = |number: U256| u64::try_from(number).unwrap_or(u64::MAX);
    let BlockOverrides { number, difficulty, time, gas_limit, coinbase, random, base_fee, .. } = overrides;
    environment.number = number.map_or(environment.number, small);
    environment.difficulty = difficulty.unwrap_or(environment.difficulty);
    environment.timestamp = time.unwrap_or(environment.timestamp);
    environment.gas_limit = gas_limit.unwrap_or(environment.gas_limit);
    environment.beneficiary = coinbase.unwrap_or(environment.beneficiary);
    environment.prev_randao = random.unwrap_or(environment.prev_randao);
    environment.base_fee = base_fee.map_or(environment.base_fee, small);
}

/// Changes accounts, in the order of their addresses.
///
/// # Errors
/// What cannot be meant.
pub(super) fn override_state<R: Reads>(
    calls: &mut Calls<R>,
    overrides: &StateOverride,
) -> Result<(), Failure> {
    let sorted: BTreeMap<&Address, &AccountOverride> = overrides.iter().collect();
    for (address, given) in sorted {
        move_precompile(calls, *address, given, overrides)?;
        override_account(calls, *address, given)?;
    }
    Ok(())
}

/// Where an account is changed, no precompile runs any more; it may go on elsewhere.
fn move_precompile<R: Reads>(
    calls: &mut Calls<R>,
    address: Address,
    given: &AccountOverride,
    all: &StateOverride,
) -> Result<(), Failure> {
    let Some(to) = given.move_precompile_to else {
        calls.remove_precompile(address);
        return Ok(());
    };
    if !calls.is_precompile(&address) {
        return Err(Failure::server(format!("account {address} is not a precompile")));
    }
    if all.contains_key(&to) {
        return Err(Failure::server(format!("account {to} is already overridden")));
    }
    calls.move_precompile(address, to);
    Ok(())
}

fn override_account<R: Reads>(
    calls: &mut Calls<R>,
    address: Address,
    given: &AccountOverride,
) -> Result<(), Failure> {
    if given.state.is_some() && given.state_diff.is_some() {
        return Err(Failure::params(format!("account {address} has both 'state' and 'stateDiff'")));
    }
    if let Some(code) = &given.code {
        calls.set_code(address, code.clone());
    }
    if given.balance.is_some() || given.nonce.is_some() {
        let mut account = calls.account(&address).unwrap_or_default();
        account.balance = given.balance.unwrap_or(account.balance);
        account.nonce = given.nonce.unwrap_or(account.nonce);
        calls.set_account(address, Some(account));
    }
    if given.state.is_some() {
        calls.void_slots(address);
    }
    for (slot, value) in given.state.iter().chain(&given.state_diff).flatten() {
        calls.set_slot(address, U256::from_be_bytes(slot.0), U256::from_be_bytes(value.0));
    }
    Ok(())
}
