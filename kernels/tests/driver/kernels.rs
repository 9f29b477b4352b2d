//! What a GPU that works answers.

use pelton_kernels::{Scheme, Signatures, Verdict, Verifier, cuda, open, samples};

use crate::case::{Case, batch};
use crate::faults::{next, verifier};

/// What the reference says.
pub fn right(batch: &Signatures) -> Vec<Verdict> {
    let mut verdicts = Vec::new();
    open("reference", [0; 32]).expect("it is always there").verify(batch, 0..batch.len(), &mut verdicts);
    verdicts
}

/// So many signatures, every third of which is over another message than it says.
pub fn some(scheme: Scheme, count: usize) -> Signatures {
    let valid = samples::valid(scheme, 11, count, false);
    let mut batch = Signatures::new(scheme);
    for index in 0..count {
        let mut message = valid.message(index).to_vec();
        message[40] ^= u8::from(index % 3 == 2);
        match scheme {
            Scheme::Ed25519 => batch.push_ed25519(&message, &valid.signatures()[index], &valid.keys()[index]),
            Scheme::Secp256k1 => {
                batch.push_secp256k1(&message, &valid.signatures()[index], valid.parities()[index], None)
            }
        }
    }
    batch
}

pub fn overlap() {
    let mut verifier = verifier();
    for round in 0..3 {
        let batches: Vec<_> = [(Scheme::Secp256k1, 7), (Scheme::Ed25519, 9), (Scheme::Secp256k1, 1)]
            .map(|(scheme, count)| some(scheme, count + round))
            .into();
        let tickets: Vec<_> = batches
            .iter()
            .map(|batch| verifier.submit(batch.clone()).expect("it holds three batches"))
            .collect();
        let fourth = some(Scheme::Ed25519, 2);
        assert_eq!(verifier.submit(fourth.clone()).expect_err("all slots are taken"), fourth);
        for _ in &batches {
            let completed = next(&mut *verifier);
            let place = tickets.iter().position(|ticket| *ticket == completed.ticket).expect("it was given");
            assert_eq!(completed.signatures, batches[place]);
            assert_eq!(completed.outcome, Ok(right(&batches[place])));
        }
    }
    let report = verifier.report();
    assert_eq!((report.answered_by("cuda"), report.faults), (3 * 17 + 9, 0));
}

/// A block has 128 threads, and two of its signatures are known ones.
pub fn lengths() {
    let mut verifier = verifier();
    for length in [0, 1, 125, 126, 127, 254, 255] {
        let batch = some(Scheme::Ed25519, length);
        verifier.submit(batch.clone()).expect("it is empty");
        assert_eq!(next(&mut *verifier).outcome, Ok(right(&batch)), "{length} signatures");
    }
}

pub fn forged() {
    let spoilt = (0..8).map(Case::spoilt);
    let mut cases: Vec<_> = (0..8).map(Case::signed).chain(spoilt).collect();
    for (index, bit) in (0..96 * 8).step_by(41).enumerate() {
        let mut case = Case::signed(index);
        let bytes = if bit < 512 { &mut case.signature[..] } else { &mut case.key[..] };
        bytes[bit / 8 % 64] ^= 1 << (bit % 8);
        cases.push(case);
    }
    let batch = batch(&cases);
    let expected: Vec<_> = cases.iter().map(|case| case.verdict(case.valid_by_other_means())).collect();
    assert_eq!(expected.iter().filter(|verdict| **verdict != Verdict::Invalid).count(), 8);
    let mut verifier = verifier();
    verifier.submit(batch).expect("it is empty");
    assert_eq!(next(&mut *verifier).outcome, Ok(expected));
}

pub fn too_large() {
    let device = cuda::open(0, cuda::Settings::new([0; 32])).expect("the stand-in has one");
    let mut batch = Signatures::new(Scheme::Ed25519);
    (0..1 << 17).for_each(|_| batch.push_ed25519(b"", &[0; 64], &[0; 32]));
    let none = Signatures::new(Scheme::Ed25519);
    assert!(device.fits(&none, &batch) && !device.fits(&some(Scheme::Ed25519, 1), &batch));
    let mut long = Signatures::new(Scheme::Ed25519);
    long.push_ed25519(&vec![0; 60 << 20], &[0; 64], &[0; 32]);
    assert!(!device.fits(&none, &long));
}
