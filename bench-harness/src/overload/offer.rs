//! The offering side: one thread that does what clients and a flood do, each when it is due.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use pelton_pipeline::clock::{Clock, Nanos};
use pelton_pipeline::origin::Origin;
use pelton_pipeline::stages::intake::Submitter;

use super::Fate;
use super::flood::Flood;
use super::traffic::{Clients, Due};
use crate::outside::resident_bytes;

/// How often the thread looks what is due.
const TICK: Duration = Duration::from_micros(500);
/// Ticks between two looks at the memory.
const TICKS_OF_MEMORY: u64 = 40;
/// Attempts of a flood in one tick at most, so that it does not fall behind the honest for ever.
const BURST_MAX: u64 = 4_096;

/// How honest clients offer, all of them together.
#[derive(Clone, Copy, Debug)]
pub(super) enum Rate {
    /// Whatever is taken.
    Max,
    /// So many attempts a second; one that is refused is made again by the next.
    Attempts(f64),
    /// So many transactions a second; one that is refused is offered again a moment later, and those behind it wait.
    Patient(f64),
}

/// What comes beside the honest.
#[derive(Clone, Copy)]
pub(super) enum Beside<'a> {
    /// Nothing.
    Nobody,
    /// So many attempts a second.
    Flood { flood: &'a Flood, per_second: f64 },
}

/// What the offering side saw.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub(super) began_ns: Nanos,
    pub(super) honest: Fate,
    pub(super) flood: Fate,
    pub(super) resident_bytes_max: u64,
    pub(super) door_max: usize,
}

/// The offering side of a round.
pub(super) struct Offering<'a> {
    pub(super) clients: &'a Clients,
    pub(super) due: &'a Due,
    pub(super) rate: Rate,
    pub(super) beside: Beside<'a>,
    pub(super) clock: &'a dyn Clock,
    pub(super) length_ns: Nanos,
    /// CPU time of this side, for who takes it off.
    pub(super) cpu_ns: &'a AtomicU64,
}

impl Offering<'_> {
    /// Offers until the time is over.
    #[expect(clippy::disallowed_methods, reason = "clients and floods go by a real clock")]
    pub(super) fn run(&self, submitter: &Submitter) -> Seen {
        let mut sent = vec![0; self.clients.all.len()];
        let mut attempts = vec![0; self.clients.all.len()];
        let began_ns = self.clock.now_ns();
        let mut seen = Seen { began_ns, ..Seen::default() };
        for tick in 0_u64.. {
            let since_ns = self.clock.now_ns() - began_ns;
            if since_ns >= self.length_ns {
                break;
            }
            // The flood is always a little sooner.
            self.flood(submitter, since_ns, &sent, &mut seen.flood);
            for client in 0..sent.len() {
                self.honest(
                    submitter,
                    client,
                    (began_ns, since_ns),
                    (&mut sent[client], &mut attempts[client]),
                );
            }
            seen.door_max = seen.door_max.max(submitter.waiting());
            if tick % TICKS_OF_MEMORY == 0 {
                seen.resident_bytes_max = seen.resident_bytes_max.max(resident_bytes().unwrap_or(0));
            }
            self.cpu_ns.store(self.clock.thread_cpu_ns(), Ordering::Relaxed);
            std::thread::sleep(TICK);
        }
        seen.honest.taken = sent.iter().sum::<usize>() as u64;
        seen.honest.offered = match self.rate {
            Rate::Max => seen.honest.taken,
            Rate::Attempts(rate) | Rate::Patient(rate) => (rate * self.length_ns as f64 / 1e9) as u64,
        };
        seen
    }

    /// What one client does now.
    fn honest(
        &self,
        submitter: &Submitter,
        client: usize,
        (began_ns, since_ns): (Nanos, Nanos),
        (sent, attempts): (&mut usize, &mut u64),
    ) {
        let count = self.clients.all.len() as f64;
        let own = &self.clients.all[client];
        let origin = Origin { source: own.source, claimed_sender: None };
        // Clients do not send at the same moment, each sends evenly.
        let due_of =
            |number: u64, rate: f64| ((number as f64 + client as f64 / count) * count * 1e9 / rate) as Nanos;
        while let Some(wire) = own.wires.get(*sent) {
            let due_ns = match self.rate {
                Rate::Max => since_ns,
                Rate::Attempts(rate) => due_of(*attempts, rate),
                Rate::Patient(rate) => due_of(*sent as u64, rate),
            };
            if due_ns > since_ns {
                return;
            }
            *attempts += 1;
            self.due.set(client, *sent, began_ns + due_ns);
            let is_taken = submitter.submit(wire.clone(), origin).is_ok();
            *sent += usize::from(is_taken);
            if !is_taken && !matches!(self.rate, Rate::Attempts(_)) {
                return;
            }
        }
    }

    fn flood(&self, submitter: &Submitter, since_ns: Nanos, sent: &[usize], fate: &mut Fate) {
        let Beside::Flood { flood, per_second } = self.beside else { return };
        let due = (per_second * since_ns as f64 / 1e9) as u64;
        for _ in 0..due.saturating_sub(fate.offered).min(BURST_MAX) {
            // What was refused comes again: a flood need not be signed twice as fast as it is verified.
            if let Some(wire) = flood.wire(fate.taken, self.clients, sent) {
                let origin = Origin { source: Flood::source(fate.offered), claimed_sender: None };
                fate.taken += u64::from(submitter.submit(wire, origin).is_ok());
            }
            fate.offered += 1;
        }
    }
}
