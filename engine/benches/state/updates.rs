//! Batches of updates, each of which ends with the root of the new state.
//!
//! A contender is a store of keys and values behind [`Contender`]; a new one is one file and one line in
//! [`contenders`]. Those with a root of `nomt-core`'s rules must agree about every root, and with `nomt-core` itself where
//! the state is small enough to be built anew.

mod trie;

use std::collections::{BTreeMap, BTreeSet};

use nomt_core::hasher::Blake3Hasher;
use nomt_core::update::build_trie;
use pelton_engine::trie::{Key32, Root};

use crate::Size;
use crate::accounts::{self, Entries, Value};
use crate::meter::{Figure, Meter, resident_bytes};

/// As many accounts are built anew in a second.
const BUILT_ANEW_MAX: u64 = 400_000;

/// Something that holds a state and knows its root.
pub trait Contender {
    /// What it is, and what it promises: in memory only, durable after each batch, and so on.
    fn name(&self) -> String;

    fn threads(&self) -> usize;

    /// Sets these keys to these values, and gives the root after it by the rules of `nomt-core`, or none if it has another
    /// or none. What is promised holds when it returns.
    fn update(&mut self, entries: &Entries) -> Option<Root>;
}

fn contenders() -> Vec<Box<dyn Contender>> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let mut all: Vec<Box<dyn Contender>> = vec![Box::new(trie::InMemory::new(1))];
    if threads > 1 {
        all.push(Box::new(trie::InMemory::new(threads)));
    }
    all
}

struct Entrant {
    contender: Box<dyn Contender>,
    meter: Meter,
    bytes: Option<f64>,
    root: Option<Root>,
}

pub fn measure(size: Size) -> Vec<Figure> {
    let mut entrants: Vec<Entrant> =
        contenders().into_iter().map(|contender| load(contender, size.accounts)).collect();
    for turn in 1..=size.batches as u64 {
        let batch = accounts::batch(size.accounts, size.batch, turn);
        for Entrant { contender, meter, root, .. } in &mut entrants {
            *root = meter.take(batch.len(), || contender.update(&batch));
        }
        agree(entrants.iter().filter_map(|entrant| entrant.root));
    }
    if size.accounts <= BUILT_ANEW_MAX {
        agree(entrants.iter().filter_map(|entrant| entrant.root).chain([built_anew(size)]));
    }
    let figure = |entrant: Entrant| Figure {
        bytes: entrant.bytes,
        ..entrant.meter.figure(
            entrant.contender.name(),
            entrant.contender.threads(),
            entrant.root.unwrap_or_default(),
        )
    };
    entrants.into_iter().map(figure).collect()
}

fn load(mut contender: Box<dyn Contender>, accounts: u64) -> Entrant {
    let before = resident_bytes();
    let mut root = None;
    for entries in accounts::all(accounts) {
        root = contender.update(&entries);
    }
    let bytes = before.zip(resident_bytes()).map(|(before, after)| (after - before) / accounts as f64);
    Entrant { contender, meter: Meter::default(), bytes, root }
}

fn agree(roots: impl Iterator<Item = Root>) {
    let roots: BTreeSet<Root> = roots.collect();
    assert!(roots.len() <= 1, "contenders disagree: {roots:02x?}");
}

/// The root of the state after all batches.
fn built_anew(size: Size) -> Root {
    let batches = (1..=size.batches as u64).map(|turn| accounts::batch(size.accounts, size.batch, turn));
    let state: BTreeMap<Key32, Value> = accounts::all(size.accounts).chain(batches).flatten().collect();
    let leaves = state.iter().map(|(key, value)| (*key, *blake3::hash(value).as_bytes()));
    build_trie::<Blake3Hasher>(0, leaves, |_| {})
}
