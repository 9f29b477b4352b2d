//! A request as a transaction that nobody signed: what a simulated block holds.

use alloy_consensus::{SignableTransaction as _, TxEip1559, TxEip4844, TxEip7702, TxEnvelope, TxLegacy};
use alloy_primitives::{Address, B256, Signature, TxKind, U256};
use alloy_rpc_types_eth::{SignedAuthorization, TransactionRequest};

use super::super::failure::Failure;

/// The transaction, with a signature of zeros.
///
/// # Errors
/// What cannot be meant.
pub(super) fn transaction(mut request: TransactionRequest, chain_id: u64) -> Result<TxEnvelope, Failure> {
    let has_new_fees = request.max_fee_per_gas.is_some() || request.max_priority_fee_per_gas.is_some();
    if request.gas_price.is_some() && has_new_fees {
        return Err(Failure::server("both gasPrice and (maxFeePerGas or maxPriorityFeePerGas) specified"));
    }
    if let Some(have) = request.chain_id.filter(|given| *given != chain_id) {
        return Err(Failure::server(format!("chainId does not match node's (have={have}, want={chain_id})")));
    }
    let input = std::mem::take(&mut request.input).try_into_unique_input().map_err(|_| {
        Failure::server("both \"data\" and \"input\" are set and not equal. Please use \"input\" to pass transaction call data")
    })?;
    let plain = TxEip1559 {
        chain_id,
        nonce: request.nonce.unwrap_or_default(),
        gas_limit: request.gas.unwrap_or_default(),
        max_fee_per_gas: request.max_fee_per_gas.unwrap_or_default(),
        max_priority_fee_per_gas: request.max_priority_fee_per_gas.unwrap_or_default(),
        to: request.to.unwrap_or(TxKind::Create),
        value: request.value.unwrap_or_default(),
        access_list: request.access_list.take().unwrap_or_default(),
        input: input.unwrap_or_default(),
    };
    let signature = Signature::new(U256::ZERO, U256::ZERO, false);
    Ok(match (request.gas_price, request.authorization_list, request.blob_versioned_hashes) {
        (Some(gas_price), ..) => legacy(plain, gas_price).into_signed(signature).into(),
        (None, Some(authorizations), _) => set_code(plain, authorizations)?.into_signed(signature).into(),
        (None, None, Some(hashes)) => {
            let max_fee = request.max_fee_per_blob_gas.unwrap_or_default();
            blobs(plain, hashes, max_fee)?.into_signed(signature).into()
        }
        (None, None, None) => plain.into_signed(signature).into(),
    })
}

fn legacy(plain: TxEip1559, gas_price: u128) -> TxLegacy {
    let TxEip1559 { chain_id, nonce, gas_limit, to, value, input, .. } = plain;
    TxLegacy { chain_id: Some(chain_id), nonce, gas_price, gas_limit, to, value, input }
}

fn set_code(plain: TxEip1559, authorization_list: Vec<SignedAuthorization>) -> Result<TxEip7702, Failure> {
    let to = called(&plain)?;
    let TxEip1559 { chain_id, nonce, gas_limit, max_fee_per_gas, max_priority_fee_per_gas, .. } = plain;
    let TxEip1559 { value, access_list, input, .. } = plain;
    Ok(TxEip7702 {
        chain_id,
        nonce,
        gas_limit,
        max_fee_per_gas,
        max_priority_fee_per_gas,
        to,
        value,
        access_list,
        authorization_list,
        input,
    })
}

fn blobs(plain: TxEip1559, hashes: Vec<B256>, max_fee_per_blob_gas: u128) -> Result<TxEip4844, Failure> {
    let to = called(&plain)?;
    let TxEip1559 { chain_id, nonce, gas_limit, max_fee_per_gas, max_priority_fee_per_gas, .. } = plain;
    let TxEip1559 { value, access_list, input, .. } = plain;
    Ok(TxEip4844 {
        chain_id,
        nonce,
        gas_limit,
        max_fee_per_gas,
        max_priority_fee_per_gas,
        to,
        value,
        access_list,
        blob_versioned_hashes: hashes,
        max_fee_per_blob_gas,
        input,
    })
}

fn called(plain: &TxEip1559) -> Result<Address, Failure> {
    let to = plain.to.to().copied();
    to.ok_or_else(|| Failure::server("this type of transaction creates no contract"))
}
