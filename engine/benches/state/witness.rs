//! Witnesses of some keys: writing one, and what a verifier does with it, from its bytes to the next root.

use std::collections::BTreeSet;

use pelton_engine::commitment::verifier::Verifier;
use pelton_engine::trie::{Key32, Root, Trie, Update, ValueHash32};

use crate::Size;
use crate::accounts::{self, key, spread};
use crate::meter::{Figure, Meter};

/// Every so many keys of a witness are not in the set.
const ABSENT_EVERY: u64 = 10;

pub fn measure(size: Size) -> Vec<Figure> {
    let mut trie = Trie::new();
    for entries in accounts::all(size.accounts) {
        trie.apply(&entries.iter().map(|(key, _)| (*key, Some(hashed(key)))).collect::<Vec<_>>());
    }
    [100, 10, 1].into_iter().flat_map(|part| of_keys(size, &mut trie, size.batch / part)).collect()
}

fn of_keys(size: Size, trie: &mut Trie, keys: usize) -> [Figure; 2] {
    let (mut writing, mut verifying) = (Meter::default(), Meter::default());
    let (mut bytes, mut post_root) = (0, Root::default());
    // Small witnesses, more often: the same time for all sizes.
    let turns = (size.batches / 4).max(2) * (size.batch / keys).min(20);
    for turn in 0..turns as u64 {
        let keys = some_keys(size.accounts, keys, turn);
        let witness = writing.take(keys.len(), || trie.witness(&keys));
        bytes += witness.len();
        post_root = verifying.take(keys.len(), || verify(&trie.root(), &witness, &keys));
        if turn == 0 {
            check(trie, &witness, &keys, post_root);
        }
    }
    let bytes = Some(bytes as f64 / (turns * keys) as f64);
    let writing = writing.figure(format!("witness of {keys} keys: write"), 1, trie.root());
    let verifying = verifying.figure(format!("witness of {keys} keys: open, read, update"), 1, post_root);
    [Figure { bytes, ..writing }, Figure { bytes, ..verifying }]
}

/// Reads all keys and updates them all, with nothing but root and witness.
fn verify(root: &Root, witness: &[u8], keys: &[Key32]) -> Root {
    let verifier = Verifier::open(root, witness).expect("a witness is accepted");
    verifier.post_root(&updates(&verifier, keys)).expect("all keys are covered")
}

/// A new value for every key, which follows from the one that is read.
fn updates(verifier: &Verifier, keys: &[Key32]) -> Vec<Update> {
    let update = |key: &Key32| (*key, Some(hashed(&verifier.get(key).expect("covered").unwrap_or(*key))));
    keys.iter().map(update).collect()
}

/// A value that follows from another.
fn hashed(from: &[u8; 32]) -> ValueHash32 {
    let mut hash = *from;
    hash[31] ^= 1;
    hash
}

fn some_keys(accounts: u64, count: usize, turn: u64) -> Vec<Key32> {
    let account = |pick: u64| {
        let account = spread(turn << 32 | pick) % accounts;
        if pick.is_multiple_of(ABSENT_EVERY) { accounts + account } else { account }
    };
    let mut keys = BTreeSet::new();
    keys.extend((0..).map(|pick| key(account(pick))).take(count));
    keys.into_iter().collect()
}

/// Whether the trie itself comes to the same root; then everything is taken back.
fn check(trie: &mut Trie, witness: &[u8], keys: &[Key32], post_root: Root) {
    let root = trie.root();
    let verifier = Verifier::open(&root, witness).expect("a witness is accepted");
    assert!(verifier.is_for(keys));
    let mut updates = updates(&verifier, keys);
    assert_eq!(trie.exchange(&mut updates), post_root);
    assert_eq!(trie.exchange(&mut updates), root);
}
