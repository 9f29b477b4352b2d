//! Whole verifications of both schemes, from bytes to answers.

use pelton_kernels::{Scheme, Signatures, Verdict, open, samples};

use crate::machine::Machine;
use crate::program::Program;

/// Two valid signatures, and one that is forged.
fn batch(scheme: Scheme) -> Signatures {
    let mut batch = samples::valid(scheme, 5, 2, false);
    let (message, signature) = (batch.message(0).to_vec(), batch.signatures()[0]);
    match scheme {
        Scheme::Ed25519 => {
            let key = batch.keys()[0];
            batch.push_ed25519(&message[1..], &signature, &key);
        }
        Scheme::Secp256k1 => {
            let parity = batch.parities()[0];
            batch.push_secp256k1(&message[1..], &signature, parity, None);
        }
    }
    batch
}

fn check(scheme: Scheme, kernels: &[&str]) {
    let program = Program::read(&crate::text("pelton.ptx.gz"));
    let mut machine = Machine::new(&program);
    machine.run("pelton_tables", &[], 1);
    let batch = batch(scheme);
    let ends: Vec<u8> = batch.ends().iter().flat_map(|end| end.to_le_bytes()).collect();
    let keys = match scheme {
        Scheme::Ed25519 => batch.keys().as_flattened(),
        Scheme::Secp256k1 => batch.parities(),
    };
    let answers = machine.put(&[0xff; 4 * 32], 0);
    let messages = machine.put(batch.messages(), 0);
    let [ends, signatures, keys] =
        [&ends[..], batch.signatures().as_flattened(), keys].map(|bytes| machine.put(bytes, 0));
    // One thread more than there are signatures, as in the last block of most batches.
    let scratch = machine.put(&[], 3 * 96);
    for kernel in kernels {
        machine.run(kernel, &[answers, messages, ends, signatures, keys, 3, scratch], 4);
    }
    let mut expected = Vec::new();
    open("reference", [0; 32]).expect("it is always there").verify(&batch, 0..3, &mut expected);
    assert!(
        matches!(expected[..2], [Verdict::Valid { .. }, Verdict::Valid { .. }]) && expected[2] != expected[0]
    );
    for (index, verdict) in expected.iter().enumerate() {
        let mut bytes = [0; 32];
        if let Verdict::Valid { address } = verdict {
            bytes[0] = 1;
            bytes[1..21].copy_from_slice(address);
        }
        assert_eq!(machine.memory[answers as usize + 32 * index..][..32], bytes, "signature {index}");
    }
    assert_eq!(machine.memory[answers as usize + 96..][..32], [0xff; 32], "nobody asked for a fourth answer");
    assert!(machine.count > 1_000_000, "it took {} instructions", machine.count);
}

#[test]
fn compiled_ed25519_verification_answers_as_the_reference() {
    check(Scheme::Ed25519, &["pelton_ed25519"]);
}

#[test]
fn compiled_secp256k1_recovery_answers_as_the_reference() {
    check(Scheme::Secp256k1, &["pelton_secp256k1_begin", "pelton_secp256k1", "pelton_secp256k1_end"]);
}
