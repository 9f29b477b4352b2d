//! verify: asks a [`Verifier`] who signed what.
//!
//! ```text
//!              ┌ secp256k1          ┐
//!  batches ──> │ ed25519            │ ──> Verifier ──> verdicts ──> by who sent it: trusted?
//!              │ the same, suspects │
//!              └ gathered           ┘
//! ```
//!
//! Large batches are cheaper, small ones are sooner back. So signatures are gathered for a moment, and for longer while
//! the verifier has enough to do: batches are small at light load and full under pressure, and none goes later than
//! [`Settings::wait_ns_max`] after the first of it came. Verdicts come back some polls later, from whichever back-end
//! answered. The stage holds the transactions meanwhile, and never waits.
//!
//! What comes from a suspect source is gathered apart from the rest, and what it claims is not passed on: `trust.rs` says
//! who that is.

use foldhash::{HashMap, HashMapExt};
use pelton_engine::reject::Reject;
use pelton_engine::transaction::{Signature, Transaction, Verified};
use pelton_kernels::{Completed, Scheme, Signatures, Ticket, Verdict, Verifier};

use crate::batch::Batch;
use crate::clock::Nanos;
use crate::jobs::Jobs;
use crate::metrics::buckets::Buckets;
use crate::metrics::sample::Samples;
use crate::metrics::{VERIFIED, VERIFY_BATCH, VERIFY_CLAIMS, VERIFY_FAULTS, VERIFY_IN_FLIGHT};
use crate::origin::Origin;
use crate::stage::{Outbox, Stage};
use crate::trust::Trust;

/// What one process chooses.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Signatures in a full batch.
    pub batch_max: usize,
    /// Wait for company while the verifier has little to do.
    pub wait_ns: Nanos,
    /// The same while it has enough to do.
    pub wait_ns_max: Nanos,
    /// With fewer signatures at the verifier it has little to do.
    pub enough: u64,
    /// With more signatures at the verifier nothing is taken in.
    pub in_flight_max: u64,
    /// Sources that are judged by what they sent before, at least.
    pub sources: usize,
}

/// The stage.
pub struct Verify {
    settings: Settings,
    verifier: Box<dyn Verifier>,
    jobs: Jobs,
    trust: Trust,
    /// By scheme, trusted and suspect.
    gathered: [Gathered; 4],
    in_flight: HashMap<Ticket, Transactions>,
    /// Signatures at the verifier.
    asked: u64,
    refused: Vec<(Signatures, Transactions)>,
    spare: Vec<Signatures>,
    held: u64,
    batch_sizes: Buckets,
    claims: Claims,
}

/// How many claims of who signed were right and wrong; a signature that is not valid makes any claim wrong.
#[derive(Default)]
struct Claims {
    right: u64,
    wrong: u64,
}

type Transactions = Batch<(Transaction, Origin)>;

/// Signatures that wait for company.
struct Gathered {
    signatures: Signatures,
    transactions: Transactions,
    since_ns: Nanos,
}

impl Gathered {
    fn new(scheme: Scheme) -> Gathered {
        Gathered { signatures: Signatures::new(scheme), transactions: Batch::default(), since_ns: 0 }
    }
}

impl Verify {
    /// A stage over a verifier that runs these jobs.
    pub fn new(settings: Settings, verifier: Box<dyn Verifier>, jobs: Jobs) -> Verify {
        let trust = Trust::new(settings.sources);
        let schemes = [Scheme::Secp256k1, Scheme::Ed25519, Scheme::Secp256k1, Scheme::Ed25519];
        Verify {
            settings,
            verifier,
            jobs,
            trust,
            gathered: schemes.map(Gathered::new),
            in_flight: HashMap::new(),
            asked: 0,
            refused: Vec::new(),
            spare: Vec::new(),
            held: 0,
            batch_sizes: Buckets::of(&VERIFY_BATCH),
            claims: Claims::default(),
        }
    }

    fn gather(&mut self, (transaction, origin): (Transaction, Origin), arrival_ns: Nanos, now_ns: Nanos) {
        let is_suspect = self.trust.is_suspect(origin.source);
        let payload = |out: &mut Vec<u8>| transaction.signing_payload(out);
        let class = match transaction.signature() {
            Signature::Secp256k1 { rs, y_parity } => {
                let class = 2 * usize::from(is_suspect);
                let claim = origin.claimed_sender.filter(|_| !is_suspect);
                let claim = claim.as_ref().map(AsRef::as_ref);
                self.gathered[class].signatures.push_secp256k1_with(payload, rs, *y_parity, claim);
                class
            }
            Signature::Ed25519 { rs, key } => {
                let class = 2 * usize::from(is_suspect) + 1;
                self.gathered[class].signatures.push_ed25519_with(payload, rs, key);
                class
            }
        };
        let gathered = &mut self.gathered[class];
        if gathered.transactions.is_empty() {
            gathered.since_ns = now_ns;
        }
        gathered.transactions.push((transaction, origin), arrival_ns);
        if gathered.transactions.len() >= self.settings.batch_max {
            self.send(class);
        }
    }

