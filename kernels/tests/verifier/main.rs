//! Whatever devices and threads do, every batch comes back once, with right verdicts or none.

mod mocks;

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::sync::Arc;

use ed25519_dalek::{Signer as _, SigningKey};
use mocks::{Device, Drops, Shuffles};
use pelton_kernels::{
    Chunked, Completed, Fault, Job, Reliable, Scheme, Settings, Signatures, Spawn, Ticket, Verdict,
};
use pelton_kernels::{Verifier, address, keccak256, open};
use secp256k1::ecdsa::RecoverableSignature;
use secp256k1::{Message, SecretKey};

/// Batch `number`: some signatures, every fifth of them spoilt.
fn batch(number: usize) -> Signatures {
    if number.is_multiple_of(3) { secp256k1(number) } else { ed25519(number) }
}

/// Two of three are claimed, by one of four accounts.
fn secp256k1(number: usize) -> Signatures {
    let mut batch = Signatures::new(Scheme::Secp256k1);
    for index in 0..number * 7 % 40 {
        let secret = SecretKey::from_secret_bytes(keccak256(&[index as u8 % 4])).expect("below the order");
        let message = [number as u8, index as u8];
        let digest = Message::from_digest(keccak256(&message));
        let (parity, signature) =
            RecoverableSignature::sign_ecdsa_recoverable(digest, &secret).serialize_compact();
        let key = secret.public_key().serialize_uncompressed();
        let claim = address::of_secp256k1(key.last_chunk().expect("64 of 65 bytes"));
        let said = if index % 5 == 4 { b"spoilt" } else { &message[..] };
        batch.push_secp256k1(said, &signature, parity.to_u8(), (index % 3 > 0).then_some(&claim));
    }
    batch
}

fn ed25519(number: usize) -> Signatures {
    let mut batch = Signatures::new(Scheme::Ed25519);
    for index in 0..number * 7 % 40 {
        let secret = SigningKey::from_bytes(&keccak256(&index.to_le_bytes()));
        let message = [number as u8, index as u8];
        let signature = secret.sign(&message).to_bytes();
        let said = if index % 5 == 4 { b"spoilt" } else { &message[..] };
        batch.push_ed25519(said, &signature, &secret.verifying_key().to_bytes());
    }
    batch
}

fn right(batch: &Signatures) -> Vec<Verdict> {
    let mut verdicts = Vec::new();
    open("reference", [0; 32]).expect("listed").verify(batch, 0..batch.len(), &mut verdicts);
    verdicts
}

fn chunked(spawn: impl Spawn + 'static, in_flight_max: usize) -> Chunked {
    let settings = Settings {
        secp256k1_chunk_len: NonZeroUsize::new(6).expect("not zero"),
        secp256k1_claimed_chunk_len: NonZeroUsize::new(9).expect("not zero"),
        ed25519_chunk_len: NonZeroUsize::new(6).expect("not zero"),
        in_flight_max: NonZeroUsize::new(in_flight_max).expect("not zero"),
    };
    Chunked::new(open("cpu", [9; 32]).expect("listed"), Arc::new(spawn), settings)
}

fn inline(job: Job) {
    job();
}

/// Sends `count` batches through, calling `between` each time before polling, and holds every answer against the
/// reference. Gives the tickets in the order of completion, and the faults.
fn check(verifier: &mut dyn Verifier, count: usize, mut between: impl FnMut()) -> (Vec<Ticket>, Vec<Fault>) {
    let mut sent = HashMap::new();
    let (mut order, mut faults) = (Vec::new(), Vec::new());
    let mut next = 0;
    for _turn in 0..100_000 {
        if next < count
            && let Ok(ticket) = verifier.submit(batch(next))
        {
            assert_eq!(sent.insert(ticket, next), None, "tickets are not given twice");
            next += 1;
        }
        between();
        while let Some(Completed { ticket, signatures, outcome }) = verifier.poll() {
            let number = sent.remove(&ticket).expect("a batch comes back once");
            assert_eq!(signatures, batch(number), "the batch comes back unchanged");
            order.push(ticket);
            match outcome {
                Ok(verdicts) => assert_eq!(verdicts, right(&signatures)),
                Err(fault) => faults.push(fault),
            }
        }
        assert_eq!(verifier.in_flight(), sent.len());
        if next == count && sent.is_empty() {
            return (order, faults);
        }
    }
    panic!("{} batches never came back", sent.len());
}

