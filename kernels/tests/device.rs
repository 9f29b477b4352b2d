//! A device that is late, fails, lies or goes away, behind the interface that real ones stand behind.

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, ThreadId};

use pelton_kernels::device::{Answer, Device, OnDevice, Open, Settings};
use pelton_kernels::{Backend, Chunked, Job, Reliable, Scheme, Signatures, Spawn, Verdict, Verifier, open};

const SETTINGS: Settings = Settings { timeout_ns: 1_000, retry_ns: 3_000 };
const PATIENCE_NS: u64 = 1_000_000_000_000;

/// What a fake device does wrong, from one moment to the next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Misdeed {
    None,
    RefusesToPack,
    PacksLate,
    RefusesToStart,
    FailsToFinish,
    NeverAnswers,
    SaysYesToAll,
    SaysNeither,
    GivesTooFew,
    CannotBeOpened,
}

/// Time, misdeeds and what was seen of the device, shared with the test.
#[derive(Clone)]
struct World(Arc<Mutex<Shared>>, Arc<AtomicU64>);

struct Shared {
    misdeed: Misdeed,
    opened: u32,
    abandoned: u32,
    /// Threads that are late with a part.
    late: usize,
}

impl World {
    fn new() -> World {
        let shared = Shared { misdeed: Misdeed::None, opened: 0, abandoned: 0, late: 0 };
        World(Arc::new(Mutex::new(shared)), Arc::default())
    }

    fn misdeed(&self) -> Misdeed {
        self.0.lock().expect("no test panics with it").misdeed
    }

    fn set(&self, misdeed: Misdeed) {
        self.0.lock().expect("no test panics with it").misdeed = misdeed;
    }

    fn wait(&self, nanoseconds: u64) {
        self.1.fetch_add(nanoseconds, Ordering::Relaxed);
    }

    fn open(&self) -> Open {
        let world = self.clone();
        Arc::new(move || {
            world.0.lock().expect("no test panics with it").opened += 1;
            match world.misdeed() {
                Misdeed::CannotBeOpened => Err("there is none".to_owned()),
                _ => Ok(Box::new(Fake::new(world.clone())) as _),
            }
        })
    }

    /// A verifier over the fake device that runs jobs at once; each look at the time takes 10 ns.
    fn verifier(&self) -> OnDevice {
        self.verifier_with(Arc::new(|job: Job| job()), SETTINGS)
    }

    /// The same, with a thread for each job, and patience for those that are not scheduled. Who is late with a part has
    /// taken one by then.
    #[expect(clippy::disallowed_methods, reason = "it is about threads that nobody waits for")]
    fn verifier_with_threads(&self) -> OnDevice {
        let world = self.clone();
        let spawn = move |job: Job| {
            let before = world.late();
            thread::spawn(job);
            while world.misdeed() == Misdeed::PacksLate && world.late() == before {
                thread::yield_now();
            }
        };
        self.verifier_with(Arc::new(spawn), Settings { timeout_ns: PATIENCE_NS, ..SETTINGS })
    }

    fn late(&self) -> usize {
        self.0.lock().expect("no test panics with it").late
    }

    /// A part that another thread than this one is late with.
    fn be_late(&self, submits: ThreadId) {
        if self.misdeed() == Misdeed::PacksLate && thread::current().id() != submits {
            self.0.lock().expect("no test panics with it").late += 1;
            while self.misdeed() == Misdeed::PacksLate {
                thread::yield_now();
            }
            self.0.lock().expect("no test panics with it").late -= 1;
        }
    }

    fn verifier_with(&self, spawn: Arc<dyn Spawn>, settings: Settings) -> OnDevice {
        let clock = self.1.clone();
        let now = Arc::new(move || clock.fetch_add(10, Ordering::Relaxed));
        let device = self.open()().expect("it can be opened");
        OnDevice::new(device, self.open(), spawn, now, settings).expect("it knows the known answers")
    }
}

/// Asks the reference, each part by whoever packs it, and answers at the second time of asking.
struct Fake {
    world: World,
    packed: [Vec<Arc<Mutex<Vec<Answer>>>>; 3],
    slots: Vec<Option<(u32, Vec<Answer>)>>,
}

/// Parts of a batch.
const PARTS: usize = 4;

