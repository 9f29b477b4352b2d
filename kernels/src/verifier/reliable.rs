//! A verifier that may fail, made into one that answers: what the device could not answer, a second verifier is asked.
//!
//! ```text
//!   submit ──> device ── verdicts ───────────────────────────> poll
//!                 └── fault ──> waiting ──> second verifier ──> poll
//! ```
//!
//! The caller sees the tickets of the device only, and sees a fault only where both could not answer. While batches wait
//! for room in the second verifier, new ones are refused, so that `waiting` is bounded by what the device holds.

use std::collections::VecDeque;

use crate::signatures::Signatures;
use crate::verifier::{Completed, Report, Ticket, Verifier};

/// A [`Verifier`] over a device that may fail and a second verifier that makes up for it.
pub struct Reliable {
    device: Box<dyn Verifier>,
    second: Box<dyn Verifier>,
    waiting: VecDeque<(Ticket, Signatures)>,
    /// Ticket of the second verifier, ticket of the device. Few at any time, so a list will do.
    asked_again: Vec<(Ticket, Ticket)>,
}

impl Reliable {
    /// A verifier that asks `device` first and `second`, the reference in most cases, where that fails.
    pub fn new(device: Box<dyn Verifier>, second: Box<dyn Verifier>) -> Self {
        Self { device, second, waiting: VecDeque::new(), asked_again: Vec::new() }
    }

    fn ask_again(&mut self) {
        while let Some((ticket, batch)) = self.waiting.pop_front() {
            match self.second.submit(batch) {
                Ok(again) => self.asked_again.push((again, ticket)),
                Err(batch) => {
                    self.waiting.push_front((ticket, batch));
                    return;
                }
            }
        }
    }

    fn poll_second(&mut self) -> Option<Completed> {
        let mut completed = self.second.poll()?;
        let place = self.asked_again.iter().position(|(again, _)| *again == completed.ticket);
        let place = place.expect("the second verifier gives back what it was asked, once");
        completed.ticket = self.asked_again.swap_remove(place).1;
        Some(completed)
    }
}

impl Verifier for Reliable {
    fn submit(&mut self, batch: Signatures) -> Result<Ticket, Signatures> {
        if !self.waiting.is_empty() {
            return Err(batch);
        }
        self.device.submit(batch)
    }

    fn poll(&mut self) -> Option<Completed> {
        let answered = loop {
            match self.device.poll() {
                Some(completed) if completed.outcome.is_err() => {
                    self.waiting.push_back((completed.ticket, completed.signatures));
                }
                answered => break answered,
            }
        };
        self.ask_again();
        answered.or_else(|| self.poll_second())
    }

    fn in_flight(&self) -> usize {
        self.device.in_flight() + self.waiting.len() + self.asked_again.len()
    }

    fn report(&self) -> Report {
        self.device.report().and(self.second.report())
    }
}