fn signatures_in(count: usize) -> u64 {
    (0..count).map(|number| batch(number).len() as u64).sum()
}

#[test]
fn jobs_in_any_order_give_the_same_verdicts_and_perhaps_another_order_of_batches() {
    for seed in 0..10 {
        let jobs = Shuffles::new(seed);
        let mut verifier = chunked(jobs.clone(), 5);
        let (order, faults) = check(&mut verifier, 30, || jobs.run_some());
        assert_eq!((order.len(), faults.len()), (30, 0));
        assert!(!order.is_sorted(), "a seed that changes the order");
        assert_eq!(verifier.report().answered, [("cpu", signatures_in(30))]);
    }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "real threads are what is tested")]
fn jobs_on_real_threads_give_the_same_verdicts() {
    let spawn = |job: Job| drop(std::thread::spawn(job));
    let (order, faults) = check(&mut chunked(spawn, 4), 20, std::thread::yield_now);
    assert_eq!((order.len(), faults.len()), (20, 0));
}

#[test]
fn a_full_verifier_hands_the_batch_back_at_once_and_unchanged() {
    let jobs = Shuffles::new(1);
    let mut verifier = chunked(jobs.clone(), 2);
    assert!(verifier.submit(batch(1)).is_ok() && verifier.submit(batch(2)).is_ok());
    assert_eq!(verifier.submit(batch(3)), Err(batch(3)));
    assert!(verifier.poll().is_none(), "nothing has run");
    while verifier.poll().is_none() {
        jobs.run_some();
    }
    assert!(verifier.submit(batch(3)).is_ok());
}

#[test]
fn an_empty_batch_comes_back_empty() {
    let mut verifier = chunked(inline, 1);
    let ticket = verifier.submit(Signatures::new(Scheme::Secp256k1)).expect("there is room");
    let completed = verifier.poll().expect("jobs run at once");
    assert_eq!((completed.ticket, completed.outcome), (ticket, Ok(Vec::new())));
}

#[test]
fn a_job_that_is_dropped_or_panics_makes_a_fault_and_never_a_verdict() {
    let dropped = Drops::every(4);
    let mut verifier = chunked(move |job| dropped.spawn(job), 3);
    let (order, faults) = check(&mut verifier, 30, || ());
    assert_eq!(order.len(), 30);
    assert!(faults.len() > 10 && faults.len() < 30, "{}", faults.len());
    assert_eq!(faults[0].to_string(), "cpu: a chunk was dropped unanswered");
    let report = verifier.report();
    assert_eq!((report.faults, report.last_fault.as_ref()), (faults.len() as u64, faults.last()));
    assert!(report.answered_by("cpu") < signatures_in(30));

    let mut verifier = Chunked::new(Arc::new(mocks::Panics), Arc::new(mocks::catch), Settings::default());
    verifier.submit(batch(3)).expect("there is room");
    assert!(verifier.poll().expect("the batch comes back").outcome.is_err());
}

#[test]
fn a_late_and_failing_device_changes_nothing_but_time() {
    for (late_polls, fails_every) in [(0, 1), (0, 2), (3, 3), (9, 1), (5, 1000)] {
        let jobs = Shuffles::new(7);
        let device = Device::new(late_polls, fails_every);
        let mut verifier = Reliable::new(Box::new(device), Box::new(chunked(jobs.clone(), 2)));
        let (order, faults) = check(&mut verifier, 40, || jobs.run_some());
        assert_eq!((order.len(), faults), (40, Vec::new()));

        let report = verifier.report();
        assert_eq!(report.faults, 40 / fails_every as u64);
        let (device, cpu) = (report.answered_by("device"), report.answered_by("cpu"));
        assert_eq!(device + cpu, signatures_in(40), "each signature is answered by one of them");
        assert_eq!((device == 0, cpu == 0), (fails_every == 1, fails_every > 40));
    }
}

#[test]
fn where_both_fail_the_caller_sees_the_fault() {
    let second = chunked(drop::<Job>, 8);
    let mut verifier = Reliable::new(Box::new(Device::new(1, 1)), Box::new(second));
    let (order, faults) = check(&mut verifier, 5, || ());
    assert_eq!((order.len(), faults.len()), (5, 5));
    assert_eq!(verifier.report().faults, 10);
}
