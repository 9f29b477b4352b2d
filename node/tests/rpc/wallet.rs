//! Signs transactions of the well-known accounts, with libraries that are not the node's.

use alloy_consensus::{SignableTransaction, TxEip1559, TxEnvelope, TxLegacy};
use alloy_eips::eip2718::Encodable2718;
use alloy_primitives::{Address, B256, Bytes, Signature, TxKind, U256};
use pelton_node::accounts::WELL_KNOWN;
use secp256k1::{Message, SecretKey, ecdsa::RecoverableSignature};

/// What accounts pay for gas here.
pub const MAX_FEE: u128 = 1_000_000_000;

/// The address of a well-known account.
pub fn address(account: usize) -> Address {
    WELL_KNOWN[account].0
}

/// A payment.
pub fn payment(nonce: u64, to: Address, wei: u64) -> TxEip1559 {
    TxEip1559 {
        chain_id: 31_337,
        nonce,
        gas_limit: 21_000,
        max_fee_per_gas: MAX_FEE,
        max_priority_fee_per_gas: 1_000,
        to: TxKind::Call(to),
        value: U256::from(wei),
        ..TxEip1559::default()
    }
}

/// A legacy call or creation.
pub fn legacy(nonce: u64, to: TxKind, input: Bytes) -> TxLegacy {
    let (gas_price, gas_limit, value) = (MAX_FEE, 1_000_000, U256::ZERO);
    TxLegacy { chain_id: Some(31_337), nonce, gas_price, gas_limit, to, value, input }
}

/// The signed transaction of an account, and its hash.
pub fn sign<T>(transaction: T, account: usize) -> (Bytes, B256)
where
    T: SignableTransaction<Signature>,
    TxEnvelope: From<alloy_consensus::Signed<T>>,
{
    let key = SecretKey::from_secret_bytes(WELL_KNOWN[account].1.0).expect("a key");
    let digest = Message::from_digest(transaction.signature_hash().0);
    let (parity, rs) = RecoverableSignature::sign_ecdsa_recoverable(digest, &key).serialize_compact();
    let signature = Signature::from_bytes_and_parity(&rs, parity.to_u8() == 1);
    let envelope = TxEnvelope::from(transaction.into_signed(signature));
    (envelope.encoded_2718().into(), *envelope.tx_hash())
}
