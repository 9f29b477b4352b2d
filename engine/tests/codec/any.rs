//! Transactions of chance, of every kind; numbers of every length are equally likely.

use alloy_consensus::{SignableTransaction, TxEip1559, TxEip2930, TxEip7702, TxEnvelope, TxLegacy};
use alloy_eips::eip2930::{AccessList, AccessListItem};
use alloy_eips::eip7702::{Authorization, SignedAuthorization};
use alloy_primitives::{Address, B256, Bytes, Signature, TxKind, U256};
use pelton_engine::transaction::{Fields, Kind, Listed};
use proptest::collection::vec;
use proptest::prelude::*;

pub fn any_u256() -> impl Strategy<Value = U256> {
    (any::<[u8; 32]>(), 0..=256_usize)
        .prop_map(|(bytes, shift)| U256::from_be_bytes(bytes).wrapping_shr(shift))
}

fn any_u128() -> impl Strategy<Value = u128> {
    (any::<u128>(), 0..128_u32).prop_map(|(value, shift)| value >> shift)
}

fn any_u64() -> impl Strategy<Value = u64> {
    (any::<u64>(), 0..64_u32).prop_map(|(value, shift)| value >> shift)
}

fn any_address() -> impl Strategy<Value = Address> {
    any::<[u8; 20]>().prop_map(Address::from)
}

fn any_listed() -> impl Strategy<Value = Vec<Listed>> {
    let item = (any_address(), vec(any_u256(), 0..4)).prop_map(|(address, slots)| Listed { address, slots });
    vec(item, 0..4)
}

pub fn any_authorization() -> impl Strategy<Value = SignedAuthorization> {
    (any_u256(), any_address(), any_u64(), any::<u8>(), any_u256(), any_u256()).prop_map(
        |(chain_id, address, nonce, y_parity, r, s)| {
            SignedAuthorization::new_unchecked(Authorization { chain_id, address, nonce }, y_parity, r, s)
        },
    )
}

prop_compose! {
    pub fn any_fields()(
        (chain_id, nonce, gas_limit) in (any_u64(), any_u64(), any_u64()),
        (max_fee_per_gas, max_priority_fee_per_gas) in (any_u128(), any_u128()),
        max_contention_fee in any_u128(),
        to in proptest::option::of(any_address()),
        value in any_u256(),
        input in vec(any::<u8>(), 0..400),
        (reads, writes) in (any_listed(), any_listed()),
    ) -> Fields {
        Fields {
            kind: Kind::Declared,
            chain_id: Some(chain_id),
            input: input.into(),
            authorizations: vec![],
            nonce, gas_limit, max_fee_per_gas, max_priority_fee_per_gas, max_contention_fee, to, value, reads, writes,
        }
    }
}

/// A transaction of each of Ethereum's kinds, with these fields.
pub fn envelopes(
    fields: Fields,
    authorization_list: Vec<SignedAuthorization>,
    signature: Signature,
) -> [TxEnvelope; 5] {
    let Fields { nonce, gas_limit, max_fee_per_gas, max_priority_fee_per_gas, value, .. } = fields;
    let chain_id = fields.chain_id.expect("these fields have one");
    let kind = fields.to.map_or(TxKind::Create, TxKind::Call);
    let (to, gas_price, input): (_, _, Bytes) = (kind, max_fee_per_gas, fields.input);
    let item = |item: Listed| AccessListItem {
        address: item.address,
        storage_keys: item.slots.iter().map(|slot| B256::from(slot.to_be_bytes())).collect(),
    };
    let access_list = AccessList(fields.writes.into_iter().map(item).collect());
    let legacy =
        TxLegacy { chain_id: Some(chain_id), nonce, gas_price, gas_limit, to, value, input: input.clone() };
    let unprotected = TxLegacy { chain_id: None, ..legacy.clone() };
    let list = TxEip2930 {
        chain_id,
        nonce,
        gas_price,
        gas_limit,
        to,
        value,
        access_list: access_list.clone(),
        input: input.clone(),
    };
    let fee = TxEip1559 {
        chain_id,
        nonce,
        gas_limit,
        max_fee_per_gas,
        max_priority_fee_per_gas,
        to,
        value,
        access_list: access_list.clone(),
        input: input.clone(),
    };
    let code = TxEip7702 {
        chain_id,
        nonce,
        gas_limit,
        max_fee_per_gas,
        max_priority_fee_per_gas,
        to: fields.to.unwrap_or_default(),
        value,
        access_list,
        authorization_list,
        input,
    };
    [
        legacy.into_signed(signature).into(),
        unprotected.into_signed(signature).into(),
        list.into_signed(signature).into(),
        fee.into_signed(signature).into(),
        code.into_signed(signature).into(),
    ]
}