impl Fake {
    fn new(world: World) -> Fake {
        Fake { world, packed: Default::default(), slots: vec![None, None, None] }
    }
}

/// What the reference says of a range of two batches, one behind the other.
fn answers(known: &Signatures, batch: &Signatures, range: Range<usize>) -> Vec<Answer> {
    let reference = open("reference", [0; 32]).expect("it is always there");
    let (cut, mut verdicts) = (known.len(), Vec::new());
    reference.verify(known, range.start.min(cut)..range.end.min(cut), &mut verdicts);
    let behind = range.start.saturating_sub(cut)..range.end.saturating_sub(cut);
    reference.verify(batch, behind, &mut verdicts);
    let answer = |verdict: &Verdict| {
        let mut answer = [0; 32];
        if let Verdict::Valid { address } = verdict {
            answer[0] = 1;
            answer[1..21].copy_from_slice(address);
        }
        answer
    };
    verdicts.iter().map(answer).collect()
}

impl Device for Fake {
    fn name(&self) -> &'static str {
        "fake"
    }

    fn slots(&self) -> usize {
        self.slots.len()
    }

    fn fits(&self, _known: &Signatures, batch: &Signatures) -> bool {
        batch.len() < 10
    }

    fn pack(
        &mut self,
        slot: usize,
        known: &Arc<Signatures>,
        batch: &Arc<Signatures>,
    ) -> Result<Vec<Job>, String> {
        assert!(self.slots[slot].is_none(), "a slot holds one batch");
        assert_eq!(known.scheme(), batch.scheme());
        if self.world.misdeed() == Misdeed::RefusesToPack {
            return Err("it has no memory for it".to_owned());
        }
        let (count, submits) = (known.len() + batch.len(), thread::current().id());
        self.packed[slot] = (0..PARTS).map(|_| Arc::default()).collect();
        let part = |part: usize| {
            let (world, packed) = (self.world.clone(), self.packed[slot][part].clone());
            let (known, batch) = (known.clone(), batch.clone());
            Box::new(move || {
                world.be_late(submits);
                let range = part * count / PARTS..(part + 1) * count / PARTS;
                *packed.lock().expect("nobody panics with it") = answers(&known, &batch, range);
            }) as Job
        };
        Ok((0..PARTS).map(part).collect())
    }

    fn start(&mut self, slot: usize, known: &Signatures, batch: &Signatures) -> Result<(), String> {
        if self.world.misdeed() == Misdeed::RefusesToStart {
            return Err("out of memory".to_owned());
        }
        let packed = std::mem::take(&mut self.packed[slot]);
        assert!(packed.iter().all(|part| Arc::strong_count(part) == 1), "all parts are done");
        let parts = packed.iter().map(|part| part.lock().expect("nobody panics with it").clone());
        let answers: Vec<_> = parts.flatten().collect();
        assert_eq!(answers.len(), known.len() + batch.len());
        self.slots[slot] = Some((0, answers));
        Ok(())
    }

    fn finish(&mut self, slot: usize) -> Result<Option<Vec<Answer>>, String> {
        let (asked, answers) = self.slots[slot].as_mut().expect("something was begun");
        *asked += 1;
        let misdeed = self.world.misdeed();
        if *asked < 2 || misdeed == Misdeed::NeverAnswers {
            return Ok(None);
        }
        match misdeed {
            Misdeed::FailsToFinish => return Err("an illegal address was used".to_owned()),
            Misdeed::SaysYesToAll => answers.iter_mut().for_each(|answer| answer[0] = 1),
            Misdeed::SaysNeither => answers.last_mut().expect("there are known ones")[0] = 0xff,
            Misdeed::GivesTooFew => drop(answers.pop()),
            _ => {}
        }
        Ok(self.slots[slot].take().map(|(_, answers)| answers))
    }

    fn abandon(self: Box<Self>) {
        self.world.0.lock().expect("no test panics with it").abandoned += 1;
    }
}

/// A batch of so many, every third of which is spoilt.
fn batch(count: u8) -> Signatures {
    let mut batch = Signatures::new(Scheme::Ed25519);
    for index in 0..count {
        let secret = ed25519_dalek::SigningKey::from_bytes(&[index + 1; 32]);
        let signature = ed25519_dalek::Signer::sign(&secret, &[index]).to_bytes();
        let message = if index % 3 == 2 { 0xff } else { index };
        batch.push_ed25519(&[message], &signature, secret.verifying_key().as_bytes());
    }
    batch
}

