//! `Forged`: what one validator has turned away for its signature, over all its lives.

use std::collections::BTreeSet;

use alloy_primitives::B256;
use parking_lot::Mutex;
use pelton_engine::reject::Reject;
use pelton_engine::transaction::Verified;
use pelton_pipeline::clock::Nanos;
use pelton_pipeline::watch::Watch;

/// See the head of this file.
#[derive(Default)]
pub(crate) struct Forged(Mutex<BTreeSet<B256>>);

impl Forged {
    /// All of it.
    pub fn ids(&self) -> BTreeSet<B256> {
        self.0.lock().clone()
    }
}

impl Watch for Forged {
    fn waits(&self, _transaction: &Verified, _arrival_ns: Nanos) {}

    fn rejected(&self, _stage: &'static str, id: &B256, reason: Reject) {
        if reason == Reject::BadSignature {
            self.0.lock().insert(*id);
        }
    }
}
