//! Blocks of changed accounts, each with a root and on the disk before the next, beside databases that keep accounts;
//! then reads of single accounts.
//!
//! | contender | root after each block | durable by |
//! | --- | --- | --- |
//! | pelton | yes | flat table and trie in memory, log and steps of checkpoints |
//! | nomt | yes, the same | its own write-ahead log and hash table |
//! | qmdb | yes, over its operations in order | its journals |
//! | fjall | none | its journal |
//! | redb | none | copy on write |
//!
//! A contender is a file here and a line in [`contenders`]. Those with a root of the state must agree on it after every block, and all
//! must hold the same accounts in the end. Databases are used as their documentation says for batches that must be durable.

mod blocks;
mod contender;
mod fjall;
mod nomt;
mod ours;
// Takes longer to compile than the rest of the bench, so tests do without.
#[cfg(not(debug_assertions))]
mod qmdb;
mod redb;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use alloy_primitives::Address;
pub use blocks::Blocks;
use contender::Contender;
pub use ours::tip;
use pelton_engine::commitment::rules::Root;

use crate::Size;
use crate::accounts::spread;
use crate::meter::{Figure, Meter, resident_bytes};

/// Accounts that are read in one go.
const READS: usize = 2_000;

fn contenders(size: Size, folder: &Path) -> Vec<Box<dyn Contender>> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let always: [Box<dyn Contender>; 4] = [
        Box::new(ours::Ours::new(&folder.join("ours"), threads)),
        Box::new(nomt::Nomt::new(&folder.join("nomt"), threads, size.accounts)),
        Box::new(fjall::Fjall::new(&folder.join("fjall"))),
        Box::new(redb::Redb::new(&folder.join("redb"))),
    ];
    let in_release: Option<Box<dyn Contender>> = None;
    #[cfg(not(debug_assertions))]
    let in_release = in_release.or_else(|| Some(Box::new(qmdb::Qmdb::new(&folder.join("qmdb"), threads))));
    always.into_iter().chain(in_release).collect()
}

struct Entrant {
    contender: Box<dyn Contender>,
    updates: Meter,
    reads: Meter,
    bytes: Option<f64>,
    root: Option<Root>,
}

pub fn measure(size: Size) -> Vec<Figure> {
    let folder = folder("durable");
    let mut blocks = Blocks::new(size.accounts as u32, size.batch);
    let genesis = contenders(size, &folder).into_iter().map(|contender| load(contender, &blocks));
    let mut entrants: Vec<Entrant> = genesis.collect();
    for _ in 0..size.batches {
        let writes = blocks.next_block();
        for Entrant { contender, updates, root, .. } in &mut entrants {
            *root = updates.take(writes.len(), || contender.commit(&writes));
        }
        let roots: BTreeSet<Root> = entrants.iter().filter_map(|entrant| entrant.root).collect();
        assert_eq!(roots.len(), 1, "contenders disagree: {roots:02x?}");
    }
    for turn in 0..size.batches as u64 {
        let addresses = some(size.accounts, turn);
        let mut found = BTreeSet::new();
        for Entrant { contender, reads, .. } in &mut entrants {
            found.insert(reads.take(addresses.len(), || contender.nonces(&addresses)));
        }
        assert_eq!(found.len(), 1, "contenders hold other accounts: {found:?}");
    }
    let figures = entrants.into_iter().flat_map(Entrant::figures).collect();
    std::fs::remove_dir_all(&folder).expect("it is ours");
    figures
}

/// A folder of this process alone, below the build's.
pub fn folder(name: &str) -> PathBuf {
    let folder = format!("state-{name}-{}", std::process::id());
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(folder);
    std::fs::create_dir_all(&folder).expect("the target folder can be written to");
    folder
}

fn load(mut contender: Box<dyn Contender>, blocks: &Blocks) -> Entrant {
    let before = resident_bytes();
    let mut accounts = 0;
    for writes in blocks.genesis() {
        contender.commit(&writes);
        accounts += writes.len();
    }
    let bytes = before.zip(resident_bytes()).map(|(before, after)| (after - before) / accounts as f64);
    Entrant { contender, updates: Meter::default(), reads: Meter::default(), bytes, root: None }
}

/// Addresses at random, a few of which nobody has.
fn some(accounts: u64, turn: u64) -> Vec<Address> {
    let number = |pick: usize| spread(turn << 32 | pick as u64) % (accounts + accounts / 20);
    (0..READS).map(|pick| blocks::address(number(pick) as u32)).collect()
}

impl Entrant {
    fn figures(self) -> [Figure; 2] {
        let Entrant { contender, updates, reads, bytes, root } = self;
        let name = contender.name();
        let root = root.map(Vec::from).unwrap_or_default();
        let updates = updates.figure(format!("{name}: update"), contender.threads(), &root);
        [Figure { bytes, ..updates }, reads.figure(format!("{name}: read by address"), 1, &root)]
    }
}
