//! `Health`: a device that verifies signatures beside a validator's processor, and is late, fails or lies as it is told.
//!
//! ```text
//!   stage ──> Reliable ──> OnDevice ──> Simulated ── answers of the processor, later, bent ──> OnDevice: verdicts, or a fault
//!                └── what was a fault ──> the processor itself
//! ```
//!
//! Only the innermost is simulated; the rest is what stands before a real device. A device is hardware: it outlives the process,
//! and is as well or as ill as before when the next one opens it. What it says wrongly of the signatures whose answers are
//! known is caught; a device that answers those well and lies of others (`Honesty`) is not, and makes a villain of its owner.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;
use pelton_kernels::device::{Answer, Device, Now, OnDevice, Settings};
use pelton_kernels::{Backend, Reliable, Signatures, Spawn, Verdict, Verifier, address};
use pelton_pipeline::clock::{Clock as _, SimulatedClock};
use pelton_pipeline::random::Random;

use crate::credulous::Credulous;

/// A batch that takes longer is given up, and the device with it.
const TIMEOUT_NS: u64 = 20_000_000;
/// How soon it is opened again.
const RETRY_NS: u64 = 100_000_000;
/// A batch takes less, where nothing ails the device.
const BATCH_NS_MAX: u64 = 6_000_000;
/// Time passes while somebody looks at it, so that whoever waits for an answer does not wait for ever.
const LOOK_NS: u64 = 1_000;
/// Batches that it holds.
const SLOTS: usize = 2;

/// What ails a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ailment {
    /// Every other answer comes too late.
    Late,
    /// It has no memory for what it is to begin with.
    Refuses,
    /// It breaks off what it has begun.
    BreaksOff,
    /// It says yes to everything.
    SaysYes,
    /// It says no to everything.
    SaysNo,
    /// Some of what it says is neither.
    Garbles,
    /// It answers more or less than it was asked.
    Miscounts,
    /// It is not there.
    Gone,
}

impl Ailment {
    /// Every one.
    pub const ALL: [Ailment; 8] = [
        Ailment::Late,
        Ailment::Refuses,
        Ailment::BreaksOff,
        Ailment::SaysYes,
        Ailment::SaysNo,
        Ailment::Garbles,
        Ailment::Miscounts,
        Ailment::Gone,
    ];
}

/// What a device says of signatures whose answers nobody knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Honesty {
    /// The truth.
    Honest,
    /// Now and then the contrary, of one signature.
    LiesOfOne,
    /// Always the contrary.
    LiesOfAll,
}

/// See the head of this file. Clones are of the same device.
#[derive(Clone)]
pub struct Health(Arc<Mutex<State>>);

struct State {
    ailment: Option<Ailment>,
    honesty: Honesty,
    random: Random,
    /// How often it did not do what it should.
    deeds: u64,
    answered: u64,
}

impl Health {
    /// Of a device that nothing ails.
    pub fn new(seed: u64, honesty: Honesty) -> Health {
        let state = State { ailment: None, honesty, random: Random::new(seed), deeds: 0, answered: 0 };
        Health(Arc::new(Mutex::new(state)))
    }

    /// From now on this ails it, or nothing.
    pub fn set(&self, ailment: Option<Ailment>) {
        self.0.lock().ailment = ailment;
    }

    /// How often it did not do what it should, and how many batches it answered all the same.
    pub fn counts(&self) -> (u64, u64) {
        let state = self.0.lock();
        (state.deeds, state.answered)
    }

    /// A verifier that asks the device first, and the processor where that fails. Where it is not reliable on purpose, faults are
    /// taken for verdicts.
    pub fn verifier(
        &self,
        backend: Arc<dyn Backend>,
        (spawn, clock): (Arc<dyn Spawn>, Arc<SimulatedClock>),
        processor: Box<dyn Verifier>,
        is_credulous: bool,
    ) -> Box<dyn Verifier> {
        let looks = AtomicU64::new(0);
        let now: Now = Arc::new(move || clock.now_ns() + LOOK_NS * looks.fetch_add(1, Ordering::Relaxed));
        let (health, time) = (self.clone(), now.clone());
        let open = Arc::new(move || health.open(&backend, &time));
        let settings = Settings { timeout_ns: TIMEOUT_NS, retry_ns: RETRY_NS };
        let device = Box::new(OnDevice::opened("simulated", open, spawn, now, settings));
        match is_credulous {
            false => Box::new(Reliable::new(device, processor)),
            true => Box::new(Credulous(device)),
        }
    }

