//! One mock for each misdeed.

use std::collections::VecDeque;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use pelton_kernels::{Backend, Completed, Fault, Job, Report, Signatures, Spawn, Ticket, Verdict, Verifier};

use crate::right;

/// Keeps jobs and runs them in an order drawn from a seed.
#[derive(Clone)]
pub struct Shuffles(Arc<Mutex<(u64, Vec<Job>)>>);

impl Shuffles {
    pub fn new(seed: u64) -> Self {
        Self(Arc::new(Mutex::new((seed, Vec::new()))))
    }

    /// Runs up to three jobs.
    pub fn run_some(&self) {
        for _ in 0..3 {
            let mut kept = self.0.lock().expect("no job runs under the lock");
            let (state, jobs) = &mut *kept;
            if jobs.is_empty() {
                return;
            }
            *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let place = (*state >> 33) as usize % jobs.len();
            let job = jobs.swap_remove(place);
            drop(kept);
            job();
        }
    }
}

impl Spawn for Shuffles {
    fn spawn(&self, job: Job) {
        self.0.lock().expect("no job runs under the lock").1.push(job);
    }
}

/// Runs jobs at once and drops some.
pub struct Drops {
    every: usize,
    seen: AtomicUsize,
}

impl Drops {
    pub fn every(every: usize) -> Self {
        Self { every, seen: AtomicUsize::new(0) }
    }

    pub fn spawn(&self, job: Job) {
        if !(self.seen.fetch_add(1, Ordering::Relaxed) + 1).is_multiple_of(self.every) {
            job();
        }
    }
}

/// Panics when asked.
pub struct Panics;

impl Backend for Panics {
    fn name(&self) -> &'static str {
        "panics"
    }

    fn verify(&self, _batch: &Signatures, _range: Range<usize>, _verdicts: &mut Vec<Verdict>) {
        panic!("as it was made to");
    }
}

/// A thread pool that outlives panics.
pub fn catch(job: Job) {
    drop(catch_unwind(AssertUnwindSafe(job)));
}

/// Answers right, but some polls late, and every so often not at all; holds three batches.
pub struct Device {
    late_polls: usize,
    fails_every: usize,
    next_ticket: u64,
    held: VecDeque<(usize, Ticket, Signatures)>,
    report: Report,
}

impl Device {
    pub fn new(late_polls: usize, fails_every: usize) -> Self {
        let report = Report { answered: vec![("device", 0)], ..Report::default() };
        Self { late_polls, fails_every, next_ticket: 0, held: VecDeque::new(), report }
    }
}

impl Verifier for Device {
    fn submit(&mut self, batch: Signatures) -> Result<Ticket, Signatures> {
        if self.held.len() == 3 {
            return Err(batch);
        }
        let ticket = Ticket(self.next_ticket);
        self.next_ticket += 1;
        self.held.push_back((self.late_polls, ticket, batch));
        Ok(ticket)
    }

    fn poll(&mut self) -> Option<Completed> {
        for (polls_left, _, _) in &mut self.held {
            *polls_left = polls_left.saturating_sub(1);
        }
        let (_, ticket, signatures) = self.held.pop_front_if(|(polls_left, _, _)| *polls_left == 0)?;
        let outcome = if (ticket.0 + 1).is_multiple_of(self.fails_every as u64) {
            let fault = Fault { device: "device", reason: "fell off the bus".to_owned() };
            self.report.faults += 1;
            self.report.last_fault = Some(fault.clone());
            Err(fault)
        } else {
            self.report.answered[0].1 += signatures.len() as u64;
            Ok(right(&signatures))
        };
        Some(Completed { ticket, signatures, outcome })
    }

    fn in_flight(&self) -> usize {
        self.held.len()
    }

    fn report(&self) -> Report {
        self.report.clone()
    }
}
