//! One transaction of every kind and shape, always the same ones. Their signatures are numbers, not signatures: the codec
//! carries them along.

use alloy_consensus::{SignableTransaction, TxEip1559, TxEip2930, TxEip7702, TxEnvelope, TxLegacy};
use alloy_eips::eip2718::Encodable2718;
use alloy_eips::eip2930::{AccessList, AccessListItem};
use alloy_eips::eip7702;
use alloy_primitives::{Address, B256, Bytes, Signature, TxKind, U256};
use pelton_engine::transaction::{Fields, Kind, Listed};

use super::declared;

/// Name and bytes of every sample.
pub fn all() -> Vec<(&'static str, Vec<u8>)> {
    let legacy = TxLegacy {
        chain_id: Some(1337),
        nonce: 9,
        gas_price: 20_000_000_000,
        gas_limit: 21_000,
        to: TxKind::Call(address(1)),
        value: U256::from(10).pow(U256::from(18)),
        input: Bytes::new(),
    };
    let unprotected = TxLegacy { chain_id: None, input: vec![0x60; 60].into(), ..legacy.clone() };
    let list = TxEip2930 {
        chain_id: 1337,
        nonce: 0,
        gas_price: 7,
        gas_limit: 100_000,
        to: TxKind::Create,
        value: U256::ZERO,
        input: vec![0x5b; 300].into(),
        access_list: access_list(),
    };
    let fee = TxEip1559 {
        chain_id: 1337,
        nonce: 300,
        gas_limit: 60_000,
        max_fee_per_gas: u64::MAX.into(),
        max_priority_fee_per_gas: 2,
        to: TxKind::Call(address(2)),
        value: U256::ZERO,
        access_list: AccessList::default(),
        input: vec![0xa9, 0x05, 0x9c, 0xbb, 0, 0, 0, 1].into(),
    };
    let listed = TxEip1559 { access_list: access_list(), ..fee.clone() };
    vec![
        ("legacy", envelope(legacy)),
        ("legacy without a chain id", envelope(unprotected)),
        ("access list, creating", envelope(list)),
        ("dynamic fee", envelope(fee)),
        ("dynamic fee with a list", envelope(listed)),
        ("set code", envelope(set_code())),
        ("declared", declared::encode(&declared_fields(), &[0x77; 32], &[0x88; 64])),
        (
            "declared, plain",
            declared::encode(
                &Fields { reads: vec![], writes: vec![], ..declared_fields() },
                &[1; 32],
                &[2; 64],
            ),
        ),
    ]
}

fn envelope<T: SignableTransaction<Signature>>(transaction: T) -> Vec<u8>
where
    TxEnvelope: From<alloy_consensus::Signed<T>>,
{
    let signature = Signature::new(U256::from(0x1234), U256::MAX >> 1, true);
    TxEnvelope::from(transaction.into_signed(signature)).encoded_2718()
}

fn access_list() -> AccessList {
    AccessList(vec![
        AccessListItem { address: address(3), storage_keys: vec![B256::ZERO, B256::repeat_byte(0xff)] },
        AccessListItem { address: address(4), storage_keys: vec![] },
    ])
}

fn set_code() -> TxEip7702 {
    let inner = eip7702::Authorization { chain_id: U256::from(1337), address: address(5), nonce: 1 };
    let signed = |inner, y_parity| {
        eip7702::SignedAuthorization::new_unchecked(inner, y_parity, U256::MAX, U256::from(1))
    };
    let anywhere = eip7702::Authorization { chain_id: U256::ZERO, nonce: u64::MAX, ..inner.clone() };
    TxEip7702 {
        chain_id: 1337,
        nonce: 1,
        gas_limit: 200_000,
        max_fee_per_gas: 1 << 100,
        max_priority_fee_per_gas: 0,
        to: address(6),
        value: U256::from(1),
        access_list: access_list(),
        authorization_list: vec![signed(inner, 1), signed(anywhere, 255)],
        input: Bytes::new(),
    }
}

fn declared_fields() -> Fields {
    let account = |byte| Listed { address: address(byte), slots: vec![] };
    let slots = |byte| Listed { address: address(byte), slots: vec![U256::ZERO, U256::from(1), U256::MAX] };
    Fields {
        kind: Kind::Declared,
        chain_id: Some(1337),
        nonce: 5,
        gas_limit: 100_000,
        max_fee_per_gas: 1_000,
        max_priority_fee_per_gas: 1,
        max_contention_fee: 70_000,
        to: Some(address(7)),
        value: U256::from(500),
        input: vec![1, 2, 3].into(),
        reads: vec![account(8), slots(9)],
        writes: vec![slots(9), account(10)],
        authorizations: vec![],
    }
}

fn address(byte: u8) -> Address {
    Address::repeat_byte(byte)
}
