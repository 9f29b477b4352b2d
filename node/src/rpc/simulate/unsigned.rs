//! A request as a transaction that nobody signed: what a simulated block holds.

use alloy_consensus::{SignableTransaction as _, TxEip1559, TxEip4844, TxEip7702, TxEnvelope, TxLegacy};
use alloy_primitives::{Signature, TxKind, U256};
use alloy_rpc_types_eth::TransactionRequest;

use super::super::failure::Failure;

/// The transaction, with a signature of zeros.
///
/// # Errors
/// What cannot be meant.
pub(super) fn transaction(request: TransactionRequest, chain_id: u64) -> Result<TxEnvelope, Failure> {
    let has_new_fees = request.max_fee_per_gas.is_some() || request.max_priority_fee_per_gas.is_some();
    if request.gas_price.is_some() && has_new_fees {
        return Err(Failure::server("both gasPrice and (maxFeePerGas or maxPriorityFeePerGas) specified"));
    }
    if let Some(have) = request.chain_id.filter(|given| *given != chain_id) {
        return Err(Failure::server(format!("chainId does not match node's (have={have}, want={chain_id})")));
    }
    let input = request.input.clone().try_into_unique_input().map_err(|_| {
        Failure::server("both \"data\" and \"input\" are set and not equal. Please use \"input\" to pass transaction call data")
    })?;
    let input = input.unwrap_or_default();
    let (nonce, gas_limit) = (request.nonce.unwrap_or_default(), request.gas.unwrap_or_default());
    let (value, to) = (request.value.unwrap_or_default(), request.to.unwrap_or(TxKind::Create));
    let max_fee_per_gas = request.max_fee_per_gas.unwrap_or_default();
    let max_priority_fee_per_gas = request.max_priority_fee_per_gas.unwrap_or_default();
    let access_list = request.access_list.unwrap_or_default();
    let signature = Signature::new(U256::ZERO, U256::ZERO, false);
    let called =
        || to.to().copied().ok_or_else(|| Failure::server("this type of transaction creates no contract"));
    if let Some(gas_price) = request.gas_price {
        let legacy = TxLegacy { chain_id: Some(chain_id), nonce, gas_price, gas_limit, to, value, input };
        return Ok(legacy.into_signed(signature).into());
    }
    if let Some(authorization_list) = request.authorization_list {
        let set_code = TxEip7702 {
            chain_id,
            nonce,
            gas_limit,
            max_fee_per_gas,
            max_priority_fee_per_gas,
            to: called()?,
            value,
            access_list,
            authorization_list,
            input,
        };
        return Ok(set_code.into_signed(signature).into());
    }
    if let Some(blob_versioned_hashes) = request.blob_versioned_hashes {
        let blobs = TxEip4844 {
            chain_id,
            nonce,
            gas_limit,
            max_fee_per_gas,
            max_priority_fee_per_gas,
            to: called()?,
            value,
            access_list,
            blob_versioned_hashes,
            max_fee_per_blob_gas: request.max_fee_per_blob_gas.unwrap_or_default(),
            input,
        };
        return Ok(blobs.into_signed(signature).into());
    }
    let plain = TxEip1559 {
        chain_id,
        nonce,
        gas_limit,
        max_fee_per_gas,
        max_priority_fee_per_gas,
        to,
        value,
        access_list,
        input,
    };
    Ok(plain.into_signed(signature).into())
}
