//! What becomes of batches when a GPU, or its driver, fails.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use pelton_kernels::choice::Choice;
use pelton_kernels::device::{Now, OnDevice, Open, Settings};
use pelton_kernels::{Chunked, Completed, Job, Reliable, Scheme, Spawn, Verifier, cuda, open};

use crate::kernels::{right, some};
use crate::stand_in::{Misdeed, tell};

/// Each look at the time takes 10 ns, and a batch that is looked at 200 times is late.
const SETTINGS: Settings = Settings { timeout_ns: 2_000, retry_ns: 500 };

fn now() -> Now {
    let clock = AtomicU64::new(0);
    Arc::new(move || clock.fetch_add(10, Ordering::Relaxed))
}

/// A verifier over the GPU, which runs jobs at once.
pub fn verifier() -> Box<OnDevice> {
    let devices = cuda::devices([0; 32]);
    assert_eq!((devices.count, devices.name.as_deref()), (1, Some("Stand-in")));
    verifier_with(cuda::Settings::new([0; 32]))
}

/// The same, with other settings.
pub fn verifier_with(settings: cuda::Settings) -> Box<OnDevice> {
    verifier_on(settings, Arc::new(|job: Job| job()), SETTINGS)
}

/// The same, with jobs that are run elsewhere.
pub fn verifier_on(settings: cuda::Settings, spawn: Arc<dyn Spawn>, of: Settings) -> Box<OnDevice> {
    let open: Open = Arc::new(move || cuda::open(0, settings));
    let device = open().expect("the stand-in has one");
    let verifier = OnDevice::new(device, open, spawn, now(), of);
    Box::new(verifier.expect("it knows the known answers"))
}

/// For threads that may be late.
pub fn patient() -> Settings {
    Settings { timeout_ns: u64::MAX, ..SETTINGS }
}

/// Polls until something comes back.
pub fn next(verifier: &mut dyn Verifier) -> Completed {
    let poll = |_| {
        std::thread::yield_now();
        verifier.poll()
    };
    (0..1_000_000).find_map(poll).expect("everything comes back")
}

pub fn while_it_works() {
    use Misdeed::*;
    let words = [
        (Refuses, "launch failure"),
        (Lost, "launch failure"),
        (Stuck, "did not answer in time"),
        (Silent, "wrong answer to a known signature"),
        (Liar, "wrong answer to a known signature"),
        (Garbage, "wrong answer to a known signature"),
    ];
    for (misdeed, reason) in words {
        let mut verifier = verifier();
        let batches = [some(Scheme::Ed25519, 3), some(Scheme::Secp256k1, 2)];
        tell(misdeed);
        let accepted = batches.iter().filter(|batch| verifier.submit((*batch).clone()).is_ok()).count();
        assert_eq!(accepted, 2, "a device that fails takes batches, and they come back with a fault");
        for _ in 0..accepted {
            let completed = next(&mut *verifier);
            assert!(batches.contains(&completed.signatures), "they come back unchanged");
            completed.outcome.expect_err("a fault is never a verdict");
        }
        let fault = verifier.report().last_fault.expect("there was one");
        assert!(fault.reason.contains(reason), "{misdeed:?}: {fault}");
        tell(None);
        // It is left alone for a while, opened anew, and answers again.
        (0..300).for_each(|_| assert!(verifier.poll().is_none()));
        assert!(verifier.is_here(), "{misdeed:?}: it is well again");
        verifier.submit(batches[0].clone()).expect("it is empty");
        assert_eq!(next(&mut *verifier).outcome, Ok(right(&batches[0])));
    }
}

