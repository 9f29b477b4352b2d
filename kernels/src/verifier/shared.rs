//! A device and the CPU, which share the load so that both are done at the same time.
//!
//! ```text
//!                   ┌─ head ──> device ── verdicts ──────────────┐
//!   submit ── cut ──┤              └── fault ──> waiting ──┐      ├── joined ──> poll
//!                   └─ tail ───────────────────────────> CPU ────┘
//! ```
//!
//! Rules. (1) A batch is cut where device and CPU are expected to be done with their parts at the same time, what each
//! has in hand already counted in. (2) The device gets nothing below its crossover; where a cut would leave it less, the
//! batch goes to one of the two as a whole. (3) While the device is away, the CPU has it all. (4) Whatever the device
//! could not answer, the CPU is asked. (5) A batch that neither is expected to answer within the deadline is refused while
//! others are in flight.
//!
//! What each needs for a signature is first what was measured at the start, and then what is seen: time in which it had
//! something to do, by signatures answered. So a CPU that other work keeps busy gets less.

mod side;

use std::collections::VecDeque;

use crate::crossover::Crossover;
use crate::device::{Now, OnDevice};
use crate::signatures::{Scheme, Signatures};
use crate::verifier::{Completed, Fault, Report, Ticket, Verdicts, Verifier};
use side::Side;

/// Signatures that are worth a cut; a smaller tail goes to the device with the rest.
const TAIL_MIN: usize = 64;

/// A [`Verifier`] over a device and the CPU.
pub struct Shared {
    device: OnDevice,
    cpu: Box<dyn Verifier>,
    now: Now,
    deadline_ns: u64,
    crossovers: [Option<usize>; 2],
    device_side: Side,
    cpu_side: Side,
    /// Batches that were accepted and not yet given back, the oldest first.
    in_flight: VecDeque<Whole>,
    /// Parts that the CPU has to be asked about, and had no room for.
    waiting: VecDeque<(Part, Signatures)>,
    asked: Vec<Asked>,
    next_ticket: u64,
}

/// Which part of which batch.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Part {
    ticket: Ticket,
    is_tail: bool,
}

/// A part that one of the two has in hand.
struct Asked {
    part: Part,
    of_device: bool,
    ticket: Ticket,
    length: usize,
}

/// A batch of which not all parts are back.
struct Whole {
    ticket: Ticket,
    parts: [Slot; 2],
}

/// What there is of a part.
enum Slot {
    None,
    Away,
    Back(Signatures, Result<Verdicts, Fault>),
}

impl Shared {
    /// A verifier over a device and the CPU, with what was measured of them by scheme. It answers within `deadline_ns` if
    /// it can.
    pub fn new(
        device: OnDevice,
        cpu: Box<dyn Verifier>,
        now: Now,
        measured: &dyn Fn(Scheme) -> Crossover,
        deadline_ns: u64,
    ) -> Shared {
        let of = [Scheme::Secp256k1, Scheme::Ed25519].map(measured);
        Shared {
            device,
            cpu,
            now,
            deadline_ns,
            crossovers: of.map(|of| of.signatures),
            device_side: Side::new(of.map(|of| of.device)),
            cpu_side: Side::new(of.map(|of| of.cpu)),
            in_flight: VecDeque::new(),
            waiting: VecDeque::new(),
            asked: Vec::new(),
            next_ticket: 0,
        }
    }

    /// How many signatures of a batch the device gets, and when all of them are expected to be answered.
    fn cut(&self, batch: &Signatures) -> (usize, f64) {
        let (now_ns, scheme, all) = ((self.now)(), batch.scheme(), batch.len());
        let cpu_ns = |count| self.cpu_side.expected_ns(now_ns, scheme, count);
        let device_ns = |count| self.device_side.expected_ns(now_ns, scheme, count);
        let all_on_cpu = (0, cpu_ns(all));
        let Some(crossover) = self.crossovers[scheme as usize].filter(|least| *least <= all) else {
            return all_on_cpu;
        };
        if !self.device.is_here() {
            return all_on_cpu;
        }
        let all_on_device = (all, device_ns(all));
        // Where the two straight lines meet.
        let spare_ns = cpu_ns(all) - device_ns(0);
        let each_ns = self.cpu_side.each_ns(scheme) + self.device_side.each_ns(scheme);
        let head = ((spare_ns / each_ns).max(0.0) as usize).min(all);
        if head >= crossover && all - head >= TAIL_MIN {
            (head, device_ns(head).max(cpu_ns(all - head)))
        } else if all_on_device.1 < all_on_cpu.1 {
            all_on_device
        } else {
            all_on_cpu
        }
    }

    #[expect(clippy::result_large_err, reason = "what a refusal hands back is the batch itself, not a copy")]
    fn ask_device(&mut self, part: Part, batch: Signatures) -> Result<(), Signatures> {
        let (scheme, length) = (batch.scheme(), batch.len());
        let ticket = self.device.submit(batch)?;
        self.device_side.begin((self.now)(), scheme, length);
        self.asked.push(Asked { part, of_device: true, ticket, length });
        Ok(())
    }

