//! `Mempool`: transactions that wait for a block, as clients may ask about them, and who waits for word of one.
//!
//! ```text
//!                     ┌─ waits ────> by id, by sender and nonce ──> nonces, txpool_*, newPendingTransactions
//!  pipeline ── Watch ─┤                                   │
//!                     └─ rejected ──> whoever handed it in│<── committed ── sink
//! ```
//!
//! The pipeline's own pool decides; this only repeats what it said. So it holds as many as that one at most, with those
//! that are sealed and not yet committed.

use std::collections::BTreeMap;

use alloy_primitives::{Address, B256};
use foldhash::HashMap;
use parking_lot::Mutex;
use pelton_engine::reject::Reject;
use pelton_engine::transaction::Verified;
use pelton_pipeline::clock::Nanos;
use pelton_pipeline::watch::Watch;
use tokio::sync::broadcast;

use crate::answers::{Answers, Asker, Verdict};
use crate::history::Entry;

/// News that a subscriber may be behind before it counts as slow.
const NEWS_MAX: usize = 4_096;

/// Transactions that wait for a block.
pub struct Mempool {
    inner: Mutex<Inner>,
    news: broadcast::Sender<Verified>,
}

#[derive(Default)]
struct Inner {
    /// With when it came in.
    by_id: HashMap<B256, (Verified, Nanos)>,
    by_sender: HashMap<Address, BTreeMap<u64, B256>>,
    /// Who handed a transaction in and has not heard yet.
    asked: Askers,
    /// Who waits for a transaction's block.
    wanted: Askers,
}

impl Default for Mempool {
    fn default() -> Mempool {
        Mempool { inner: Mutex::default(), news: broadcast::channel(NEWS_MAX).0 }
    }
}

impl Mempool {
    /// Hears what the pool says of transactions that are about to be handed in.
    pub fn ask(&self, ids: &[B256]) -> Answers {
        let (answers, askers) = Answers::of(ids.len());
        let mut inner = self.inner.lock();
        ids.iter().zip(askers).for_each(|(id, asker)| add(&mut inner.asked, *id, asker));
        answers
    }

    /// Hears when a transaction is in a block, or will not be.
    pub fn want(&self, id: B256) -> Answers {
        let (answers, askers) = Answers::of(1);
        let mut inner = self.inner.lock();
        askers.for_each(|asker| add(&mut inner.wanted, id, asker));
        answers
    }

    /// Forgets those who do not listen any more.
    pub fn leave(&self, ids: &[B256]) {
        let mut inner = self.inner.lock();
        for id in ids {
            drop_closed(&mut inner.asked, id);
            drop_closed(&mut inner.wanted, id);
        }
    }

    /// Hears of each transaction that begins to wait.
    pub fn subscribe(&self) -> broadcast::Receiver<Verified> {
        self.news.subscribe()
    }

    /// A transaction that waits.
    pub fn transaction(&self, id: &B256) -> Option<Verified> {
        self.inner.lock().by_id.get(id).map(|(waiting, _)| waiting.clone())
    }

    /// When a transaction came in that waits.
    pub fn arrival_ns(&self, id: &B256) -> Option<Nanos> {
        self.inner.lock().by_id.get(id).map(|(_, arrival_ns)| *arrival_ns)
    }

    /// How many wait.
    pub fn len(&self) -> usize {
        self.inner.lock().by_id.len()
    }

    /// Whether none waits.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether somebody has handed it in and has not heard yet.
    pub fn is_being_checked(&self, id: &B256) -> bool {
        self.inner.lock().asked.contains_key(id)
    }

    /// The nonce after the last of a sender's transactions that can run, if `next` is the one that the state expects.
    pub fn next_nonce(&self, sender: &Address, next: u64) -> u64 {
        let inner = self.inner.lock();
        let Some(waiting) = inner.by_sender.get(sender) else { return next };
        let run = waiting.range(next..).zip(next..).take_while(|((nonce, _), expected)| *nonce == expected);
        next + run.count() as u64
    }

    /// All that wait, by sender and nonce; of one sender, if one is given.
    pub fn all(&self, of: Option<Address>) -> BTreeMap<Address, Vec<Verified>> {
        let inner = self.inner.lock();
        let senders = inner.by_sender.iter().filter(|(sender, _)| of.is_none_or(|of| of == **sender));
        let waiting = |ids: &BTreeMap<u64, B256>| {
            ids.values().filter_map(|id| Some(inner.by_id.get(id)?.0.clone())).collect()
        };
        senders.map(|(sender, ids)| (*sender, waiting(ids))).collect()
    }

    /// Hears of a block.
    pub fn committed(&self, entry: &Entry) {
        let mut inner = self.inner.lock();
        for one in &entry.transactions {
            let id = one.receipt.id;
            inner.remove(&id);
            // Who handed it in has heard when it began to wait, or hears of a copy that it is one.
            answer(inner.wanted.remove(&id), Ok(()));
        }
    }
}

impl Watch for Mempool {
    fn waits(&self, transaction: &Verified, arrival_ns: Nanos) {
        let (id, sender, nonce) = (transaction.id(), transaction.sender(), transaction.fields().nonce);
        let mut inner = self.inner.lock();
        inner.by_id.insert(id, (transaction.clone(), arrival_ns));
        inner.by_sender.entry(sender).or_default().insert(nonce, id);
        answer(inner.asked.remove(&id), Ok(()));
        drop(inner);
        // Nobody need listen.
        let _ = self.news.send(transaction.clone());
    }

    fn rejected(&self, _stage: &'static str, id: &B256, reason: Reject) {
        let mut inner = self.inner.lock();
        if matches!(reason, Reject::Repeat | Reject::Duplicate) {
            // It speaks of a copy, and so only to one of those who handed it in.
            if let Some(asker) = inner.asked.get_mut(id).and_then(Vec::pop) {
                asker.answer(Err(reason));
            }
            drop_closed(&mut inner.asked, id);
            return;
        }
        inner.remove(id);
        answer(inner.asked.remove(id), Err(reason));
        answer(inner.wanted.remove(id), Err(reason));
    }
}

impl Inner {
    fn remove(&mut self, id: &B256) {
        let Some((transaction, _)) = self.by_id.remove(id) else { return };
        let (sender, nonce) = (transaction.sender(), transaction.fields().nonce);
        let Some(nonces) = self.by_sender.get_mut(&sender) else { return };
        // Its place may be another's by now, who paid more.
        if nonces.get(&nonce) == Some(id) {
            nonces.remove(&nonce);
        }
        if nonces.is_empty() {
            self.by_sender.remove(&sender);
        }
    }
}

type Askers = HashMap<B256, Vec<Asker>>;

fn add(askers: &mut Askers, id: B256, asker: Asker) {
    askers.entry(id).or_default().push(asker);
}

fn answer(askers: Option<Vec<Asker>>, verdict: Verdict) {
    askers.into_iter().flatten().for_each(|asker| asker.answer(verdict));
}

fn drop_closed(askers: &mut Askers, id: &B256) {
    if let Some(of) = askers.get_mut(id) {
        of.retain(Asker::is_heard);
        if of.is_empty() {
            askers.remove(id);
        }
    }
}
