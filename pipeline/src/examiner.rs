//! `Examiner`: opens blocks that others have made.
//!
//! ```text
//!   bytes ──split──> header, wires ──decode, admit──┬─ known ────────────────┬──> Block
//!                                                   └─ unknown ──> Verifier ─┘
//! ```
//!
//! What was verified when it came in as a transaction is not verified again. A block that is no good says why, with the
//! first reason found; it never costs more than the signatures of one block.

use std::collections::VecDeque;
use std::sync::Arc;

use alloy_primitives::{B256, Bytes};
use foldhash::{HashMap, HashMapExt};
use pelton_engine::block::{Block, Header, split};
use pelton_engine::checks;
use pelton_engine::codec;
use pelton_engine::limits::Limits;
use pelton_engine::reject::Reject;
use pelton_engine::transaction::{Signature, Transaction, Verified};
use pelton_kernels::keccak::keccak256_many;
use pelton_kernels::{Completed, Level, Scheme, Signatures, Ticket, Verdict, Verifier};

use crate::clock::Nanos;
use crate::jobs::Jobs;

/// Signatures that are sent at a time.
const BATCH_MAX: usize = 1_024;

/// A block that was examined, or why it is none.
pub type Examined = (B256, Result<Arc<Block>, Reject>);

/// See the head of this file.
pub struct Examiner {
    limits: Limits,
    verifier: Box<dyn Verifier>,
    jobs: Jobs,
    open: HashMap<B256, Open>,
    in_flight: HashMap<Ticket, Asked>,
    unsent: VecDeque<(Signatures, Asked)>,
    examined: VecDeque<Examined>,
    verified: u64,
    known: u64,
}

/// A block that is being examined.
struct Open {
    bytes: Bytes,
    header: Header,
    transactions: Vec<Option<Verified>>,
    /// Signatures that are asked about.
    missing: usize,
    is_bad: bool,
}

/// What a batch of signatures is about: transactions of a block, by their places in it.
struct Asked {
    block: B256,
    transactions: Vec<(usize, Transaction)>,
}

impl Examiner {
    /// Asks this verifier, which runs these jobs.
    pub fn new(limits: Limits, verifier: Box<dyn Verifier>, jobs: Jobs) -> Examiner {
        Examiner {
            limits,
            verifier,
            jobs,
            open: HashMap::new(),
            in_flight: HashMap::new(),
            unsent: VecDeque::new(),
            examined: VecDeque::new(),
            verified: 0,
            known: 0,
        }
    }

    /// Begins with a block that is not being examined already. `known` gives what was verified before.
    pub fn begin(&mut self, bytes: Bytes, known: impl Fn(&B256) -> Option<Verified>) {
        let Ok(header) = Header::decode(&bytes) else { return };
        let id = header.id();
        if self.open.contains_key(&id) {
            return;
        }
        if let Err(reason) = self.open_block(bytes, id, header, known) {
            self.examined.push_back((id, Err(reason)));
        }
    }

    fn open_block(
        &mut self,
        bytes: Bytes,
        id: B256,
        header: Header,
        known: impl Fn(&B256) -> Option<Verified>,
    ) -> Result<(), Reject> {
        if header.transactions > self.limits.block_transactions_max
            || header.body_bytes > self.limits.block_bytes_max
        {
            return Err(Reject::Oversized);
        }
        let (_, wires) = split(&bytes)?;
        let mut ids = Vec::with_capacity(wires.len());
        keccak256_many(Level::best(), wires.iter().map(AsRef::as_ref), &mut ids);
        let mut transactions = Vec::with_capacity(wires.len());
        let mut unknown = Vec::new();
        for (at, (wire, own)) in wires.into_iter().zip(ids.into_iter().map(B256::from)).enumerate() {
            let before = known(&own);
            if before.is_none() {
                let transaction = codec::decode_hashed(wire, own)?;
                checks::admit(&transaction, &self.limits)?;
                unknown.push((at, transaction));
            }
            transactions.push(before);
        }
        self.known += (transactions.len() - unknown.len()) as u64;
        let missing = unknown.len();
        self.open.insert(id, Open { bytes, header, transactions, missing, is_bad: false });
        self.ask(id, unknown);
        self.close_if_done(id);
        Ok(())
    }

