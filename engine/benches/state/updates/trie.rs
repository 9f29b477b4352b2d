//! Pelton's own: the trie, without values.

use pelton_engine::commitment::lanes::Lanes;
use pelton_engine::trie::{Root, Trie, Update};
use rayon::{ThreadPool, ThreadPoolBuilder};

use super::Contender;
use crate::accounts::Entries;

pub struct InMemory {
    trie: Trie,
    pool: ThreadPool,
}

impl InMemory {
    pub fn new(threads: usize) -> InMemory {
        let pool = ThreadPoolBuilder::new().num_threads(threads).build().expect("threads can be started");
        InMemory { trie: Trie::new(), pool }
    }
}

impl Contender for InMemory {
    fn name(&self) -> String {
        "trie in memory, without values".into()
    }

    fn threads(&self) -> usize {
        self.pool.current_num_threads()
    }

    fn update(&mut self, entries: &Entries) -> Option<Root> {
        let InMemory { trie, pool } = self;
        pool.install(|| {
            let mut hashes = Vec::with_capacity(entries.len());
            Lanes::detect().hash(entries.iter().map(|(_, value)| value), &mut hashes);
            let mut updates: Vec<Update> =
                entries.iter().zip(hashes).map(|((key, _), hash)| (*key, Some(hash))).collect();
            Some(trie.exchange(&mut updates))
        })
    }
}
