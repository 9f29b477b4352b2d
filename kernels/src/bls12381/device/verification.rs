//! Verification of many signatures at once on a device, with the CPU behind it.

use std::ops::Range;
use std::sync::Arc;

use super::answers::{CREDIT_MAX, check, is_to_be_tried, take};
use super::known::{self, Known};
use super::work::Work;
use super::{Answers, Device};
use crate::bls12381::search::Credit;
use crate::bls12381::{BatchVerification, SignedMessage};
use crate::device::{Life, Now, Opens, Settings, answered, in_time};
use crate::level::Level;
use crate::verifier::{Fault, Report, Spawn};

/// Opens a device, or says why it cannot, for people; may take its time.
pub type Open = Opens<Box<dyn Device>>;

/// How many signatures the CPU verifies as soon as a device: of equal messages, and of different ones. None if it is always
/// as soon.
pub type Least = [Option<usize>; 2];

/// Verifies batches of signatures on a device, and on the CPU what is too short for that and what the device could not answer,
/// on the thread that asks, which waits.
///
/// Verdicts are those of [`BatchVerification`]. A device that made a fault is given up, and opened again later by a job.
pub struct DeviceVerification {
    name: &'static str,
    cpu: BatchVerification,
    seed: [u8; 32],
    timeout_ns: u64,
    now: Now,
    known: Arc<Known>,
    credit: Credit,
    least: Least,
    device: Life<Box<dyn Device>>,
    answered: [u64; 2],
    faults: u64,
}

/// A part of a batch in a slot.
struct InFlight {
    slot: usize,
    range: Range<usize>,
    work: Work,
    since_ns: u64,
}

impl DeviceVerification {
    /// Over a device that stands open, and that is opened again by jobs on `spawn` when it is lost. What `seed` and `level` are
    /// is said at [`BatchVerification::new`]. Everything goes to the device until [`DeviceVerification::limit`] is told.
    ///
    /// # Errors
    /// If the device does not know the known answers.
    pub fn new(
        device: Box<dyn Device>,
        open: Open,
        spawn: Arc<dyn Spawn>,
        now: Now,
        settings: Settings,
        seed: [u8; 32],
        level: Level,
    ) -> Result<DeviceVerification, Fault> {
        let (name, known, timeout_ns) = (device.name(), Arc::new(Known::new()), settings.timeout_ns);
        let device = tested(device, &known, &now, timeout_ns);
        let device = device.map_err(|reason| Fault { device: name, reason })?;
        let (knows, clock) = (known.clone(), now.clone());
        let open = Arc::new(move || open().and_then(|device| tested(device, &knows, &clock, timeout_ns)));
        Ok(DeviceVerification {
            name,
            cpu: BatchVerification::new(seed, level),
            seed,
            timeout_ns,
            now: now.clone(),
            known,
            credit: Credit::new(CREDIT_MAX),
            least: [Some(0); 2],
            device: Life::new(name, Ok(device), open, spawn, now, settings),
            answered: [0; 2],
            faults: 0,
        })
    }

    /// Shorter batches than these go to the CPU: see [`measure`](super::measure). Gives what held before.
    pub fn limit(&mut self, least: Least) -> Least {
        std::mem::replace(&mut self.least, least)
    }

    /// As [`DeviceVerification::verify`], on the CPU.
    pub fn verify_on_cpu(&mut self, batch: &[SignedMessage], verdicts: &mut Vec<bool>) {
        self.cpu.verify(batch, verdicts);
    }

    /// Appends to `verdicts`, for each of `batch` in order, whether it is valid.
    pub fn verify(&mut self, batch: &[SignedMessage], verdicts: &mut Vec<bool>) {
        self.device.look_after();
        let first = verdicts.len();
        verdicts.resize(first + batch.len(), false);
        let verdicts = &mut verdicts[first..];
        let mut unanswered: Vec<_> = std::iter::once(0..batch.len()).collect();
        if self.is_for_device(batch) {
            unanswered = match self.on_device(batch, verdicts) {
                Ok(()) => Vec::new(),
                Err((reason, left)) => {
                    self.give_up(&reason);
                    left
                }
            };
        }
        let on_cpu: usize = unanswered.iter().map(ExactSizeIterator::len).sum();
        self.answered[0] += (batch.len() - on_cpu) as u64;
        self.answered[1] += on_cpu as u64;
        for range in unanswered {
            let mut some = Vec::with_capacity(range.len());
            self.cpu.verify(&batch[range.clone()], &mut some);
            verdicts[range].copy_from_slice(&some);
        }
    }

