//! The store of this crate: flat state and trie in memory, log and checkpoints on disk.

use std::path::Path;
use std::sync::Arc;

use alloy_primitives::{Address, B256};
use pelton_engine::commitment::rules::Root;
use pelton_engine::state::{Account, State};
use pelton_engine::store::disk::Disk;
use pelton_engine::store::files::Files;
use pelton_engine::store::record::Tip;
use pelton_engine::store::{Settings, StateStore};
use pelton_engine::trie::Trie;
use pelton_engine::writes::WriteSet;
use rayon::{ThreadPool, ThreadPoolBuilder};

use super::contender::Contender;

pub struct Ours {
    state: State,
    trie: Trie,
    store: StateStore,
    pool: ThreadPool,
}

impl Ours {
    pub fn new(folder: &Path, threads: usize) -> Ours {
        let files: Arc<dyn Files> = Arc::new(Disk::open(folder).expect("the folder is free"));
        let settings = Settings::standard();
        let genesis = Tip { root: Some(B256::ZERO), ..tip(0) };
        StateStore::create(&files, &settings, genesis, WriteSet::default()).expect("the disk is good");
        let opened = StateStore::recover(&files, &settings).expect("the disk is good");
        let (store, recovered) = opened.expect("it was made");
        let pool = ThreadPoolBuilder::new().num_threads(threads).build().expect("threads can be started");
        Ours { state: recovered.state, trie: recovered.trie, store, pool }
    }
}

/// A block whose root is not known yet.
pub fn tip(height: u64) -> Tip {
    let id = B256::from(*blake3::hash(&height.to_be_bytes()).as_bytes());
    Tip { height, id, gas_used: 0, root: None }
}

impl Contender for Ours {
    fn name(&self) -> &'static str {
        "pelton: memory, trie, log"
    }

    fn threads(&self) -> usize {
        self.pool.current_num_threads()
    }

    fn commit(&mut self, writes: &WriteSet) -> Option<Root> {
        let Ours { state, trie, store, pool } = self;
        let below = store.tip();
        state.apply(writes);
        let root = pool.install(|| trie.exchange(&mut writes.trie_updates()));
        store.push(Tip { root: Some(root.into()), ..tip(below.height + 1) }, below.id, &[], writes);
        store.sync().expect("the disk is good");
        store.checkpoint_step().expect("the disk is good");
        Some(root)
    }

    fn account(&self, address: &Address) -> Option<Account> {
        self.state.account(address)
    }
}
