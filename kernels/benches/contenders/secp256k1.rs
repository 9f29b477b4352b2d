//! Secp256k1: from a signing payload of 160 bytes and a signature to the address of who signed.
//!
//! The first contest is among true signatures, with and without a claim of who signed them. In the others some are
//! forged: in the name of an account whose key is known, so that every one of them spoils the sum that it is in. Whose
//! they really are has to be found out as well, so the contenders agree on all addresses. Our back-ends have seen each
//! account sign once before, and go on from turn to turn with what they have learnt.

use std::rc::Rc;
use std::sync::Arc;

use pelton_kernels::backend::Cpu;
use pelton_kernels::{Backend, Level, Scheme, Signatures, Verdict, address, keccak256, open};
use secp256k1::ecdsa::{RecoverableSignature, RecoveryId};
use secp256k1::{Message, SecretKey};

use crate::contest::Contest;

/// How many keys our back-ends may keep: more than there are.
const KEYS_MAX: usize = 1 << 12;

pub fn contests(items: usize) -> Vec<Contest> {
    let mut contests = vec![all_true(items)];
    for percent in [1, 10, 50] {
        let is_forged = move |index: usize| (index * 37 + 11) % 100 < percent;
        contests.push(forged(items, &format!("{percent}%"), is_forged));
    }
    contests.push(forged(items, "turns", |index| (index / 128).is_multiple_of(2)));
    contests
}

fn all_true(items: usize) -> Contest {
    let (unclaimed, claimed) = (Signed::new(items, false, |_| false), Signed::new(items, true, |_| false));
    let mut contest = Contest::new(
        "secp256k1-160",
        "the address of who signed 160 bytes: hash, recover the key, hash the key",
        items,
    );
    add_libsecp256k1(&mut contest, &unclaimed);
    add_ours(&mut contest, "pelton reference", 1, &unclaimed, open("reference", [1; 32]).expect("listed"));
    for size in [32, 128] {
        let cpu = open("cpu", [1; 32]).expect("the name is listed");
        add_ours(&mut contest, "pelton cpu, nobody claimed", size, &unclaimed, cpu);
    }
    let forgetful = Arc::new(Cpu::with([1; 32], Level::best(), 1));
    add_ours(&mut contest, "pelton cpu, claimed and not known", 32, &claimed, forgetful);
    for level in Level::all() {
        for size in [64, 128, 256] {
            let cpu = Arc::new(Cpu::with([1; 32], level, KEYS_MAX));
            let name = format!("pelton cpu, {level}, claimed and known");
            add_ours(&mut contest, &name, size, &claimed, cpu);
        }
    }
    contest
}

/// A contest with the claims of some items forged, as `name` says.
fn forged(items: usize, name: &str, is_forged: impl Fn(usize) -> bool) -> Contest {
    let seen = Signed::new(items, true, |_| false);
    let signed = Signed::new(items, true, is_forged);
    let mut contest = Contest::new(
        format!("secp256k1-160-forged-{name}"),
        "the address of who signed 160 bytes, which is often not who is claimed",
        items,
    );
    add_libsecp256k1(&mut contest, &signed);
    for level in Level::all() {
        for size in [32, 128] {
            let cpu = Arc::new(Cpu::with([1; 32], level, KEYS_MAX));
            cpu.verify(&seen.batch, 0..items, &mut Vec::new());
            add_ours(&mut contest, &format!("pelton cpu, {level}"), size, &signed, cpu);
        }
    }
    contest
}

fn add_libsecp256k1(contest: &mut Contest, signed: &Signed) {
    let Signed { batch, signers } = signed.clone();
    contest.add("libsecp256k1, one by one", 1, move |range| {
        batch.secp256k1(range.clone()).zip(&signers[range]).all(|((message, signature, parity), expected)| {
            let parity = if parity == 0 { RecoveryId::Zero } else { RecoveryId::One };
            let signature = RecoverableSignature::from_compact(signature, parity);
            let digest = Message::from_digest(keccak256(message));
            let key = signature.and_then(|signature| signature.recover_ecdsa(digest));
            key.is_ok_and(|key| *expected == Verdict::Valid { address: address_of(&key) })
        })
    });
}

fn add_ours(contest: &mut Contest, name: &str, size: usize, signed: &Signed, backend: Arc<dyn Backend>) {
    let Signed { batch, signers } = signed.clone();
    let mut verdicts = Vec::with_capacity(size);
    contest.add(name, size, move |range| {
        verdicts.clear();
        backend.verify(&batch, range.clone(), &mut verdicts);
        verdicts == signers[range]
    });
}

/// Signatures, and what each of them is worth.
#[derive(Clone)]
struct Signed {
    batch: Rc<Signatures>,
    signers: Rc<[Verdict]>,
}

impl Signed {
    /// Each by an account of its own, whose signature of another message it is if it is forged.
    fn new(items: usize, claimed: bool, is_forged: impl Fn(usize) -> bool) -> Self {
        let mut batch = Signatures::new(Scheme::Secp256k1);
        for index in 0..items {
            let secret =
                SecretKey::from_secret_bytes(keccak256(&index.to_le_bytes())).expect("below the order");
            let mut message = [0x5a; 160];
            message[..8].copy_from_slice(&index.to_le_bytes());
            let digest = Message::from_digest(keccak256(&message));
            let (parity, signature) =
                RecoverableSignature::sign_ecdsa_recoverable(digest, &secret).serialize_compact();
            message[8] ^= u8::from(is_forged(index));
            let claim = claimed.then(|| address_of(&secret.public_key()));
            batch.push_secp256k1(&message, &signature, parity.to_u8(), claim.as_ref());
        }
        let mut signers = Vec::with_capacity(items);
        open("reference", [1; 32]).expect("listed").verify(&batch, 0..items, &mut signers);
        Self { batch: batch.into(), signers: signers.into() }
    }
}

fn address_of(key: &secp256k1::PublicKey) -> [u8; 20] {
    address::of_secp256k1(key.serialize_uncompressed()[1..].try_into().expect("65 bytes less one"))
}
