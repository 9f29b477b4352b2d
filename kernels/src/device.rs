//! A device that verifies batches beside the CPU, made into a [`Verifier`]: its faults, its time-outs, its return.
//!
//! ```text
//!            submit              pack, by several threads, start             finish
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
//! before it gets anything else. (5) Who submits a batch packs it, with the help of jobs that have time, and waits for none of
//! them; a part that is not packed in time is a fault like an answer that does not come.

mod known;
mod life;
mod parts;

use std::collections::VecDeque;
use std::sync::Arc;

use crate::signatures::{Scheme, Signatures};
use crate::verifier::{Completed, Fault, Job, Report, Spawn, Ticket, Verifier};
pub(crate) use known::judge;
use known::{Known, tested};
pub(crate) use life::{Life, answered, in_time};
pub(crate) use parts::Parts;

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

    /// Parts of what has to be copied of `known` and `batch`, one behind the other and of the same scheme, to a slot that is
    /// empty: to be done by any threads, in any order and at the same time, before [`Device::start`]. Does not wait. There are
    /// none of a device that copies when it begins.
    ///
    /// # Errors
    /// What went wrong, for people.
    fn pack(
        &mut self,
        _slot: usize,
        _known: &Arc<Signatures>,
        _batch: &Arc<Signatures>,
    ) -> Result<Vec<Job>, String> {
        Ok(Vec::new())
    }

    /// Begins with what was packed. Does not wait.
    ///
    /// # Errors
    /// What went wrong, for people.
    fn start(&mut self, slot: usize, known: &Signatures, batch: &Signatures) -> Result<(), String>;

    /// The answers of a slot in which something was begun, once they are there; the slot is empty then. Does not wait.
    ///
    /// # Errors
    /// What went wrong, for people.
    fn finish(&mut self, slot: usize) -> Result<Option<Vec<Answer>>, String>;

    /// Takes back the memory of answers that this slot gave, for others.
    fn recycle(&mut self, _slot: usize, _answers: Vec<Answer>) {}

    /// Gives the device up without waiting for it. Memory that it may still write to is not used again.
    fn abandon(self: Box<Self>);
}

/// Packs two batches on this thread alone, and begins with them.
///
/// # Errors
/// What went wrong, for people.
pub fn begin(
    device: &mut dyn Device,
    slot: usize,
    known: &Arc<Signatures>,
    batch: &Arc<Signatures>,
) -> Result<(), String> {
    device.pack(slot, known, batch)?.into_iter().for_each(|part| part());
    device.start(slot, known, batch)
}

/// Opens a device of some kind, or says why it cannot, for people; may take its time.
pub type Opens<T> = Arc<dyn Fn() -> Result<T, String> + Send + Sync>;

/// Opens one of this kind.
pub type Open = Opens<Box<dyn Device>>;

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
    timeout_ns: u64,
    now: Now,
    known: [Known; 2],
    device: Life<Box<dyn Device>>,
    spawn: Arc<dyn Spawn>,
    slots: Vec<Option<InFlight>>,
    returning: VecDeque<Completed>,
    next_ticket: u64,
    answered: u64,
    faults: u64,
}