    /// Sends what has waited long enough, or has no reason to wait.
    fn send_due(&mut self, now_ns: Nanos) {
        for class in 0..self.gathered.len() {
            let gathered = &self.gathered[class];
            let has_little = self.asked < self.settings.enough;
            let wait_ns = if has_little { self.settings.wait_ns } else { self.settings.wait_ns_max };
            let waited_ns = now_ns.saturating_sub(gathered.since_ns);
            if !gathered.transactions.is_empty() && waited_ns >= wait_ns {
                self.send(class);
            }
        }
    }

    fn send(&mut self, class: usize) {
        let gathered = &mut self.gathered[class];
        let scheme = gathered.signatures.scheme();
        let spare = self.spare.iter().position(|batch| batch.scheme() == scheme);
        let empty = spare.map_or_else(|| Signatures::new(scheme), |index| self.spare.swap_remove(index));
        let signatures = std::mem::replace(&mut gathered.signatures, empty);
        let transactions = std::mem::take(&mut gathered.transactions);
        self.asked += signatures.len() as u64;
        self.batch_sizes.note(signatures.len() as u64);
        self.submit(signatures, transactions);
    }

    fn submit(&mut self, signatures: Signatures, transactions: Transactions) {
        match self.verifier.submit(signatures) {
            Ok(ticket) => {
                let before = self.in_flight.insert(ticket, transactions);
                assert!(before.is_none(), "a ticket names one batch");
            }
            Err(signatures) => self.refused.push((signatures, transactions)),
        }
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
        self.asked -= verdicts.len() as u64;
        self.held -= verdicts.len() as u64;
        let mut verified = Batch::with_capacity(transactions.len());
        for (((transaction, origin), arrival_ns), verdict) in transactions.into_iter().zip(verdicts) {
            let is_miss = is_miss(origin, verdict);
            self.trust.note(origin.source, is_miss);
            if origin.claimed_sender.is_some() {
                let of_claim = if is_miss { &mut self.claims.wrong } else { &mut self.claims.right };
                *of_claim += 1;
            }
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

/// Whether what came in was wrong in a way that spoils a sum.
fn is_miss(origin: Origin, verdict: Verdict) -> bool {
    match verdict {
        Verdict::Valid { address } => origin.claimed_sender.is_some_and(|claimed| claimed != address),
        Verdict::Invalid => true,
    }
}

impl Stage for Verify {
    type Input = Batch<(Transaction, Origin)>;
    type Output = Batch<Verified>;

    fn take(&mut self, input: Self::Input, outbox: &mut Outbox<Batch<Verified>>) {
        self.held += input.len() as u64;
        for (transaction, arrival_ns) in input {
            self.gather(transaction, arrival_ns, outbox.now_ns);
        }
        self.send_due(outbox.now_ns);
    }

    fn poll(&mut self, outbox: &mut Outbox<Batch<Verified>>) {
        while let Some(completed) = self.verifier.poll() {
            self.collect(completed, outbox);
        }
        for (signatures, transactions) in std::mem::take(&mut self.refused) {
            self.submit(signatures, transactions);
        }
        self.send_due(outbox.now_ns);
    }

    fn held(&self) -> u64 {
        self.held
    }

    fn has_room(&self) -> bool {
        self.refused.is_empty() && self.asked < self.settings.in_flight_max
    }

    fn is_working(&self) -> bool {
        self.asked > 0
    }

    fn job_cpu_ns(&self) -> Nanos {
        self.jobs.cpu_ns()
    }

    fn observe(&self, samples: &mut Samples) {
        let report = self.verifier.report();
        for (backend, count) in report.answered {
            samples.count(&VERIFIED, [backend], count);
        }
        samples.count(&VERIFY_FAULTS, [], report.faults);
        samples.count(&VERIFY_IN_FLIGHT, [], self.asked);
        samples.buckets(&VERIFY_BATCH, [], self.batch_sizes.clone());
        samples.count(&VERIFY_CLAIMS, ["right"], self.claims.right);
        samples.count(&VERIFY_CLAIMS, ["wrong"], self.claims.wrong);
    }
}
