//! Ed25519, messages of 160 bytes, each with a key of its own.
//!
//! Every contender begins with bytes: the keys are decoded in the time that is measured, as they come with the
//! transactions. The rules differ at the edges: `verify_strict` and ours refuse small-order keys, ours and zebra's
//! equation has the cofactor, dalek's sum says nothing about either.
//!
//! The first byte of each message is 0: one contender signs the length of a namespace before the message, and so it signs
//! the same bytes with an empty namespace and what follows the 0.

mod forged;
#[cfg(target_feature = "avx512ifma")]
mod native;

use std::rc::Rc;
use std::sync::Arc;

use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use pelton_kernels::backend::Cpu;
use pelton_kernels::{Backend, Level, Scheme, Signatures, Verdict, keccak256, open};
use rand::SeedableRng as _;
use rand::rngs::StdRng;

use crate::contest::Contest;

pub fn contests(items: usize) -> Vec<Contest> {
    let mut contests = vec![all_true(items)];
    contests.extend(forged::contests(items));
    contests
}

fn all_true(items: usize) -> Contest {
    let batch: Rc<Signatures> = Rc::new(signed(items));
    let mut contest = Contest::new(
        "ed25519-160",
        "one signature of 160 bytes checked, keys all different, and not decoded unless known",
        items,
    );

    let all = batch.clone();
    contest.add("ed25519-dalek verify_strict, one by one", 1, move |range| {
        all.ed25519(range).all(|(message, signature, key)| {
            let key = VerifyingKey::from_bytes(key);
            key.is_ok_and(|key| key.verify_strict(message, &Signature::from_bytes(signature)).is_ok())
        })
    });

    let all = batch.clone();
    contest.add("ed25519-dalek verify_batch", 64, move |range| {
        let messages: Vec<_> = range.clone().map(|index| all.message(index)).collect();
        let signatures: Vec<_> = all.signatures()[range.clone()].iter().map(Signature::from_bytes).collect();
        let keys: Result<Vec<_>, _> = all.keys()[range].iter().map(VerifyingKey::from_bytes).collect();
        keys.is_ok_and(|keys| ed25519_dalek::verify_batch(&messages, &signatures, &keys).is_ok())
    });

    let all = batch.clone();
    let mut random = StdRng::seed_from_u64(1);
    contest.add("ed25519-zebra batch", 64, move |range| {
        let mut verifier = ed25519_zebra::batch::Verifier::new();
        for (message, signature, key) in all.ed25519(range) {
            let key = ed25519_zebra::VerificationKeyBytes::from(*key);
            verifier.queue((key, ed25519_zebra::Signature::from_bytes(signature), message));
        }
        verifier.verify(&mut random).is_ok()
    });

    #[cfg(target_feature = "avx512ifma")]
    native::add(&mut contest, &batch);

    let reference = open("reference", [1; 32]).expect("the name is listed");
    add_ours(&mut contest, "pelton reference", 1, &batch, reference);
    for level in Level::all() {
        for size in [64, 256] {
            let cold = Arc::new(Cpu::with([1; 32], level, 0));
            add_ours(&mut contest, &format!("pelton cpu, {level}"), size, &batch, cold);
            let warm = Arc::new(Cpu::with([1; 32], level, 1 << 16));
            add_ours(&mut contest, &format!("pelton cpu, {level}, keys known"), size, &batch, warm);
        }
    }
    contest
}

/// One of our back-ends. It forgets keys from one range to the next, unless its name says that it knows them.
fn add_ours(
    contest: &mut Contest,
    name: &str,
    size: usize,
    batch: &Rc<Signatures>,
    backend: Arc<dyn Backend>,
) {
    let (all, mut verdicts) = (batch.clone(), Vec::with_capacity(size));
    contest.add(name, size, move |range| {
        verdicts.clear();
        backend.verify(&all, range, &mut verdicts);
        verdicts.iter().all(|verdict| *verdict != Verdict::Invalid)
    });
}

fn signed(items: usize) -> Signatures {
    let mut batch = Signatures::new(Scheme::Ed25519);
    for index in 0..items {
        let secret = SigningKey::from_bytes(&keccak256(&index.to_le_bytes()));
        let mut message = [0x5a; 160];
        message[0] = 0;
        message[1..9].copy_from_slice(&index.to_le_bytes());
        batch.push_ed25519(&message, &secret.sign(&message).to_bytes(), &secret.verifying_key().to_bytes());
    }
    batch
}