fn right(batch: &Signatures) -> Vec<Verdict> {
    let mut verdicts = Vec::new();
    open("reference", [0; 32]).expect("it is always there").verify(batch, 0..batch.len(), &mut verdicts);
    verdicts
}

/// Polls until something comes back.
fn next(verifier: &mut dyn Verifier) -> pelton_kernels::Completed {
    (0..1_000).find_map(|_| verifier.poll()).expect("everything comes back")
}

/// The same, where a part may still be in the hands of a thread that is not scheduled.
fn patiently(verifier: &mut dyn Verifier) -> pelton_kernels::Completed {
    loop {
        match verifier.poll() {
            Some(completed) => return completed,
            None => thread::yield_now(),
        }
    }
}

#[test]
fn batches_overlap_in_the_slots_of_a_device_and_come_back_with_right_verdicts() {
    let world = World::new();
    let mut verifier = world.verifier();
    let mut tickets: Vec<_> =
        (1..4).map(|count| (verifier.submit(batch(count)).expect("it has three slots"), count)).collect();
    assert_eq!(verifier.submit(batch(9)).expect_err("all slots are taken"), batch(9));
    while !tickets.is_empty() {
        let completed = next(&mut verifier);
        let place = tickets.iter().position(|(ticket, _)| *ticket == completed.ticket).expect("once each");
        let (_, count) = tickets.swap_remove(place);
        assert_eq!(completed.signatures, batch(count));
        assert_eq!(completed.outcome, Ok(right(&batch(count))));
    }
    assert_eq!(verifier.report().answered_by("fake"), 6);
    assert_eq!((verifier.in_flight(), verifier.report().faults), (0, 0));
}

#[test]
fn whatever_a_device_does_wrong_is_a_fault_of_all_that_it_holds_and_never_a_verdict() {
    use Misdeed::*;
    let whatever =
        [RefusesToPack, RefusesToStart, FailsToFinish, NeverAnswers, SaysYesToAll, SaysNeither, GivesTooFew];
    for misdeed in whatever {
        let world = World::new();
        let mut verifier = world.verifier();
        world.set(misdeed);
        let accepted = (1..4).filter(|count| verifier.submit(batch(*count)).is_ok()).count();
        for _ in 0..accepted {
            let completed = next(&mut verifier);
            assert!(completed.outcome.is_err());
            assert_eq!(completed.signatures, batch(completed.signatures.len() as u8));
        }
        assert!(!verifier.is_here());
        assert_eq!(world.0.lock().expect("no test panics with it").abandoned, 1);
        assert_eq!(verifier.report().answered_by("fake"), 0);
        assert!(verifier.report().faults >= accepted as u64 && verifier.in_flight() == 0);
    }
}

#[test]
fn a_batch_that_several_threads_pack_has_the_verdicts_of_one_that_one_packs() {
    let mut verifier = World::new().verifier_with_threads();
    let whole = batch(9);
    for round in 0..200 {
        let mut some = whole.clone();
        drop(some.split_off(round % 10));
        verifier.submit(some).expect("it is empty");
        let completed = patiently(&mut verifier);
        assert_eq!(completed.outcome, Ok(right(&completed.signatures)));
    }
    assert_eq!(verifier.report().faults, 0);
}

#[test]
fn a_thread_that_is_late_with_its_part_is_a_fault_and_spoils_nothing_that_comes_later() {
    let world = World::new();
    let mut verifier = world.verifier_with_threads();
    world.set(Misdeed::PacksLate);
    verifier.submit(batch(5)).expect("it is empty");
    assert_eq!(world.late(), PARTS - 1, "who submits does what is left, and waits for nobody");
    assert!((0..100).all(|_| verifier.poll().is_none()));
    world.wait(PATIENCE_NS);
    let completed = next(&mut verifier);
    assert_eq!(completed.signatures, batch(5), "it comes back though others still read it");
    let fault = completed.outcome.expect_err("it was never begun with");
    assert_eq!(fault.to_string(), "fake: it did not answer in time");
    assert_eq!(world.0.lock().expect("no test panics with it").abandoned, 1);
    world.set(Misdeed::None);
    while world.late() > 0 {
        thread::yield_now();
    }
    world.wait(SETTINGS.retry_ns);
    while !verifier.is_here() {
        assert!(verifier.poll().is_none());
        thread::yield_now();
    }
    verifier.submit(batch(4)).expect("it is empty");
    assert_eq!(patiently(&mut verifier).outcome, Ok(right(&batch(4))));
}

