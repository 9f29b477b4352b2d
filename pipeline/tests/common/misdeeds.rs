//! One mock for each misdeed: stages, devices and wires that do what they must not.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use pelton_kernels::{Completed, Fault, Report, Signatures, Ticket, Verifier};
use pelton_pipeline::batch::Batch;
use pelton_pipeline::datagrams::{DATAGRAM_BYTES_MAX, Datagrams, SimulatedDatagrams};
use pelton_pipeline::stage::{Outbox, Stage};

/// Passes all but the last of each batch, and says that it holds nothing.
pub struct Loses;

impl Stage for Loses {
    type Input = Batch<u64>;
    type Output = Batch<u64>;

    fn take(&mut self, input: Batch<u64>, outbox: &mut Outbox<Batch<u64>>) {
        let fewer = input.len() - 1;
        outbox.pass(input.into_iter().take(fewer).collect());
    }
}

/// Passes each batch twice.
pub struct Doubles;

impl Stage for Doubles {
    type Input = Batch<u64>;
    type Output = Batch<u64>;

    fn take(&mut self, input: Batch<u64>, outbox: &mut Outbox<Batch<u64>>) {
        outbox.pass(input.items().iter().map(|item| (*item, 0)).collect());
        outbox.pass(input);
    }
}

/// Passes what it takes, until it takes this number.
pub struct PanicsAt(pub u64);

impl Stage for PanicsAt {
    type Input = Batch<u64>;
    type Output = Batch<u64>;

    fn take(&mut self, input: Batch<u64>, outbox: &mut Outbox<Batch<u64>>) {
        assert!(!input.items().contains(&self.0), "this stage has a bug");
        outbox.pass(input);
    }
}

/// Passes what it takes, but takes nothing while the gate is shut.
pub struct Gate(pub Arc<AtomicBool>);

impl Stage for Gate {
    type Input = Batch<u64>;
    type Output = Batch<u64>;

    fn take(&mut self, input: Batch<u64>, outbox: &mut Outbox<Batch<u64>>) {
        outbox.pass(input);
    }

    fn has_room(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// A device that refuses every fourth batch, answers the others only after some polls, newest first, and fails on each
/// batch so many times before it answers.
pub struct LateAndFailing<V> {
    inner: V,
    failures: u32,
    late: VecDeque<(u32, Completed)>,
    failed: BTreeMap<Vec<[u8; 64]>, u32>,
    submitted: u32,
}

impl<V: Verifier> LateAndFailing<V> {
    pub fn new(inner: V, failures: u32) -> LateAndFailing<V> {
        LateAndFailing { inner, failures, late: VecDeque::new(), failed: BTreeMap::new(), submitted: 0 }
    }
}

impl<V: Verifier> Verifier for LateAndFailing<V> {
    fn submit(&mut self, batch: Signatures) -> Result<Ticket, Signatures> {
        self.submitted += 1;
        if self.submitted.is_multiple_of(4) { Err(batch) } else { self.inner.submit(batch) }
    }

    fn poll(&mut self) -> Option<Completed> {
        while let Some(mut completed) = self.inner.poll() {
            let failed = self.failed.entry(completed.signatures.signatures().to_vec()).or_default();
            if *failed < self.failures {
                *failed += 1;
                completed.outcome = Err(Fault { device: "mock", reason: format!("failure {failed}") });
            }
            self.late.push_front((5, completed));
        }
        self.late.iter_mut().for_each(|(polls, _)| *polls = polls.saturating_sub(1));
        let ready = self.late.iter().position(|(polls, _)| *polls == 0);
        let overdue = ready.or_else(|| (self.late.len() > 4).then_some(0));
        overdue.and_then(|at| self.late.remove(at)).map(|(_, completed)| completed)
    }

    fn in_flight(&self) -> usize {
        self.inner.in_flight() + self.late.len()
    }

    fn report(&self) -> Report {
        self.inner.report()
    }
}

/// A device that is gone: it takes every batch, and gives it back at the next poll with a fault.
#[derive(Default)]
pub struct Gone {
    taken: VecDeque<(Ticket, Signatures)>,
    tickets: u64,
}

impl Verifier for Gone {
    fn submit(&mut self, batch: Signatures) -> Result<Ticket, Signatures> {
        self.tickets += 1;
        self.taken.push_back((Ticket(self.tickets), batch));
        Ok(Ticket(self.tickets))
    }

    fn poll(&mut self) -> Option<Completed> {
        let (ticket, signatures) = self.taken.pop_front()?;
        let fault = Fault { device: "mock", reason: "it is gone".to_owned() };
        Some(Completed { ticket, signatures, outcome: Err(fault) })
    }

    fn in_flight(&self) -> usize {
        self.taken.len()
    }

    fn report(&self) -> Report {
        Report { faults: self.tickets, ..Report::default() }
    }
}

/// A wire on which everything is lost until this many packets were sent, and which has room for every third try only.
pub struct Outage {
    pub inner: SimulatedDatagrams,
    pub lost: u32,
    pub tries: u32,
}

impl Datagrams for Outage {
    fn send(&mut self, packet: &[u8]) -> bool {
        self.tries += 1;
        if !self.tries.is_multiple_of(3) {
            return false;
        }
        match self.lost.checked_sub(1) {
            Some(left) => self.lost = left,
            None => return self.inner.send(packet),
        }
        true
    }

    fn receive(&mut self, buffer: &mut [u8; DATAGRAM_BYTES_MAX]) -> Option<usize> {
        self.inner.receive(buffer)
    }
}
