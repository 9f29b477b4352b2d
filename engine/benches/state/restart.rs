//! How soon state and trie are there again, from a checkpoint of all accounts and a log of some blocks above it.

use std::sync::Arc;

use alloy_primitives::B256;
use pelton_engine::store::disk::Disk;
use pelton_engine::store::files::Files;
use pelton_engine::store::record::Tip;
use pelton_engine::store::{Settings, StateStore, Step};
use pelton_engine::trie::Trie;
use pelton_engine::writes::WriteSet;

use crate::Size;
use crate::durable::{Blocks, folder, tip};
use crate::meter::{Figure, Meter};

pub fn measure(size: Size) -> Vec<Figure> {
    let folder = folder("restart");
    let files: Arc<dyn Files> = Arc::new(Disk::open(&folder).expect("the folder is free"));
    let settings = Settings::standard();
    let root = make(&files, &settings, size);

    let mut recovery = Meter::default();
    let opened = recovery.take(size.accounts as usize, || StateStore::recover(&files, &settings));
    let (mut store, recovered) = opened.expect("the disk is good").expect("it was made");
    assert_eq!(recovered.state.len(), size.accounts as usize, "no account is missing");
    assert_eq!(B256::from(recovered.trie.root()), root);
    drop(recovered);

    let mut checkpoint = Meter::default();
    store.begin_checkpoint().expect("the disk is good");
    checkpoint.take(size.accounts as usize, || {
        while !matches!(store.checkpoint_step().expect("the disk is good"), Step::Published(_)) {}
    });
    let figures = vec![
        recovery.figure("files to state, trie and root", 1, root),
        checkpoint.figure("a checkpoint, all its steps", 1, root),
    ];
    std::fs::remove_dir_all(&folder).expect("it is ours");
    figures
}

/// A store with all accounts in a checkpoint and blocks in its log; gives the root.
fn make(files: &Arc<dyn Files>, settings: &Settings, size: Size) -> B256 {
    let (mut blocks, mut trie) = (Blocks::new(size.accounts as u32, size.batch), Trie::new());
    let mut genesis = WriteSet::default();
    for mut writes in blocks.genesis() {
        trie.apply(&writes.trie_updates());
        genesis.accounts.append(&mut writes.accounts);
    }
    genesis.accounts.sort_unstable_by_key(|entry| entry.0);
    StateStore::create(files, settings, tip(0), genesis).expect("the disk is good");
    let opened = StateStore::recover(files, settings).expect("the disk is good");
    let (mut store, _) = opened.expect("it was made");
    for height in 1..=size.batches as u64 {
        let writes = blocks.next_block();
        let root = Some(B256::from(trie.apply(&writes.trie_updates())));
        store.push(Tip { root, ..tip(height) }, store.tip().id, &[], &writes);
    }
    store.sync().expect("the disk is good");
    trie.root().into()
}
