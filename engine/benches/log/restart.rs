//! How soon state and trie are there again.

use std::path::Path;
use std::sync::Arc;

use alloy_primitives::B256;
use pelton_engine::store::disk::Disk;
use pelton_engine::store::files::Files;
use pelton_engine::store::{Settings, StateStore, Step};
use pelton_engine::trie::Trie;

use crate::accounts::Blocks;
use crate::ours::tip;
use crate::{Size, now, process_cpu};

/// Makes a store, logs blocks, recovers it, and makes a checkpoint of what was logged.
#[expect(clippy::print_stdout, reason = "this is the program's output")]
pub fn run(size: Size, folder: &Path) {
    let files: Arc<dyn Files> = Arc::new(Disk::open(&folder.join("restart")).expect("the folder is free"));
    let (mut blocks, settings) = (Blocks::new(size.accounts, size.changes), Settings::standard());
    let (genesis, mut trie) = (blocks.genesis(), Trie::new());
    trie.apply(&genesis.trie_updates());
    StateStore::create(&files, &settings, tip(0), genesis).expect("the disk is good");
    let (mut store, _) =
        StateStore::recover(&files, &settings).expect("the disk is good").expect("it was made");
    let mut logged = 0;
    for height in 1..=size.blocks as u64 {
        let writes = blocks.next_block();
        let root = B256::from(trie.apply(&writes.trie_updates()));
        logged += writes.len();
        store.push(
            pelton_engine::store::record::Tip { root: Some(root), ..tip(height) },
            store.tip().id,
            &[],
            &writes,
        );
    }
    let bytes = store.pending_bytes();
    store.sync().expect("the disk is good");
    drop((store, trie));

    let (wall, cpu) = (now(), process_cpu());
    let (mut store, recovered) =
        StateStore::recover(&files, &settings).expect("the disk is good").expect("it was made");
    let (wall, cpu) = (now() - wall, process_cpu() - cpu);
    assert_eq!(recovered.state.len(), size.accounts as usize, "no account is missing");
    println!("restart: {} accounts in a checkpoint, {logged} changes in {bytes} bytes of log", size.accounts);
    println!(
        "  {:.2} s until state and trie are there and the root is compared, {:.2} s CPU",
        wall.as_secs_f64(),
        cpu.as_secs_f64()
    );

    drop(recovered);
    let (mut steps, cpu) = (Vec::new(), process_cpu());
    store.begin_checkpoint().expect("the disk is good");
    loop {
        let start = now();
        let step = store.checkpoint_step().expect("the disk is good");
        steps.push(now() - start);
        if matches!(step, Step::Published(_)) {
            break;
        }
    }
    let cpu = process_cpu() - cpu;
    steps.sort_unstable();
    println!(
        "  a checkpoint: {} steps of {:.1} ms, the longest {:.1} ms, {:.2} s CPU",
        steps.len(),
        steps[steps.len() / 2].as_secs_f64() * 1e3,
        steps[steps.len() - 1].as_secs_f64() * 1e3,
        cpu.as_secs_f64(),
    );
}
