//! A device that verifies batches beside the CPU, made into a [`Verifier`]: its faults, its time-outs, its return.
//!
//! ```text
//!            submit                          start                        finish
//!   caller ─────────> OnDevice ──────────────────────> slot 0 │ 1 │ 2 ──────────────> answers
//!      ^                 │  no device: a fault at once      copies and kernels           │
//!      │                 │  late: the device is given up    of several batches           │ the known ones right?
//!      └── Completed <───┴────────────────────────────────── overlap <───────────────────┘ no: a fault
//! ```
//!
//! Rules: (1) With each batch go a few signatures whose answers are known. If the device does not know them, nothing that
//! it said of the batch counts. (2) Whatever goes wrong, an error, a wrong answer or one that does not come in time, is a
//! [`Fault`] for every batch that the device holds, and the device is given up. (3) A device that was given up is opened
//! again after a while, by a job, since that takes its time; until then each batch comes back with a fault at the next poll,
//! so that [`Reliable`](crate::Reliable) asks the CPU. (4) A device that is opened shows that it knows the known answers
//! before it gets anything else.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};

use crate::backend::Verdict;
use crate::self_test;
use crate::signatures::{Scheme, Signatures};
use crate::verifier::{Completed, Fault, Report, Spawn, Ticket, Verifier};

/// What a device says of one signature: 1 if it is valid and 0 if not, the address of who signed, and zeros.
pub type Answer = [u8; 32];

/// Verifies batches in slots, each of which has memory of its own.
pub trait Device: Send {
    /// The name under which it is reported.
    fn name(&self) -> &'static str;

    /// How many batches it can hold.
    fn slots(&self) -> usize;

    /// Whether a slot has room for these.
    fn fits(&self, known: &Signatures, batch: &Signatures) -> bool;

    /// Copies what it needs of `known` and `batch`, one behind the other and of the same scheme, and begins with them in
    /// a slot that is empty. Does not wait.
    ///
    /// # Errors
    /// What went wrong, for people.
    fn start(&mut self, slot: usize, known: &Signatures, batch: &Signatures) -> Result<(), String>;

    /// The answers of a slot in which something was begun, once they are there; the slot is empty then. Does not wait.
    ///
    /// # Errors
    /// What went wrong, for people.
    fn finish(&mut self, slot: usize) -> Result<Option<Vec<Answer>>, String>;

    /// Gives the device up without waiting for it. Memory that it may still write to is not used again.
    fn abandon(self: Box<Self>);
}

/// Opens a device; may take its time.
pub type Open = Arc<dyn Fn() -> Result<Box<dyn Device>, String> + Send + Sync>;

/// Nanoseconds that never fall.
pub type Now = Arc<dyn Fn() -> u64 + Send + Sync>;

/// What one process chooses.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// A batch that takes longer is a fault.
    pub timeout_ns: u64,
    /// How long a device that was given up is left alone.
    pub retry_ns: u64,
}

/// A [`Verifier`] over a [`Device`].
pub struct OnDevice {
    name: &'static str,
    settings: Settings,
    open: Open,
    spawn: Arc<dyn Spawn>,
    now: Now,
    known: [Known; 2],
    device: State,
    slots: Vec<Option<InFlight>>,
    returning: VecDeque<Completed>,
    next_ticket: u64,
    answered: u64,
    faults: u64,
    last_fault: Option<Fault>,
}

/// ```text
///   Away ── retry_ns later ──> Opening ──> Here ── any fault ──> Away
///     ^                           │ fails
///     └───────────────────────────┘
/// ```
enum State {
    Away { since_ns: u64 },
    Opening(Receiver<Result<Box<dyn Device>, String>>),
    Here(Box<dyn Device>),
}

struct InFlight {
    ticket: Ticket,
    batch: Signatures,
    since_ns: u64,
}

/// Signatures whose answers are known.
struct Known {
    signatures: Signatures,
    answers: Vec<Answer>,
}

