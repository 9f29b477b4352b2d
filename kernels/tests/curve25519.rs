//! The ed25519 of every level of this processor answers as the reference, with and without keys it has seen before; and
//! how fast it does.

#[path = "common/levels.rs"]
mod levels;

use std::hint::black_box;
use std::time::Instant;

use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use levels::levels;
use pelton_kernels::backend::{Cpu, Reference};
use pelton_kernels::{Backend, Level, Scheme, Signatures, Verdict, keccak256};
use proptest::prelude::*;
use rand::SeedableRng as _;
use rand::rngs::StdRng;

const SEED: [u8; 32] = [5; 32];
const MESSAGE_LEN: usize = 160;

/// 32 bytes that look random and are the same in each run.
fn bytes(what: &str, index: usize) -> [u8; 32] {
    keccak256(format!("{what} {index}").as_bytes())
}

fn message(index: usize) -> Vec<u8> {
    bytes("message", index).repeat(MESSAGE_LEN / 32)
}

fn secret(index: usize) -> SigningKey {
    SigningKey::from_bytes(&bytes("key", index))
}

/// `len` signatures with as many keys, of which those with a number that `is_forged` sign another message.
fn batch(len: usize, is_forged: impl Fn(usize) -> bool) -> Signatures {
    let mut batch = Signatures::new(Scheme::Ed25519);
    for index in 0..len {
        let (secret, mut message) = (secret(index), message(index));
        let signature = secret.sign(&message).to_bytes();
        message[0] ^= u8::from(is_forged(index));
        batch.push_ed25519(&message, &signature, secret.verifying_key().as_bytes());
    }
    batch
}

fn answers(backend: &dyn Backend, batch: &Signatures) -> Vec<Verdict> {
    let mut verdicts = Vec::with_capacity(batch.len());
    backend.verify(batch, 0..batch.len(), &mut verdicts);
    verdicts
}

/// All levels, with room for all keys, for some and for none, and asked again and again.
#[track_caller]
fn check(batches: &[Signatures]) {
    for level in levels() {
        for keys_max in [0, 256, 1 << 16] {
            let cpu = Cpu::with(SEED, level, keys_max);
            for batch in batches.iter().chain(batches) {
                assert_eq!(answers(&cpu, batch), answers(&Reference, batch), "{level}, {keys_max} keys");
            }
        }
    }
}

#[test]
fn forged_signatures_are_found_wherever_they_are_whether_keys_are_known_or_not() {
    let lens = [1, 2, 3, 7, 8, 9, 10, 16, 17, 33, 130];
    let patterns: [fn(usize) -> bool; 5] =
        [|_| false, |_| true, |index| index == 0, |index| index % 3 == 1, |index| index == 8];
    let batches: Vec<_> = lens.iter().flat_map(|len| patterns.map(|pattern| batch(*len, pattern))).collect();
    check(&batches);
}

#[test]
fn a_batch_from_one_sender_is_like_any_other() {
    let (mut all, secret) = (Signatures::new(Scheme::Ed25519), secret(0));
    for index in 0..70 {
        let signature = secret.sign(&message(index)).to_bytes();
        all.push_ed25519(&message(index), &signature, secret.verifying_key().as_bytes());
    }
    check(&[all]);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(24) })]

    #[test]
    fn any_bytes_are_judged_alike(
        changes in prop::collection::vec((0..30_usize, 0..96_usize, any::<u8>(), 0..4_u8), 1..60),
    ) {
        let mut all = Signatures::new(Scheme::Ed25519);
        for (index, place, byte, kind) in changes {
            let secret = secret(index);
            let mut both = [0; 96];
            both[..64].copy_from_slice(&secret.sign(&message(index)).to_bytes());
            both[64..].copy_from_slice(secret.verifying_key().as_bytes());
            match kind {
                0 => {}
                1 => both[place] ^= byte,
                2 => both[place / 32 * 32..][..32].copy_from_slice(&bytes("any", index)),
                _ => both[place / 32 * 32..][..32].fill(byte),
            }
            let (signature, key) = both.split_at(64);
            all.push_ed25519(&message(index), &signature.try_into().unwrap(), &key.try_into().unwrap());
        }
        check(&[all]);
    }
}

