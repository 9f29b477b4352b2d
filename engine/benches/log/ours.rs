//! The store of this crate.

use std::path::Path;
use std::sync::Arc;

use alloy_primitives::{Address, B256};
use pelton_engine::state::{Account, State};
use pelton_engine::store::disk::Disk;
use pelton_engine::store::files::Files;
use pelton_engine::store::record::Tip;
use pelton_engine::store::{Settings, StateStore};
use pelton_engine::writes::WriteSet;

use crate::contender::Contender;

/// Flat state in memory, log and checkpoints on disk.
pub struct Ours {
    state: State,
    store: StateStore,
}

impl Ours {
    pub fn new(folder: &Path, genesis: &WriteSet) -> Ours {
        let files: Arc<dyn Files> = Arc::new(Disk::open(folder).expect("the folder is free"));
        let settings = Settings::standard();
        StateStore::create(&files, &settings, tip(0), genesis.clone()).expect("the disk is good");
        let opened = StateStore::recover(&files, &settings).expect("the disk is good");
        let (store, recovered) = opened.expect("it was made");
        Ours { state: recovered.state, store }
    }
}

/// A block without a root: the commitment is measured elsewhere.
pub fn tip(height: u64) -> Tip {
    let id = B256::from(*blake3::hash(&height.to_be_bytes()).as_bytes());
    Tip { height, id, gas_used: 0, root: None }
}

impl Contender for Ours {
    fn name(&self) -> &'static str {
        "pelton: memory, log"
    }

    fn append(&mut self, writes: &WriteSet) {
        let below = self.store.tip();
        self.state.apply(writes);
        self.store.push(tip(below.height + 1), below.id, &[], writes);
        self.store.sync().expect("the disk is good");
        self.store.checkpoint_step().expect("the disk is good");
    }

    fn account(&self, address: &Address) -> Option<Account> {
        self.state.account(address)
    }
}
