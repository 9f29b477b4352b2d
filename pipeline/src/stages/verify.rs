//! verify: asks a [`Verifier`] who signed what.
//!
//! A batch is split by scheme into flat arrays and submitted; verdicts come back some polls later, from whichever
//! back-end answered. The stage holds the transactions meanwhile, and never waits.

use foldhash::{HashMap, HashMapExt};
use pelton_engine::reject::Reject;
use pelton_engine::transaction::{Signature, Transaction, Verified};
use pelton_kernels::{Completed, Scheme, Signatures, Ticket, Verdict, Verifier};

use crate::batch::{Batch, Load};
use crate::clock::Nanos;
use crate::jobs::Jobs;
use crate::stage::{Outbox, Stage};

/// The stage.
pub struct Verify {
    verifier: Box<dyn Verifier>,
    jobs: Jobs,
    in_flight_max: usize,
    in_flight: HashMap<Ticket, Batch<Transaction>>,
    refused: Vec<(Signatures, Batch<Transaction>)>,
    spare: Vec<Signatures>,
    held: u64,
}

impl Verify {
    /// A stage over a verifier that runs these jobs and takes at least this many batches at a time.
    pub fn new(verifier: Box<dyn Verifier>, jobs: Jobs, in_flight_max: usize) -> Verify {
        let (in_flight, refused, spare) = (HashMap::new(), Vec::new(), Vec::new());
        Verify { verifier, jobs, in_flight_max, in_flight, refused, spare, held: 0 }
    }

    fn submit(&mut self, signatures: Signatures, transactions: Batch<Transaction>) {
        match self.verifier.submit(signatures) {
            Ok(ticket) => {
                let before = self.in_flight.insert(ticket, transactions);
                assert!(before.is_none(), "a ticket names one batch");
            }
            Err(signatures) => self.refused.push((signatures, transactions)),
        }
    }

    fn empty(&mut self, scheme: Scheme) -> Signatures {
        let spare = self.spare.iter().position(|batch| batch.scheme() == scheme);
        spare.map_or_else(|| Signatures::new(scheme), |index| self.spare.swap_remove(index))
    }

    fn collect(&mut self, completed: Completed, outbox: &mut Outbox<Batch<Verified>>) {
        let transactions = self.in_flight.remove(&completed.ticket).expect("a ticket comes back once");
        let mut signatures = completed.signatures;
        let verdicts = match completed.outcome {
            Ok(verdicts) => verdicts,
            // Nothing has been said of any signature: they are asked about again, once a poll.
            Err(_fault) => return self.refused.push((signatures, transactions)),
        };
        assert_eq!(verdicts.len(), transactions.len(), "one verdict for each signature");
        self.held -= transactions.transactions();
        let mut verified = Batch::with_capacity(transactions.len());
        for ((transaction, arrival_ns), verdict) in transactions.into_iter().zip(verdicts) {
            match verdict {
                Verdict::Valid { address } => {
                    verified.push(Verified::new(transaction, address.into()), arrival_ns)
                }
                Verdict::Invalid => outbox.reject(transaction.id(), Reject::BadSignature),
            }
        }
        if !verified.is_empty() {
            outbox.pass(verified);
        }
        signatures.clear();
        self.spare.push(signatures);
    }
}

impl Stage for Verify {
    type Input = Batch<Transaction>;
    type Output = Batch<Verified>;

    fn take(&mut self, input: Batch<Transaction>, _outbox: &mut Outbox<Batch<Verified>>) {
        self.held += input.transactions();
        let mut secp256k1 = (self.empty(Scheme::Secp256k1), Batch::<Transaction>::default());
        let mut ed25519 = (self.empty(Scheme::Ed25519), Batch::<Transaction>::default());
        for (transaction, arrival_ns) in input {
            let payload = |out: &mut Vec<u8>| transaction.signing_payload(out);
            match transaction.signature() {
                Signature::Secp256k1 { rs, y_parity } => {
                    secp256k1.0.push_secp256k1_with(payload, rs, *y_parity);
                    secp256k1.1.push(transaction, arrival_ns);
                }
                Signature::Ed25519 { rs, key } => {
                    ed25519.0.push_ed25519_with(payload, rs, key);
                    ed25519.1.push(transaction, arrival_ns);
                }
            }
        }
        for (signatures, transactions) in [secp256k1, ed25519] {
            if transactions.is_empty() {
                self.spare.push(signatures);
            } else {
                self.submit(signatures, transactions);
            }
        }
    }

    fn poll(&mut self, outbox: &mut Outbox<Batch<Verified>>) {
        while let Some(completed) = self.verifier.poll() {
            self.collect(completed, outbox);
        }
        for (signatures, transactions) in std::mem::take(&mut self.refused) {
            self.submit(signatures, transactions);
        }
    }

    fn held(&self) -> u64 {
        self.held
    }

    fn has_room(&self) -> bool {
        self.refused.is_empty() && self.in_flight.len() < self.in_flight_max
    }

    fn is_working(&self) -> bool {
        self.held > 0
    }

    fn job_cpu_ns(&self) -> Nanos {
        self.jobs.cpu_ns()
    }
}