    /// Which is answered by whom, and what went wrong.
    pub fn report(&self) -> Report {
        Report {
            answered: vec![(self.name, self.answered[0]), ("cpu", self.answered[1])],
            faults: self.faults,
            last_fault: self.device.last_fault().cloned(),
        }
    }

    /// Whether a device stands open at the moment.
    pub fn is_here(&self) -> bool {
        self.device.is_here()
    }

    /// Whether it is here, and sooner done than the CPU.
    fn is_for_device(&self, batch: &[SignedMessage]) -> bool {
        let shares = batch.array_windows().filter(|[a, b]| a.message == b.message).count();
        let least = self.least[usize::from(2 * shares < batch.len())];
        self.is_here() && !batch.is_empty() && least.is_some_and(|least| batch.len() >= least)
    }

    /// Verdicts by the device; or what went wrong, and what it has not answered.
    fn on_device(
        &mut self,
        batch: &[SignedMessage],
        verdicts: &mut [bool],
    ) -> Result<(), (String, Vec<Range<usize>>)> {
        let device = self.device.device().expect("who asks looks first whether it is here");
        let most = device.signatures_max().saturating_sub(known::COUNT).max(1);
        let mut waiting: Vec<_> =
            (0..batch.len()).step_by(most).map(|start| start..batch.len().min(start + most)).collect();
        waiting.reverse();
        let mut free: Vec<_> = (0..device.slots()).collect();
        let mut in_flight: Vec<InFlight> = Vec::new();
        let outcome = loop {
            if waiting.is_empty() && in_flight.is_empty() {
                break Ok(());
            }
            if let Some(range) = waiting.last().cloned()
                && let Some(slot) = free.pop()
            {
                let mut work = Work::new(&batch[range.clone()], &self.known, &self.seed);
                work.plan = work.plan.filter(|plan| is_to_be_tried(plan, &self.credit));
                let started = device.start(slot, &work);
                in_flight.push(InFlight { slot, range, work, since_ns: (self.now)() });
                waiting.pop();
                if let Err(reason) = started {
                    break Err(reason);
                }
            }
            match finished(device, &mut in_flight, &self.now, self.timeout_ns) {
                Err(reason) => break Err(reason),
                Ok(None) => std::thread::yield_now(),
                Ok(Some((done, answers))) => {
                    if let Err(reason) =
                        take(&done.work, &answers, &mut verdicts[done.range.clone()], &mut self.credit)
                    {
                        in_flight.push(done);
                        break Err(reason);
                    }
                    free.push(done.slot);
                }
            }
        };
        outcome.map_err(|reason| {
            let left = in_flight.into_iter().map(|one| one.range).chain(waiting.into_iter().rev());
            (reason, left.collect())
        })
    }

    fn give_up(&mut self, reason: &str) {
        if let Some(device) = self.device.lose(reason) {
            device.abandon();
        }
        self.faults += 1;
    }
}

/// One that is answered, if there is one.
fn finished(
    device: &mut Box<dyn Device>,
    in_flight: &mut Vec<InFlight>,
    now: &Now,
    timeout_ns: u64,
) -> Result<Option<(InFlight, Answers)>, String> {
    for index in 0..in_flight.len() {
        if let Some(answers) = device.finish(in_flight[index].slot)? {
            return Ok(Some((in_flight.remove(index), answers)));
        }
        in_time(now, in_flight[index].since_ns, timeout_ns)?;
    }
    Ok(None)
}

/// The device, if it knows the known answers, in sums and by themselves.
fn tested(
    mut device: Box<dyn Device>,
    known: &Known,
    now: &Now,
    timeout_ns: u64,
) -> Result<Box<dyn Device>, String> {
    let mut tested = || {
        for in_sums in [true, false] {
            let mut work = Work::new(&[], known, &[0; 32]);
            work.plan = work.plan.filter(|_| in_sums);
            device.start(0, &work)?;
            let answers = answered(now, timeout_ns, || device.finish(0))?;
            check(&work, &answers)?;
        }
        Ok(())
    };
    match tested() {
        Ok(()) => Ok(device),
        Err(reason) => {
            device.abandon();
            Err(reason)
        }
    }
}