    fn ask(&mut self, block: B256, unknown: Vec<(usize, Transaction)>) {
        let is_ed25519 = |(_, transaction): &(usize, Transaction)| {
            matches!(transaction.signature(), Signature::Ed25519 { .. })
        };
        let (ed25519, secp256k1): (Vec<_>, Vec<_>) = unknown.into_iter().partition(is_ed25519);
        for (scheme, mut of) in [(Scheme::Ed25519, ed25519), (Scheme::Secp256k1, secp256k1)] {
            while !of.is_empty() {
                let transactions = of.split_off(of.len().saturating_sub(BATCH_MAX));
                let mut signatures = Signatures::new(scheme);
                transactions.iter().for_each(|(_, transaction)| push(&mut signatures, transaction));
                self.unsent.push_back((signatures, Asked { block, transactions }));
            }
        }
    }

    /// A block that has been examined since the last time.
    pub fn poll(&mut self) -> Option<Examined> {
        while let Some(completed) = self.verifier.poll() {
            self.collect(completed);
        }
        while let Some((signatures, asked)) = self.unsent.pop_front() {
            match self.verifier.submit(signatures) {
                Ok(ticket) => {
                    let before = self.in_flight.insert(ticket, asked);
                    assert!(before.is_none(), "a ticket names one batch");
                }
                Err(signatures) => {
                    self.unsent.push_front((signatures, asked));
                    break;
                }
            }
        }
        self.examined.pop_front()
    }

    fn collect(&mut self, completed: Completed) {
        let asked = self.in_flight.remove(&completed.ticket).expect("a ticket comes back once");
        let verdicts = match completed.outcome {
            Ok(verdicts) => verdicts,
            // Nothing has been said of any signature: they are asked about again.
            Err(_fault) => return self.unsent.push_back((completed.signatures, asked)),
        };
        assert_eq!(verdicts.len(), asked.transactions.len(), "one verdict for each signature");
        self.verified += verdicts.len() as u64;
        let open = self.open.get_mut(&asked.block).expect("a block is open until all verdicts are in");
        open.missing -= verdicts.len();
        for ((at, transaction), verdict) in asked.transactions.into_iter().zip(verdicts) {
            match verdict {
                Verdict::Valid { address } => {
                    open.transactions[at] = Some(Verified::new(transaction, address.into()));
                }
                Verdict::Invalid => open.is_bad = true,
            }
        }
        self.close_if_done(asked.block);
    }

    fn close_if_done(&mut self, id: B256) {
        if self.open.get(&id).is_some_and(|open| open.missing > 0) {
            return;
        }
        let Some(open) = self.open.remove(&id) else { return };
        let transactions: Option<Vec<Verified>> = open.transactions.into_iter().collect();
        let outcome = match transactions {
            Some(transactions) if !open.is_bad => {
                Ok(Arc::new(Block::open(open.bytes, open.header, transactions)))
            }
            _ => Err(Reject::BadSignature),
        };
        self.examined.push_back((id, outcome));
    }

    /// Whether a block is being examined.
    pub fn is_working(&self) -> bool {
        !self.open.is_empty()
    }

    /// Signatures that were verified here, and those that need not be.
    pub fn counts(&self) -> (u64, u64) {
        (self.verified, self.known)
    }

    /// CPU time of its jobs.
    pub fn job_cpu_ns(&self) -> Nanos {
        self.jobs.cpu_ns()
    }
}

fn push(signatures: &mut Signatures, transaction: &Transaction) {
    let payload = |out: &mut Vec<u8>| transaction.signing_payload(out);
    match transaction.signature() {
        Signature::Secp256k1 { rs, y_parity } => signatures.push_secp256k1_with(payload, rs, *y_parity, None),
        Signature::Ed25519 { rs, key } => signatures.push_ed25519_with(payload, rs, key),
    }
}
