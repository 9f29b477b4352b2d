//! dedup: the exact check for duplicates, after signatures are known to be good.
//!
//! For each sender and nonce the newest transaction is remembered: the same id again is a duplicate, and another one that
//! does not pay at least [`BUMP_PERCENT`] more is no replacement. What one of them was turned away for further on is in the
//! ledger; such a one does not stand in the way of a later copy. Memory is bounded: what is forgotten here is still found
//! by the pool's nonces.

use std::sync::Arc;

use alloy_primitives::{Address, B256};
use pelton_engine::reject::Reject;
use pelton_engine::transaction::{Fields, Verified};

use crate::batch::Batch;
use crate::ledger::Ledger;
use crate::seen::Seen;
use crate::stage::{Outbox, Stage};

/// A replacement pays at least this much more, in both fees.
pub const BUMP_PERCENT: u128 = 10;

/// Whether fees are enough to replace a transaction with these other ones.
pub fn outbids(fields: &Fields, (max_fee, priority_fee): Fees) -> bool {
    let bumped = |fee: u128| fee.saturating_add(fee.saturating_mul(BUMP_PERCENT).div_ceil(100));
    fields.max_fee_per_gas >= bumped(max_fee) && fields.max_priority_fee_per_gas >= bumped(priority_fee)
}

/// Maximum and priority fee, in wei per gas.
pub type Fees = (u128, u128);

/// The stage.
pub struct Dedup {
    ledger: Arc<Ledger>,
    /// The newest transaction of each sender and nonce.
    seen: Seen<(Address, u64), (B256, Fees)>,
}

impl Dedup {
    /// A stage that remembers at least this many of the newest transactions.
    pub fn new(window: usize, ledger: Arc<Ledger>) -> Dedup {
        Dedup { ledger, seen: Seen::new(window) }
    }

    fn judge(&mut self, transaction: &Verified) -> Result<(), Reject> {
        let (id, fields) = (transaction.id(), transaction.fields());
        let nonce = (transaction.sender(), fields.nonce);
        if let Some((before, fees)) = self.seen.get(&nonce) {
            let was_rejected = self.ledger.rejection(before).is_some();
            if *before == id && !was_rejected {
                return Err(Reject::Duplicate);
            }
            if *before != id && !was_rejected && !outbids(fields, *fees) {
                return Err(Reject::ReplacementUnderpriced);
            }
            self.ledger.forgive(&id);
        }
        self.seen.insert(nonce, (id, (fields.max_fee_per_gas, fields.max_priority_fee_per_gas)));
        Ok(())
    }
}

impl Stage for Dedup {
    type Input = Batch<Verified>;
    type Output = Batch<Verified>;

    fn take(&mut self, input: Batch<Verified>, outbox: &mut Outbox<Batch<Verified>>) {
        let mut fresh = Batch::with_capacity(input.len());
        for (transaction, arrival_ns) in input {
            match self.judge(&transaction) {
                Ok(()) => fresh.push(transaction, arrival_ns),
                Err(reason) => outbox.reject(transaction.id(), reason),
            }
        }
        if !fresh.is_empty() {
            outbox.pass(fresh);
        }
    }
}
