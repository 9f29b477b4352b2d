//! A verifier whose report can be read after the pipeline has swallowed it, and that says when a device fails.

use std::sync::Arc;

use parking_lot::Mutex;
use pelton_kernels::{Completed, Fault, Report, Signatures, Ticket, Verifier};

/// See the module.
pub struct Watched {
    inner: Box<dyn Verifier>,
    report: Arc<Mutex<Report>>,
    log: fn(&str),
    /// The fault that was told of last.
    told: Option<Fault>,
}

impl Watched {
    /// Watches `inner`: its report is copied to `report`, and its faults are told to `log`.
    pub fn new(inner: Box<dyn Verifier>, report: Arc<Mutex<Report>>, log: fn(&str)) -> Watched {
        let mut watched = Watched { inner, report, log, told: None };
        watched.look();
        watched
    }

    /// A device that fails makes one line, however many batches it had in hand and however often it fails to come back
    /// for the same reason.
    fn look(&mut self) {
        let report = self.inner.report();
        if report.last_fault != self.told {
            if let Some(fault) = &report.last_fault {
                (self.log)(&format!("{fault}; the CPU answers in its place, and it is tried again later"));
            }
            self.told.clone_from(&report.last_fault);
        }
        *self.report.lock() = report;
    }
}

impl Verifier for Watched {
    fn submit(&mut self, batch: Signatures) -> Result<Ticket, Signatures> {
        self.inner.submit(batch)
    }

    fn poll(&mut self) -> Option<Completed> {
        let completed = self.inner.poll()?;
        self.look();
        Some(completed)
    }

    fn in_flight(&self) -> usize {
        self.inner.in_flight()
    }

    fn report(&self) -> Report {
        self.inner.report()
    }
}
