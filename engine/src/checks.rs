//! The static checks: what can be judged of a transaction without any state.

use crate::limits::Limits;
use crate::reject::Reject;
use crate::transaction::{Fields, Kind, Listed, Transaction};

/// Gas of a transaction that does nothing but pay.
pub const GAS_TRANSACTION: u64 = 21_000;
const GAS_CREATE: u64 = 32_000;
const GAS_INIT_CODE_WORD: u64 = 2;
const GAS_TOKEN: u64 = 4;
const GAS_TOKEN_FLOOR: u64 = 10;
const GAS_LISTED_ADDRESS: u64 = 2_400;
const GAS_LISTED_SLOT: u64 = 1_900;
const GAS_AUTHORIZATION: u64 = 25_000;

/// Judges a decoded transaction by the chain's limits, cheapest check first.
///
/// # Errors
/// The first reason found.
pub fn admit(transaction: &Transaction, limits: &Limits) -> Result<(), Reject> {
    let fields = transaction.fields();
    ensure(transaction.wire().len() <= limits.transaction_bytes_max as usize, Reject::Oversized)?;
    let chain_id = fields.chain_id.ok_or(Reject::Unprotected)?;
    ensure(chain_id == limits.chain_id, Reject::WrongChain)?;
    ensure(fields.nonce < u64::MAX, Reject::NonceTooHigh)?;
    ensure(fields.gas_limit <= limits.transaction_gas_max, Reject::GasLimitTooHigh)?;
    ensure(fields.max_priority_fee_per_gas <= fields.max_fee_per_gas, Reject::FeeFields)?;
    ensure(fields.cost_max().is_some(), Reject::FeeFields)?;
    let creates = fields.to.is_none();
    ensure(!creates || fields.input.len() <= limits.init_code_bytes_max as usize, Reject::InitCodeTooLarge)?;
    let entries = entries(&fields.reads) + entries(&fields.writes);
    ensure(entries <= limits.access_entries_max as usize, Reject::AccessListTooLong)?;
    if fields.kind == Kind::Declared {
        ensure(ascending(&fields.reads) && ascending(&fields.writes), Reject::AccessListUnsorted)?;
    }
    if fields.kind == Kind::SetCode {
        let count = fields.authorizations.len();
        ensure(!creates && count > 0 && count <= limits.authorizations_max as usize, Reject::Authorizations)?;
    }
    ensure(fields.gas_limit >= intrinsic_gas(fields), Reject::IntrinsicGas)
}

/// Gas that the transaction costs before anything runs, at least (EIP-2028, 2930, 3860, 7623, 7702).
pub fn intrinsic_gas(fields: &Fields) -> u64 {
    let IntrinsicGas { used, floor } = IntrinsicGas::of(fields);
    used.max(floor)
}

/// What a transaction costs whatever it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct IntrinsicGas {
    /// Used before anything runs.
    pub(crate) used: u64,
    /// Used in the end, at least (EIP-7623).
    pub(crate) floor: u64,
}

impl IntrinsicGas {
    /// Goes through all of the input and the lists.
    pub(crate) fn of(fields: &Fields) -> IntrinsicGas {
        let zeros = fields.input.iter().filter(|byte| **byte == 0).count() as u64;
        let tokens = 4 * fields.input.len() as u64 - 3 * zeros;
        let mut gas = GAS_TRANSACTION + GAS_TOKEN * tokens;
        if fields.to.is_none() {
            gas += GAS_CREATE + GAS_INIT_CODE_WORD * fields.input.len().div_ceil(32) as u64;
        }
        for item in fields.reads.iter().chain(&fields.writes) {
            gas += GAS_LISTED_ADDRESS + GAS_LISTED_SLOT * item.slots.len() as u64;
        }
        gas += GAS_AUTHORIZATION * fields.authorizations.len() as u64;
        IntrinsicGas { used: gas, floor: GAS_TRANSACTION + GAS_TOKEN_FLOOR * tokens }
    }
}

fn ensure(holds: bool, reject: Reject) -> Result<(), Reject> {
    if holds { Ok(()) } else { Err(reject) }
}

fn entries(list: &[Listed]) -> usize {
    list.iter().map(|item| 1 + item.slots.len()).sum()
}

fn ascending(list: &[Listed]) -> bool {
    list.is_sorted_by(|a, b| a.address < b.address)
        && list.iter().all(|item| item.slots.is_sorted_by(|a, b| a < b))
}