/// The median time of one run in nanoseconds for each contender, all in alternation.
#[expect(clippy::disallowed_methods, reason = "measures how long a run takes")]
fn medians(contenders: &mut [(&str, &mut dyn FnMut())], rounds: usize) -> Vec<f64> {
    let mut times = vec![Vec::new(); contenders.len()];
    for _ in 0..rounds {
        for ((_, run), times) in contenders.iter_mut().zip(&mut times) {
            let start = Instant::now();
            run();
            times.push(start.elapsed().as_nanos() as f64);
        }
    }
    let median = |times: &mut Vec<f64>| {
        times.sort_by(f64::total_cmp);
        times[times.len() / 2]
    };
    times.iter_mut().map(median).collect()
}

fn report(title: &str, signatures: usize, contenders: &mut [(&str, &mut dyn FnMut())]) {
    let medians = medians(contenders, 15);
    for ((name, _), median) in contenders.iter().zip(medians) {
        eprintln!("{title:<12} {name:<28} {:>8.0} ns a signature", median / signatures as f64);
    }
}

/// `cargo test --release -p pelton-kernels --test curve25519 -- --ignored --nocapture --test-threads 1`
#[test]
#[ignore = "measures; a few seconds with --release"]
fn how_fast_it_is() {
    let mut random = StdRng::seed_from_u64(1);
    for len in [8, 16, 32, 64, 128, 256, 512] {
        let all = batch(len, |_| false);
        let parts: Vec<_> = all.ed25519(0..len).collect();
        let messages: Vec<_> = parts.iter().map(|(message, _, _)| *message).collect();
        let signatures: Vec<_> =
            parts.iter().map(|(_, signature, _)| Signature::from_bytes(signature)).collect();
        let keys =
            || parts.iter().map(|(_, _, key)| VerifyingKey::from_bytes(key).unwrap()).collect::<Vec<_>>();
        let decoded = keys();
        let (portable, best) = (Cpu::with(SEED, Level::PORTABLE, 0), Level::best());
        let (cold, warm) = (Cpu::with(SEED, best, 0), Cpu::with(SEED, best, 1 << 16));
        report(
            &format!("{len}"),
            len,
            &mut [
                ("verify_strict", &mut || {
                    for ((key, message), signature) in keys().iter().zip(&messages).zip(&signatures) {
                        assert!(key.verify_strict(message, signature).is_ok());
                    }
                }),
                ("dalek verify_batch", &mut || {
                    assert!(ed25519_dalek::verify_batch(&messages, &signatures, &keys()).is_ok());
                }),
                ("dalek verify_batch, warm", &mut || {
                    assert!(ed25519_dalek::verify_batch(&messages, &signatures, &decoded).is_ok());
                }),
                ("zebra batch", &mut || {
                    let mut verifier = ed25519_zebra::batch::Verifier::new();
                    for (message, signature, key) in &parts {
                        let key = ed25519_zebra::VerificationKeyBytes::from(**key);
                        verifier.queue((key, (**signature).into(), message));
                    }
                    assert!(verifier.verify(&mut random).is_ok());
                }),
                ("ours, portable", &mut || drop(black_box(answers(&portable, &all)))),
                ("ours", &mut || drop(black_box(answers(&cold, &all)))),
                ("ours, warm", &mut || drop(black_box(answers(&warm, &all)))),
            ],
        );
    }
}

/// As [`how_fast_it_is`].
#[test]
#[ignore = "measures; a few seconds with --release"]
fn how_dear_forgeries_are() {
    for (title, period) in [("none", 1000), ("one", 128), ("10 %", 10), ("50 %", 2), ("all", 1)] {
        let all = batch(128, |index| index % period == period - 1);
        let cold = Cpu::with(SEED, Level::best(), 0);
        report(
            title,
            128,
            &mut [
                ("reference", &mut || drop(black_box(answers(&Reference, &all)))),
                ("ours", &mut || drop(black_box(answers(&cold, &all)))),
            ],
        );
    }
}
