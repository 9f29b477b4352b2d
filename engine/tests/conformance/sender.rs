//! Who signed a transaction, found without any code of the project but the signing payload.

use alloy_primitives::{Address, keccak256};
use pelton_engine::transaction::{Signature, Transaction};
use secp256k1::Message;
use secp256k1::ecdsa::{RecoverableSignature, RecoveryId};

/// The address whose key made the signature.
pub fn recover(transaction: &Transaction) -> Address {
    let Signature::Secp256k1 { rs, y_parity } = transaction.signature() else {
        panic!("Ethereum knows no other signatures");
    };
    let mut payload = Vec::new();
    transaction.signing_payload(&mut payload);
    let id = RecoveryId::try_from(i32::from(*y_parity)).expect("a parity");
    let signature = RecoverableSignature::from_compact(rs, id).expect("scalars below the order");
    let digest = Message::from_digest(keccak256(payload).0);
    let key = signature.recover_ecdsa(digest).expect("a point of the curve").serialize_uncompressed();
    Address::from_raw_public_key(&key[1..])
}
