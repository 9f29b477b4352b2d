//! ingest: bytes become transactions, or are turned away before anything expensive is done with them.
//!
//! Cheapest first: size, byte-identical repeat, decoding, static checks. Repeats are found by the id, which is a hash
//! over all bytes, signature included: a forged copy has another id and cannot shadow the real one. A repeat of what
//! was turned away further on is let through, since what was wrong then may be right now, but for a bad signature. The
//! ids of a batch are computed together, in lanes.

use std::sync::Arc;

use alloy_primitives::{B256, Bytes};
use pelton_engine::limits::Limits;
use pelton_engine::reject::Reject;
use pelton_engine::transaction::Transaction;
use pelton_engine::{checks, codec};
use pelton_kernels::Level;
use pelton_kernels::keccak::keccak256_many;

use crate::batch::Batch;
use crate::ledger::Ledger;
use crate::origin::Origin;
use crate::seen::Seen;
use crate::stage::{Outbox, Stage};

/// What one process chooses.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How many of the newest transactions are compared for repeats, at least.
    pub repeat_window: usize,
}

/// The stage.
pub struct Ingest {
    limits: Limits,
    ledger: Arc<Ledger>,
    seen: Seen<B256, ()>,
    ids: Vec<[u8; 32]>,
}

impl Ingest {
    /// A stage that judges by these limits.
    pub fn new(settings: &Settings, limits: Limits, ledger: Arc<Ledger>) -> Ingest {
        Ingest { limits, ledger, seen: Seen::new(settings.repeat_window), ids: Vec::new() }
    }

    /// The transaction of these bytes and this id, or what is wrong with it.
    fn judge(&mut self, wire: Bytes, id: B256) -> Result<Transaction, Reject> {
        if wire.len() > self.limits.transaction_bytes_max as usize {
            return Err(Reject::Oversized);
        }
        if self.seen.get(&id).is_some() && !self.may_be_right_now(&id) {
            return Err(Reject::Repeat);
        }
        let transaction = codec::decode_hashed(wire, id)?;
        checks::admit(&transaction, &self.limits)?;
        self.seen.insert(id, ());
        Ok(transaction)
    }

    /// Whether it was turned away, and for something other than its own bytes.
    fn may_be_right_now(&self, id: &B256) -> bool {
        self.ledger.rejection(id).is_some_and(|rejection| rejection.reason != Reject::BadSignature)
    }
}

impl Stage for Ingest {
    type Input = Batch<(Bytes, Origin)>;
    type Output = Batch<(Transaction, Origin)>;

    fn take(&mut self, input: Self::Input, outbox: &mut Outbox<Self::Output>) {
        let mut ids = std::mem::take(&mut self.ids);
        ids.clear();
        keccak256_many(Level::best(), input.items().iter().map(|(wire, _)| wire.as_ref()), &mut ids);
        let mut fresh = Batch::with_capacity(input.len());
        for (((wire, origin), arrival_ns), id) in input.into_iter().zip(&ids) {
            let id = B256::from(*id);
            match self.judge(wire, id) {
                Ok(transaction) => fresh.push((transaction, origin), arrival_ns),
                Err(reason) => outbox.reject(id, reason),
            }
        }
        self.ids = ids;
        if !fresh.is_empty() {
            outbox.pass(fresh);
        }
    }
}
