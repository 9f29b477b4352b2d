//! ingest: bytes become transactions, or are turned away before anything expensive is done with them.
//!
//! Cheapest first: size, byte-identical repeat, decoding, static checks. Repeats are found by the id, which is a hash
//! over all bytes, signature included: a forged copy has another id and cannot shadow the real one. A repeat of what
//! was turned away further on is let through, since what was wrong then may be right now, but for a bad signature.

use std::sync::Arc;

use alloy_primitives::{B256, Bytes, keccak256};
use pelton_engine::limits::Limits;
use pelton_engine::reject::Reject;
use pelton_engine::transaction::Transaction;
use pelton_engine::{checks, codec};

use crate::batch::{Batch, Load};
use crate::clock::Nanos;
use crate::ledger::Ledger;
use crate::seen::Seen;
use crate::stage::{Outbox, Stage};

/// What one process chooses.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Transactions in a full batch.
    pub batch_max: usize,
    /// A batch that is not full goes on after this long.
    pub batch_wait_ns: Nanos,
    /// How many of the newest transactions are compared for repeats, at least.
    pub repeat_window: usize,
}

/// The stage.
pub struct Ingest {
    settings: Settings,
    limits: Limits,
    ledger: Arc<Ledger>,
    seen: Seen<B256, ()>,
    waiting: Batch<Transaction>,
    waiting_since_ns: Nanos,
}

impl Ingest {
    /// A stage that judges by these limits.
    pub fn new(settings: Settings, limits: Limits, ledger: Arc<Ledger>) -> Ingest {
        let seen = Seen::new(settings.repeat_window);
        Ingest { settings, limits, ledger, seen, waiting: Batch::default(), waiting_since_ns: 0 }
    }

    /// The transaction, or its id and what is wrong with it.
    fn judge(&mut self, wire: Bytes) -> Result<Transaction, (B256, Reject)> {
        if wire.len() > self.limits.transaction_bytes_max as usize {
            return Err((keccak256(&wire), Reject::Oversized));
        }
        let transaction = codec::decode(wire.clone()).map_err(|reason| (keccak256(&wire), reason))?;
        let id = transaction.id();
        if self.seen.get(&id).is_some() && !self.may_be_right_now(&id) {
            return Err((id, Reject::Repeat));
        }
        checks::admit(&transaction, &self.limits).map_err(|reason| (id, reason))?;
        self.seen.insert(id, ());
        Ok(transaction)
    }

    /// Whether it was turned away, and for something other than its own bytes.
    fn may_be_right_now(&self, id: &B256) -> bool {
        self.ledger.rejection(id).is_some_and(|rejection| rejection.reason != Reject::BadSignature)
    }

    fn flush(&mut self, outbox: &mut Outbox<Batch<Transaction>>) {
        if !self.waiting.is_empty() {
            outbox.pass(std::mem::take(&mut self.waiting));
        }
    }
}

impl Stage for Ingest {
    type Input = Batch<Bytes>;
    type Output = Batch<Transaction>;

    fn take(&mut self, input: Batch<Bytes>, outbox: &mut Outbox<Batch<Transaction>>) {
        for (wire, arrival_ns) in input {
            match self.judge(wire) {
                Ok(transaction) => {
                    if self.waiting.is_empty() {
                        self.waiting = Batch::with_capacity(self.settings.batch_max);
                        self.waiting_since_ns = outbox.now_ns;
                    }
                    self.waiting.push(transaction, arrival_ns);
                    if self.waiting.len() >= self.settings.batch_max {
                        self.flush(outbox);
                    }
                }
                Err((id, reason)) => outbox.reject(id, reason),
            }
        }
    }

    fn poll(&mut self, outbox: &mut Outbox<Batch<Transaction>>) {
        if outbox.now_ns.saturating_sub(self.waiting_since_ns) >= self.settings.batch_wait_ns {
            self.flush(outbox);
        }
    }

    fn finish(&mut self, outbox: &mut Outbox<Batch<Transaction>>) {
        self.flush(outbox);
    }

    fn held(&self) -> u64 {
        self.waiting.transactions()
    }
}