#[test]
fn a_device_that_was_given_up_is_left_alone_and_comes_back_when_it_is_well() {
    let world = World::new();
    let mut verifier = world.verifier();
    world.set(Misdeed::FailsToFinish);
    verifier.submit(batch(1)).expect("there is room");
    assert!(next(&mut verifier).outcome.is_err());
    // Meanwhile batches come back at once, with a fault.
    verifier.submit(batch(2)).expect("there is room");
    assert!(verifier.poll().expect("it is back already").outcome.is_err());
    assert_eq!(world.0.lock().expect("no test panics with it").opened, 1);
    for misdeed in [Misdeed::CannotBeOpened, Misdeed::SaysYesToAll, Misdeed::NeverAnswers] {
        world.set(misdeed);
        world.wait(SETTINGS.retry_ns);
        assert!((0..10).all(|_| verifier.poll().is_none()) && !verifier.is_here());
    }
    assert_eq!(world.0.lock().expect("no test panics with it").opened, 4);
    world.set(Misdeed::None);
    world.wait(SETTINGS.retry_ns);
    assert!((0..10).all(|_| verifier.poll().is_none()) && verifier.is_here());
    verifier.submit(batch(3)).expect("there is room");
    assert_eq!(next(&mut verifier).outcome, Ok(right(&batch(3))));
}

#[test]
fn a_batch_that_does_not_fit_is_a_fault_and_the_device_stays() {
    let mut verifier = World::new().verifier();
    verifier.submit(batch(10)).expect("there is room");
    let fault = verifier.poll().expect("it is back already").outcome.expect_err("it did not fit");
    assert_eq!(fault.to_string(), "fake: the batch is too large for it");
    verifier.submit(batch(9)).expect("there is room");
    assert_eq!(next(&mut verifier).outcome, Ok(right(&batch(9))));
}

#[test]
fn a_device_that_does_not_know_the_known_answers_is_not_taken() {
    let world = World::new();
    world.set(Misdeed::SaysYesToAll);
    let device = world.open()().expect("it can be opened");
    let now = Arc::new(|| 0);
    let refused = OnDevice::new(device, world.open(), Arc::new(|job: Job| job()), now, SETTINGS);
    let fault = refused.err().expect("it says yes to all");
    assert_eq!(fault.to_string(), "fake: it gave a wrong answer to a known signature");
}

#[test]
fn with_the_cpu_behind_it_a_device_of_any_kind_changes_nothing_but_time() {
    use Misdeed::*;
    let world = World::new();
    let cpu: Arc<dyn Backend> = open("cpu", [1; 32]).expect("it is always there");
    let cpu = Chunked::new(cpu, Arc::new(|job: Job| job()), pelton_kernels::Settings::default());
    let mut verifier = Reliable::new(Box::new(world.verifier()), Box::new(cpu));
    let misdeeds = [
        None,
        RefusesToPack,
        RefusesToStart,
        None,
        FailsToFinish,
        NeverAnswers,
        None,
        SaysYesToAll,
        SaysNeither,
    ];
    let mut came_back = 0;
    for round in 0..400_usize {
        world.set(misdeeds[round / 10 % misdeeds.len()]);
        world.wait(500);
        let mut submitted = verifier.submit(batch((round % 7) as u8));
        while let Some(completed) = verifier.poll() {
            assert_eq!(completed.outcome, Ok(right(&completed.signatures)));
            came_back += 1;
        }
        while let Err(refused) = submitted {
            let completed = next(&mut verifier);
            assert_eq!(completed.outcome, Ok(right(&completed.signatures)));
            came_back += 1;
            submitted = verifier.submit(refused);
        }
    }
    while verifier.in_flight() > 0 {
        assert!(next(&mut verifier).outcome.is_ok());
        came_back += 1;
    }
    assert_eq!(came_back, 400);
    let report = verifier.report();
    assert!(report.answered_by("fake") > 100 && report.answered_by("cpu") > 100 && report.faults > 10);
}
