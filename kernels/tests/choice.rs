//! What a name stands for, on machines with and without a device, and with one that is worthless.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use pelton_kernels::choice::{CHOICES, Choice, ChoiceError, Devices};
use pelton_kernels::device::{Answer, Device, Now};
use pelton_kernels::{Job, Scheme, Settings, Signatures, Verdict, open, samples};

/// Answers right and at once, or yes to everything.
struct Instant {
    is_liar: bool,
    slot: Option<Vec<Answer>>,
}

impl Device for Instant {
    fn name(&self) -> &'static str {
        "instant"
    }

    fn slots(&self) -> usize {
        1
    }

    fn fits(&self, _known: &Signatures, _batch: &Signatures) -> bool {
        true
    }

    /// Of samples it needs no proof: they are valid. Only their addresses would take time, and nobody looks at them.
    fn start(&mut self, _slot: usize, known: &Signatures, batch: &Signatures) -> Result<(), String> {
        let mut verdicts = Vec::new();
        open("reference", [0; 32]).expect("it is always there").verify(known, 0..known.len(), &mut verdicts);
        let answer = |verdict: &Verdict| {
            let mut answer = [0; 32];
            if let Verdict::Valid { address } = verdict {
                answer[0] = 1;
                answer[1..21].copy_from_slice(address);
            }
            answer[0] |= u8::from(self.is_liar);
            answer
        };
        let mut answers: Vec<_> = verdicts.iter().map(answer).collect();
        answers.resize(known.len() + batch.len(), answers[0]);
        self.slot = Some(answers);
        Ok(())
    }

    fn finish(&mut self, _slot: usize) -> Result<Option<Vec<Answer>>, String> {
        Ok(self.slot.take())
    }

    fn abandon(self: Box<Self>) {}
}

fn devices(count: usize, is_liar: bool) -> Devices {
    Devices {
        backend: "instant",
        is_driver_present: true,
        count,
        name: (count > 0).then(|| "Abacus 9000".to_owned()),
        missing: (count == 0).then(|| "there is none".to_owned()),
        open: Arc::new(move || Ok(Box::new(Instant { is_liar, slot: None }) as _)),
    }
}

/// Time that goes by with each look at it, so that whoever answers sooner is seen to.
fn now() -> Now {
    let clock = AtomicU64::new(0);
    Arc::new(move || clock.fetch_add(1_000, Ordering::Relaxed))
}

fn choose(name: &str, devices: Devices) -> Result<Choice, ChoiceError> {
    Choice::open(name, [3; 32], |_| devices, Arc::new(|job: Job| job()), now())
}

fn answered_by(choice: &Choice) -> Vec<(&'static str, u64)> {
    let mut verifier = choice.verifier(Arc::new(|job: Job| job()), now(), Settings::default());
    verifier.submit(samples::valid(Scheme::Ed25519, 0, 300, false)).expect("there is room");
    while verifier.in_flight() > 0 {
        verifier.poll();
    }
    verifier.report().answered.into_iter().filter(|(_, count)| *count > 0).collect()
}

#[test]
fn without_a_device_every_name_but_cuda_is_available_and_the_cpu_answers() {
    for name in CHOICES.into_iter().filter(|name| *name != "cuda") {
        let choice = choose(name, devices(0, false)).expect("it is available");
        let expected = if name == "reference" { "reference" } else { "cpu" };
        assert_eq!(answered_by(&choice), [(expected, 300)]);
        let unused = choice.found().map(|found| found.unused.clone());
        assert_eq!(unused, (name == "auto").then(|| Some("there is none".to_owned())));
    }
    let refused = choose("cuda", devices(0, false)).expect_err("there is no device");
    assert_eq!(refused, ChoiceError::Unavailable("--backend cuda: there is none".to_owned()));
}

#[test]
fn a_device_that_lies_is_not_used_and_is_an_error_where_it_was_asked_for() {
    let choice = choose("auto", devices(1, true)).expect("auto is always available");
    let found = choice.found().expect("it was looked for");
    assert_eq!((found.knows, found.count, found.name.as_deref()), (Some(false), 1, Some("Abacus 9000")));
    let reason = "instant: it gave a wrong answer to a known signature";
    assert_eq!(found.unused.as_deref(), Some(reason));
    assert!(!choice.is_on_device() && found.measured.is_empty());
    let refused = choose("cuda", devices(1, true)).expect_err("it lies");
    assert_eq!(refused.to_string(), format!("--backend cuda: {reason}"));
}

#[test]
fn a_device_that_is_there_is_measured_and_takes_all_that_is_meant_for_it() {
    let choice = choose("cuda", devices(2, false)).expect("it is there");
    let found = choice.found().expect("it was looked for");
    assert_eq!((found.knows, found.count, &found.unused), (Some(true), 2, &None));
    assert_eq!(found.measured.len(), 2);
    assert_eq!(answered_by(&choice), [("instant", 300)]);
}

#[test]
fn auto_leaves_a_device_alone_that_is_nowhere_sooner_done() {
    // All look at the clock equally often, so nobody is sooner.
    let choice = choose("auto", devices(1, false)).expect("auto is always available");
    let found = choice.found().expect("it was looked for");
    assert!(found.measured.iter().all(|(_, measured)| measured.signatures.is_none()));
    assert_eq!(found.unused.as_deref(), Some("it is nowhere sooner done than the CPU"));
    assert_eq!(answered_by(&choice), [("cpu", 300)]);
}

#[test]
fn an_unknown_name_is_refused() {
    let refused = choose("abacus", devices(0, false)).expect_err("there is no such name");
    assert!(matches!(refused, ChoiceError::Unavailable(reason) if reason.contains("'abacus'")));
}