pub fn while_it_is_opened() {
    use Misdeed::*;
    for (misdeed, reason) in [
        (NoDevice, "there is no CUDA device 0; there are 0"),
        (OutOfMemory, "out of memory"),
        (NoImage, "no kernel image"),
        (Refuses, "launch failure"),
        (Lost, "launch failure"),
    ] {
        tell(misdeed);
        let refused = cuda::open(0, cuda::Settings::new([0; 32])).err().expect("it cannot be opened");
        assert!(refused.contains(reason), "{misdeed:?}: {refused}");
    }
    for misdeed in [Silent, Liar, Garbage] {
        tell(misdeed);
        let device = cuda::open(0, cuda::Settings::new([0; 32])).expect("nothing was asked yet");
        let again = cuda::devices([0; 32]).open;
        let refused = OnDevice::new(device, again, Arc::new(|job: Job| job()), now(), SETTINGS).err();
        let fault = refused.expect("it does not know the known answers");
        assert_eq!(fault.to_string(), "cuda: it gave a wrong answer to a known signature");
    }
}

pub fn stuck() {
    let mut verifier = verifier();
    verifier.submit(some(Scheme::Ed25519, 2)).expect("it is empty");
    tell(Misdeed::Stuck);
    next(&mut *verifier).outcome.expect_err("it never answers");
    // The driver ends this process if somebody waits for what never ends, as to free memory or to open a device would.
    (0..100).for_each(|_| assert!(verifier.poll().is_none() && !verifier.is_here()));
    let reason = verifier.report().last_fault.expect("it could not be opened").reason;
    assert_eq!(reason, "the CUDA device is not done with what it was given up for");
    tell(Misdeed::None);
    (0..200).for_each(|_| drop(verifier.poll()));
    assert!(verifier.is_here());
}

pub fn with_the_cpu() {
    use Misdeed::*;
    let cpu = open("cpu", [1; 32]).expect("it is always there");
    let cpu = Chunked::new(cpu, Arc::new(|job: Job| job()), pelton_kernels::Settings::default());
    let mut verifier = Reliable::new(verifier(), Box::new(cpu));
    let misdeeds =
        [None, Refuses, None, Lost, Silent, None, Stuck, Liar, OutOfMemory, Garbage, None, NoDevice];
    let batches = [(Scheme::Ed25519, 4), (Scheme::Secp256k1, 3), (Scheme::Ed25519, 1)]
        .map(|(scheme, count)| some(scheme, count));
    let expected = batches.each_ref().map(right);
    let mut came_back = 0;
    let mut check = |completed: Completed| {
        let place = batches.iter().position(|batch| *batch == completed.signatures).expect("unchanged");
        assert_eq!(completed.outcome.as_ref(), Ok(&expected[place]));
        came_back += 1;
    };
    for round in 0..240_usize {
        // A device is opened between two misdeeds that opening it would run into.
        tell(if round % 20 < 10 { misdeeds[round / 20 % misdeeds.len()] } else { None });
        let mut submitted = verifier.submit(batches[round % 3].clone());
        while let Err(refused) = submitted {
            check(next(&mut verifier));
            submitted = verifier.submit(refused);
        }
        (0..3).filter_map(|_| verifier.poll()).for_each(&mut check);
    }
    tell(None);
    while verifier.in_flight() > 0 {
        check(next(&mut verifier));
    }
    assert_eq!(came_back, 240, "each batch comes back once");
    let report = verifier.report();
    assert!(report.answered_by("cuda") > 100 && report.answered_by("cpu") > 100, "{report:?}");
    assert!(report.faults > 20, "{report:?}");
}

pub fn by_name() {
    use Misdeed::*;
    let words = [
        (NoDevice, "--backend cuda: there is no CUDA device on this machine"),
        (OutOfMemory, "out of memory"),
        (Liar, "--backend cuda: cuda: it gave a wrong answer to a known signature"),
    ];
    for (misdeed, reason) in words {
        tell(misdeed);
        let choose = |name| Choice::open(name, [3; 32], cuda::devices, Arc::new(|job: Job| job()), now());
        let refused = choose("cuda").expect_err("it cannot be used").to_string();
        assert!(refused.contains(reason), "{misdeed:?}: {refused}");
        let choice = choose("auto").expect("auto is always available");
        assert!(!choice.is_on_device() && choice.found().expect("it was looked for").unused.is_some());
    }
}