    #[expect(clippy::result_large_err, reason = "what a refusal hands back is the batch itself, not a copy")]
    fn ask_cpu(&mut self, part: Part, batch: Signatures) -> Result<(), Signatures> {
        let (scheme, length) = (batch.scheme(), batch.len());
        let ticket = self.cpu.submit(batch)?;
        self.cpu_side.begin((self.now)(), scheme, length);
        self.asked.push(Asked { part, of_device: false, ticket, length });
        Ok(())
    }

    /// Asks the CPU about what waits for it.
    fn ask_again(&mut self) {
        while let Some((part, batch)) = self.waiting.pop_front() {
            if let Err(batch) = self.ask_cpu(part, batch) {
                self.waiting.push_front((part, batch));
                return;
            }
        }
    }

    /// What a completed answer is about.
    fn asked(&mut self, of_device: bool, ticket: Ticket) -> Asked {
        let is_it = |asked: &Asked| asked.of_device == of_device && asked.ticket == ticket;
        let place =
            self.asked.iter().position(is_it).expect("who is asked gives back what it was asked, once");
        self.asked.swap_remove(place)
    }

    fn collect(&mut self) {
        while let Some(Completed { ticket, signatures, outcome }) = self.device.poll() {
            let Asked { part, length, .. } = self.asked(true, ticket);
            self.device_side.end((self.now)(), signatures.scheme(), length, outcome.is_ok());
            match outcome {
                Ok(verdicts) => self.put(part, signatures, Ok(verdicts)),
                Err(_) => self.waiting.push_back((part, signatures)),
            }
        }
        self.ask_again();
        while let Some(Completed { ticket, signatures, outcome }) = self.cpu.poll() {
            let Asked { part, length, .. } = self.asked(false, ticket);
            self.cpu_side.end((self.now)(), signatures.scheme(), length, outcome.is_ok());
            self.put(part, signatures, outcome);
        }
    }

    fn put(&mut self, part: Part, signatures: Signatures, outcome: Result<Verdicts, Fault>) {
        let whole = self.in_flight.iter_mut().find(|whole| whole.ticket == part.ticket);
        let whole = whole.expect("a batch is in flight until all of its parts are back");
        whole.parts[usize::from(part.is_tail)] = Slot::Back(signatures, outcome);
    }
}

impl Whole {
    fn is_back(&self) -> bool {
        !self.parts.iter().any(|part| matches!(part, Slot::Away))
    }

    /// The batch as it came in, and the verdicts on both parts or the fault of one.
    fn join(self) -> Completed {
        let back = self.parts.into_iter().filter_map(|part| match part {
            Slot::Back(signatures, outcome) => Some((signatures, outcome)),
            Slot::None | Slot::Away => None,
        });
        let joined = back.reduce(|(mut head, of_head), (tail, of_tail)| {
            head.append(&tail);
            let outcome = of_head.and_then(|mut verdicts| {
                verdicts.extend(of_tail?);
                Ok(verdicts)
            });
            (head, outcome)
        });
        let (signatures, outcome) = joined.expect("a batch has a part");
        Completed { ticket: self.ticket, signatures, outcome }
    }
}

impl Verifier for Shared {
    fn submit(&mut self, mut batch: Signatures) -> Result<Ticket, Signatures> {
        if !self.waiting.is_empty() {
            return Err(batch);
        }
        let (cut, expected_ns) = self.cut(&batch);
        if expected_ns > self.deadline_ns as f64 && !self.in_flight.is_empty() {
            return Err(batch);
        }
        let ticket = Ticket(self.next_ticket);
        let part = |is_tail| Part { ticket, is_tail };
        let parts = if cut == 0 {
            self.ask_cpu(part(true), batch)?;
            [Slot::None, Slot::Away]
        } else {
            let tail = batch.split_off(cut);
            if let Err(mut head) = self.ask_device(part(false), batch) {
                head.append(&tail);
                return Err(head);
            }
            if tail.is_empty() {
                [Slot::Away, Slot::None]
            } else {
                self.waiting.push_back((part(true), tail));
                [Slot::Away, Slot::Away]
            }
        };
        self.next_ticket += 1;
        self.in_flight.push_back(Whole { ticket, parts });
        self.ask_again();
        Ok(ticket)
    }

    fn poll(&mut self) -> Option<Completed> {
        self.collect();
        let place = self.in_flight.iter().position(Whole::is_back)?;
        Some(self.in_flight.remove(place).expect("it was just found").join())
    }

    fn in_flight(&self) -> usize {
        self.in_flight.len()
    }

    fn report(&self) -> Report {
        self.device.report().and(self.cpu.report())
    }
}
