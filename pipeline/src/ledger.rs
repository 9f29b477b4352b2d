//! `Ledger`: why a transaction is not in a block, for as long as there is room to remember.
//!
//! `Repeat` and `Duplicate` are counted by the stages but not remembered: they say something of a copy, and the
//! transaction itself may be doing well.

use std::collections::VecDeque;
use std::sync::Arc;

use alloy_primitives::B256;
use foldhash::{HashMap, HashMapExt};
use parking_lot::Mutex;
use pelton_engine::reject::Reject;

use crate::watch::Watch;

/// Rejections by transaction id, newest kept, oldest forgotten.
pub struct Ledger {
    capacity: usize,
    entries: Mutex<Entries>,
    watch: Option<Arc<dyn Watch>>,
}

#[derive(Debug)]
struct Entries {
    by_id: HashMap<B256, Rejection>,
    order: VecDeque<B256>,
}

/// Where and why a transaction was turned away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// The stage that did it.
    pub stage: &'static str,
    /// Its reason.
    pub reason: Reject,
}

impl Ledger {
    /// Remembers at most this many.
    pub fn new(capacity: usize) -> Ledger {
        let entries = Entries { by_id: HashMap::new(), order: VecDeque::new() };
        Ledger { capacity, entries: Mutex::new(entries), watch: None }
    }

    /// The same, telling somebody of each rejection.
    pub fn watched(capacity: usize, watch: Option<Arc<dyn Watch>>) -> Ledger {
        Ledger { watch, ..Ledger::new(capacity) }
    }

    /// Who is told of each rejection.
    pub fn watch(&self) -> Option<&dyn Watch> {
        self.watch.as_deref()
    }

    /// Notes what a stage turned away.
    pub fn record(&self, stage: &'static str, rejected: Vec<(B256, Reject)>) {
        if let Some(watch) = &self.watch {
            rejected.iter().for_each(|(id, reason)| watch.rejected(stage, id, *reason));
        }
        let mut entries = self.entries.lock();
        for (id, reason) in rejected {
            if matches!(reason, Reject::Repeat | Reject::Duplicate) {
                continue;
            }
            if entries.by_id.insert(id, Rejection { stage, reason }).is_none() {
                entries.order.push_back(id);
            }
            // An id that was forgiven and is rejected again stands in `order` twice; its first turn ends it.
            while entries.order.len() > self.capacity {
                if let Some(oldest) = entries.order.pop_front() {
                    entries.by_id.remove(&oldest);
                }
            }
        }
    }

    /// What is remembered of a transaction.
    pub fn rejection(&self, id: &B256) -> Option<Rejection> {
        self.entries.lock().by_id.get(id).copied()
    }

    /// Forgets a rejection, since the transaction came again and is tried again; gives whether there was one.
    pub fn forgive(&self, id: &B256) -> bool {
        self.entries.lock().by_id.remove(id).is_some()
    }

    /// Everything that is remembered.
    pub fn all(&self) -> Vec<(B256, Rejection)> {
        self.entries.lock().by_id.iter().map(|(id, rejection)| (*id, *rejection)).collect()
    }
}
