//! `Known`: verified transactions that wait or are held, by id, and by what stands for it in few words.

use alloy_primitives::{B256, Bytes};
use foldhash::{HashMap, HashMapExt};
use pelton_engine::transaction::Verified;

use crate::brief::{Prefix, prefix_of};

/// See the head of this file.
pub(super) struct Known {
    by_id: HashMap<B256, Verified>,
    /// Of two with the same prefix, the first one. The other is known by its id alone.
    by_prefix: HashMap<Prefix, B256>,
}

impl Known {
    pub fn new() -> Known {
        Known { by_id: HashMap::new(), by_prefix: HashMap::new() }
    }

    pub fn insert(&mut self, transaction: Verified) {
        let id = transaction.id();
        self.by_prefix.entry(prefix_of(&id)).or_insert(id);
        self.by_id.insert(id, transaction);
    }

    pub fn remove(&mut self, id: &B256) {
        if self.by_id.remove(id).is_some() && self.by_prefix.get(&prefix_of(id)) == Some(id) {
            self.by_prefix.remove(&prefix_of(id));
        }
    }

    pub fn get(&self, id: &B256) -> Option<Verified> {
        self.by_id.get(id).cloned()
    }

    /// The bytes of the transaction that this stands for.
    pub fn wire(&self, prefix: &Prefix) -> Option<Bytes> {
        let id = self.by_prefix.get(prefix)?;
        self.by_id.get(id).map(|transaction| transaction.transaction().wire().clone())
    }
}
