//! Nanoseconds per signature of each back-end on one thread, by the number of signatures it is given at once.
//!
//! `cargo run --release -p pelton-kernels --example speed`
#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a measurement reads the clock and prints"
)]

use std::time::{Duration, Instant};

use ed25519_dalek::Signer as _;
use pelton_kernels::{Backend, Scheme, Signatures, Verdict, keccak256, open, self_test};
use secp256k1::ecdsa::RecoverableSignature;
use secp256k1::{Message, SecretKey};

const SIGNATURES: usize = 1024;
const MEASURED_AT_LEAST: Duration = Duration::from_millis(1000);

fn main() {
    for (scheme, batch) in [("secp256k1", secp256k1()), ("ed25519", ed25519())] {
        for name in ["reference", "cpu"] {
            let backend = open(name, [1; 32]).expect("the name is listed");
            self_test(&*backend).expect("the back-end works");
            for chunk in [1, 16, 64, 128, 256, 512] {
                println!(
                    "{scheme:10} {name:10} {chunk:4} at once {:8.0} ns",
                    ns_each(&*backend, &batch, chunk)
                );
            }
        }
    }
}

fn ns_each(backend: &dyn Backend, batch: &Signatures, chunk: usize) -> f64 {
    let mut fastest_ns = f64::MAX;
    let end = Instant::now() + MEASURED_AT_LEAST;
    while Instant::now() < end {
        let mut verdicts = Vec::with_capacity(SIGNATURES);
        let start = Instant::now();
        for first in (0..SIGNATURES).step_by(chunk) {
            backend.verify(batch, first..(first + chunk).min(SIGNATURES), &mut verdicts);
        }
        fastest_ns = fastest_ns.min(start.elapsed().as_nanos() as f64 / SIGNATURES as f64);
        assert!(verdicts.iter().all(|verdict| *verdict != Verdict::Invalid), "all signatures are valid");
    }
    fastest_ns
}

fn message(index: usize) -> [u8; 160] {
    let mut message = [0x5a; 160];
    message[..8].copy_from_slice(&index.to_le_bytes());
    message
}

fn secp256k1() -> Signatures {
    let mut batch = Signatures::new(Scheme::Secp256k1);
    for index in 0..SIGNATURES {
        let secret = SecretKey::from_secret_bytes(keccak256(&index.to_le_bytes())).expect("below the order");
        let message = message(index);
        let signed =
            RecoverableSignature::sign_ecdsa_recoverable(Message::from_digest(keccak256(&message)), &secret);
        let (parity, signature) = signed.serialize_compact();
        batch.push_secp256k1(&message, &signature, parity.to_u8());
    }
    batch
}

fn ed25519() -> Signatures {
    let mut batch = Signatures::new(Scheme::Ed25519);
    for index in 0..SIGNATURES {
        let secret = ed25519_dalek::SigningKey::from_bytes(&keccak256(&index.to_le_bytes()));
        let message = message(index);
        batch.push_ed25519(&message, &secret.sign(&message).to_bytes(), &secret.verifying_key().to_bytes());
    }
    batch
}