struct InFlight {
    ticket: Ticket,
    batch: Arc<Signatures>,
    since_ns: u64,
    /// As long as it is packed.
    parts: Option<Arc<Parts>>,
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
        let (clock, timeout_ns) = (now.clone(), settings.timeout_ns);
        let open = Arc::new(move || open().and_then(|device| tested(device, &clock, timeout_ns)));
        let device = Life::new(name, opened, open, spawn.clone(), now.clone(), settings);
        let mut verifier = OnDevice {
            name,
            timeout_ns,
            now,
            known: [Scheme::Secp256k1, Scheme::Ed25519].map(Known::of),
            faults: u64::from(device.last_fault().is_some()),
            device,
            spawn,
            slots: Vec::new(),
            returning: VecDeque::new(),
            next_ticket: 0,
            answered: 0,
        };
        verifier.make_slots();
        verifier
    }

    /// Whether a device stands open at the moment.
    pub fn is_here(&self) -> bool {
        self.device.is_here()
    }

    /// As many as the device has that has come.
    fn make_slots(&mut self) {
        let slots = self.device.device().map_or(0, |device| device.slots());
        self.slots = (0..slots).map(|_| None).collect();
    }

    /// Gives the device up: all that it holds comes back with this fault.
    fn give_up(&mut self, reason: &str) {
        if let Some(device) = self.device.lose(reason) {
            device.abandon();
        }
        for slot in 0..self.slots.len() {
            if let Some(InFlight { ticket, batch, .. }) = self.slots[slot].take() {
                // A job that is late still has it.
                self.fail(ticket, Arc::unwrap_or_clone(batch), reason);
            }
        }
    }

    fn fail(&mut self, ticket: Ticket, signatures: Signatures, reason: &str) {
        self.faults += 1;
        let outcome = Err(self.device.fault(reason));
        self.returning.push_back(Completed { ticket, signatures, outcome });
    }

    fn look_after(&mut self) {
        if self.device.look_after() {
            self.make_slots();
        }
    }

    /// Has a batch packed for a slot, and begins with it if that is done.
    fn pack(&mut self, slot: usize, ticket: Ticket, batch: Signatures) -> Result<(), String> {
        let Some(device) = self.device.device() else { unreachable!("it was just looked for") };
        let known = &self.known[batch.scheme() as usize].signatures;
        let batch = Arc::new(batch);
        let packing = device.pack(slot, known, &batch);
        let since_ns = (self.now)();
        let in_flight = self.slots[slot].insert(InFlight { ticket, batch, since_ns, parts: None });
        in_flight.parts = Some(Parts::begin(packing?, &*self.spawn));
        self.start(slot)
    }

    /// Begins with what was packed, if all of it is.
    fn start(&mut self, slot: usize) -> Result<(), String> {
        let (Some(device), Some(in_flight)) = (self.device.device(), &mut self.slots[slot]) else {
            return Ok(());
        };
        if in_flight.parts.take_if(|parts| parts.are_done()).is_none() {
            return Ok(());
        }
        device.start(slot, &self.known[in_flight.batch.scheme() as usize].signatures, &in_flight.batch)
    }

    /// Takes the answers that are there.
    fn collect(&mut self) -> Result<(), String> {
        for slot in 0..self.slots.len() {
            self.start(slot)?;
            let (Some(device), Some(in_flight)) = (self.device.device(), &self.slots[slot]) else { continue };
            let answers = if in_flight.parts.is_none() { device.finish(slot)? } else { None };
            let Some(answers) = answers else {
                in_time(&self.now, in_flight.since_ns, self.timeout_ns)?;
                continue;
            };
            let known = &self.known[in_flight.batch.scheme() as usize].answers;
            let verdicts = judge(known, &answers, in_flight.batch.len())?;
            device.recycle(slot, answers);
            let InFlight { ticket, batch, .. } = self.slots[slot].take().expect("it was just looked at");
            self.answered += verdicts.len() as u64;
            let signatures = Arc::unwrap_or_clone(batch);
            self.returning.push_back(Completed { ticket, signatures, outcome: Ok(verdicts) });
        }
        Ok(())
    }
}

impl Verifier for OnDevice {
    fn submit(&mut self, batch: Signatures) -> Result<Ticket, Signatures> {
        self.look_after();
        if self.returning.len() > self.slots.len() {
            return Err(batch);
        }
        let ticket = Ticket(self.next_ticket);
        let Some(device) = self.device.device() else {
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
        if let Err(reason) = self.pack(slot, ticket, batch) {
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
            last_fault: self.device.last_fault().cloned(),
        }
    }
}