    fn open(&self, backend: &Arc<dyn Backend>, now: &Now) -> Result<Box<dyn Device>, String> {
        if self.0.lock().is(Ailment::Gone) {
            return Err("there is none".to_owned());
        }
        let (health, backend, now) = (self.clone(), backend.clone(), now.clone());
        Ok(Box::new(Simulated { health, backend, now, slots: [const { None }; SLOTS] }))
    }
}

impl State {
    /// Whether this ails it; that it shows is counted.
    fn is(&mut self, ailment: Ailment) -> bool {
        let is = self.ailment == Some(ailment);
        self.deeds += u64::from(is);
        is
    }

    /// When a batch that begins now is done.
    fn due_ns(&mut self, now_ns: u64) -> u64 {
        let late = self.random.below(2) == 0 && self.is(Ailment::Late);
        now_ns + self.random.below(BATCH_NS_MAX) + if late { TIMEOUT_NS } else { 0 }
    }

    /// What it says in place of these answers, the first of which are known.
    fn bend(&mut self, answers: &mut Vec<Answer>, known: usize, batch: &Signatures) {
        self.lie(&mut answers[known..], batch);
        let Some(ailment) = self.ailment else { return };
        let at = self.random.below(answers.len() as u64) as usize;
        match ailment {
            Ailment::SaysYes => answers.iter_mut().for_each(|answer| answer[0] = 1),
            Ailment::SaysNo => answers.iter_mut().for_each(|answer| *answer = [0; 32]),
            Ailment::Garbles => answers[at][31] ^= 1 << self.random.below(8),
            Ailment::Miscounts if self.random.below(2) == 0 => answers.truncate(at),
            Ailment::Miscounts => answers.push(answers[at]),
            Ailment::Late | Ailment::Refuses | Ailment::BreaksOff | Ailment::Gone => return,
        }
        self.deeds += 1;
    }

    fn lie(&mut self, answers: &mut [Answer], batch: &Signatures) {
        let lied_of = match self.honesty {
            Honesty::LiesOfAll => 0..answers.len(),
            Honesty::LiesOfOne if !answers.is_empty() && self.random.below(2) == 0 => {
                let at = self.random.below(answers.len() as u64) as usize;
                at..at + 1
            }
            Honesty::Honest | Honesty::LiesOfOne => return,
        };
        self.deeds += lied_of.len() as u64;
        for at in lied_of {
            let signer = batch.keys().get(at).map_or([7; 20], address::of_ed25519);
            answers[at] = answer(match answers[at][0] {
                0 => Verdict::Valid { address: signer },
                _ => Verdict::Invalid,
            });
        }
    }
}

/// A verdict as a device gives it.
fn answer(verdict: Verdict) -> Answer {
    let mut answer = [0; 32];
    if let Verdict::Valid { address } = verdict {
        answer[0] = 1;
        answer[1..21].copy_from_slice(&address);
    }
    answer
}

/// The device as one process has opened it.
struct Simulated {
    health: Health,
    backend: Arc<dyn Backend>,
    now: Now,
    /// When what was begun is done, and what it will say.
    slots: [Option<(u64, Vec<Answer>)>; SLOTS],
}

impl Device for Simulated {
    fn name(&self) -> &'static str {
        "simulated"
    }

    fn slots(&self) -> usize {
        SLOTS
    }

    fn fits(&self, _known: &Signatures, _batch: &Signatures) -> bool {
        true
    }

    fn start(&mut self, slot: usize, known: &Signatures, batch: &Signatures) -> Result<(), String> {
        assert!(self.slots[slot].is_none(), "a slot holds one batch");
        let mut verdicts = Vec::new();
        self.backend.verify(known, 0..known.len(), &mut verdicts);
        self.backend.verify(batch, 0..batch.len(), &mut verdicts);
        let mut answers: Vec<Answer> = verdicts.into_iter().map(answer).collect();
        let state = &mut *self.health.0.lock();
        if state.is(Ailment::Refuses) {
            return Err("out of memory".to_owned());
        }
        state.bend(&mut answers, known.len(), batch);
        self.slots[slot] = Some((state.due_ns((self.now)()), answers));
        Ok(())
    }

    fn finish(&mut self, slot: usize) -> Result<Option<Vec<Answer>>, String> {
        let state = &mut *self.health.0.lock();
        if state.is(Ailment::BreaksOff) {
            return Err("an illegal address was used".to_owned());
        }
        if self.slots[slot].as_ref().is_none_or(|(due_ns, _)| *due_ns > (self.now)()) {
            return Ok(None);
        }
        state.answered += 1;
        Ok(self.slots[slot].take().map(|(_, answers)| answers))
    }

    fn abandon(self: Box<Self>) {}
}
