//! A device and a CPU that take a known time for each batch.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use pelton_kernels::crossover::Speed;
use pelton_kernels::device::{Answer, Device, Now, Open};
use pelton_kernels::{Completed, Report, Scheme, Signatures, Ticket, Verdict, Verifier, open};

/// Time, which stands still until it is moved, and how fast everybody is.
#[derive(Clone)]
pub struct World {
    now_ns: Arc<AtomicU64>,
    is_broken: Arc<AtomicBool>,
    device: Speed,
    cpu: Speed,
}

impl World {
    pub fn new(device: Speed, cpu: Speed) -> World {
        World { now_ns: Arc::default(), is_broken: Arc::default(), device, cpu }
    }

    pub fn ns(&self) -> u64 {
        self.now_ns.load(Ordering::Relaxed)
    }

    pub fn wait(&self, nanoseconds: u64) {
        self.now_ns.fetch_add(nanoseconds, Ordering::Relaxed);
    }

    pub fn now(&self) -> Now {
        let clock = self.now_ns.clone();
        Arc::new(move || clock.load(Ordering::Relaxed))
    }

    pub fn is_broken(&self) -> &AtomicBool {
        &self.is_broken
    }

    pub fn open(&self) -> Open {
        let world = self.clone();
        Arc::new(move || {
            if world.is_broken.load(Ordering::Relaxed) {
                return Err("it is broken".to_owned());
            }
            Ok(Box::new(TimedDevice { world: world.clone(), slots: vec![None; 3], busy_until_ns: 0 }) as _)
        })
    }

    pub fn cpu(&self) -> TimedCpu {
        TimedCpu {
            world: self.clone(),
            in_hand: VecDeque::new(),
            busy_until_ns: 0,
            next_ticket: 0,
            answered: 0,
        }
    }
}

/// A batch in which every third signature is spoilt, in a way that shows without any arithmetic: by its parity.
pub fn batch(number: usize, count: usize) -> Signatures {
    let mut batch = Signatures::new(Scheme::Secp256k1);
    for index in 0..count {
        let parity = if (number + index).is_multiple_of(3) { 2 } else { 0 };
        batch.push_secp256k1(&(index as u32).to_le_bytes(), &[7; 64], parity, None);
    }
    batch
}

/// The verdicts on such a batch: who signed is what was signed.
pub fn right(batch: &Signatures) -> Vec<Verdict> {
    let verdict = |index| {
        let mut address = [0; 20];
        address[..4].copy_from_slice(batch.message(index));
        if batch.parities()[index] == 0 { Verdict::Valid { address } } else { Verdict::Invalid }
    };
    (0..batch.len()).map(verdict).collect()
}

fn answer(verdict: &Verdict) -> Answer {
    let mut answer = [0; 32];
    if let Verdict::Valid { address } = verdict {
        answer[0] = 1;
        answer[1..21].copy_from_slice(address);
    }
    answer
}

struct TimedDevice {
    world: World,
    slots: Vec<Option<(u64, Vec<Answer>)>>,
    busy_until_ns: u64,
}

impl Device for TimedDevice {
    fn name(&self) -> &'static str {
        "timed"
    }

    fn slots(&self) -> usize {
        self.slots.len()
    }

    fn fits(&self, _known: &Signatures, _batch: &Signatures) -> bool {
        true
    }

    fn start(&mut self, slot: usize, known: &Signatures, batch: &Signatures) -> Result<(), String> {
        let reference = open("reference", [0; 32]).expect("it is always there");
        let mut verdicts = Vec::new();
        reference.verify(known, 0..known.len(), &mut verdicts);
        let mut answers: Vec<_> = verdicts.iter().map(answer).collect();
        let mut ready_ns = 0;
        // While it is opened, time stands still.
        if !batch.is_empty() {
            answers.extend(right(batch).iter().map(answer));
            let Speed { fixed_ns, each_ns } = self.world.device;
            // What any batch takes passes beside the work on others.
            let begun_ns = self.busy_until_ns.max(self.world.ns());
            self.busy_until_ns = begun_ns + (each_ns * batch.len() as f64) as u64;
            ready_ns = self.busy_until_ns + fixed_ns as u64;
        }
        self.slots[slot] = Some((ready_ns, answers));
        Ok(())
    }

    fn finish(&mut self, slot: usize) -> Result<Option<Vec<Answer>>, String> {
        if self.world.is_broken.load(Ordering::Relaxed) {
            return Err("it is broken".to_owned());
        }
        let is_ready = self.slots[slot].as_ref().is_some_and(|(ready_ns, _)| *ready_ns <= self.world.ns());
        Ok(if is_ready { self.slots[slot].take().map(|(_, answers)| answers) } else { None })
    }

    fn abandon(self: Box<Self>) {}
}

/// Takes one batch after the other.
pub struct TimedCpu {
    world: World,
    in_hand: VecDeque<(u64, Ticket, Signatures)>,
    busy_until_ns: u64,
    next_ticket: u64,
    answered: u64,
}

impl Verifier for TimedCpu {
    fn submit(&mut self, batch: Signatures) -> Result<Ticket, Signatures> {
        if self.in_hand.len() >= 64 {
            return Err(batch);
        }
        let begun_ns = self.busy_until_ns.max(self.world.ns());
        self.busy_until_ns = begun_ns + self.world.cpu.ns(batch.len()) as u64;
        let ticket = Ticket(self.next_ticket);
        self.next_ticket += 1;
        self.in_hand.push_back((self.busy_until_ns, ticket, batch));
        Ok(ticket)
    }

    fn poll(&mut self) -> Option<Completed> {
        let (ready_ns, ..) = self.in_hand.front()?;
        if *ready_ns > self.world.ns() {
            return None;
        }
        let (_, ticket, signatures) = self.in_hand.pop_front().expect("there is a first one");
        self.answered += signatures.len() as u64;
        let outcome = Ok(right(&signatures));
        Some(Completed { ticket, signatures, outcome })
    }

    fn in_flight(&self) -> usize {
        self.in_hand.len()
    }

    fn report(&self) -> Report {
        Report { answered: vec![("cpu", self.answered)], ..Report::default() }
    }
}
