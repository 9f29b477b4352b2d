//! Parts of transactions: items of access lists, and signed delegations.

use alloy_primitives::{Address, U256, keccak256};
use alloy_rlp::Encodable;
use pelton_engine::transaction::{Authorization, Listed};

use super::transactions::{CHAIN, list};

pub fn listed(address: Address, slots: &[u64]) -> Listed {
    Listed { address, slots: slots.iter().map(|slot| U256::from(*slot)).collect() }
}

/// A delegation signed by the secret key 1, whose account is [`authority`].
pub fn authorization(address: Address, nonce: u64) -> Authorization {
    let secp = secp256k1::SecretKey::from_secret_bytes(secret()).expect("one is a secret key");
    let mut payload = vec![0x05];
    list(&mut payload, |out| {
        U256::from(CHAIN).encode(out);
        address.encode(out);
        nonce.encode(out);
    });
    let message = secp256k1::Message::from_digest(keccak256(payload).0);
    let signature = secp256k1::ecdsa::RecoverableSignature::sign_ecdsa_recoverable(message, &secp);
    let (recovery, rs) = signature.serialize_compact();
    Authorization {
        chain_id: U256::from(CHAIN),
        address,
        nonce,
        y_parity: u8::from(recovery == secp256k1::ecdsa::RecoveryId::One),
        r: U256::from_be_slice(&rs[..32]),
        s: U256::from_be_slice(&rs[32..]),
    }
}

pub fn authority() -> Address {
    let secret = secp256k1::SecretKey::from_secret_bytes(secret()).expect("one is a secret key");
    let public = secp256k1::PublicKey::from_secret_key(&secret).serialize_uncompressed();
    Address::from_slice(&keccak256(&public[1..])[12..])
}

fn secret() -> [u8; 32] {
    U256::from(1).to_be_bytes()
}
