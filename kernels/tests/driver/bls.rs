//! BLS signatures on a GPU that works, and on one that fails.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use pelton_kernels::bls12381::device::{Answers, Device, DeviceVerification, Open, Work, measure};
use pelton_kernels::bls12381::{KnownKey, SignedMessage};
use pelton_kernels::device::{Now, Settings};
use pelton_kernels::{Fault, Job, Level, cuda};

use crate::cases::{Case, SMALL_ORDER, minus, point, sign};
use crate::stand_in::{Misdeed, tell};

/// Each look at the time takes 10 ns, and a batch that is looked at 200 times is late.
const SETTINGS: Settings = Settings { timeout_ns: 2_000, retry_ns: 500 };

fn now() -> Now {
    let clock = AtomicU64::new(0);
    Arc::new(move || clock.fetch_add(10, Ordering::Relaxed))
}

/// A verifier over what this opens, which runs jobs at once.
fn over(open: Open) -> Result<DeviceVerification, Fault> {
    let spawn = Arc::new(|job: Job| job());
    DeviceVerification::new(open().expect("it opens"), open, spawn, now(), SETTINGS, [3; 32], Level::best())
}

fn verifier() -> DeviceVerification {
    over(Arc::new(|| cuda::bls::open(0))).expect("it knows the known answers")
}

fn verdicts(verifier: &mut DeviceVerification, cases: &[Case]) -> Vec<bool> {
    let signed: Vec<_> = cases
        .iter()
        .map(|Case { key, message, signature }| SignedMessage { key, message, signature })
        .collect();
    let mut verdicts = vec![true];
    verifier.verify(&signed, &mut verdicts);
    assert!(verdicts.remove(0), "what was there stays there");
    verdicts
}

#[track_caller]
fn check(verifier: &mut DeviceVerification, cases: &[Case]) {
    let expected: Vec<_> = cases.iter().map(Case::is_valid).collect();
    assert_eq!(verdicts(verifier, cases), expected);
}

/// Signatures of messages that `shared_by` of them share.
fn signed(count: usize, shared_by: usize) -> Vec<Case> {
    (0..count).map(|index| Case::signed(index % 7, index / shared_by)).collect()
}

pub fn right() {
    let mut verifier = verifier();
    check(&mut verifier, &[]);
    check(&mut verifier, &signed(1, 1));
    // Sums that hold, and such that do not.
    check(&mut verifier, &signed(9, 9));
    let mut cases = signed(10, 5);
    cases[3] = cases[3].clone().spoilt();
    cases[7].signature = sign(5, b"a message of nobody else");
    (cases[8].signature, cases[9].signature) = (cases[9].signature, cases[8].signature);
    check(&mut verifier, &cases);
    // What is no signature at all, in the place of a good one; and two of opposite keys, whose sum is infinity.
    let mut cases = signed(7, 7);
    cases[0] = cases[0].clone().plus(&point(SMALL_ORDER[0]));
    cases[2].signature = [0; 96];
    cases[3].signature[0] ^= 0x80;
    cases[4].signature = minus(&cases[4].signature);
    let key = KnownKey::from_genesis_without_proof(&minus(&cases[5].key.to_bytes())).expect("a key");
    cases[6] = Case { key, signature: minus(&cases[5].signature), message: cases[5].message.clone() };
    check(&mut verifier, &cases);
    let report = verifier.report();
    assert_eq!((report.answered_by("cuda"), report.answered_by("cpu"), report.faults), (27, 0, 0));
}

/// A device whose slots are small.
struct Small(Box<dyn Device>);

impl Device for Small {
    fn name(&self) -> &'static str {
        self.0.name()
    }
    fn slots(&self) -> usize {
        self.0.slots()
    }
    fn signatures_max(&self) -> usize {
        8
    }
    fn start(&mut self, slot: usize, work: &Work) -> Result<(), String> {
        self.0.start(slot, work)
    }
    fn finish(&mut self, slot: usize) -> Result<Option<Answers>, String> {
        self.0.finish(slot)
    }
    fn abandon(self: Box<Self>) {
        self.0.abandon();
    }
}

pub fn parts() {
    let open: Open = Arc::new(|| Ok(Box::new(Small(cuda::bls::open(0)?))));
    let mut verifier = over(open).expect("it knows the known answers");
    let mut cases = signed(16, 16);
    for index in [1, 6, 15] {
        cases[index] = cases[index].clone().spoilt();
    }
    check(&mut verifier, &cases);
    assert_eq!(verifier.report().answered_by("cuda"), 16);
    // The parts that came before a fault stay answered, and the CPU answers the others.
    tell(Misdeed::Lost);
    check(&mut verifier, &cases);
    assert_eq!(verifier.report().faults, 1);
}

pub fn limits() {
    let mut verifier = verifier();
    verifier.limit([Some(3), None]);
    for (cases, on_device) in [(signed(2, 9), 0), (signed(3, 9), 3), (signed(6, 1), 3)] {
        check(&mut verifier, &cases);
        assert_eq!(verifier.report().answered_by("cuda"), on_device);
    }
    tell(Misdeed::Lost);
    measure(&mut verifier, &*now()).expect_err("a fault is no measurement");
}

pub fn faults() {
    use Misdeed::*;
    let mut cases = signed(4, 2);
    cases[1] = cases[1].clone().spoilt();
    let mut verifier = verifier();
    for (faults, (misdeed, reason)) in [
        (Refuses, "launch failure"),
        (Lost, "launch failure"),
        (Stuck, "did not answer in time"),
        (Silent, "wrong answer to a known signature"),
        (Liar, "wrong answer to a known signature"),
        (Garbage, "wrong answer to a known signature"),
    ]
    .into_iter()
    .enumerate()
    {
        tell(misdeed);
        check(&mut verifier, &cases);
        let report = verifier.report();
        let fault = report.last_fault.as_ref().expect("there was one");
        assert!(fault.reason.contains(reason), "{misdeed:?}: {fault}");
        assert_eq!((report.faults, verifier.is_here()), (faults as u64 + 1, false));
        tell(None);
        // It is left alone for a while, opened anew, and answers again.
        let before = report.answered_by("cuda");
        (0..300).for_each(|_| drop(verdicts(&mut verifier, &[])));
        assert!(verifier.is_here(), "{misdeed:?}: it is well again");
        check(&mut verifier, &cases[..1]);
        assert_eq!(verifier.report().answered_by("cuda"), before + 1);
    }
}

pub fn opened() {
    use Misdeed::*;
    for (misdeed, reason) in [
        (NoDevice, "there is no CUDA device 0; there are 0"),
        (OutOfMemory, "out of memory"),
        (NoImage, "no kernel image"),
    ] {
        tell(misdeed);
        let refused = cuda::bls::open(0).err().expect("it cannot be opened");
        assert!(refused.contains(reason), "{misdeed:?}: {refused}");
    }
    for misdeed in [Silent, Liar, Garbage] {
        tell(misdeed);
        let fault = over(Arc::new(|| cuda::bls::open(0))).err().expect("it does not know the known answers");
        assert_eq!(fault.to_string(), "cuda: it gave a wrong answer to a known signature");
    }
}
