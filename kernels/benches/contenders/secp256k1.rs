//! Secp256k1: from a signing payload of 160 bytes and a signature to the address of who signed.

use std::rc::Rc;

use pelton_kernels::keccak::{self, keccak256_many};
use pelton_kernels::secp256k1::{Answer, BatchRecovery, Claim, KnownKey, Level};
use pelton_kernels::{Scheme, Signatures, Verdict, address, keccak256, open};
use secp256k1::ecdsa::{RecoverableSignature, RecoveryId};
use secp256k1::{Message, SecretKey};

use crate::contest::Contest;

pub fn contest(items: usize) -> Contest {
    let (batch, signers, keys) = signed(items);
    let (batch, signers): (Rc<Signatures>, Rc<[Verdict]>) = (batch.into(), signers.into());
    let keys: Rc<[KnownKey]> = keys.into();
    let mut contest = Contest::new(
        "secp256k1-160",
        "the address of who signed 160 bytes: hash, recover the key, hash the key",
        items,
    );

    let (all, expected) = (batch.clone(), signers.clone());
    contest.add("libsecp256k1, one by one", 1, move |range| {
        all.secp256k1(range.clone()).zip(&expected[range]).all(|((message, signature, parity), expected)| {
            let parity = if parity == 0 { RecoveryId::Zero } else { RecoveryId::One };
            let signature = RecoverableSignature::from_compact(signature, parity);
            let digest = Message::from_digest(keccak256(message));
            let key = signature.and_then(|signature| signature.recover_ecdsa(digest));
            key.is_ok_and(|key| *expected == signer(&key))
        })
    });

    for (name, size) in [("reference", 1), ("cpu", 16), ("cpu", 64), ("cpu", 128), ("cpu", 256)] {
        let (all, expected) = (batch.clone(), signers.clone());
        let backend = open(name, [1; 32]).expect("the name is listed");
        let mut verdicts = Vec::with_capacity(size);
        contest.add(format!("pelton {name}"), size, move |range| {
            verdicts.clear();
            backend.verify(&all, range.clone(), &mut verdicts);
            verdicts == expected[range]
        });
    }
    for level in Level::all() {
        for size in [64, 256] {
            add_known_keys(&mut contest, size, level, &batch, &keys);
        }
    }
    contest
}

/// All keys are hinted at, and the hints are right.
fn add_known_keys(
    contest: &mut Contest,
    size: usize,
    level: Level,
    batch: &Rc<Signatures>,
    keys: &Rc<[KnownKey]>,
) {
    let (all, keys) = (batch.clone(), keys.clone());
    let recovery = BatchRecovery::new([1; 32], level);
    let name = format!("pelton, {}, keys known", level.name());
    contest.add(name, size, move |range| {
        let mut digests = Vec::with_capacity(range.len());
        keccak256_many(keccak::Level::best(), range.clone().map(|index| all.message(index)), &mut digests);
        let claims: Vec<_> = all
            .secp256k1(range.clone())
            .zip(&digests)
            .zip(&keys[range])
            .map(|(((_, signature, y_parity), digest), key)| Claim {
                digest,
                signature,
                y_parity,
                key: Some(key),
            })
            .collect();
        let mut answers = Vec::with_capacity(claims.len());
        recovery.answer(&claims, &mut answers);
        answers.iter().all(|answer| *answer == Answer::Claimed)
    });
}

fn signer(key: &secp256k1::PublicKey) -> Verdict {
    Verdict::Valid { address: address::of_secp256k1(&coordinates(key)) }
}

fn coordinates(key: &secp256k1::PublicKey) -> [u8; 64] {
    key.serialize_uncompressed()[1..].try_into().expect("65 bytes less one")
}

fn signed(items: usize) -> (Signatures, Vec<Verdict>, Vec<KnownKey>) {
    let mut batch = Signatures::new(Scheme::Secp256k1);
    let mut signers = Vec::with_capacity(items);
    let mut keys = Vec::with_capacity(items);
    for index in 0..items {
        let secret = SecretKey::from_secret_bytes(keccak256(&index.to_le_bytes())).expect("below the order");
        let mut message = [0x5a; 160];
        message[..8].copy_from_slice(&index.to_le_bytes());
        let digest = Message::from_digest(keccak256(&message));
        let (parity, signature) =
            RecoverableSignature::sign_ecdsa_recoverable(digest, &secret).serialize_compact();
        batch.push_secp256k1(&message, &signature, parity.to_u8());
        signers.push(signer(&secret.public_key()));
        keys.push(KnownKey::from_bytes(&coordinates(&secret.public_key())).expect("a public key"));
    }
    (batch, signers, keys)
}
