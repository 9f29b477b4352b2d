//! `Credulous`: a verifier that says of a fault what it must never say, that the signatures are forged. It is planted, to see whether
//! anybody notices.

use pelton_kernels::{Completed, Report, Signatures, Ticket, Verdict, Verifier};

/// See the head of this file.
pub(crate) struct Credulous(pub Box<dyn Verifier>);

impl Verifier for Credulous {
    fn submit(&mut self, batch: Signatures) -> Result<Ticket, Signatures> {
        self.0.submit(batch)
    }

    fn poll(&mut self) -> Option<Completed> {
        let Completed { ticket, signatures, outcome } = self.0.poll()?;
        let outcome = outcome.or_else(|_| Ok(vec![Verdict::Invalid; signatures.len()]));
        Some(Completed { ticket, signatures, outcome })
    }

    fn in_flight(&self) -> usize {
        self.0.in_flight()
    }

    fn report(&self) -> Report {
        self.0.report()
    }
}