impl Known {
    fn of(scheme: Scheme) -> Known {
        let (signatures, verdicts) = self_test::known(scheme);
        Known { signatures, answers: verdicts.into_iter().map(answer).collect() }
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

/// The verdict that a device gives, if it is one.
fn verdict(answer: &Answer) -> Option<Verdict> {
    let address = answer[1..].first_chunk().expect("20 of 31 bytes");
    let verdict = Verdict::from((answer[0] == 1).then_some(*address));
    (answer[0] <= 1 && answer[21..] == [0; 11]).then_some(verdict)
}

impl OnDevice {
    /// A verifier over a device that stands open, and that is opened again by jobs on `spawn` when it is lost.
    ///
    /// # Errors
    /// If the device does not know the known answers.
    pub fn new(
        device: Box<dyn Device>,
        open: Open,
        spawn: Arc<dyn Spawn>,
        now: Now,
        settings: Settings,
    ) -> Result<OnDevice, Fault> {
        let name = device.name();
        let device = tested(device, &now, settings.timeout_ns);
        let device = device.map_err(|reason| Fault { device: name, reason })?;
        Ok(OnDevice::over(name, Ok(device), open, spawn, now, settings))
    }

    /// As [`OnDevice::new`], with the device that `open` gives. Where it gives none, that is the first fault, and it is
    /// asked again later.
    pub fn opened(
        name: &'static str,
        open: Open,
        spawn: Arc<dyn Spawn>,
        now: Now,
        settings: Settings,
    ) -> OnDevice {
        let opened = open().and_then(|device| tested(device, &now, settings.timeout_ns));
        OnDevice::over(name, opened, open, spawn, now, settings)
    }

    fn over(
        name: &'static str,
        opened: Result<Box<dyn Device>, String>,
        open: Open,
        spawn: Arc<dyn Spawn>,
        now: Now,
        settings: Settings,
    ) -> OnDevice {
        let slots = opened.as_ref().map_or(0, |device| device.slots());
        let (device, last_fault) = match opened {
            Ok(device) => (State::Here(device), None),
            Err(reason) => (State::Away { since_ns: now() }, Some(Fault { device: name, reason })),
        };
        OnDevice {
            name,
            settings,
            open,
            spawn,
            now,
            known: [Scheme::Secp256k1, Scheme::Ed25519].map(Known::of),
            slots: (0..slots).map(|_| None).collect(),
            device,
            returning: VecDeque::new(),
            next_ticket: 0,
            answered: 0,
            faults: u64::from(last_fault.is_some()),
            last_fault,
        }
    }

    /// Whether a device stands open at the moment.
    pub fn is_here(&self) -> bool {
        matches!(self.device, State::Here(_))
    }

    /// Gives the device up: all that it holds comes back with this fault.
    fn give_up(&mut self, reason: &str) {
        let away = State::Away { since_ns: (self.now)() };
        if let State::Here(device) = std::mem::replace(&mut self.device, away) {
            device.abandon();
        }
        for slot in 0..self.slots.len() {
            if let Some(InFlight { ticket, batch, .. }) = self.slots[slot].take() {
                self.fail(ticket, batch, reason);
            }
        }
        self.last_fault = Some(Fault { device: self.name, reason: reason.to_owned() });
    }

    fn fail(&mut self, ticket: Ticket, signatures: Signatures, reason: &str) {
        self.faults += 1;
        let fault = Fault { device: self.name, reason: reason.to_owned() };
        self.returning.push_back(Completed { ticket, signatures, outcome: Err(fault) });
    }

    /// Begins to open a device that has been away for long enough, and takes one that has been opened.
    fn look_after(&mut self) {
        match &self.device {
            State::Away { since_ns } if (self.now)() - since_ns >= self.settings.retry_ns => {
                let (send, receive) = channel();
                let (open, now, timeout_ns) = (self.open.clone(), self.now.clone(), self.settings.timeout_ns);
                self.spawn.spawn(Box::new(move || {
                    let opened = open().and_then(|device| tested(device, &now, timeout_ns));
                    // Without a receiver the verifier is gone, and nobody needs the device.
                    drop(send.send(opened));
                }));
                self.device = State::Opening(receive);
            }
            State::Opening(opened) => match opened.try_recv() {
                Ok(Ok(device)) => {
                    self.slots = (0..device.slots()).map(|_| None).collect();
                    self.device = State::Here(device);
                }
                Ok(Err(reason)) => {
                    self.last_fault = Some(Fault { device: self.name, reason });
                    self.device = State::Away { since_ns: (self.now)() };
                }
                Err(std::sync::mpsc::TryRecvError::Empty) => {}
                // The job was dropped before it ran.
                Err(std::sync::mpsc::TryRecvError::Disconnected) => {
                    self.device = State::Away { since_ns: (self.now)() };
                }
            },
            State::Away { .. } | State::Here(_) => {}
        }
    }

    /// Takes the answers that are there.
    fn collect(&mut self) -> Result<(), String> {
        let State::Here(device) = &mut self.device else { return Ok(()) };
        for slot in 0..self.slots.len() {
            let Some(in_flight) = &self.slots[slot] else { continue };
            let Some(answers) = device.finish(slot)? else {
                if (self.now)() - in_flight.since_ns > self.settings.timeout_ns {
                    return Err("it did not answer in time".to_owned());
                }
                continue;
            };
            let known = &self.known[in_flight.batch.scheme() as usize].answers;
            let verdicts = judge(known, &answers, in_flight.batch.len())?;
            let InFlight { ticket, batch: signatures, .. } =
                self.slots[slot].take().expect("it was just looked at");
            self.answered += verdicts.len() as u64;
            self.returning.push_back(Completed { ticket, signatures, outcome: Ok(verdicts) });
        }
        Ok(())
    }
}

/// The verdicts on a batch of so many, if the device knew the known ones before it.
fn judge(known: &[Answer], answers: &[Answer], count: usize) -> Result<Vec<Verdict>, String> {
    if answers.len() != known.len() + count {
        return Err("it gave another number of answers than it was asked for".to_owned());
    }
    let (first, rest) = answers.split_at(known.len());
    if first != known {
        return Err("it gave a wrong answer to a known signature".to_owned());
    }
    let verdicts: Option<Vec<_>> = rest.iter().map(verdict).collect();
    verdicts.ok_or_else(|| "it gave an answer that is neither yes nor no".to_owned())
}

/// A device that knows the known answers. Another one is given up like any that fails: it may never be done with them.
fn tested(mut device: Box<dyn Device>, now: &Now, timeout_ns: u64) -> Result<Box<dyn Device>, String> {
    match test(&mut *device, now, timeout_ns) {
        Ok(()) => Ok(device),
        Err(reason) => {
            device.abandon();
            Err(reason)
        }
    }
}

/// Asks a device about the known signatures of both schemes, and waits for its answers.
fn test(device: &mut dyn Device, now: &Now, timeout_ns: u64) -> Result<(), String> {
    for scheme in [Scheme::Secp256k1, Scheme::Ed25519] {
        let known = Known::of(scheme);
        let started_ns = now();
        device.start(0, &known.signatures, &Signatures::new(scheme))?;
        let answers = loop {
            if let Some(answers) = device.finish(0)? {
                break answers;
            }
            if now() - started_ns > timeout_ns {
                return Err("it did not answer in time".to_owned());
            }
            std::hint::spin_loop();
        };
        judge(&known.answers, &answers, 0)?;
    }
    Ok(())
}

impl Verifier for OnDevice {
    fn submit(&mut self, batch: Signatures) -> Result<Ticket, Signatures> {
        self.look_after();
        if self.returning.len() > self.slots.len() {
            return Err(batch);
        }
        let ticket = Ticket(self.next_ticket);
        let State::Here(device) = &mut self.device else {
            self.next_ticket += 1;
            self.fail(ticket, batch, "there is no device at the moment");
            return Ok(ticket);
        };
        let Some(slot) = self.slots.iter().position(Option::is_none) else { return Err(batch) };
        self.next_ticket += 1;
        let known = &self.known[batch.scheme() as usize].signatures;
        if !device.fits(known, &batch) {
            self.fail(ticket, batch, "the batch is too large for it");
            return Ok(ticket);
        }
        let started = device.start(slot, known, &batch);
        self.slots[slot] = Some(InFlight { ticket, batch, since_ns: (self.now)() });
        if let Err(reason) = started {
            self.give_up(&reason);
        }
        Ok(ticket)
    }

    fn poll(&mut self) -> Option<Completed> {
        self.look_after();
        if self.returning.is_empty()
            && let Err(reason) = self.collect()
        {
            self.give_up(&reason);
        }
        self.returning.pop_front()
    }

    fn in_flight(&self) -> usize {
        self.returning.len() + self.slots.iter().flatten().count()
    }

    fn report(&self) -> Report {
        Report {
            answered: vec![(self.name, self.answered)],
            faults: self.faults,
            last_fault: self.last_fault.clone(),
        }
    }
}
